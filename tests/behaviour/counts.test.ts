import { expect, test } from "vitest";
import { connectTransport } from "../../ts/connect/connect.ts";
import { type Codec, type MuxStats, mpsc, oneshot, postbag, t } from "../../ts/index.ts";
import { memoryPair } from "../../ts/transport/memory.ts";
import { numbersTo, sendAll } from "./suite/values.ts";
import { VirtualClock } from "./support/clock.ts";
import { withPair } from "./support/pair.ts";
import { established, frames } from "./support/scripted.ts";
import { outcome, quiet, turns, until } from "./support/wait.ts";

/** Counts instead of times: they are the same on every machine. */

async function pair() {
  const clock = new VirtualClock();
  const { a, b } = memoryPair();
  const [one, other] = await Promise.all([
    connectTransport(a, { send: t.u32, clock, seed: 1 }),
    connectTransport(b, { receive: t.u32, clock, seed: 2 }),
  ]);
  await quiet(one as never, other as never);
  return { one, other };
}

/** Lets all microtasks run, and no task. */
async function microtasks(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await undefined;
}

function difference(after: MuxStats, before: MuxStats): Record<keyof MuxStats, number> {
  const pairs = Object.keys(before).map((key) => [
    key,
    Number(after[key as keyof MuxStats]) - Number(before[key as keyof MuxStats]),
  ]);
  return Object.fromEntries(pairs) as Record<keyof MuxStats, number>;
}

test("a thousand small sends of one task leave in eight flushes, with one call into the core each and little more", async () => {
  const { one, other } = await pair();
  const before = one.stats();
  const sends = numbersTo(1000).map((number) => one.tx.send(number));
  await Promise.all(sends);
  expect(difference(one.stats(), before), "the first flush does not wait for another task").toMatchObject({
    flushes: 1,
  });
  await quiet(one as never, other as never);
  const sent = difference(one.stats(), before);
  expect(sent).toMatchObject({ framesSent: 2000 });
  // At most 128 messages a task.
  expect(sent.flushes).toBeLessThanOrEqual(8);
  // A flush costs nine calls, and so does each acknowledgement of the other end with what follows from it.
  expect(sent.coreCalls).toBeLessThanOrEqual(1000 + 120);
  // Three bytes of header and 24 of its record a message; no payload.
  expect(sent.coreCopiedBytes).toBe(1000 * (3 + 24));
  await Promise.all([one.close(), other.close()]);
});

test("what is sent on an idle connection leaves in the microtasks of its task, and what is sent together in one flush", async () => {
  const { one, other } = await pair();
  for (const count of [1, 100]) {
    const before = one.stats();
    void Promise.all(numbersTo(count).map((number) => one.tx.send(number)));
    expect(difference(one.stats(), before).flushes).toBe(0);
    await microtasks();
    expect(difference(one.stats(), before)).toMatchObject({ flushes: 1, framesSent: 2 * count });
    await quiet(one as never, other as never);
    expect(difference(one.stats(), before)).toMatchObject({ flushes: 1, framesSent: 2 * count });
  }
  await Promise.all([one.close(), other.close()]);
});

test("sends one after the other in one task leave in two flushes: the first alone, and the others behind it", async () => {
  const { one, other } = await pair();
  const before = one.stats();
  for (const number of numbersTo(100)) await one.tx.send(number);
  expect(difference(one.stats(), before)).toMatchObject({ flushes: 1, framesSent: 2 });
  await quiet(one as never, other as never);
  expect(difference(one.stats(), before)).toMatchObject({ flushes: 2, framesSent: 200 });
  await Promise.all([one.close(), other.close()]);
});

test("a task that sends without end keeps nothing back: what was sent leaves 128 messages at a time", async () => {
  const { one, other } = await pair();
  const before = one.stats();
  for (const number of numbersTo(1000)) await one.tx.send(number);
  expect(difference(one.stats(), before)).toMatchObject({ flushes: 8, framesSent: 2 * (1 + 7 * 128) });
  await quiet(one as never, other as never);
  expect(difference(one.stats(), before)).toMatchObject({ flushes: 9, framesSent: 2000 });
  await Promise.all([one.close(), other.close()]);
});

test("sends of different tasks leave in flushes of their own", async () => {
  const { one, other } = await pair();
  const before = one.stats();
  for (const number of numbersTo(5)) {
    await one.tx.send(number);
    await turns(1);
  }
  expect(difference(one.stats(), before).flushes).toBe(5);
  await Promise.all([one.close(), other.close()]);
});

test("requests with a channel for the answer, one after the other, leave in one flush each, and so do the answers", async () => {
  const Request = t.struct("Request", { value: t.u32, reply: t.oneshot.sender(t.u32) });
  await withPair("message-port", postbag, { toB: Request }, async ({ a, b, quiet }) => {
    const serving = (async () => {
      for await (const { value, reply } of b.rx) void reply.send(value);
    })();
    await quiet();
    const before = { a: a.stats(), b: b.stats() };
    for (const value of numbersTo(100)) {
      const [reply, answer] = oneshot.channel(t.u32);
      await a.tx.send({ value, reply });
      expect(await answer.recv()).toBe(value);
    }
    for (const [end, earlier] of [
      [a, before.a],
      [b, before.b],
    ] as const) {
      const counted = difference(end.stats(), earlier);
      expect(counted).toMatchObject({ flushes: 100 });
      // Five frames come as one message, whose events are taken at once.
      expect(counted.coreCalls).toBeLessThanOrEqual(100 * 24);
    }
    await quiet();
    a.tx.close();
    await serving;
  });
});

test("receiving a small message costs a fixed number of calls into the core", async () => {
  const { one, other } = await pair();
  const before = other.stats();
  await Promise.all(numbersTo(1000).map((number) => one.tx.send(number)));
  await quiet(one as never, other as never);
  const arrived = difference(other.stats(), before);
  expect(arrived.framesReceived).toBe(2000);
  // For each of two frames one call, and two for the event of the second.
  expect(arrived.coreCalls).toBeLessThanOrEqual(1000 * 4 + 200);
  const taking = other.stats();
  for (const number of numbersTo(1000)) expect(await other.rx.recv()).toBe(number);
  const took = difference(other.stats(), taking);
  expect(took.coreCalls).toBeLessThanOrEqual(1000 + 50);
  await Promise.all([one.close(), other.close()]);
});

test("credits come back in few messages, not in one for every item", async () => {
  const { one, other } = await pair();
  const before = other.stats();
  for (let round = 0; round < 10; round += 1) {
    const sends = numbersTo(1000).map((number) => one.tx.send(number + 100_000));
    for (const _ of sends) await other.rx.recv();
    await Promise.all(sends);
  }
  // 10,000 items of 3 bytes are less than a quarter of the window of 128 KiB.
  expect(difference(other.stats(), before).framesSent).toBeLessThanOrEqual(1);
  await Promise.all([one.close(), other.close()]);
});

test("payloads are not copied on their way from the codec to the transport, nor is one changed by the next", async () => {
  const encoded: Uint8Array[] = [];
  const codec: Codec = {
    ...postbag,
    encodePieces(descriptor, value, context) {
      const bytes = postbag.encode(descriptor, value, context);
      encoded.push(bytes);
      return bytes;
    },
  };
  const { peer, conn } = await established({ send: t.str, codec }, { chunk: 1000 });
  const payloads: Uint8Array[] = [];
  let isPayload = false;
  peer.onSend = (frame) => {
    if (isPayload) payloads.push(frame);
    isPayload = !isPayload && frame[0] === 7;
  };
  await conn.tx.send("small");
  await conn.tx.send("x".repeat(4_500));
  await until(
    () => payloads.length === 6,
    () => "all was sent",
  );
  expect(payloads[0]?.buffer).toBe(encoded[0]?.buffer);
  for (const payload of payloads.slice(1)) expect(payload.buffer).toBe(encoded[1]?.buffer);
  expect(payloads.slice(1).map((payload) => payload.length)).toEqual([1000, 1000, 1000, 1000, 502]);
  const closing = outcome(conn.close());
  await peer.hears(frames.goodbye);
  peer.says(frames.goodbye);
  await closing;
});

test("a moved channel costs no more frames a value than the base channel", async () => {
  const clock = new VirtualClock();
  const { a, b } = memoryPair();
  const [one, other] = await Promise.all([
    connectTransport<mpsc.Receiver<number>>(a, { send: t.mpsc.receiver(t.u32), clock, seed: 1 }),
    connectTransport<null, mpsc.Receiver<number>>(b, { receive: t.mpsc.receiver(t.u32), clock, seed: 2 }),
  ]);
  const [sender, half] = mpsc.channel(t.u32);
  await one.tx.send(half);
  const receiver = await other.rx.recv();
  await quiet(one as never, other as never);
  const before = one.stats();
  const sending = sendAll(sender, 500);
  let count = 0;
  for await (const _ of receiver ?? []) count += 1;
  await sending;
  await quiet(one as never, other as never);
  const sent = difference(one.stats(), before);
  expect(count).toBe(500);
  // Two frames a value, and the two messages that end the port.
  expect(sent.framesSent).toBeLessThanOrEqual(500 * 2 + 2);
  expect(sent.coreCalls).toBeLessThanOrEqual(500 * 3);
  await Promise.all([one.close(), other.close()]);
});
