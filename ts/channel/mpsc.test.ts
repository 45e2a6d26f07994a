import { expect, test } from "vitest";
import { CuttleError } from "../errors/error.ts";
import * as t from "../schema/index.ts";
import { dispose } from "../util/dispose.ts";
import * as mpsc from "./mpsc.ts";

/** The present state of a promise. */
async function state(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    () => "resolved",
    (error: unknown) => (CuttleError.is(error) ? error.code : error),
  );
  let turns: Promise<unknown> = Promise.resolve("pending");
  for (let at = 0; at < 20; at += 1) turns = turns.then((value) => value);
  return await Promise.race([settled, turns]);
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const value of values) got.push(value);
  return got;
}

test("a permit keeps room for its value, which nobody else gets", async () => {
  const [tx, rx] = mpsc.channel(t.u32, { capacity: 2 });
  const permit = await tx.reserve();
  expect([tx.capacity, tx.maxCapacity]).toEqual([1, 2]);
  expect([tx.trySend(1), tx.trySend(2)]).toEqual([true, false]);
  const waiting = tx.send(3);
  expect(await state(waiting)).toBe("pending");
  permit.send(4);
  expect(await rx.recv()).toBe(1);
  expect(await state(waiting)).toBe("resolved");
  expect([await rx.recv(), await rx.recv()]).toEqual([4, 3]);
  expect(() => permit.send(5)).toThrow("local_half_used");
});

test("several permits are waited for together, and what an aborted reservation holds is given back", async () => {
  const [tx, rx] = mpsc.channel(t.u32, { capacity: 2 });
  await tx.send(1);
  const abort = new AbortController();
  const aborted = tx.reserveMany(2, { signal: abort.signal });
  expect(await state(aborted)).toBe("pending");
  expect(tx.tryReserve()).toBeUndefined();
  abort.abort("enough");
  expect(await state(aborted)).toBe("enough");
  const one = tx.tryReserve();
  expect(one).toBeDefined();
  const two = tx.reserveMany(2);
  one?.[dispose]();
  expect(await state(two)).toBe("pending");
  expect(await rx.recv()).toBe(1);
  for (const [at, permit] of (await two).entries()) permit.send(at);
  tx.close();
  expect(await all(rx)).toEqual([0, 1]);
  expect(await state(mpsc.channel(t.u32, { capacity: 2 })[0].reserveMany(3))).toBe("local_misuse");
});

test("reservations and sends get room in the order in which they asked", async () => {
  const [tx, rx] = mpsc.channel(t.u32, { capacity: 1 });
  await tx.send(1);
  const sent = tx.send(2);
  const reserved = tx.reserve();
  const last = tx.send(3);
  expect(await Promise.all([sent, reserved, last].map(state))).toEqual(["pending", "pending", "pending"]);
  await rx.recv();
  expect(await Promise.all([sent, reserved, last].map(state))).toEqual(["resolved", "pending", "pending"]);
  await rx.recv();
  expect(await Promise.all([sent, reserved, last].map(state))).toEqual(["resolved", "resolved", "pending"]);
  (await reserved).release();
  expect(await state(last)).toBe("resolved");
});

test("a permit holds the end of the channel back, and closing fails those who wait for one", async () => {
  const [tx, rx] = mpsc.channel(t.u32, { capacity: 1 });
  const permit = await tx.reserve();
  const clone = tx.clone();
  const waiting = clone.reserve();
  tx.close();
  const received = rx.recv();
  expect(await state(received)).toBe("pending");
  permit.send(7);
  expect(await received).toBe(7);
  (await waiting).release();
  const late = await clone.reserve();
  const never = clone.reserve();
  rx.close();
  expect(await state(never)).toBe("remote_closed");
  expect(() => late.send(8)).toThrow("remote_closed");
  expect(await rx.recv()).toBeUndefined();
});

test("what is here is received without waiting: one value or many, never past an error", async () => {
  const [tx, rx] = mpsc.channel(t.u32);
  expect(rx.tryRecv()).toBe("empty");
  for (const value of [1, 2, 3, 4]) await tx.send(value);
  expect([rx.length, rx.tryRecv()]).toEqual([4, { value: 1 }]);
  expect(await rx.recvMany(2)).toEqual([2, 3]);
  const error = new CuttleError("peer_decode", "unreadable");
  void rx.end.queue.pass({ error });
  expect(await rx.recvMany(10)).toEqual([4]);
  expect(await state(rx.recvMany(10))).toBe("peer_decode");
  const many = rx.recvMany(10);
  tx.close();
  expect(await many).toEqual([]);
  expect(rx.tryRecv()).toBe("closed");
});

test("the loss of one of several senders can be asked for, and taken, while the others send", async () => {
  const [tx, rx] = mpsc.channel(t.u32);
  rx.end.queue.failReceiver(new CuttleError("transport_lost", "gone"));
  await tx.send(1);
  expect(await rx.recv()).toBe(1);
  expect(rx.error?.code).toBe("transport_lost");
  expect(rx.takeError()?.code).toBe("transport_lost");
  tx.close();
  expect(await rx.recv()).toBeUndefined();
});

test("a distributor gives each value to exactly one receiver that has room", async () => {
  const [tx, rx] = mpsc.channel(t.u32);
  const distributor = rx.distribute();
  const [one, two] = [distributor.subscribe(), distributor.subscribe()];
  const sending = (async () => {
    for (let value = 0; value < 20; value += 1) await tx.send(value);
    tx.close();
  })();
  const [first, second] = await Promise.all([all(one.receiver), all(two.receiver)]);
  await sending;
  await distributor.closed();
  expect([...first, ...second].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  expect([first.length > 3, second.length > 3]).toEqual([true, true]);
  expect(() => distributor.subscribe()).toThrow("local_closed");
});

test("a receiver that leaves a distributor loses nothing of the others, and the last one ends it", async () => {
  const [tx, rx] = mpsc.channel(t.u32);
  const distributor = rx.distribute();
  const [slow, leaving] = [distributor.subscribe(), distributor.subscribe()];
  await tx.send(1);
  leaving.remove();
  expect(await leaving.receiver.recv()).toBeUndefined();
  await tx.send(2);
  expect([await slow.receiver.recv(), await slow.receiver.recv()]).toEqual([1, 2]);
  slow.receiver.drop();
  await distributor.closed();
  expect(await tx.closed()).toBe("dropped");
});

test("a value that was on its way to a receiver which leaves goes to another one", async () => {
  const [tx, rx] = mpsc.channel(t.u32);
  const distributor = rx.distribute({ waitOnEmpty: true });
  const leaving = distributor.subscribe();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  expect(tx.trySend(7)).toBe(true);
  leaving.remove();
  expect(await leaving.receiver.recv()).toBeUndefined();
  expect(await distributor.subscribe().receiver.recv()).toBe(7);
  distributor.close();
});

test("a distributor that waits goes on when another receiver comes", async () => {
  const [tx, rx] = mpsc.channel(t.u32);
  const distributor = rx.distribute({ waitOnEmpty: true });
  distributor.subscribe().receiver.drop();
  await tx.send(1);
  const { receiver } = distributor.subscribe();
  expect(await receiver.recv()).toBe(1);
  distributor.close();
  expect(await receiver.recv()).toBeUndefined();
});

test("forward sends what any source brings, and stops the source when nobody takes more", async () => {
  const [tx, rx] = mpsc.channel(t.u32, { capacity: 1 });
  let returned = false;
  async function* count(): AsyncGenerator<number> {
    try {
      for (let at = 0; ; at += 1) yield at;
    } finally {
      returned = true;
    }
  }
  const forwarding = mpsc.forward(count(), tx);
  expect([await rx.recv(), await rx.recv()]).toEqual([0, 1]);
  rx.drop();
  await forwarding;
  expect(returned).toBe(true);
});

test("both halves are Web Streams", async () => {
  const [tx, rx] = mpsc.channel(t.u32, { capacity: 1 });
  const source = new ReadableStream<number>({
    start(controller) {
      for (const value of [1, 2, 3]) controller.enqueue(value);
      controller.close();
    },
  });
  const piped = source.pipeTo(tx.writable);
  expect(await all(rx.readable)).toEqual([1, 2, 3]);
  await piped;
});

test("waiting for the close can be given up", async () => {
  const [tx] = mpsc.channel(t.u32);
  const abort = new AbortController();
  const closed = tx.closed({ signal: abort.signal });
  abort.abort("enough");
  expect(await state(closed)).toBe("enough");
});
