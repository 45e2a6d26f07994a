import type { CuttleError } from "../errors/error.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { SetEvent } from "./events.ts";
import { LiveSet } from "./live-set.ts";
import { type SetSubscription, subscribeToSet } from "./mirrored-set.ts";
import type { FilterOptions } from "./options.ts";

/**
 * A set that others follow; remoc's `ObservableHashSet`, usable wherever a `Set` is. Every change is told to listeners
 * here and to subscribers anywhere, in order. Changes after {@link done} throw `local_misuse`.
 */
export class ObservableSet<T> extends LiveSet<T> {
  /** With these items. */
  constructor(items: Iterable<T> = []) {
    super();
    this.replaceAll(items);
    this.steps.version = 0;
  }

  /** Adds an item: one `Set`, also when it is there already. */
  override add(item: T): this {
    this.#change({ Set: item });
    return this;
  }

  /** Removes an item; false when it was not there. */
  override delete(item: T): boolean {
    this.steps.assertNotDone();
    if (!this.has(item)) return false;
    this.#change({ Remove: item });
    return true;
  }

  /** As {@link add}; returns the equal item that was there and stays, undefined when there was none. */
  replace(item: T): T | undefined {
    const before = this.equalOf(item);
    this.add(item);
    return before;
  }

  /** As {@link delete}; returns the equal item that was there, undefined when there was none. */
  take(item: T): T | undefined {
    const before = this.equalOf(item);
    return this.delete(item) ? before : undefined;
  }

  /** Removes all items. */
  override clear(): void {
    this.steps.assertNotDone();
    if (this.size > 0) this.#change("Clear");
  }

  /** Keeps those items for which `keep` is true, as one step. */
  retain(keep: (item: T) => boolean): void {
    this.transaction(() => {
      for (const item of [...this]) if (!keep(item)) this.delete(item);
    });
  }

  /** Tells remoc's `ShrinkToFit`, which changes nothing. */
  shrinkToFit(): void {
    this.#change("ShrinkToFit");
  }

  /**
   * A subscription, which can be sent to a peer or mirrored here: the content as it is now, and every change from now on.
   * Drop it when it is not sent.
   */
  subscribe(options: FilterOptions<T, T> = {}): SetSubscription<T> {
    return subscribeToSet(this, options);
  }

  /** All that `change` does is one step for listeners, also when it throws in the middle. */
  transaction<R>(change: () => R): R {
    this.steps.assertNotDone();
    return this.steps.transaction(change);
  }

  /** No more changes follow. Subscribing is still possible. */
  done(): void {
    this.steps.done();
  }

  /**
   * Ends all subscriptions without {@link done}: their holders see `remote_closed`. The collection can still be changed
   * here, but not be subscribed to.
   */
  close(): void {
    this.steps.publisher.close();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }

  /** Calls `handler` with why the last remaining subscriber could not be sent an event; without one nobody is told. */
  setErrorHandler(handler: (error: CuttleError) => void): void {
    this.steps.publisher.onError = handler;
  }

  #change(event: SetEvent<T>): void {
    this.steps.assertNotDone();
    this.apply(event);
  }
}
