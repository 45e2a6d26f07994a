/** One of several, each in its turn: items of a channel over parallel ports. PROTOCOL.md section 6.1. */
export class Turns<T> {
  /** All of them, the first one first. */
  readonly all: readonly [T, ...T[]];
  #at = 0;

  /** The first one begins. */
  constructor(all: readonly [T, ...T[]]) {
    this.all = all;
  }

  /** Whose turn it is. */
  get current(): T {
    return this.all[this.#at] ?? this.all[0];
  }

  /** It is the next one's turn. */
  pass(): void {
    this.#at = (this.#at + 1) % this.all.length;
  }
}
