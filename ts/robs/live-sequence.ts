import type { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { SequenceEvent } from "./events.ts";
import { type Listener, RangeListeners, type RangeScope } from "./listeners.ts";
import { Rope } from "./rope.ts";
import { applyToRope } from "./rope-events.ts";
import { type Live, Steps } from "./steps.ts";

/**
 * A live sequence, to be read: what vecs, deques and lists have in common with their mirrors. Reading and changing one
 * place costs O(log n). Iterating shows the items as they were when it began, whatever changes meanwhile.
 */
export class LiveSequence<T> implements Live<SequenceEvent<T>, RangeScope>, Iterable<T> {
  readonly #listeners: RangeListeners<SequenceEvent<T>> = new RangeListeners();
  /** @internal */
  readonly items: Rope<T> = new Rope();
  /** @internal */
  readonly steps: Steps<SequenceEvent<T>> = new Steps(this.#listeners);

  /** How many items there are. */
  get length(): number {
    return this.items.length;
  }

  /** The item at `index`, from the end when that is negative; undefined when there is none. */
  at(index: number): T | undefined {
    const place = index < 0 ? this.length + index : index;
    return Number.isInteger(place) && place >= 0 && place < this.length ? this.items.at(place) : undefined;
  }

  /** The items from `from` up to but without `to`, as an array; O(log n) and what is taken. */
  slice(from = 0, to: number = this.length): T[] {
    const place = (index: number): number => (index < 0 ? Math.max(0, this.length + index) : index);
    return this.items.slice(place(from), place(to));
  }

  /** All items as an array. */
  toArray(): T[] {
    return this.slice();
  }

  /** As of an array. */
  map<R>(convert: (item: T, index: number) => R): R[] {
    return this.toArray().map((item, index) => convert(item, index));
  }

  /** As of an array. */
  filter(test: (item: T, index: number) => boolean): T[] {
    return this.toArray().filter((item, index) => test(item, index));
  }

  /** As of an array. */
  forEach(visit: (item: T, index: number) => void): void {
    this.toArray().forEach((item, index) => {
      visit(item, index);
    });
  }

  /** As of an array. */
  find(test: (item: T, index: number) => boolean): T | undefined {
    return this.toArray().find((item, index) => test(item, index));
  }

  /** As of an array. */
  findIndex(test: (item: T, index: number) => boolean): number {
    return this.toArray().findIndex((item, index) => test(item, index));
  }

  /** As of an array. */
  some(test: (item: T, index: number) => boolean): boolean {
    return this.findIndex(test) >= 0;
  }

  /** As of an array. */
  every(test: (item: T, index: number) => boolean): boolean {
    return !this.some((item, index) => !test(item, index));
  }

  /** As of an array. */
  includes(item: T): boolean {
    return this.toArray().includes(item);
  }

  /** As of an array. */
  indexOf(item: T): number {
    return this.toArray().indexOf(item);
  }

  /** As of an array. */
  reduce<R>(add: (sum: R, item: T, index: number) => R, start: R): R {
    return this.toArray().reduce((sum, item, index) => add(sum, item, index), start);
  }

  /** As of an array. */
  join(separator?: string): string {
    return this.toArray().join(separator);
  }

  /** As of an array. */
  entries(): ArrayIterator<[number, T]> {
    return this.toArray().entries();
  }

  /** As of an array. */
  keys(): ArrayIterator<number> {
    return this.toArray().keys();
  }

  /** As of an array. */
  values(): Generator<T, void, undefined> {
    return this[Symbol.iterator]();
  }

  /** Iterates the items as they are now. */
  [Symbol.iterator](): Generator<T, void, undefined> {
    return this.items[Symbol.iterator]();
  }

  /** What `JSON.stringify` writes: an array. */
  toJSON(): T[] {
    return this.toArray();
  }

  /** @see Live.version */
  get version(): number {
    return this.steps.version;
  }

  /** @see Live.isDone */
  get isDone(): boolean {
    return this.steps.isDone;
  }

  /** @see Live.isComplete */
  get isComplete(): boolean {
    return this.steps.isComplete;
  }

  /** @see Live.error */
  get error(): CuttleError | undefined {
    return this.steps.error;
  }

  /**
   * Remembers the last `count` events, for mirrors that lose their connection and come back: they get what they missed
   * instead of the whole content. Call it before anybody subscribes.
   */
  keepHistory(count: number): void {
    this.steps.publisher.keepHistory(count);
  }

  /** How many subscribers there are; those behind a subscription that was sent away count as one. */
  get subscriberCount(): number {
    return this.steps.publisher.subscriberCount;
  }

  /** @see Live.listen */
  listen(scope: RangeScope, listener: Listener<SequenceEvent<T>>): () => void {
    return this.#listeners.add(scope, listener);
  }

  /** @see Live.changed */
  changed(options?: AbortOptions): Promise<void> {
    return this.steps.changed(options);
  }

  /** @see Live.borrow */
  borrow(): this {
    this.steps.assertHealthy();
    return this;
  }

  /** @see Live.borrowAndUpdate */
  borrowAndUpdate(): this {
    this.steps.assertHealthy({ update: true });
    return this;
  }

  /** @internal Makes what an event says; its indices are right. */
  apply(event: SequenceEvent<T>): void {
    applyToRope(this.items, event, this.#listeners);
    this.steps.add(event);
  }

  /** @internal Puts other content in place of all, as one step. */
  replaceAll(items: readonly T[], eventOf: (item: T) => SequenceEvent<T>): void {
    this.items.replace(items);
    this.steps.reset(() => items.map(eventOf));
  }
}
