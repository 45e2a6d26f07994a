/** What calls of plain objects cost: counts, which are the same on every machine. */

import { expect, test, vi } from "vitest";
import { consumeObjectOver, provideObjectOver } from "../../ts/connect/objects.ts";
import { connectionOf } from "../../ts/index.ts";
import { toTransport } from "../../ts/transport/target.ts";
import type { Clock } from "../../ts/util/clock.ts";
import { VirtualClock } from "./support/clock.ts";
import { turns, until } from "./support/wait.ts";

/** What the sides post, and the tasks that they plan. */
const order: string[] = [];

vi.mock(import("../../ts/util/task.ts"), async (original) => {
  const { nextTask } = await original();
  return {
    nextTask: (callback: () => void) => {
      order.push("task");
      nextTask(callback);
    },
  };
});

/** Counts the timers that are set. */
class CountingClock implements Clock {
  readonly #clock = new VirtualClock();
  set = 0;

  now(): number {
    return this.#clock.now();
  }

  timer(delayMs: number, callback: () => void): () => void {
    this.set += 1;
    return this.#clock.timer(delayMs, callback);
  }

  advance(byMs: number): void {
    this.#clock.advance(byMs);
  }
}

/** Two sides over a real port, whose messages are counted. */
async function counted() {
  const { port1, port2 } = new MessageChannel();
  const posted = { calls: 0, answers: 0, atOnce: 0 };
  let isReceiving = false;
  port1.addEventListener("message", () => {
    isReceiving = true;
    setImmediate(() => {
      isReceiving = false;
    });
  });
  for (const [port, name] of [
    [port1, "answers"],
    [port2, "calls"],
  ] as const) {
    const post = port.postMessage.bind(port);
    port.postMessage = (message: unknown, transfer: never) => {
      posted[name] += 1;
      order.push(name);
      if (name === "answers" && isReceiving) posted.atOnce += 1;
      post(message, transfer);
    };
  }
  const clock = new CountingClock();
  const [provider, remote] = await Promise.all([
    provideObjectOver(toTransport(port1), { twice: (n: number) => 2 * n }, { clock }),
    consumeObjectOver<{ twice(n: number): number }>(toTransport(port2), { clock }),
  ]);
  const consumer = connectionOf(remote);
  await remote.twice(0);
  await turns(5);
  /** What `run` posts, and how many answers of that in the task of their call; the timers that it sets. */
  const count = async (run: () => Promise<unknown>) => {
    const before = { ...posted, timers: clock.set };
    await run();
    return {
      calls: posted.calls - before.calls,
      answers: posted.answers - before.answers,
      atOnce: posted.atOnce - before.atOnce,
      timers: clock.set - before.timers,
    };
  };
  const end = async (): Promise<void> => {
    await consumer.close();
    await provider.closed;
  };
  return { remote, clock, consumer, provider, count, end };
}

test("calls one after the other cost one message each way, and no timer", async () => {
  const { remote, count, end } = await counted();
  const costs = await count(async () => {
    for (let n = 0; n < 100; n += 1) expect(await remote.twice(n)).toBe(2 * n);
  });
  expect(costs).toMatchObject({ calls: 100, answers: 100, timers: 0 });
  await end();
});

test("a lone call leaves in the task that makes it, and its answer in the task that brings it", async () => {
  const { remote, count, end } = await counted();
  const call = remote.twice(1);
  const costs = await count(async () => {
    for (let at = 0; at < 10; at += 1) await undefined;
  });
  expect(costs).toMatchObject({ calls: 1, answers: 0 });
  expect(await count(async () => expect(await call).toBe(2))).toMatchObject({ answers: 1, atOnce: 1 });
  await end();
});

test("no side plans a task for calls one after the other, and the caller one behind the last answer", async () => {
  const { remote, end } = await counted();
  order.length = 0;
  for (let n = 0; n < 3; n += 1) expect(await remote.twice(n)).toBe(2 * n);
  await turns(5);
  expect(order).toEqual(["calls", "answers", "calls", "answers", "calls", "answers", "task"]);
  await end();
});

test("64 calls of one task cost one message each way, also when each is followed by another", async () => {
  const { remote, count, end } = await counted();
  const lane = async (): Promise<void> => {
    for (let n = 0; n < 10; n += 1) await remote.twice(n);
  };
  const costs = await count(() => Promise.all(Array.from({ length: 64 }, lane)));
  expect(costs).toMatchObject({ calls: 10, answers: 10, timers: 0 });
  await end();
});

test("the other side may forget results with the next call, or after a tenth of a second without one", async () => {
  const { remote, clock, consumer, provider, count, end } = await counted();
  const costs = await count(async () => {
    for (let n = 0; n < 10; n += 1) await remote.twice(n);
    await turns(5);
  });
  expect(costs.calls).toBe(10);
  expect(consumer.stats().objects.questions).toBe(0);
  expect(provider.stats().objects.answers).toBe(1);
  clock.advance(100);
  await until(
    () => provider.stats().objects.answers === 0,
    () => "the last one is forgotten",
  );
  await end();
});
