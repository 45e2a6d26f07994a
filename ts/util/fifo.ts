/** A first-in-first-out list of what is not undefined; its ends are O(1) at any length, unlike `Array.prototype.shift`. */
export class Fifo<T> implements Iterable<T> {
  /** The oldest. Most lists never have more, and an array is made anew for each that comes to an empty one. */
  #first: T | undefined;
  #others: T[] = [];
  /** How many at the front of `#others` are gone. */
  #gone = 0;

  /** How many there are. */
  get length(): number {
    return this.#first === undefined ? 0 : 1 + this.#others.length - this.#gone;
  }

  /** The oldest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** The newest. */
  get last(): T | undefined {
    return this.#others.length > this.#gone ? this.#others[this.#others.length - 1] : this.#first;
  }

  /** The one that `index` others are older than. */
  at(index: number): T | undefined {
    return index === 0 ? this.#first : this.#others[this.#gone + index - 1];
  }

  /** Adds one at the end. */
  push(item: T): void {
    if (this.#first === undefined) this.#first = item;
    else this.#others.push(item);
  }

  /** Puts one before the one that `index` others are older than. O(n). */
  insert(index: number, item: T): void {
    if (this.#first === undefined) this.#first = item;
    else if (index > 0) this.#others.splice(this.#gone + index - 1, 0, item);
    else {
      this.#others.splice(this.#gone, 0, this.#first);
      this.#first = item;
    }
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    const item = this.#first;
    if (this.#others.length === this.#gone) {
      this.#first = undefined;
      return item;
    }
    this.#first = this.#others[this.#gone];
    (this.#others as (T | undefined)[])[this.#gone] = undefined;
    this.#gone += 1;
    // Amortised O(1): at least as many were taken as are moved.
    if (this.#gone * 2 >= this.#others.length) {
      this.#others = this.#others.slice(this.#gone);
      this.#gone = 0;
    }
    return item;
  }

  /** Takes the newest. */
  pop(): T | undefined {
    if (this.#others.length > this.#gone) return this.#others.pop();
    return this.shift();
  }

  /** Takes one out; false when it is not in. O(n), of the oldest O(1). */
  remove(item: T): boolean {
    if (this.#first === undefined) return false;
    if (item === this.#first) {
      this.shift();
      return true;
    }
    const at = this.#others.indexOf(item, this.#gone);
    if (at >= 0) this.#others.splice(at, 1);
    return at >= 0;
  }

  /** Takes out everything that is not kept, and returns it. O(n). */
  sift(keep: (item: T) => boolean): T[] {
    if (this.length === 0) return [];
    const all = [...this];
    const [first, ...others] = all.filter(keep);
    this.#first = first;
    this.#others = others;
    this.#gone = 0;
    return all.filter((item) => !keep(item));
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = 0; at < this.length; at += 1) yield this.at(at) as T;
  }
}
