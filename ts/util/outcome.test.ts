import { expect, test } from "vitest";
import { Outcome } from "./outcome.ts";

test("whoever asks before or after it is settled gets what it was settled with first", async () => {
  const [resolved, rejected] = [new Outcome(), new Outcome()];
  const early = [resolved.promise, rejected.promise];
  for (const outcome of [resolved, rejected]) {
    if (outcome === rejected) outcome.reject("first");
    outcome.resolve();
    outcome.reject("second");
  }
  const promises = [...early, resolved.promise, rejected.promise];
  const values = await Promise.all(promises.map((promise) => promise.catch((error: unknown) => error)));
  expect(values).toEqual([undefined, "first", undefined, "first"]);
});

test("one that is rejected unheard is no unhandled rejection", async () => {
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  process.on("unhandledRejection", hear);
  const outcome = new Outcome();
  void outcome.promise;
  outcome.reject("unheard");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", hear);
  expect(unheard).toEqual([]);
});
