/** A part of a large table, and a mirror that comes back after a loss. */

// #region readme
import {
  type MapSubscription,
  ObservableMap,
  ObservableVec,
  type Predicate,
  type ResumePoint,
  type VecSubscription,
} from "../../ts/index.ts";

export const prices = new ObservableMap<string, number>();
prices.keepHistory(50_000); // events, for pages that were away

export const million = new ObservableVec<string>();

/** What the server offers to pages, as functions or a remote trait. */
export const server = {
  above: (limit: number): MapSubscription<string, number> => prices.subscribe({ filter: (price) => price > limit }),
  matching: (filter: Predicate): MapSubscription<string, number> => prices.subscribe({ filter }),
  visible: (from: number, to: number): VecSubscription<string> =>
    million.subscribe({ range: { from, to }, movable: 200 }),
  all: (since?: ResumePoint): MapSubscription<string, number> => prices.subscribe({ incremental: true, since }),
};

/** Follows the prices; after a loss it asks again and gets what it missed. */
export function follow(first: MapSubscription<string, number>, ask: typeof server.all): ReadonlyMap<string, number> {
  return first.mirror({
    maxSize: 1_000_000,
    resubscribe: (_reason, since) => ask(since),
  });
}
// #endregion
