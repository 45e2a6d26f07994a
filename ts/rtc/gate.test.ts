import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

/** What has happened, in order, to those that wait at a gate. */
function visitors(gate: Gate) {
  const events: string[] = [];
  const enter = (name: string, signal?: AbortSignal): Promise<void> =>
    gate.enter({ signal }).then(
      () => void events.push(`${name} is through`),
      () => void events.push(`${name} gave up`),
    );
  return { events, enter };
}

test("as many as it is wide are through at a time, in order", async () => {
  const gate = new Gate(2);
  const { events, enter } = visitors(gate);
  const all = ["a", "b", "c", "d"].map((name) => enter(name));
  await Promise.all(all.slice(0, 2));
  expect(events).toEqual(["a is through", "b is through"]);
  gate.leave();
  await all[2];
  gate.leave();
  await all[3];
  expect(events.slice(2)).toEqual(["c is through", "d is through"]);
});

test.each(["before", "after"])("who gives up just %s it is let through passes its turn on", async (when) => {
  const gate = new Gate(1);
  const { events, enter } = visitors(gate);
  const giver = new AbortController();
  await enter("a");
  const waiting = [enter("b", giver.signal), enter("c")];
  if (when === "before") giver.abort();
  gate.leave();
  if (when === "after") giver.abort();
  await Promise.all(waiting);
  expect(events).toEqual(["a is through", "b gave up", "c is through"]);
  gate.leave();
  await enter("d");
  expect(events.at(-1)).toBe("d is through");
});
