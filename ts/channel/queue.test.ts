import { expect, test } from "vitest";
import { CuttleError } from "../errors/error.ts";
import type { Entry } from "./entry.ts";
import { Queue } from "./queue.ts";

/** With one sender. */
function queueOf(capacity: number): Queue<number> {
  const queue = new Queue<number>(capacity);
  queue.addSender();
  return queue;
}

/** Without a promise nobody has to wait. */
async function state(promise: Promise<unknown> = Promise.resolve()): Promise<unknown> {
  let result: unknown = "pending";
  promise.then(
    () => {
      result = "resolved";
    },
    (error: unknown) => {
      result = CuttleError.is(error) ? error.code : error;
    },
  );
  for (let at = 0; at < 10; at += 1) await Promise.resolve();
  return result;
}

async function taken(queue: Queue<number>): Promise<number | undefined> {
  const entry = await queue.take();
  if (entry === undefined) return undefined;
  entry.done.resolve();
  return valueIn(entry);
}

function valueIn({ content }: Entry<number>): number {
  if ("error" in content) throw content.error;
  return content.value;
}

test("as many values are accepted as there is room for, and the others one by one as it is made", async () => {
  const queue = queueOf(2);
  const pushes = [1, 2, 3, 4].map((value) => queue.push(value));
  expect(await Promise.all(pushes.map(state))).toEqual(["resolved", "resolved", "pending", "pending"]);
  expect(queue.hasRoom).toBe(false);
  expect(await taken(queue)).toBe(1);
  expect(await Promise.all(pushes.map(state))).toEqual(["resolved", "resolved", "resolved", "pending"]);
  expect([await taken(queue), await taken(queue), await taken(queue)]).toEqual([2, 3, 4]);
});

test("with capacity 0 a value is accepted when somebody settles it, and there is room only for who waits", async () => {
  const queue = queueOf(0);
  expect(queue.hasRoom).toBe(false);
  const taking = queue.take();
  expect(queue.hasRoom).toBe(true);
  const pushing = queue.push(1);
  const entry = await taking;
  expect(await state(pushing)).toBe("pending");
  entry?.done.resolve();
  expect(await state(pushing)).toBe("resolved");
});

test("takers are served in the order in which they came, and an aborted one loses nothing", async () => {
  const queue = queueOf(4);
  const abort = new AbortController();
  const takes = [queue.take({ signal: abort.signal }), queue.take(), queue.take()];
  abort.abort("enough");
  for (const value of [1, 2]) await queue.push(value);
  expect(await state(takes[0] as Promise<unknown>)).toBe("enough");
  expect([await takes[1], await takes[2]].map((entry) => entry && valueIn(entry))).toEqual([1, 2]);
});

test("passing on keeps what was accepted and lets every later value wait; keeping undoes it", async () => {
  const queue = queueOf(2);
  await queue.push(1);
  queue.passOn();
  const later = queue.push(2);
  expect(await state(later)).toBe("pending");
  queue.keep();
  expect(await state(later)).toBe("resolved");
  expect([await taken(queue), await taken(queue)]).toEqual([1, 2]);
});

test("a value that waits can be withdrawn, an accepted one cannot", async () => {
  const queue = queueOf(1);
  const abort = new AbortController();
  const accepted = queue.push(1, { signal: abort.signal });
  const waiting = queue.push(2, { signal: abort.signal });
  const last = queue.push(3);
  abort.abort("enough");
  expect([await state(accepted), await state(waiting)]).toEqual(["resolved", "enough"]);
  expect([await taken(queue), await taken(queue), await state(last)]).toEqual([1, 3, "resolved"]);
});

test("the end comes when all senders and pumps are gone, after what is queued", async () => {
  const queue = queueOf(4);
  queue.addSender();
  queue.addPump();
  await queue.push(1);
  queue.removeSender();
  queue.removeSender();
  expect(await taken(queue)).toBe(1);
  const end = queue.take();
  expect(await state(end)).toBe("pending");
  queue.removePump();
  expect(await end).toBeUndefined();
  expect(await queue.take()).toBeUndefined();
});

test("closing keeps what was accepted or came from a peer, and rejects the rest", async () => {
  const queue = queueOf(1);
  const accepted = queue.push(1);
  const waiting = queue.push(2);
  void queue.pass({ value: 3 });
  queue.close("closed");
  expect([await state(accepted), await state(waiting), await state(queue.push(4))]).toEqual([
    "resolved",
    "remote_closed",
    "remote_closed",
  ]);
  expect([queue.closedReason, await queue.closed]).toEqual(["closed", "closed"]);
  expect([await taken(queue), await taken(queue), await taken(queue)]).toEqual([1, 3, undefined]);
});

test("dropping gives up everything and lets no pump wait", async () => {
  const queue = queueOf(1);
  queue.addPump();
  const passing = [queue.pass({ value: 1 }), queue.pass({ value: 2 })];
  queue.close("dropped");
  expect(await Promise.all(passing.map((one) => state(one)))).toEqual(["resolved", "resolved"]);
  expect([await state(queue.pass({ value: 3 })), queue.length, await queue.take()]).toEqual(["resolved", 0, undefined]);
});

test("dropping after closing keeps the first reason, and gives up what the first one kept", async () => {
  const queue = queueOf(1);
  queue.addPump();
  const told: string[] = [];
  queue.addSource({ queueClosed: (reason) => told.push(reason), queueDeaf: () => told.push("deaf") });
  const passing = [queue.pass({ value: 1 }), queue.pass({ value: 2 })];
  queue.close("closed");
  expect([await state(passing[1]), ...told]).toEqual(["pending", "closed"]);
  queue.close("dropped");
  expect([await state(passing[1]), ...told]).toEqual(["resolved", "closed", "deaf"]);
  expect([queue.closedReason, queue.length]).toEqual(["closed", 0]);
});

test("a value that was accepted before a failure is reported to the receiver's side, not to its sender", async () => {
  const queue = queueOf(2);
  const accepted = queue.push(1);
  const error = new CuttleError("transport_lost", "gone");
  queue.close("failed", error);
  expect([await state(accepted), await state(queue.push(2)), queue.closedReason]).toEqual([
    "resolved",
    "transport_lost",
    "failed",
  ]);
});

test("the receiver gets a final error once, after everything else", async () => {
  const queue = queueOf(2);
  await queue.push(1);
  queue.failReceiver(new CuttleError("transport_lost", "gone"));
  queue.failReceiver(new CuttleError("bug", "never seen"));
  queue.removeSender();
  expect(await taken(queue)).toBe(1);
  expect(await state(queue.take())).toBe("transport_lost");
  expect(await queue.take()).toBeUndefined();
});

test("a forgotten receiver of values from a peer is dropped when all who waited were served or left", async () => {
  const queue = queueOf(2);
  queue.addReceiver();
  queue.addPump();
  const abort = new AbortController();
  const [first, second] = [queue.take(), queue.take({ signal: abort.signal })];
  expect(queue.forgetReceiver()).toBe(false);
  void queue.pass({ value: 1 });
  expect((await first)?.content).toEqual({ value: 1 });
  expect(queue.closedReason).toBe(undefined);
  abort.abort("enough");
  expect(await state(second)).toBe("enough");
  expect(queue.closedReason).toBe("dropped");
});

test("a forgotten receiver in the program of its senders is no concern of theirs until one is sent away", async () => {
  const queue = queueOf(2);
  queue.addReceiver();
  expect(queue.forgetReceiver()).toBe(false);
  await queue.push(1);
  queue.addPump();
  expect(queue.closedReason).toBe("dropped");
});

test("a receiver that takes the place of another one does not end with it", () => {
  const queue = queueOf(2);
  queue.addPump();
  queue.addReceiver();
  queue.addReceiver();
  expect(queue.forgetReceiver()).toBe(false);
  expect(queue.closedReason).toBe(undefined);
  expect(queue.forgetReceiver()).toBe(true);
  expect(queue.closedReason).toBe("dropped");
});
