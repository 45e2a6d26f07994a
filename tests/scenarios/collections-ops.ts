/** Random changes of one collection of each kind, as `peers/shared/scenarios/collections_ops.rs` makes them. */

import {
  type Infer,
  type ListSubscription,
  type MapSubscription,
  ObservableList,
  ObservableMap,
  ObservableSet,
  ObservableVec,
  ObservableVecDeque,
  type SetSubscription,
  t,
  type VecDequeSubscription,
  type VecSubscription,
} from "../../ts/index.ts";

const pair = t.tuple<[number, number]>(t.u32, t.u32);
const two = t.tuple<[number, number]>(t.u32, t.u32);
const entry = t.tuple<[string, number]>(t.str, t.u32);

/** One change. Places are taken modulo the length; what ends in `Retain` keeps what is not a multiple. */
export const Op = t.enum("Op", {
  VecPush: t.u32,
  VecPop: t.unit,
  VecInsert: two,
  VecSet: two,
  VecSetAll: t.u32,
  VecRemove: t.u32,
  VecSwapRemove: t.u32,
  VecFill: t.u32,
  VecResize: two,
  VecTruncate: t.u32,
  VecRetain: t.u32,
  VecClear: t.unit,
  VecShrink: t.unit,
  DequePushBack: t.u32,
  DequePushFront: t.u32,
  DequePopBack: t.unit,
  DequePopFront: t.unit,
  DequeInsert: two,
  DequeSet: two,
  DequeRemove: t.u32,
  DequeSwapRemoveBack: t.u32,
  DequeSwapRemoveFront: t.u32,
  DequeResize: two,
  DequeTruncate: t.u32,
  DequeRetain: t.u32,
  DequeClear: t.unit,
  DequeShrink: t.unit,
  MapInsert: entry,
  MapRemove: t.str,
  MapGetMut: entry,
  MapEntry: entry,
  MapRetain: t.u32,
  MapClear: t.unit,
  MapShrink: t.unit,
  PairsInsert: t.tuple<[[number, number], string]>(pair, t.str),
  PairsRemove: t.newtype(pair),
  SetInsert: t.u32,
  SetReplace: t.u32,
  SetRemove: t.u32,
  SetTake: t.u32,
  SetRetain: t.u32,
  SetClear: t.unit,
  SetShrink: t.unit,
  ListPush: t.u32,
  Done: t.unit,
});
/** One change. */
export type Op = Infer<typeof Op>;

/** What collections hold; those without an order are sorted. */
export const Content = t.struct("Content", {
  vec: t.vec(t.u32),
  deque: t.vec(t.u32),
  map: t.vec(entry),
  pairs: t.vec(t.tuple<[[number, number], string]>(pair, t.str)),
  set: t.vec(t.u32),
  list: t.vec(t.u32),
});
/** What collections hold. */
export type Content = Infer<typeof Content>;

/** One subscription of each kind. */
export const Subscriptions = t.struct("Subscriptions", {
  vec: t.observableVec.subscription(t.u32),
  deque: t.observableVecDeque.subscription(t.u32),
  map: t.observableMap.subscription(t.str, t.u32),
  pairs: t.observableMap.subscription(pair, t.str),
  set: t.observableSet.subscription(t.u32),
  list: t.option(t.observableList.subscription(t.u32)),
});
/** One subscription of each kind. */
export interface Subscriptions {
  vec: VecSubscription<number>;
  deque: VecDequeSubscription<number>;
  map: MapSubscription<string, number>;
  pairs: MapSubscription<[number, number], string>;
  set: SetSubscription<number>;
  list: ListSubscription<number> | null;
}

/** One collection of each kind, and how each change is made. */
export class Owner {
  readonly vec: ObservableVec<number> = new ObservableVec();
  readonly deque: ObservableVecDeque<number> = new ObservableVecDeque();
  readonly map: ObservableMap<string, number> = new ObservableMap();
  readonly pairs: ObservableMap<[number, number], string> = new ObservableMap();
  readonly set: ObservableSet<number> = new ObservableSet();
  readonly list: ObservableList<number> = new ObservableList();

  get all(): { done(): void; close(): void }[] {
    return [this.vec, this.deque, this.map, this.pairs, this.set, this.list];
  }

  subscribe(incremental: boolean, buffer = 10_000): Subscriptions {
    return {
      vec: this.vec.subscribe({ incremental, buffer }),
      deque: this.deque.subscribe({ incremental, buffer }),
      map: this.map.subscribe({ incremental, buffer }),
      // Keys that are tuples do not go into the keys of a JSON object.
      pairs: this.pairs.subscribe({ incremental: true, buffer }),
      set: this.set.subscribe({ incremental, buffer }),
      list: this.list.subscribe(),
    };
  }

  apply(op: Op): void {
    const [name, given] = typeof op === "string" ? [op, undefined] : (Object.entries(op)[0] as [string, unknown]);
    if (name.startsWith("Vec")) this.#applyToVec(name, given);
    else if (name.startsWith("Deque")) this.#applyToDeque(name, given);
    else if (name.startsWith("Map")) this.#applyToMap(name, given);
    else if (name.startsWith("Set")) this.#applyToSet(name, given as number);
    else if (name === "PairsInsert") this.pairs.set(...(given as [[number, number], string]));
    else if (name === "PairsRemove") this.pairs.delete(given as [number, number]);
    else if (name === "ListPush") this.list.push(given as number);
    else for (const one of this.all) one.done();
  }

  #applyToVec(name: string, given: unknown): void {
    const { vec } = this;
    const [index, value] = Array.isArray(given) ? (given as [number, number]) : [given as number, given as number];
    const place = vec.length === 0 ? undefined : index % vec.length;
    if (name === "VecPush") vec.push(value);
    else if (name === "VecPop") vec.pop();
    else if (name === "VecInsert") vec.insert(index % (vec.length + 1), value);
    else if (name === "VecFill") vec.fill(value);
    else if (name === "VecResize") vec.resize(index, value);
    else if (name === "VecTruncate") vec.truncate(index);
    else if (name === "VecRetain") vec.retain((item) => item % value !== 0);
    else if (name === "VecClear") vec.clear();
    else if (name === "VecShrink") vec.shrinkToFit();
    else if (name === "VecSetAll") {
      for (const edit of vec.iterMut()) {
        edit.value = (edit.value + value) >>> 0;
        edit.commit();
      }
    } else if (place === undefined) return;
    else if (name === "VecRemove") vec.remove(place);
    else if (name === "VecSwapRemove") vec.swapRemove(place);
    else {
      const edit = vec.getMut(place);
      if (edit === undefined) throw new Error("no item");
      edit.value = value;
      edit.commit();
    }
  }

  #applyToDeque(name: string, given: unknown): void {
    const { deque } = this;
    const [index, value] = Array.isArray(given) ? (given as [number, number]) : [given as number, given as number];
    const place = deque.length === 0 ? undefined : index % deque.length;
    if (name === "DequePushBack") deque.pushBack(value);
    else if (name === "DequePushFront") deque.pushFront(value);
    else if (name === "DequePopBack") deque.popBack();
    else if (name === "DequePopFront") deque.popFront();
    else if (name === "DequeInsert") deque.insert(index % (deque.length + 1), value);
    else if (name === "DequeResize") deque.resize(index, value);
    else if (name === "DequeTruncate") deque.truncate(index);
    else if (name === "DequeRetain") deque.retain((item) => item % value !== 0);
    else if (name === "DequeClear") deque.clear();
    else if (name === "DequeShrink") deque.shrinkToFit();
    else if (place === undefined) return;
    else if (name === "DequeRemove") deque.remove(place);
    else if (name === "DequeSwapRemoveBack") deque.swapRemoveBack(place);
    else if (name === "DequeSwapRemoveFront") deque.swapRemoveFront(place);
    else deque.set(place, value);
  }

  #applyToMap(name: string, given: unknown): void {
    const { map } = this;
    if (name === "MapClear") map.clear();
    else if (name === "MapShrink") map.shrinkToFit();
    else if (name === "MapRetain") map.retain((value) => value % (given as number) !== 0);
    else if (name === "MapRemove") map.delete(given as string);
    else {
      const [key, value] = given as [string, number];
      if (name === "MapInsert") map.set(key, value);
      else if (name === "MapEntry") map.set(key, ((map.get(key) ?? 0) + value) >>> 0);
      else {
        const edit = map.getMut(key);
        if (edit === undefined) return;
        edit.value = value;
        edit.commit();
      }
    }
  }

  #applyToSet(name: string, value: number): void {
    const { set } = this;
    if (name === "SetClear") set.clear();
    else if (name === "SetShrink") set.shrinkToFit();
    else if (name === "SetRetain") set.retain((item) => item % value !== 0);
    else if (name === "SetRemove" || name === "SetTake") set.delete(value);
    else set.add(value);
  }
}

/** What six collections or mirrors hold. */
export function contentOf(of: {
  vec: Iterable<number>;
  deque: Iterable<number>;
  map: Iterable<readonly [string, number]>;
  pairs: Iterable<readonly [[number, number], string]>;
  set: Iterable<number>;
  list: Iterable<number>;
}): Content {
  return {
    vec: [...of.vec],
    deque: [...of.deque],
    map: [...of.map].map(([key, value]) => [key, value] as [string, number]).sort(([a], [b]) => (a < b ? -1 : 1)),
    pairs: [...of.pairs]
      .map(([key, value]) => [key, value] as [[number, number], string])
      .sort(([[a, b]], [[c, d]]) => a - c || b - d),
    set: [...of.set].sort((a, b) => a - b),
    list: [...of.list],
  };
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** `count` random changes of each kind of collection, mixed. */
export function randomOps(random: (below: number) => number, count: number): Op[] {
  const ops: Op[] = [];
  for (let at = 0; at < count; at += 1) {
    ops.push(vecOp(random), dequeOp(random), mapOp(random), setOp(random));
    ops.push({ ListPush: random(1_000) });
    const key: [number, number] = [random(8), random(8)];
    ops.push(random(3) === 0 ? { PairsRemove: key } : { PairsInsert: [key, `text ${random(100)}`] });
  }
  return ops;
}

function vecOp(random: (below: number) => number): Op {
  const [a, b] = [random(1_000), random(1_000)];
  const growing: Op[] = [{ VecPush: a }, { VecInsert: [a, b] }, { VecInsert: [a, b] }, { VecPush: a }];
  const others: Op[] = [
    "VecPop",
    { VecSet: [a, b] },
    { VecRemove: a },
    { VecSwapRemove: a },
    { VecTruncate: random(200) },
    { VecResize: [random(200), b] },
  ];
  const rare: Op[] = ["VecClear", "VecShrink", { VecFill: a }, { VecSetAll: a }, { VecRetain: 2 + random(9) }];
  return pick(random, growing, others, rare);
}

function dequeOp(random: (below: number) => number): Op {
  const [a, b] = [random(1_000), random(1_000)];
  const growing: Op[] = [{ DequePushBack: a }, { DequePushFront: a }, { DequeInsert: [a, b] }];
  const others: Op[] = [
    "DequePopBack",
    "DequePopFront",
    { DequeSet: [a, b] },
    { DequeRemove: a },
    { DequeSwapRemoveBack: a },
    { DequeSwapRemoveFront: a },
    { DequeTruncate: random(200) },
    { DequeResize: [random(200), b] },
  ];
  return pick(random, growing, others, ["DequeClear", "DequeShrink", { DequeRetain: 2 + random(9) }]);
}

function mapOp(random: (below: number) => number): Op {
  const key = random(50) === 0 ? "__proto__" : `key ${random(60)}`;
  const value = random(1_000);
  const growing: Op[] = [{ MapInsert: [key, value] }, { MapEntry: [key, value] }];
  const others: Op[] = [{ MapRemove: key }, { MapGetMut: [key, value] }];
  return pick(random, growing, others, ["MapClear", "MapShrink", { MapRetain: 2 + random(9) }]);
}

function setOp(random: (below: number) => number): Op {
  const item = random(80);
  const growing: Op[] = [{ SetInsert: item }, { SetReplace: item }];
  return pick(
    random,
    growing,
    [{ SetRemove: item }, { SetTake: item }],
    ["SetClear", "SetShrink", { SetRetain: 2 + random(9) }],
  );
}

/** One of these; the rare ones rarely. */
function pick(random: (below: number) => number, growing: Op[], others: Op[], rare: Op[]): Op {
  const roll = random(40);
  const from = roll === 0 ? rare : roll < 22 ? growing : others;
  return from[random(from.length)] as Op;
}
