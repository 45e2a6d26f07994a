/**
 * What a message costs at the border between TypeScript and wasm, and what it costs in all. Times are medians and
 * noisy; the counts are exact.
 */

import { Came, Core, type CoreSettings, EventKind, Field, type PortKey, RECORD_LEN } from "../ts/core/core.ts";
import { connect, memoryPair, mpsc, oneshot, t } from "../ts/index.ts";
import { type Row, report, timed } from "./support/report.ts";

const SETTINGS: CoreSettings = {
  timeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  chunkBytes: 16_384,
  maxSendChunkBytes: 16_384,
  portWindowBytes: 1 << 30,
  connectQueue: 128,
  maxPorts: 8_192,
  sendQueueBytes: 1 << 30,
  capabilities: [],
  bufferedBytes: 16 * 1024 * 1024,
};
/** Messages between two flushes. */
const BURST = 100;

report("border", [...(await coreAlone(64)), ...(await coreAlone(16_384)), ...(await throughMemory())]);

/** Two cores, frames passed by hand: send, transmit, receive, consume. */
async function coreAlone(len: number): Promise<Row[]> {
  const [sender, receiver] = [new Core(SETTINGS, 1, 0), new Core(SETTINGS, 2, 0)];
  exchange(sender, receiver);
  exchange(receiver, sender);
  const key = sender.reserve();
  sender.open(key);
  exchange(sender, receiver);
  const requests = receiver.takeEvents();
  const accepted = receiver.accept(requests[requests.length - RECORD_LEN + 2] ?? 0);
  exchange(receiver, sender);
  sender.takeEvents();
  const before = totals(sender, receiver);
  let messages = 0;
  const us = await timed(9, 20_000, (count) => {
    for (let done = 0; done < count; done += BURST) burst(sender, receiver, key, accepted, len);
    messages += count;
  });
  const after = totals(sender, receiver);
  const perMessage = (what: "calls" | "bytes"): number => (after[what] - before[what]) / messages;
  const name = `core alone, ${len}-byte message from send to consumed`;
  return [
    { name: `${name}, bursts of ${BURST}`, value: us, unit: "us" },
    { name: `${name}: wasm calls, both ends`, value: perMessage("calls"), unit: "calls", goal: "<= 6" },
    // The same for every length: payloads stay outside.
    { name: `${name}: bytes copied across the border`, value: perMessage("bytes"), unit: "bytes", goal: "<= 96" },
  ];
}

function burst(sender: Core, receiver: Core, key: PortKey, accepted: PortKey, len: number): void {
  for (let index = 0; index < BURST; index += 1) sender.send(key, len, 0);
  exchange(sender, receiver);
  const events = receiver.takeEvents();
  for (let at = 0; at < events.length; at += RECORD_LEN) {
    if (events[at] === EventKind.chunk) receiver.consumed(accepted, len);
  }
  exchange(receiver, sender);
}

/** Everything that `from` wants to send, handed to `to`. */
function exchange(from: Core, to: Core): void {
  for (;;) {
    const flush = from.transmit(256, 1 << 30, 0);
    if (flush === undefined) return;
    for (let at = 0; at < flush.count * RECORD_LEN; at += RECORD_LEN) {
      const start = flush.records[at + Field.headerStart] ?? 0;
      const came = to.handleFrame(flush.headers.subarray(start, start + (flush.records[at + Field.headerLen] ?? 0)), 0);
      if ((came & Came.payloadNext) !== 0) to.handlePayload(flush.records[at + Field.len] ?? 0, 0);
    }
  }
}

function totals(...cores: Core[]): { calls: number; bytes: number } {
  return {
    calls: cores.reduce((sum, core) => sum + core.calls, 0),
    bytes: cores.reduce((sum, core) => sum + core.copiedBytes, 0),
  };
}

/** The whole library over a pair of connected transports in one realm. */
async function throughMemory(): Promise<Row[]> {
  const Ping = t.struct({ value: t.u32, reply: t.oneshot.sender(t.u32) });
  const Work = t.enum({ Ping, Numbers: t.mpsc.receiver(t.u32) });
  const { a, b } = memoryPair();
  const [client, server] = await Promise.all([connect(a, { send: Work }), connect(b, { receive: Work })]);
  let received = 0;
  const serving = (async () => {
    for await (const work of server.rx) {
      if ("Ping" in work) await work.Ping.reply.send(work.Ping.value);
      else for await (const _ of work.Numbers) received += 1;
    }
  })();

  const roundTrip = await timed(7, 500, async (count) => {
    for (let value = 0; value < count; value += 1) {
      const [reply, answer] = oneshot.channel(t.u32);
      await client.tx.send({ Ping: { value, reply } });
      await answer.recv();
    }
  });

  const before = { calls: client.stats().coreCalls, sent: client.stats().framesSent };
  let items = 0;
  const perItem = await timed(5, 20_000, async (count) => {
    const [tx, rx] = mpsc.channel(t.u32);
    const target = received + count;
    await client.tx.send({ Numbers: rx });
    for (let value = 0; value < count; value += 1) await tx.send(value);
    tx.close();
    while (received < target) await new Promise((resolve) => setImmediate(resolve));
    items += count;
  });
  const stats = client.stats();
  await client.close();
  await serving;
  return [
    { name: "in memory: request with a fresh oneshot for the answer, round trip", value: roundTrip, unit: "us" },
    { name: "in memory: one u32 of an mpsc channel, send to recv, awaited one by one", value: perItem, unit: "us" },
    {
      name: "in memory: wasm calls per item at the sender",
      value: (stats.coreCalls - before.calls) / items,
      unit: "calls",
      goal: "<= 2",
    },
    {
      name: "in memory: frames per item at the sender",
      value: (stats.framesSent - before.sent) / items,
      unit: "frames",
    },
  ];
}
