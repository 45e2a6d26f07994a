import type { VecDequeEvent } from "./events.ts";
import { subscribeToVecDeque, type VecDequeSubscription } from "./mirrored-deque.ts";
import { ObservableSequence } from "./observable-sequence.ts";
import type { RangeOptions } from "./options.ts";

/**
 * A double-ended queue that others follow; remoc's `ObservableVecDeque`. Every change is told to listeners here and to
 * subscribers anywhere, in order. Changes after `done()` throw `local_misuse`.
 */
export class ObservableVecDeque<T> extends ObservableSequence<T> {
  /**
   * A subscription, which can be sent to a peer or mirrored here: the content as it is now, and every change from now on.
   * Drop it when it is not sent.
   */
  subscribe(options: RangeOptions = {}): VecDequeSubscription<T> {
    return subscribeToVecDeque(this, options);
  }

  /** Adds an item at the end. */
  pushBack(item: T): void {
    this.change({ PushBack: item });
  }

  /** Adds an item at the beginning. */
  pushFront(item: T): void {
    this.change({ PushFront: item });
  }

  /** Takes the last item out; undefined when there is none. */
  popBack(): T | undefined {
    return this.#take(this.length - 1, "PopBack");
  }

  /** Takes the first item out; undefined when there is none. */
  popFront(): T | undefined {
    return this.#take(0, "PopFront");
  }

  /** Takes the item at `index` out; undefined when there is none. */
  remove(index: number): T | undefined {
    return this.#take(index, { Remove: index });
  }

  /** Takes the item at `index` out and puts the last one in its place; undefined when there is none. */
  swapRemoveBack(index: number): T | undefined {
    return this.#take(index, { SwapRemoveBack: index });
  }

  /** Takes the item at `index` out and puts the first one in its place; undefined when there is none. */
  swapRemoveFront(index: number): T | undefined {
    return this.#take(index, { SwapRemoveFront: index });
  }

  #take(index: number, event: VecDequeEvent<T>): T | undefined {
    this.steps.assertNotDone();
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) return undefined;
    const taken = this.items.at(index);
    this.change(event);
    return taken;
  }
}
