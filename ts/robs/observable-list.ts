import { LiveSequence } from "./live-sequence.ts";

/**
 * An append-only list that others follow; remoc's `ObservableList`. Subscribers get every item at their own pace: none
 * lags, and the whole list stays in memory. Changes after {@link done} throw `local_misuse`.
 */
export class ObservableList<T> extends LiveSequence<T> {
  /** With these items. */
  constructor(items: Iterable<T> = []) {
    super();
    this.items.replace([...items]);
  }

  /** Adds items at the end, as one step; returns the new length. */
  push(...items: T[]): number {
    this.transaction(() => {
      for (const item of items) this.apply({ Push: item });
    });
    return this.length;
  }

  /** All that `change` does is one step for listeners, also when it throws in the middle. */
  transaction<R>(change: () => R): R {
    this.steps.assertNotDone();
    return this.steps.transaction(change);
  }

  /** No more items follow. Subscribing is still possible. */
  done(): void {
    this.steps.done();
  }
}
