import type { CuttleError } from "../errors/error.ts";
import { asyncDispose } from "../util/dispose.ts";
import { Edit, editedPlaceGone } from "./edit.ts";
import type { MapEvent } from "./events.ts";
import { LiveMap } from "./live-map.ts";
import { type MapSubscription, subscribeToMap } from "./mirrored-map.ts";
import type { FilterOptions } from "./options.ts";

/**
 * A map that others follow; remoc's `ObservableHashMap`, usable wherever a `Map` is. Every change is told to listeners
 * here and to subscribers anywhere, in order. Changes after {@link done} throw `local_misuse`.
 */
export class ObservableMap<K, V> extends LiveMap<K, V> {
  /** With these entries; a `Map`, the result of `Map.groupBy`, or nothing. */
  constructor(entries: Iterable<readonly [K, V]> = []) {
    super();
    this.replaceAll(entries);
    this.steps.version = 0;
  }

  /** Sets the entry of a key: one `Set`, also when nothing changes by it. */
  override set(key: K, value: V): this {
    this.#change({ Set: [key, value] });
    return this;
  }

  /** Removes the entry of a key; false when there was none. */
  override delete(key: K): boolean {
    this.steps.assertNotDone();
    if (!this.has(key)) return false;
    this.#change({ Remove: key });
    return true;
  }

  /** Removes all entries. */
  override clear(): void {
    this.steps.assertNotDone();
    if (this.size > 0) this.#change("Clear");
  }

  /** Keeps those entries for which `keep` is true, as one step. */
  retain(keep: (value: V, key: K) => boolean): void {
    this.transaction(() => {
      for (const [key, value] of [...this]) if (!keep(value, key)) this.delete(key);
    });
  }

  /** The value of a key, to be edited; undefined when there is none. */
  getMut(key: K): Edit<V> | undefined {
    this.steps.assertNotDone();
    return this.has(key) ? this.#edit(key) : undefined;
  }

  /** All values, to be edited one after the other. */
  *iterMut(): Generator<[K, Edit<V>], void, undefined> {
    for (const key of [...this.keys()]) if (this.has(key)) yield [key, this.#edit(key)];
  }

  /** Tells remoc's `ShrinkToFit`, which changes nothing. */
  shrinkToFit(): void {
    this.#change("ShrinkToFit");
  }

  /**
   * A subscription, which can be sent to a peer or mirrored here: the content as it is now, and every change from now on.
   * Drop it when it is not sent.
   */
  subscribe(options: FilterOptions<K, V> = {}): MapSubscription<K, V> {
    return subscribeToMap(this, options);
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

  #edit(key: K): Edit<V> {
    return new Edit(this.get(key) as V, (value) => {
      if (!this.has(key)) throw editedPlaceGone();
      this.set(key, value);
    });
  }

  #change(event: MapEvent<K, V>): void {
    this.steps.assertNotDone();
    this.apply(event);
  }
}
