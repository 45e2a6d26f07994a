import { afterEach, describe, expect, test, vi } from "vitest";
import { ObservableMap } from "./observable-map.ts";
import { ObservableSet } from "./observable-set.ts";
import { ObservableVec } from "./observable-vec.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("listeners", () => {
  test("hear of a transaction as one step, with the collection as it is after it", () => {
    const map = new ObservableMap([["a", 1]]);
    const seen: unknown[] = [];
    map.listen("all", ({ version, events }) => seen.push([version, events, [...map]]));
    map.transaction(() => {
      map.set("b", 2);
      map.delete("a");
      expect(seen).toEqual([]);
    });
    map.set("c", 3);
    expect(seen).toEqual([
      [1, [{ Set: ["b", 2] }, { Remove: "a" }], [["b", 2]]],
      [
        2,
        [{ Set: ["c", 3] }],
        [
          ["b", 2],
          ["c", 3],
        ],
      ],
    ]);
    expect(map.version).toBe(2);
  });

  test("of a key hear of that key alone, and of clear() when the key was there", () => {
    const map = new ObservableMap<string, number>();
    const heard = { a: 0, b: 0, none: 0 };
    map.listen({ key: "a" }, () => (heard.a += 1));
    map.listen({ key: "b" }, () => (heard.b += 1));
    map.listen({ key: "none" }, () => (heard.none += 1));
    for (let at = 0; at < 1_000; at += 1) map.set(`row ${at}`, at);
    map.set("a", 1);
    map.transaction(() => map.set("a", 2).set("b", 1).set("a", 3));
    map.clear();
    expect(heard).toEqual({ a: 3, b: 2, none: 0 });
  });

  test("of places hear of what is there, and of what moves there", () => {
    const vec = new ObservableVec([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const heard = { first: 0, middle: 0, last: 0 };
    vec.listen({ index: 0 }, () => (heard.first += 1));
    vec.listen({ from: 3, to: 6 }, () => (heard.middle += 1));
    vec.listen({ index: 9 }, () => (heard.last += 1));
    const change = (make: () => void): number[] => {
      make();
      const told = Object.values(heard);
      heard.first = heard.middle = heard.last = 0;
      return told;
    };
    expect(change(() => vec.set(4, 0))).toEqual([0, 1, 0]);
    expect(change(() => vec.set(2, 0))).toEqual([0, 0, 0]);
    expect(change(() => vec.push(10))).toEqual([0, 0, 0]);
    expect(change(() => vec.pop())).toEqual([0, 0, 0]);
    expect(change(() => vec.insert(5, 0))).toEqual([0, 1, 1]);
    expect(change(() => vec.swapRemove(0))).toEqual([1, 0, 0]);
    expect(change(() => vec.truncate(9))).toEqual([0, 0, 1]);
    expect(change(() => vec.fill(1))).toEqual([1, 1, 0]);
    expect(change(() => vec.retain((_, index) => index !== 6))).toEqual([0, 0, 1]);
    expect(
      change(() =>
        vec.transaction(() => {
          for (const at of [0, 5, 0]) vec.set(at, 7);
        }),
      ),
    ).toEqual([1, 1, 0]);
    expect(change(() => vec.clear())).toEqual([1, 1, 0]);
  });

  test("may change the collection: a step of its own, which all hear of after this one", () => {
    const set = new ObservableSet<number>();
    const order: string[] = [];
    set.listen("all", ({ events }) => {
      order.push(`one ${JSON.stringify(events)}`);
      if (set.size < 3) set.add(set.size);
    });
    set.listen("all", ({ events }) => order.push(`two ${JSON.stringify(events)}`));
    set.add(0);
    const step = (item: number): string[] => [`one [{"Set":${item}}]`, `two [{"Set":${item}}]`];
    expect(order).toEqual([...step(0), ...step(1), ...step(2)]);
  });

  test("that change the collection without end are cut off", () => {
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
    const set = new ObservableSet<number>();
    set.listen("all", () => set.add(set.size));
    set.add(0);
    expect(reported.map(String)).toEqual([expect.stringContaining("local_misuse")]);
    expect(set.size).toBeGreaterThan(100);
  });

  test("that throw are reported, and the others and the change go on", () => {
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
    const map = new ObservableMap<string, number>();
    let heard = 0;
    map.listen("all", () => {
      throw new Error("of a listener");
    });
    map.listen("all", () => (heard += 1));
    map.set("a", 1);
    expect([map.get("a"), heard, reported.map(String)]).toEqual([1, 1, ["Error: of a listener"]]);
  });

  test("that are removed within a step hear nothing of it, and added ones hear of the next", () => {
    const map = new ObservableMap<string, number>();
    const heard: string[] = [];
    const removals: (() => void)[] = [];
    map.listen("all", () => {
      for (const remove of removals.splice(0)) remove();
      if (heard.length === 0) map.listen("all", () => heard.push("added"));
      heard.push("first");
    });
    removals.push(map.listen("all", () => heard.push("removed")));
    map.set("a", 1);
    expect(heard).toEqual(["first"]);
    map.set("a", 2);
    expect(heard).toEqual(["first", "first", "added"]);
  });

  test("of a composite key hear of equal keys, before and after it is there", () => {
    const map = new ObservableMap<[number, string], number>();
    let heard = 0;
    const remove = map.listen({ key: [1, "x"] }, () => (heard += 1));
    map.set([1, "x"], 1);
    map.set([1, "y"], 1);
    map.delete([1, "x"]);
    remove();
    map.set([1, "x"], 2);
    expect([heard, map.size, map.get([1, "x"])]).toEqual([2, 2, 2]);
  });
});

test("changed() resolves once for what happened since, and at once when something did", async () => {
  const map = new ObservableMap<string, number>();
  map.set("a", 1);
  await map.changed();
  let resolved = false;
  const next = map.changed().then(() => {
    resolved = true;
  });
  await new Promise(setImmediate);
  expect(resolved).toBe(false);
  map.set("b", 2);
  await next;
  map.set("c", 3);
  map.borrowAndUpdate();
  const aborted = new AbortController();
  const waiting = map.changed({ signal: aborted.signal });
  aborted.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
