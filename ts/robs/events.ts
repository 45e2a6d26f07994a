/** What happens to collections: remoc's events, with indices as numbers. Source: remoc 0.18.3 and 0.20.5 `robs`. */

/** Told of every collection, beside its own events. */
export type StateEvent =
  /** No more changes follow. */
  | "Done"
  /** A mirror has all that was there when it subscribed. Never sent. */
  | "InitialComplete";

/** What can happen to every collection but a list. */
type CommonEvent = "Clear" | "ShrinkToFit" | StateEvent;

/** What happens to a vec. Indices of `Retain` and `RetainNot` are those from before the event. */
export type VecEvent<T> =
  | { readonly Push: T }
  | "Pop"
  | { readonly Insert: readonly [number, T] }
  | { readonly Set: readonly [number, T] }
  | { readonly Remove: number }
  /** The last element takes the place of the removed one. */
  | { readonly SwapRemove: number }
  | { readonly Fill: T }
  | { readonly Resize: readonly [number, T] }
  | { readonly Truncate: number }
  | { readonly Retain: ReadonlySet<number> }
  | { readonly RetainNot: ReadonlySet<number> }
  | CommonEvent;

/** What happens to a deque. */
export type VecDequeEvent<T> =
  | { readonly PushBack: T }
  | { readonly PushFront: T }
  | "PopBack"
  | "PopFront"
  | { readonly Insert: readonly [number, T] }
  | { readonly Set: readonly [number, T] }
  | { readonly Remove: number }
  /** The last element takes the place of the removed one. */
  | { readonly SwapRemoveBack: number }
  /** The first element takes the place of the removed one. */
  | { readonly SwapRemoveFront: number }
  | { readonly Resize: readonly [number, T] }
  | { readonly Truncate: number }
  | { readonly Retain: ReadonlySet<number> }
  | { readonly RetainNot: ReadonlySet<number> }
  | CommonEvent;

/** What happens to a list. */
export type ListEvent<T> = { readonly Push: T } | StateEvent;

/** What happens to a map. */
export type MapEvent<K, V> = { readonly Set: readonly [K, V] } | { readonly Remove: K } | CommonEvent;

/** What happens to a set. */
export type SetEvent<T> = { readonly Set: T } | { readonly Remove: T } | CommonEvent;

/** Any event of a sequence. */
export type SequenceEvent<T> = VecEvent<T> | VecDequeEvent<T> | ListEvent<T>;
