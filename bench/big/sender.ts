/** The process that sends a value of so many MiB (the second argument) to the port of the first argument. */

import { connect as connectSocket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect, mpsc, oneshot, t } from "../../ts/index.ts";
import { streamTransport } from "../../ts/node/index.ts";
import { Big, Channels, LIMITS, MIB, Ping, type Told, watchMemory } from "./protocol.ts";

const EVERY_MS = 10;
const IDLE_PINGS = 100;

const [port, sizeMib] = process.argv.slice(2).map(Number);
const socket = connectSocket({ port: port ?? 0, host: "127.0.0.1", noDelay: true });
const connection = await connect(streamTransport(socket), { send: Channels, limits: LIMITS });
const [pings, pingsHalf] = mpsc.channel(Ping);
const [values, valuesHalf] = mpsc.channel(Big, { maxItemBytes: LIMITS.itemBytes });
await connection.tx.send({ pings: pingsHalf, values: valuesHalf });

await values.send({ name: "warm-up", data: new Uint8Array(4 * MIB) });
for (let count = 0; count < IDLE_PINGS; count += 1) await ping();
const idleMs: number[] = [];
for (let count = 0; count < IDLE_PINGS; count += 1) idleMs.push(await ping());

const data = new Uint8Array((sizeMib ?? 0) * MIB).fill(7);
const peak = watchMemory();
const start = performance.now();
let isUnderWay = true;
const sending = values.send({ name: "big", data }).then(() => {
  isUnderWay = false;
});
const times: Promise<number>[] = [];
for (let due = start; isUnderWay; due += EVERY_MS) {
  await delay(Math.max(0, due - performance.now()));
  times.push(ping(due));
}
await sending;
const valueMs = performance.now() - start;
const told: Told = { peakBytes: peak(), idleMs, besideMs: await Promise.all(times), valueMs };
for (const tx of [pings, values]) tx.close();
await connection.close();
process.send?.(told, () => process.disconnect());

/** How long a small item and its answer take, from when it was due. */
async function ping(due = performance.now()): Promise<number> {
  const [reply, answer] = oneshot.channel(t.u32);
  await pings.send({ value: 1, reply });
  await answer.recv();
  return performance.now() - due;
}
