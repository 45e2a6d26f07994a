import * as watch from "../channel/watch.ts";
import { LiveMap } from "../robs/live-map.ts";
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

/** The namespace of the signals proposal, or of a polyfill of it: what is needed of it. */
export interface SignalNamespace {
  State: new (value: unknown, options: Record<symbol, () => void>) => { get(): unknown; set(value: unknown): void };
  subtle: { readonly watched: symbol; readonly unwatched: symbol };
}

/** A signal that is read; what reads it in a computation depends on it. */
export interface ReadSignal<T> {
  /** The value now. */
  get(): T;
}

/**
 * The value of one key of a live map as a signal of the signals proposal; `Signal` is its namespace. It listens while
 * somebody watches, directly or through computations. Nobody watching, reading it gives what is there, but a
 * computation keeps what it has: watch what is to stay current.
 */
export function asSignal<K, V>(
  Signal: SignalNamespace,
  map: LiveMap<K, V>,
  scope: { readonly key: K },
): ReadSignal<V | undefined>;
/** As above, of the items of a live sequence from `from` up to but without `to`. */
export function asSignal<T>(
  Signal: SignalNamespace,
  sequence: LiveSequence<T>,
  scope: Places,
): ReadSignal<readonly T[]>;
/** As above, of what `select` takes from a live collection. */
export function asSignal<C extends AnyLive, R>(
  Signal: SignalNamespace,
  collection: C,
  select: (collection: C) => R,
): ReadSignal<R>;
/** As above, of a watch channel. */
export function asSignal<T>(Signal: SignalNamespace, rx: watch.Receiver<T>): ReadSignal<T>;
/** As above, of a live collection, which counts as changed at each step. */
export function asSignal<C extends AnyLive>(Signal: SignalNamespace, collection: C): ReadSignal<C>;
export function asSignal(Signal: SignalNamespace, of: AnyLive | watch.Receiver<unknown>, scope?: unknown): unknown {
  return signalOf(Signal, sourceOf(of, scope));
}

function sourceOf(of: AnyLive | watch.Receiver<unknown>, scope: unknown): Source<unknown> {
  if (of instanceof watch.Receiver) return watchSource(of);
  if (typeof scope === "function") return selectedSource(of, scope as (collection: AnyLive) => unknown);
  if (scope === undefined) return liveSource(of);
  if (of instanceof LiveMap) return entrySource(of, (scope as { key: unknown }).key);
  return rangeSource(of as unknown as LiveSequence<unknown>, scope as Places);
}

function signalOf<T>(Signal: SignalNamespace, { listen, read, stamp }: Source<T>): ReadSignal<T> {
  let stop: (() => void) | undefined;
  const state = new Signal.State(stamp(), {
    [Signal.subtle.watched]() {
      stop = listen(() => state.set(stamp()));
    },
    [Signal.subtle.unwatched]() {
      stop?.();
      stop = undefined;
    },
  });
  return {
    get() {
      state.get();
      return read();
    },
  };
}
