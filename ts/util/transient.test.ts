import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { TransientMap, TransientSet } from "./transient.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (options: { type: "minor" | "major" }) => void;

/** What a busy connection does with its calls: `open` are there at any time, `count` in all. */
function churn(map: { set(key: number, value: unknown): unknown; delete(key: number): boolean }, count: number): void {
  const open = 64;
  for (let key = 0; key < count; key += 1) {
    map.set(key, new Array(1_000).fill(key));
    map.delete(key - open);
    if (key % 100 === 0) gc({ type: "minor" });
  }
}

/** Bytes that are left when only small collections have looked. */
function leftBy(map: Parameters<typeof churn>[0]): number {
  gc({ type: "major" });
  const before = process.memoryUsage().heapUsed;
  churn(map, 20_000);
  gc({ type: "minor" });
  gc({ type: "minor" });
  return process.memoryUsage().heapUsed - before;
}

test("what was removed does not stay until the next full collection", () => {
  const entryBytes = 8_000;
  expect(leftBy(new TransientMap())).toBeLessThan(2_000 * entryBytes);
  // Or there is no need of it any more.
  expect(leftBy(new Map())).toBeGreaterThan(5_000 * entryBytes);
});

test("entries are those of a Map, whatever was added and removed before", () => {
  const map = new TransientMap<number, string>();
  const model = new Map<number, string>();
  for (let step = 0; step < 2_000; step += 1) {
    const key = (step * 7919) % 97;
    if (step % 3 === 2) expect(map.delete(key)).toBe(model.delete(key));
    else {
      map.set(key, `${step}`);
      model.set(key, `${step}`);
    }
    expect([map.size, map.get(key), map.has(key)]).toEqual([model.size, model.get(key), model.has(key)]);
  }
  expect([...map.keys()]).toEqual([...model.keys()]);
  expect([...map.values()]).toEqual([...model.values()]);
  map.clear();
  expect([map.size, map.has(1), [...map.values()]]).toEqual([0, false, []]);
});

test("a set has each item once, in the order in which they came", () => {
  const set = new TransientSet<string>();
  for (let step = 0; step < 300; step += 1) {
    set.add(`item ${step}`);
    set.add("kept");
    set.delete(`item ${step - 2}`);
  }
  expect([...set]).toEqual(["kept", "item 298", "item 299"]);
  expect([set.size, set.delete("kept"), set.delete("kept")]).toEqual([3, true, false]);
  set.clear();
  expect([...set]).toEqual([]);
});
