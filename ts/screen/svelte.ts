import { createSubscriber } from "svelte/reactivity";
import type * as watch from "../channel/watch.ts";
import type { LiveMap } from "../robs/live-map.ts";
import type { LiveSequence } from "../robs/live-sequence.ts";
import {
  type AnyLive,
  entrySource,
  listenToChanges,
  liveSource,
  type Places,
  rangeSource,
  type Source,
  selectedSource,
  watchSource,
} from "./source.ts";

/** What is shown, for both ways of Svelte: `row.current` is reactive, and `$row` reads it as a store. */
export interface Shown<T> {
  /** The value; templates, `$derived` and `$effect` that read it run again when it changes. */
  readonly current: T;
  /** The contract of stores: calls `run` at once and after each change; returns what ends that. */
  subscribe(run: (value: T) => void): () => void;
}

/**
 * The value of `key` in a live map, undefined while there is none. Changes when that value does, only then. It listens
 * while somebody looks.
 */
export function entry<K, V>(map: LiveMap<K, V>, key: K): Shown<V | undefined> {
  return shown(entrySource(map, key));
}

/** The items of a live sequence in the places from `from` up to but without `to`; as {@link entry}. */
export function range<T>(sequence: LiveSequence<T>, places: Places): Shown<readonly T[]> {
  return shown(rangeSource(sequence, places));
}

/** A live collection, which counts as changed at each step of it; as {@link entry}. */
export function live<C extends AnyLive>(collection: C): Shown<C>;
/** What `select` takes from a live collection at each step; as {@link entry}. */
export function live<C extends AnyLive, R>(collection: C, select: (collection: C) => R): Shown<R>;
export function live<C extends AnyLive, R>(collection: C, select?: (collection: C) => R): Shown<C | R> {
  return select === undefined ? shown(liveSource(collection)) : shown(selectedSource(collection, select));
}

/** The value of a watch channel. Reading it throws what `borrow()` of the receiver throws; as {@link entry}. */
export function watched<T>(rx: watch.Receiver<T>): Shown<T> {
  return shown(watchSource(rx));
}

function shown<T>(source: Source<T>): Shown<T> {
  const { read } = source;
  const look = createSubscriber((update) => listenToChanges(source, update));
  return {
    get current() {
      look();
      return read();
    },
    subscribe(run) {
      const stop = listenToChanges(source, () => run(read()));
      run(read());
      return stop;
    },
  };
}
