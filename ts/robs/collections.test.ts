import { expect, test } from "vitest";
import type { Listener } from "./listeners.ts";
import { ObservableVecDeque } from "./observable-deque.ts";
import { ObservableList } from "./observable-list.ts";
import { ObservableMap } from "./observable-map.ts";
import { ObservableSet } from "./observable-set.ts";
import { ObservableVec } from "./observable-vec.ts";

/** The events of a collection, as text. */
function recorded<E>(collection: { listen(scope: "all", listener: Listener<E>): unknown }): string[] {
  const events: string[] = [];
  collection.listen("all", (step) => {
    for (const event of step.events) {
      events.push(JSON.stringify(event, (_, value) => (value instanceof Set ? [...value] : value)));
    }
  });
  return events;
}

test("an observable map is usable wherever a Map is", () => {
  const { groupBy } = Map as unknown as { groupBy<K, T>(items: T[], key: (item: T) => K): Map<K, T[]> };
  const grouped = groupBy.call(Map, [1, 2, 3, 4], (n) => ((n as number) % 2 === 0 ? "even" : "odd")) as Map<
    string,
    number[]
  >;
  const map = new ObservableMap(grouped);
  const asMap: Map<string, number[]> = map;
  expect([...asMap]).toEqual([
    ["odd", [1, 3]],
    ["even", [2, 4]],
  ]);
  expect(new Map(asMap)).toEqual(grouped);
  expect(structuredClone(asMap)).toEqual(grouped);
  expect([asMap.size, asMap instanceof Map, [...asMap.keys()]]).toEqual([2, true, ["odd", "even"]]);
  expect(asMap.set("odd", []).get("odd")).toEqual([]);
  expect(map.getOrInsert("none", [0])).toEqual([0]);
  const visited: string[] = [];
  for (const key of map.keys()) visited.push(key);
  expect(visited).toEqual(["odd", "even", "none"]);
});

test("a map tells what remoc's tells", () => {
  const map = new ObservableMap<string, number>([["a", 1]]);
  const events = recorded(map);
  map.set("a", 1);
  map.delete("none");
  map.delete("a");
  map.clear();
  map.set("b", 1).set("c", 2);
  map.retain((value) => value > 1);
  map.shrinkToFit();
  map.clear();
  map.done();
  map.done();
  expect(events).toEqual([
    '{"Set":["a",1]}',
    '{"Remove":"a"}',
    '{"Set":["b",1]}',
    '{"Set":["c",2]}',
    '{"Remove":"b"}',
    '"ShrinkToFit"',
    '"Clear"',
    '"Done"',
  ]);
});

test("a set tells what remoc's tells, and gives the item that was there", () => {
  const [old, equal] = [{ id: 1 }, { id: 1 }];
  const set = new ObservableSet<{ id: number }>([old]);
  const events = recorded(set);
  expect([set.replace(equal), [...set][0], set.replace({ id: 2 })]).toEqual([old, old, undefined]);
  expect([...set][0]).toBe(old);
  expect(set.take({ id: 1 })).toBe(old);
  expect([set.take({ id: 1 }), set.size]).toEqual([undefined, 1]);
  set.retain(({ id }) => id > 2);
  set.shrinkToFit();
  set.clear();
  set.done();
  expect(events).toEqual([
    '{"Set":{"id":1}}',
    '{"Set":{"id":2}}',
    '{"Remove":{"id":1}}',
    '{"Remove":{"id":2}}',
    '"ShrinkToFit"',
    '"Done"',
  ]);
});

test("keys named __proto__, -0 and NaN are keys like others", () => {
  const map = new ObservableMap<unknown, number>([
    ["__proto__", 1],
    [-0, 2],
    [Number.NaN, 3],
    [{ __proto__: null, a: 1 }, 4],
  ]);
  expect([map.get("__proto__"), map.get(0), map.get(Number.NaN), map.get({ a: 1 })]).toEqual([1, 2, 3, 4]);
  expect(map.delete(Number.NaN)).toBe(true);
  expect(map.size).toBe(3);
});

test("an edit sends one Set with a new value, or none", () => {
  const map = new ObservableMap([["a", { price: 1, tags: ["x"] }]]);
  const before = map.get("a");
  const events = recorded(map);
  map.getMut("a")?.commit();
  map.getMut("a")?.discard();
  expect(events).toEqual([]);
  {
    using row = map.getMut("a");
    if (row === undefined) throw new Error("no row");
    row.value.price = 2;
    row.value.price = 3;
  }
  expect(events).toEqual(['{"Set":["a",{"price":3,"tags":["x"]}]}']);
  expect([before?.price, map.get("a") === before]).toEqual([1, false]);
  for (const [, row] of map.iterMut()) {
    row.value = { price: 4, tags: [] };
    row.commit();
    row.commit();
  }
  expect([map.get("a")?.price, events.length]).toEqual([4, 2]);
  const late = map.getMut("a");
  map.clear();
  if (late !== undefined) late.value.price = 9;
  expect(() => late?.commit()).toThrow("local_misuse");
});

test("a vec tells what remoc's tells, and has the habits of an array", () => {
  const vec = new ObservableVec([1, 2, 3]);
  const events = recorded(vec);
  expect(vec.push(4, 5)).toBe(5);
  expect(vec.pop()).toBe(5);
  vec.insert(0, 0);
  vec.set(1, 10);
  expect(vec.remove(0)).toBe(0);
  expect(vec.swapRemove(0)).toBe(10);
  expect([...vec]).toEqual([4, 2, 3]);
  vec.resize(5, 7);
  vec.truncate(9);
  vec.truncate(4);
  vec.retain((item) => item === 7);
  vec.fill(1);
  expect(vec.splice(0, 1, 8, 9)).toEqual([1]);
  expect(vec.unshift(6)).toBe(3);
  expect([vec.shift(), vec.toArray(), vec.at(-1), vec.map((n) => n + 1)]).toEqual([6, [8, 9], 9, [9, 10]]);
  vec.clear();
  vec.clear();
  expect(vec.pop()).toBe(undefined);
  expect(() => vec.remove(0)).toThrow("local_misuse");
  expect(events.map((event) => event.replace(/^\{?"(\w+)".*/, "$1")).join(" ")).toBe(
    "Push Push Pop Insert Set Remove SwapRemove Resize Truncate Retain Fill Set Insert Insert Remove Clear",
  );
});

test("a deque tells what remoc's tells", () => {
  const deque = new ObservableVecDeque([1, 2, 3, 4]);
  const events = recorded(deque);
  deque.pushFront(0);
  deque.pushBack(5);
  expect([deque.popFront(), deque.popBack(), deque.remove(9)]).toEqual([0, 5, undefined]);
  expect([deque.swapRemoveFront(2), deque.toArray()]).toEqual([3, [2, 1, 4]]);
  expect([deque.swapRemoveBack(0), deque.toArray()]).toEqual([2, [4, 1]]);
  deque.clear();
  expect([deque.popBack(), deque.popFront()]).toEqual([undefined, undefined]);
  expect(events.map((event) => event.replace(/^\{?"(\w+)".*/, "$1")).join(" ")).toBe(
    "PushFront PushBack PopFront PopBack SwapRemoveFront SwapRemoveBack Clear",
  );
});

test("a mutation after done throws local_misuse in every collection, and changes nothing", () => {
  const map = new ObservableMap([["a", 1]]);
  const set = new ObservableSet([1]);
  const vec = new ObservableVec([1]);
  const deque = new ObservableVecDeque([1]);
  const list = new ObservableList([1]);
  for (const collection of [map, set, vec, deque, list]) collection.done();
  const mutations = [
    () => map.set("a", 2),
    () => map.delete("a"),
    () => map.clear(),
    () => map.getMut("a"),
    () => set.add(2),
    () => set.delete(1),
    () => set.replace(1),
    () => set.take(1),
    () => vec.push(2),
    () => vec.pop(),
    () => vec.retain(() => true),
    () => vec.getMut(0),
    () => deque.popFront(),
    () => deque.pushBack(1),
    () => list.push(2),
    () => map.transaction(() => {}),
  ];
  for (const mutation of mutations) expect(mutation).toThrow("local_misuse");
  expect([map.get("a"), set.size, vec.length, deque.length, list.length]).toEqual([1, 1, 1, 1, 1]);
});

test("collections can be changed while they are iterated", () => {
  const map = new ObservableMap(Array.from({ length: 10 }, (_, at) => [at, at] as const));
  for (const [key] of map) map.delete(key);
  expect(map.size).toBe(0);
  const vec = new ObservableVec([1, 2, 3]);
  for (const item of vec) vec.push(item * 10);
  expect(vec.toArray()).toEqual([1, 2, 3, 10, 20, 30]);
});
