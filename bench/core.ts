/** What connections and channels cost while nothing happens, and how long ends take. Memory is what is left after a collection. */

import { setImmediate as turn } from "node:timers/promises";
import { Core, type CoreSettings, type PortKey, RECORD_LEN } from "../ts/core/core.ts";
import { startWasm } from "../ts/core/wasm.ts";
import { bin, connect, type Descriptor, memoryPair, mpsc, oneshot, t } from "../ts/index.ts";
import { type Row, report } from "./support/report.ts";

const SETTINGS: CoreSettings = {
  timeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  chunkBytes: 16_384,
  maxSendChunkBytes: 16_384,
  portWindowBytes: 65_536,
  connectQueue: 10_000,
  maxPorts: 20_000,
  sendQueueBytes: 65_536,
  bufferedBytes: 16 * 1024 * 1024,
  capabilities: [],
};
const CHANNELS = 8_000;

report("core", [
  ...idlePorts(),
  await idleChannels("mpsc", t.mpsc.receiver(t.u32), () => mpsc.channel(t.u32)),
  await idleChannels("oneshot", t.oneshot.receiver(t.u32), () => oneshot.channel(t.u32)),
  ...manyPorts(),
  ...(await closeUnderLoad()),
]);

/** Ports of one core alone: wasm memory grows in pages, so many are opened. */
function idlePorts(): Row[] {
  const [one, other] = met();
  const before = startWasm().memory.buffer.byteLength;
  for (let count = 0; count < 2 * CHANNELS; count += 1) openPort(one, other);
  const bytes = startWasm().memory.buffer.byteLength - before;
  for (const core of [one, other]) core.free();
  // Both ends live in one memory.
  return [{ name: "wasm memory of an idle port", value: bytes / (4 * CHANNELS), unit: "bytes", goal: "<= 300" }];
}

async function idleChannels<T>(kind: string, type: Descriptor<T>, make: () => [unknown, T]): Promise<Row> {
  const Channels = t.vec(type);
  const pair = memoryPair();
  const [client, server] = await Promise.all([
    connect(pair.a, { send: Channels }),
    connect(pair.b, { receive: Channels }),
  ]);
  const kept: unknown[] = [];
  const open = async (count: number): Promise<void> => {
    const channels = Array.from({ length: count }, make);
    await client.tx.send(channels.map(([, rx]) => rx));
    kept.push(
      channels.map(([tx]) => tx),
      await server.rx.recv(),
    );
  };
  await open(100);
  const before = await heap();
  for (let done = 0; done < CHANNELS; done += 1_000) await open(Math.min(1_000, CHANNELS - 200 - done));
  const channels = CHANNELS - 200;
  const bytes = (await heap()) - before;
  kept.length = 0;
  await client.close();
  const name = `JS heap of an idle ${kind} channel, one end`;
  return { name, value: bytes / channels / 2, unit: "bytes", goal: "<= 500" };
}

function manyPorts(): Row[] {
  const [one, other] = met();
  const cycle = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const [key, accepted] = openPort(one, other);
      for (const [core, port] of [
        [one, key],
        [other, accepted],
      ] as const) {
        core.finishSend(port);
        core.finishReceive(port);
      }
      pass(one, other);
      pass(other, one);
      pass(one, other);
    }
  };
  cycle(1_000);
  const before = startWasm().memory.buffer.byteLength;
  const start = performance.now();
  cycle(100_000);
  const us = ((performance.now() - start) * 1000) / 100_000;
  const grown = startWasm().memory.buffer.byteLength - before;
  const left = one.ports + other.ports;
  for (const core of [one, other]) core.free();
  return [
    { name: "100,000 ports opened and closed: wasm memory more", value: grown, unit: "bytes", goal: "<= 0" },
    { name: "100,000 ports opened and closed: ports left", value: left, unit: "ports", goal: "<= 0" },
    { name: "a port opened and closed, both ends, cores alone", value: us, unit: "us" },
  ];
}

async function closeUnderLoad(): Promise<Row[]> {
  const Load = t.struct({ rx: t.bin.receiver });
  const times: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const pair = memoryPair();
    const [client, server] = await Promise.all([connect(pair.a, { send: Load }), connect(pair.b, { receive: Load })]);
    const [tx, rx] = bin.channel();
    await client.tx.send({ rx });
    const received = await server.rx.recv();
    const reading = (async () => {
      for await (const _ of received?.rx ?? []);
    })().catch(() => undefined);
    const sends = Array.from({ length: 100 }, () => tx.send(new Uint8Array(1 << 20)).catch(() => undefined));
    await sends[0];
    const start = performance.now();
    await client.close();
    times.push(performance.now() - start);
    await Promise.all([...sends, reading, server.close()]);
  }
  times.sort((a, b) => a - b);
  return [{ name: "close() beside 100 MiB that wait", value: times[4] ?? Number.NaN, unit: "ms", goal: "<= 100" }];
}

async function heap(): Promise<number> {
  // Until every port is answered, each flush answering a part of them.
  for (let round = 0; round < 200; round += 1) await turn();
  for (let round = 0; round < 5; round += 1) {
    await turn();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

/** Two cores that know each other. */
function met(): [Core, Core] {
  const [one, other] = [new Core(SETTINGS, 1, 0), new Core(SETTINGS, 2, 0)];
  pass(one, other);
  pass(other, one);
  pass(one, other);
  return [one, other];
}

function openPort(one: Core, other: Core): [PortKey, PortKey] {
  const key = one.reserve();
  one.open(key);
  const events = pass(one, other);
  const accepted = other.accept(events[events.length - RECORD_LEN + 2] ?? 0);
  pass(other, one);
  return [key, accepted];
}

/** Hands everything over that `from` has to send, which is headers only; what `to` says of it. */
function pass(from: Core, to: Core): Uint32Array {
  const flush = from.transmit(10_000, 1 << 30, 0);
  for (let at = 0; flush !== undefined && at < flush.records.length; at += RECORD_LEN) {
    const start = flush.records[at] ?? 0;
    to.handleFrame(flush.headers.subarray(start, start + (flush.records[at + 1] ?? 0)), 0);
  }
  from.takeEvents();
  return to.takeEvents();
}
