import type * as watch from "../channel/watch.ts";
import type { LiveMap } from "../robs/live-map.ts";
import type { LiveSequence } from "../robs/live-sequence.ts";

/** Something that a screen shows and that changes by itself. All adapters stand on this. */
export interface Source<T> {
  /** Calls `onChange` after each change of what {@link read} gives, and maybe more often; returns what ends that. */
  readonly listen: (onChange: () => void) => () => void;
  /** What is to be shown now. */
  readonly read: () => T;
  /** Another value, as `Object.is` sees it, whenever {@link read} gives something else than before. Throws nothing. */
  readonly stamp: () => unknown;
}

/** Any live collection: what all of them have that a screen needs. */
export interface AnyLive {
  /** Grows by one with each step. */
  readonly version: number;
  /** Of a mirror: everything that was there when it subscribed has come. */
  readonly isComplete: boolean;
  /** Of a mirror: why it does not follow its source any more. */
  readonly error: Error | undefined;
  /** See `ts/robs/listeners.ts`. */
  listen(scope: "all", listener: () => void): () => void;
}

/** The places of a sequence from `from` up to but without `to`. */
export interface Places {
  readonly from: number;
  readonly to: number;
}

/** The value of one key; undefined while there is none. Steps that do not touch the key are not noticed. */
export function entrySource<K, V>(map: LiveMap<K, V>, key: K): Source<V | undefined> {
  const read = (): V | undefined => map.get(key);
  return { listen: (onChange) => map.listen({ key }, onChange), read, stamp: read };
}

/** The items in some places: the same array until one of them changes. */
export function rangeSource<T>(sequence: LiveSequence<T>, { from, to }: Places): Source<readonly T[]> {
  let items: readonly T[] = [];
  const read = atEachVersion(sequence, () => {
    const now = sequence.slice(from, to);
    const isSame = now.length === items.length && now.every((item, at) => Object.is(item, items[at]));
    if (!isSame) items = now;
    return items;
  });
  return { listen: (onChange) => sequence.listen({ from, to }, onChange), read, stamp: read };
}

/** A collection as a whole, noticed at each step. */
export function liveSource<C extends AnyLive>(collection: C): Source<C> {
  return { listen: listenToAll(collection), read: () => collection, stamp: () => collection.version };
}

/** What `select` takes from a collection; it is called once for each step. */
export function selectedSource<C extends AnyLive, R>(collection: C, select: (collection: C) => R): Source<R> {
  const read = atEachVersion(collection, () => select(collection));
  return { listen: listenToAll(collection), read, stamp: read };
}

/**
 * The value of a watch channel. Reading throws what `borrow()` of the receiver throws. What the receiver counts as seen
 * stays as it is.
 */
export function watchSource<T>(rx: watch.Receiver<T>): Source<T> {
  const listen = (onChange: () => void): (() => void) => {
    const own = rx.clone();
    let isOn = true;
    const follow = async (): Promise<void> => {
      while (isOn && (await own.changed())) if (isOn) onChange();
    };
    void follow();
    return () => {
      isOn = false;
      own.drop();
    };
  };
  const stamp = (): unknown => {
    try {
      return rx.borrow();
    } catch (error) {
      return error;
    }
  };
  return { listen, read: () => rx.borrow(), stamp };
}

/** Calls `onChange` after each change of what a source gives, not more often; returns what ends that. */
export function listenToChanges({ listen, stamp }: Source<unknown>, onChange: () => void): () => void {
  let last = stamp();
  return listen(() => {
    const now = stamp();
    if (Object.is(now, last)) return;
    last = now;
    onChange();
  });
}

function listenToAll(collection: AnyLive): Source<unknown>["listen"] {
  return (onChange) => collection.listen("all", onChange);
}

/** What `make` returns, called again only when there was a step since. */
function atEachVersion<R>(collection: { readonly version: number }, make: () => R): () => R {
  let made: { version: number; result: R } | undefined;
  return () => {
    const { version } = collection;
    if (made?.version !== version) made = { version, result: make() };
    return made.result;
  };
}
