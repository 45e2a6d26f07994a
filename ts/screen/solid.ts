import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";
import type * as watch from "../channel/watch.ts";
import type { LiveMap } from "../robs/live-map.ts";
import type { LiveSequence } from "../robs/live-sequence.ts";
import {
  type AnyLive,
  entrySource,
  liveSource,
  type Places,
  rangeSource,
  type Source,
  selectedSource,
  watchSource,
} from "./source.ts";

/** A value, or a function such as a signal that gives it. */
export type MaybeAccessor<T> = T | Accessor<T>;

/**
 * The value of `key` in a live map, undefined while there is none. Changes when that value does, only then. The map and
 * the key may be accessors. It ends with the owner that it is made in.
 */
export function createEntry<K, V>(map: MaybeAccessor<LiveMap<K, V>>, key: MaybeAccessor<K>): Accessor<V | undefined> {
  return follow(() => entrySource(access(map), access(key)));
}

/** The items of a live sequence in the places from `from` up to but without `to`; as {@link createEntry}. */
export function createRange<T>(
  sequence: MaybeAccessor<LiveSequence<T>>,
  places: MaybeAccessor<Places>,
): Accessor<readonly T[]> {
  return follow(() => rangeSource(access(sequence), access(places)));
}

/** A live collection, which counts as changed at each step of it; as {@link createEntry}. */
export function createLive<C extends AnyLive>(collection: MaybeAccessor<C>): Accessor<C>;
/** What `select` takes from a live collection at each step; as {@link createEntry}. */
export function createLive<C extends AnyLive, R>(
  collection: MaybeAccessor<C>,
  select: (collection: C) => R,
): Accessor<R>;
export function createLive<C extends AnyLive, R>(
  collection: MaybeAccessor<C>,
  select?: (collection: C) => R,
): Accessor<C | R> {
  return follow((): Source<C | R> => {
    const one = access(collection);
    return select === undefined ? liveSource(one) : selectedSource(one, select);
  });
}

/** The value of a watch channel. Reading it throws what `borrow()` of the receiver throws; as {@link createEntry}. */
export function createWatch<T>(rx: MaybeAccessor<watch.Receiver<T>>): Accessor<T> {
  return follow(() => watchSource(access(rx)));
}

/** A source that follows what `make` looks at, until the owner ends. */
function follow<T>(make: () => Source<T>): Accessor<T> {
  const followed = createMemo(() => {
    const { listen, read, stamp } = make();
    const [shown, show] = createSignal(stamp());
    onCleanup(listen(() => show(() => stamp())));
    return () => {
      shown();
      return read();
    };
  });
  return () => followed()();
}

function access<T>(given: MaybeAccessor<T>): T {
  return typeof given === "function" ? (given as Accessor<T>)() : given;
}
