import { subscribeToVec, type VecSubscription } from "./mirrored-vec.ts";
import { ObservableSequence } from "./observable-sequence.ts";
import type { RangeOptions } from "./options.ts";

/**
 * A vec that others follow; remoc's `ObservableVec`, with the habits of an array. Every change is told to listeners here
 * and to subscribers anywhere, in order. Changes after `done()` throw `local_misuse`, and so does an index that does
 * not exist.
 */
export class ObservableVec<T> extends ObservableSequence<T> {
  /**
   * A subscription, which can be sent to a peer or mirrored here: the content as it is now, and every change from now on.
   * Drop it when it is not sent.
   */
  subscribe(options: RangeOptions = {}): VecSubscription<T> {
    return subscribeToVec(this, options);
  }

  /** Adds items at the end, as one step; returns the new length. */
  push(...items: T[]): number {
    this.transaction(() => {
      for (const item of items) this.change({ Push: item });
    });
    return this.length;
  }

  /** Takes the last item out; undefined when there is none. */
  pop(): T | undefined {
    this.steps.assertNotDone();
    const last = this.at(-1);
    if (this.length > 0) this.change("Pop");
    return last;
  }

  /** Adds items at the beginning, as one step; returns the new length. */
  unshift(...items: T[]): number {
    this.splice(0, 0, ...items);
    return this.length;
  }

  /** Takes the first item out; undefined when there is none. */
  shift(): T | undefined {
    this.steps.assertNotDone();
    return this.length === 0 ? undefined : this.remove(0);
  }

  /** Takes the item at `index` out. */
  remove(index: number): T {
    this.assertIndex(index, this.length);
    const removed = this.items.at(index) as T;
    this.change({ Remove: index });
    return removed;
  }

  /** Takes the item at `index` out and puts the last one in its place. */
  swapRemove(index: number): T {
    this.assertIndex(index, this.length);
    const removed = this.items.at(index) as T;
    this.change({ SwapRemove: index });
    return removed;
  }

  /** Puts `item` in every place. */
  fill(item: T): this {
    this.change({ Fill: item });
    return this;
  }
}
