import { birpc } from "./birpc.ts";
import { capnweb } from "./capnweb.ts";
import { comlink } from "./comlink.ts";
import { cuttle } from "./cuttle.ts";
import { cuttlePlain } from "./cuttle-plain.ts";
import { cuttleTransfer } from "./cuttle-transfer.ts";
import { qmux } from "./qmux.ts";
import { raw } from "./raw.ts";
import type { Rival } from "./rival.ts";
import { socketio } from "./socketio.ts";
import { trpc } from "./trpc.ts";

/** All of them, by what they are called in the benchmarks. */
export const rivals = {
  cuttle,
  cuttlePlain,
  cuttleTransfer,
  capnweb,
  trpc,
  socketio,
  birpc,
  comlink,
  qmux,
  raw,
} satisfies Record<string, Rival>;

/** A key of {@link rivals}. */
export type RivalId = keyof typeof rivals;
