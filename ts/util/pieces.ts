/** Bytes that stand in one place or in several. Both have `length` and `subarray`. */
export type Bytes = Uint8Array | Pieces;

/**
 * Bytes that stand in several places, in order. They are lent, and not to be changed; when an array of them is resized
 * or transferred all the same, nothing is left of them.
 */
export class Pieces {
  readonly #parts: readonly Uint8Array[];
  /** Those of the parts that were given away or came so: each has a buffer of its own, to be moved or kept. */
  readonly #given: ReadonlySet<Uint8Array>;
  /** What each of them had at first. */
  readonly #lengths: readonly number[];
  /** Of all parts together. */
  readonly length: number;
  /** Where the last call of {@link subarray} ended up: most calls go on from there. */
  #index = 0;
  #start = 0;

  /** The parts in order, and which of them are given. */
  constructor(parts: readonly Uint8Array[], given: readonly Uint8Array[] = []) {
    this.#parts = parts;
    this.#given = given.length === 0 ? NONE : new Set(given);
    this.#lengths = parts.map(({ length }) => length);
    this.length = parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** The same behind `head` instead of the first byte, which is not given. */
  behind(head: Uint8Array): Pieces {
    const [first, ...rest] = this.#parts as [Uint8Array, ...Uint8Array[]];
    return new Pieces([head, first.subarray(1), ...rest], [...this.#given]);
  }

  /** Cut before and behind each given part. */
  cut(): { readonly bytes: Bytes; readonly isGiven: boolean }[] {
    const stretches: { bytes: Bytes; isGiven: boolean }[] = [];
    let rest: Uint8Array[] = [];
    const end = (): void => {
      if (rest.length > 0) stretches.push({ bytes: new Pieces(rest), isGiven: false });
      rest = [];
    };
    for (const part of this.#parts) {
      if (!this.#given.has(part)) {
        rest.push(part);
        continue;
      }
      end();
      stretches.push({ bytes: part, isGiven: true });
    }
    end();
    return stretches;
  }

  /** All that is not given, in one place, and what is, with where it stands in that. */
  apart(): { own: Uint8Array; given: readonly { readonly at: number; readonly bytes: Uint8Array }[] } {
    const own: Uint8Array[] = [];
    const given: { at: number; bytes: Uint8Array }[] = [];
    let at = 0;
    for (const part of this.#parts) {
      if (this.#given.has(part)) {
        given.push({ at, bytes: part });
        continue;
      }
      own.push(part);
      at += part.length;
    }
    return { own: wholeOf(new Pieces(own)), given };
  }

  /** The bytes from `from` to `to`: a view where one part has them all, else a copy; none when a part has changed. */
  subarray(from: number, to: number): Uint8Array {
    let part = this.#seek(from);
    const offset = from - this.#start;
    if (to - this.#start <= part.length) return part.subarray(offset, to - this.#start);
    const copy = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      part = this.#seek(at);
      const bytes = part.subarray(at - this.#start, to - this.#start);
      if (bytes.length === 0) return NOTHING;
      copy.set(bytes, at - from);
      at += bytes.length;
    }
    return copy;
  }

  /** The part in which the byte at `at` stands. */
  #seek(at: number): Uint8Array {
    if (at < this.#start) {
      this.#index = 0;
      this.#start = 0;
    }
    for (;;) {
      const part = this.#parts[this.#index];
      if (part === undefined || part.length !== this.#lengths[this.#index]) return NOTHING;
      if (at < this.#start + part.length) return part;
      this.#start += part.length;
      this.#index += 1;
    }
  }
}

/** All of it in one place; a copy when it stands in several. */
export function wholeOf(bytes: Bytes): Uint8Array {
  return bytes instanceof Pieces ? bytes.subarray(0, bytes.length) : bytes;
}

const NONE: ReadonlySet<Uint8Array> = /* @__PURE__ */ new Set();
const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
