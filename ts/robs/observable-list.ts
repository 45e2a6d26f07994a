import type { CuttleError } from "../errors/error.ts";
import { asyncDispose } from "../util/dispose.ts";
import { LiveSequence } from "./live-sequence.ts";
import { type ListOptions, type ListSubscription, subscribeToList } from "./mirrored-list.ts";

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

  /** A subscription, which can be sent to a peer or mirrored here: all items, and those that are added. */
  subscribe(options: ListOptions = {}): ListSubscription<T> {
    return subscribeToList(this, options);
  }

  /**
   * Resolves when there are no subscribers, or all of them have gone or got everything: wait for it after {@link done} or
   * {@link close} before the program ends.
   */
  closed(): Promise<void> {
    return this.steps.publisher.unread();
  }

  /** Whether there are no such subscribers. */
  get isClosed(): boolean {
    return this.subscriberCount === 0;
  }

  /** No more items follow. Subscribing is still possible. */
  done(): void {
    this.steps.done();
  }

  /** Ends all subscriptions without {@link done}: their holders get all items and then see `remote_closed`. */
  close(): void {
    this.steps.publisher.close();
  }

  /** Calls `handler` with why the last remaining subscriber could not be sent an item; without one nobody is told. */
  setErrorHandler(handler: (error: CuttleError) => void): void {
    this.steps.publisher.onError = handler;
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }
}
