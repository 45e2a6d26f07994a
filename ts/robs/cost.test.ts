import { afterEach, expect, test, vi } from "vitest";
import { ObservableVecDeque } from "./observable-deque.ts";
import { ObservableMap } from "./observable-map.ts";
import { ObservableSet } from "./observable-set.ts";
import { ObservableVec } from "./observable-vec.ts";

/** Entries of the mirrors here. */
const SIZE = 100_000;
const numbers = Array.from({ length: SIZE }, (_, at) => at);

afterEach(() => {
  vi.restoreAllMocks();
});

/** How many items or nodes of ropes stood in the arrays that were spliced, sliced or searched meanwhile. */
function moved(): () => number {
  let elements = 0;
  for (const method of ["splice", "slice", "map", "filter", "reduce", "concat"] as const) {
    const original = Array.prototype[method] as (...args: unknown[]) => unknown;
    vi.spyOn(Array.prototype, method as "slice").mockImplementation(function (this: unknown[], ...args: unknown[]) {
      const [first] = this;
      if (typeof first === "number" || (typeof first === "object" && first !== null && "owner" in first)) {
        elements += this.length;
      }
      return original.apply(this, args) as unknown[];
    });
  }
  return () => {
    vi.restoreAllMocks();
    return elements;
  };
}

test.each([
  ["vec", new ObservableVec(numbers), SIZE >> 1],
  ["vec, at the beginning", new ObservableVec(numbers), 0],
  ["deque", new ObservableVecDeque(numbers), SIZE >> 1],
] as const)("an insertion in a mirror of 100 000 items moves some hundred: %s", async (_, source, at) => {
  const mirror = source.subscribe().mirror({ maxSize: SIZE + 10 });
  mirror.slice(0, 1);
  source.insert(at, -1);
  await mirror.changed();
  source.insert(at, -2);
  const cost = moved();
  await mirror.changed();
  const elements = cost();
  expect([mirror.at(at), mirror.length, mirror.error]).toEqual([-2, SIZE + 2, undefined]);
  expect(elements).toBeGreaterThan(0);
  expect(elements).toBeLessThan(500);
  mirror.drop();
});

test("setting one place of a vec of 100 000 items copies nothing of it", async () => {
  const source = new ObservableVec(numbers);
  const mirror = source.subscribe().mirror({ maxSize: SIZE });
  source.set(500, -1);
  await mirror.changed();
  source.set(501, -1);
  const cost = moved();
  await mirror.changed();
  expect([cost(), mirror.at(501)]).toEqual([0, -1]);
  mirror.drop();
});

test("a change of a map or set of 100 000 entries is one operation of the Map or Set", async () => {
  const map = new ObservableMap(numbers.map((n) => [n, n] as const));
  const set = new ObservableSet(numbers);
  const mapMirror = map.subscribe().mirror({ maxSize: SIZE });
  const setMirror = set.subscribe().mirror({ maxSize: SIZE });
  map.set(7, 8);
  set.delete(7);
  const [mapSet, setDelete] = [vi.spyOn(Map.prototype, "set"), vi.spyOn(Set.prototype, "delete")];
  const cost = moved();
  await mapMirror.changed();
  await setMirror.changed();
  const ofMirror = mapSet.mock.contexts.filter((context) => context === mapMirror).length;
  const ofSet = setDelete.mock.contexts.filter((context) => context === setMirror).length;
  expect([ofMirror, ofSet, mapMirror.get(7), setMirror.has(7)]).toEqual([1, 1, 8, false]);
  expect(cost()).toBeLessThan(100);
  mapMirror.drop();
  setMirror.drop();
});

test("of a thousand who look at single rows, a remote change wakes the one who looks at what changed", async () => {
  const map = new ObservableMap(numbers.map((n) => [n, n] as const));
  const vec = new ObservableVec(numbers);
  const [mapMirror, vecMirror] = [
    map.subscribe().mirror({ maxSize: SIZE }),
    vec.subscribe().mirror({ maxSize: SIZE + 1 }),
  ];
  const woken: string[] = [];
  for (let row = 0; row < 1_000; row += 1) {
    mapMirror.listen({ key: row * 10 }, () => woken.push(`key ${row * 10}`));
    vecMirror.listen({ index: row * 10 }, () => woken.push(`index ${row * 10}`));
  }
  map.set(500, -1);
  map.set(501, -1);
  vec.set(730, -1);
  vec.set(731, -1);
  vec.push(-1);
  while (mapMirror.get(501) !== -1) await mapMirror.changed();
  while (vecMirror.length === SIZE) await vecMirror.changed();
  expect(woken.sort()).toEqual(["index 730", "key 500"]);
  mapMirror.drop();
  vecMirror.drop();
});

test("a mirror takes nothing in the turn of the event loop in which it is made", async () => {
  const subscription = new ObservableMap([["a", 1]]).subscribe({ incremental: true });
  const mirror = subscription.mirror({ maxSize: 1 });
  expect(subscription.remaining).toBe(1);
  while (!mirror.isComplete) await mirror.changed();
  expect([...mirror]).toEqual([["a", 1]]);
  mirror.drop();
});
