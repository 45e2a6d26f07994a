import { expect, test } from "vitest";
import { whileNotAborted } from "./abort.ts";
import { deferred } from "./deferred.ts";

/** A signal that counts its listeners. */
function countingSignal(): { signal: AbortSignal; abort(reason: unknown): void; listeners(): number } {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    listeners -= 1;
    remove(...args);
  };
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => listeners };
}

test("the listener is gone after the promise resolved, and an abort after that is not heard", async () => {
  const { signal, abort, listeners } = countingSignal();
  const heard: unknown[] = [];
  expect(await whileNotAborted(Promise.resolve(3), signal, (reason) => heard.push(reason))).toBe(3);
  expect(listeners()).toBe(0);
  abort("late");
  expect(heard).toEqual([]);
});

test("the listener is gone after the promise rejected", async () => {
  const { signal, listeners } = countingSignal();
  await expect(whileNotAborted(Promise.reject(new Error("no")), signal, () => {})).rejects.toThrow("no");
  expect(listeners()).toBe(0);
});

test("an abort is told with its reason, and the promise decides how it ends", async () => {
  const { signal, abort } = countingSignal();
  const { promise, reject } = deferred<void>();
  const waiting = whileNotAborted(promise, signal, reject);
  const reason = new Error("enough");
  abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
