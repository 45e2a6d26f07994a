/** The process that receives the value: tells its parent the port, and in the end what memory that took. */

import { createServer } from "node:net";
import { connect } from "../../ts/index.ts";
import { streamTransport } from "../../ts/node/index.ts";
import { Channels, LIMITS, type Told, watchMemory } from "./protocol.ts";

const server = createServer(async (socket) => {
  const connection = await connect(streamTransport(socket), { receive: Channels, limits: LIMITS });
  const channels = await connection.rx.recv();
  if (channels === undefined) return;
  const answering = (async () => {
    for await (const { value, reply } of channels.pings) await reply.send(value);
  })().catch(() => undefined);
  // A first, smaller one warms up.
  await channels.values.recv();
  const peak = watchMemory();
  const got = await channels.values.recv();
  const told: Told = { peakBytes: peak() };
  if (got?.data.at(-1) !== 7) throw new Error("other bytes have arrived");
  process.send?.(told);
  // The sender ends the connection.
  await answering;
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit(0));
