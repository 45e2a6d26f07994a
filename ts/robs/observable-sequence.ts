import { CuttleError } from "../errors/error.ts";
import { asyncDispose } from "../util/dispose.ts";
import { Edit, editedPlaceGone } from "./edit.ts";
import type { SequenceEvent } from "./events.ts";
import { LiveSequence } from "./live-sequence.ts";

/** What vecs and deques of this program have in common. */
export abstract class ObservableSequence<T> extends LiveSequence<T> {
  /** With these items. */
  constructor(items: Iterable<T> = []) {
    super();
    this.items.replace([...items]);
  }

  /** Puts an item before the one at `index`, or at the end. Throws `local_misuse` when there is no such place. */
  insert(index: number, item: T): void {
    this.assertIndex(index, this.length + 1);
    this.change({ Insert: [index, item] });
  }

  /** Puts an item in the place of the one at `index`. Throws `local_misuse` when there is none. */
  set(index: number, item: T): void {
    this.assertIndex(index, this.length);
    this.change({ Set: [index, item] });
  }

  /** Makes the length `length`, with copies of `item` at the end where it grows. */
  resize(length: number, item: T): void {
    this.assertIndex(length, Number.POSITIVE_INFINITY);
    if (length !== this.length) this.change({ Resize: [length, item] });
  }

  /** Removes all items from `length` on. */
  truncate(length: number): void {
    this.assertIndex(length, Number.POSITIVE_INFINITY);
    if (length < this.length) this.change({ Truncate: length });
  }

  /** Removes all items. */
  clear(): void {
    this.steps.assertNotDone();
    if (this.length > 0) this.change("Clear");
  }

  /** Keeps those items for which `keep` is true. */
  retain(keep: (item: T, index: number) => boolean): void {
    this.steps.assertNotDone();
    const kept = new Set<number>();
    const dropped = new Set<number>();
    this.forEach((item, index) => {
      (keep(item, index) ? kept : dropped).add(index);
    });
    if (dropped.size === 0) return;
    // Whichever set is smaller, as remoc does.
    this.change(kept.size < dropped.size ? { Retain: kept } : { RetainNot: dropped });
  }

  /**
   * As of an array: removes `count` items from `index` on, puts `items` there, and returns what was removed. One step of
   * single removals and insertions.
   */
  splice(index: number, count: number = Number.POSITIVE_INFINITY, ...items: T[]): T[] {
    const at = index < 0 ? Math.max(0, this.length + index) : Math.min(index, this.length);
    const removed = this.slice(at, at + Math.max(0, count));
    this.transaction(() => {
      const replaced = Math.min(removed.length, items.length);
      for (let i = 0; i < replaced; i += 1) this.set(at + i, items[i] as T);
      for (let i = replaced; i < removed.length; i += 1) this.change({ Remove: at + replaced });
      for (let i = replaced; i < items.length; i += 1) this.insert(at + i, items[i] as T);
    });
    return removed;
  }

  /** The item at `index`, to be edited; undefined when there is none. */
  getMut(index: number): Edit<T> | undefined {
    this.steps.assertNotDone();
    return Number.isInteger(index) && index >= 0 && index < this.length ? this.#edit(index) : undefined;
  }

  /** All items, to be edited one after the other. */
  *iterMut(): Generator<Edit<T>, void, undefined> {
    this.steps.assertNotDone();
    for (let index = 0; index < this.length; index += 1) yield this.#edit(index);
  }

  /** Tells remoc's `ShrinkToFit`, which changes nothing. */
  shrinkToFit(): void {
    this.change("ShrinkToFit");
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

  /** @internal */
  protected change(event: SequenceEvent<T>): void {
    this.steps.assertNotDone();
    this.apply(event);
  }

  /** @internal */
  protected assertIndex(index: number, limit: number): void {
    this.steps.assertNotDone();
    if (Number.isSafeInteger(index) && index >= 0 && index < limit) return;
    throw new CuttleError("local_misuse", `there is no place ${index} in a collection of ${this.length} items`);
  }

  #edit(index: number): Edit<T> {
    const before = this.items.at(index) as T;
    return new Edit(before, (value) => {
      if (this.items.at(index) !== before) throw editedPlaceGone();
      this.set(index, value);
    });
  }
}
