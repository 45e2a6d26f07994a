/** A first-in-first-out list whose ends are O(1) at any length, unlike `Array.prototype.shift`. */
export class Fifo<T> implements Iterable<T> {
  #items: T[] = [];
  /** How many at the front of `#items` are gone. */
  #gone = 0;

  /** How many there are. */
  get length(): number {
    return this.#items.length - this.#gone;
  }

  /** The oldest. */
  get first(): T | undefined {
    return this.#items[this.#gone];
  }

  /** The newest. */
  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items[this.#items.length - 1];
  }

  /** The one that `index` others are older than. */
  at(index: number): T | undefined {
    return this.#items[this.#gone + index];
  }

  /** Adds one at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts one before the one that `index` others are older than. O(n). */
  insert(index: number, item: T): void {
    this.#items.splice(this.#gone + index, 0, item);
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    const item = this.#items[this.#gone];
    if (item === undefined) return undefined;
    (this.#items as (T | undefined)[])[this.#gone] = undefined;
    this.#gone += 1;
    // Amortised O(1): at least as many were taken as are moved.
    if (this.#gone * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#gone);
      this.#gone = 0;
    }
    return item;
  }

  /** Takes the newest. */
  pop(): T | undefined {
    return this.length === 0 ? undefined : this.#items.pop();
  }

  /** Takes one out; false when it is not in. O(n), of the oldest O(1). */
  remove(item: T): boolean {
    if (this.length > 0 && item === this.first) {
      this.shift();
      return true;
    }
    const at = this.#items.indexOf(item, this.#gone);
    if (at >= 0) this.#items.splice(at, 1);
    return at >= 0;
  }

  /** Takes out everything that is not kept, and returns it. O(n). */
  sift(keep: (item: T) => boolean): T[] {
    if (this.length === 0) return [];
    const all = [...this];
    this.#items = all.filter(keep);
    this.#gone = 0;
    return all.filter((item) => !keep(item));
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#gone; at < this.#items.length; at += 1) yield this.#items[at] as T;
  }
}
