/** cuttle as channels whose bulk messages are given away; for workers. */

import { connect, transfer } from "../../ts/index.ts";
import { ChannelClient } from "./cuttle.ts";
import { LIMITS, Work } from "./cuttle-types.ts";
import { serveWork } from "./cuttle-work.ts";
import type { Rival } from "./rival.ts";

export const cuttleTransfer = {
  name: "cuttle with transfer",
  level: "value",
  async connect(place) {
    return new ChannelClient(await connect(place, { send: Work, limits: LIMITS }), transfer);
  },
  answer(worker) {
    void connect(worker as Worker, { receive: Work, limits: LIMITS }).then((conn) => serveWork(conn, transfer));
  },
} satisfies Rival;
