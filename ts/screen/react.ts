import { use, useMemo, useSyncExternalStore } from "react";
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
import { synced } from "./synced.ts";

/** The value of `key` in a live map, undefined while there is none. Renders again when that value changes, only then. */
export function useEntry<K, V>(map: LiveMap<K, V>, key: K): V | undefined {
  return useSource(useMemo(() => entrySource(map, key), [map, key]));
}

/**
 * The items of a live sequence in the places from `from` up to but without `to`. Renders again when one of them changes;
 * until then it is the same array.
 */
export function useRange<T>(sequence: LiveSequence<T>, { from, to }: Places): readonly T[] {
  return useSource(useMemo(() => rangeSource(sequence, { from, to }), [sequence, from, to]));
}

/**
 * A live collection; renders again at each step of it. The result is the collection itself: components below that are
 * memoized need what they show as props, or hooks of their own.
 */
export function useLive<C extends AnyLive>(collection: C): C;
/**
 * What `select` takes from a live collection; renders again when that is another value, as `Object.is` sees it. `select`
 * is called at each step and may be a new function at each rendering; it must depend on nothing that changes in between.
 */
export function useLive<C extends AnyLive, R>(collection: C, select: (collection: C) => R): R;
export function useLive<C extends AnyLive, R>(collection: C, select?: (collection: C) => R): C | R {
  const { listen } = useMemo(() => liveSource(collection), [collection]);
  const { read, stamp } = useMemo(
    (): Source<C | R> => (select === undefined ? liveSource(collection) : selectedSource(collection, select)),
    [collection, select],
  );
  return useSource({ listen, read, stamp });
}

/**
 * The collection when its first content is complete; suspends until then. Throws the error of a mirror that failed
 * before. It renders not at changes: use the other hooks for what is shown.
 */
export function useSynced<C extends AnyLive>(collection: C): C {
  return use(synced(collection));
}

/** The value of a watch channel. Throws, for an error boundary, what `borrow()` of the receiver throws. */
export function useWatch<T>(rx: watch.Receiver<T>): T {
  return useSource(useMemo(() => watchSource(rx), [rx]));
}

/** React compares the stamp before it commits, so that all components show the same step. */
function useSource<T>({ listen, read, stamp }: Source<T>): T {
  useSyncExternalStore(listen, stamp, stamp);
  return read();
}
