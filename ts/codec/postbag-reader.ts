import type { Names } from "../schema/descriptor.ts";
import { Input } from "./input.ts";
import { BLOCK_CHUNK, LONG_NAME, NO_NAME, UNKNOWN_COUNT } from "./postbag-format.ts";
import { NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";

/** Reads Postbag 0.4 Full. */
export class PostbagReader extends Input implements Reader {
  readonly humanReadable = false;
  /** What each open block returns to: an end, or all of it when its chunks had to be put together. */
  readonly #outer: Outer[] = [];
  /** Where `more` was asked last, and how often in vain: see {@link MAX_EMPTY_ELEMENTS}. */
  #lastMore = -1;
  #emptyElements = 0;

  unit(): void {}
  unitStruct(): void {}

  bool(): boolean {
    return this.#flag("a bool");
  }

  int(bits: number, signed: boolean): number {
    if (bits === 8) return signed ? (this.#byte() << 24) >> 24 : this.#byte();
    const value = this.#varint(bits);
    if (!signed) return value;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  bigint(bits: number, signed: boolean): bigint {
    let value = 0n;
    // Seven groups of seven bits are as much as a number holds.
    let groups = 0;
    for (let i = 0; ; i++) {
      const byte = this.#group(i, bits);
      groups += (byte & 127) * 128 ** (i % 7);
      if (i % 7 === 6 || byte < 128) {
        value |= BigInt(groups) << BigInt(49 * Math.floor(i / 7));
        groups = 0;
      }
      if (byte < 128) break;
    }
    if (!signed) return value;
    return value & 1n ? -(value + 1n) / 2n : value / 2n;
  }

  f32(): number {
    return this.#view(4).getFloat32(0, true);
  }

  f64(): number {
    return this.#view(8).getFloat64(0, true);
  }

  char(): string {
    return this.str();
  }

  str(): string {
    const length = this.#varint(64);
    const start = this.advance(length);
    return this.utf8(start, start + length);
  }

  bytes(): Uint8Array {
    const length = this.#varint(64);
    const start = this.advance(length);
    return this.#copy(start, start + length);
  }

  byteSeq(): Uint8Array {
    const count = this.beginSeq();
    const length = count < 0 ? this.end - this.pos : count;
    const start = this.advance(length);
    const value = this.#copy(start, start + length);
    this.endSeq(count);
    return value;
  }

  some(): boolean {
    return this.#flag("an option");
  }

  beginSeq(): number {
    const count = this.#varint(64);
    if (count !== UNKNOWN_COUNT) return count;
    const escaped = this.#byte();
    if (escaped === UNKNOWN_COUNT) return count;
    if (escaped !== 0) this.fail(`expected a count, got 125 and ${escaped}`);
    this.#enterBlock();
    return -1;
  }

  more(index: number, count: number): boolean {
    if (count < 0 ? this.pos >= this.end : index >= count) return false;
    if (this.pos === this.#lastMore && ++this.#emptyElements > MAX_EMPTY_ELEMENTS) {
      this.fail(`more than ${MAX_EMPTY_ELEMENTS} elements without content`);
    }
    this.#lastMore = this.pos;
    return true;
  }

  endSeq(count: number): void {
    if (count < 0) this.#leaveBlock();
  }

  beginTuple(): void {}
  element(): void {}
  endTuple(): void {}

  beginMap(): number {
    return this.beginSeq();
  }
  key(): void {}
  value(): void {}
  endMap(count: number): void {
    this.endSeq(count);
  }

  beginStruct(): number {
    return this.#varint(64);
  }

  nextField(index: number, count: number, names: Names): number {
    if (index >= count) return NO_FIELD;
    // Fields mostly come in order; comparing is cheaper than making a string.
    const expected = names.list[index];
    let place: number | undefined;
    if (expected !== undefined && this.#isNext(expected)) place = index;
    else place = names.index.get(this.#name());
    this.#enterBlock();
    return place ?? UNKNOWN_FIELD;
  }

  endField(): void {
    this.#leaveBlock();
  }
  skipField(): void {
    this.#leaveBlock();
  }
  endStruct(): void {}

  variant(names: Names): number {
    const name = this.#name();
    return names.index.get(name) ?? this.unknownVariant(name, names);
  }

  unitVariant(): void {}
  beginPayload(): void {}
  endPayload(): void {}
  finish(): void {}

  /** Not `slice`, which gives a view when the bytes are a Buffer of Node. */
  #copy(start: number, end: number): Uint8Array {
    return new Uint8Array(this.buffer.subarray(start, end));
  }

  #byte(): number {
    if (this.pos >= this.end) this.fail("the bytes end too early");
    return this.buffer[this.pos++] as number;
  }

  #flag(what: string): boolean {
    const byte = this.#byte();
    if (byte > 1) this.fail(`expected 0 or 1 for ${what}, got ${byte}`);
    return byte === 1;
  }

  #view(count: number): DataView {
    const { buffer } = this;
    return new DataView(buffer.buffer, buffer.byteOffset + this.advance(count), count);
  }

  /** An unsigned integer. Beyond 2^53 it is not exact, which no count or length that is there can be. */
  #varint(bits: number): number {
    let value = 0;
    for (let i = 0, weight = 1; ; i++, weight *= 128) {
      const byte = this.#group(i, bits);
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  }

  /** The group of seven bits number `i` of an integer of `bits` bits, and in bit 7 whether another one follows. */
  #group(i: number, bits: number): number {
    const byte = this.#byte();
    const left = bits - i * 7;
    if (left < 7 && byte >= 1 << left) this.fail(`an integer has more than ${bits} bits`);
    return byte;
  }

  /** Whether the name of a field comes next; steps over it then. Says no to long, numbered and non-ASCII ones. */
  #isNext(name: string): boolean {
    const { buffer, pos } = this;
    const length = name.length;
    if (length >= LONG_NAME || pos + length >= this.end || buffer[pos] !== length) return false;
    for (let i = 0; i < length; i++) {
      if (buffer[pos + 1 + i] !== name.charCodeAt(i)) return false;
    }
    this.pos = pos + 1 + length;
    return true;
  }

  #name(): string {
    let length = this.#varint(64);
    if (length >= NO_NAME) this.fail(`expected a name, got number ${length}`);
    if (length > LONG_NAME) return `_${length - LONG_NAME - 1}`;
    if (length === LONG_NAME) length = this.#varint(64);
    const start = this.advance(length);
    return this.utf8(start, start + length);
  }

  /** Limits reading to the contents of the block that begins here. */
  #enterBlock(): void {
    const { buffer, end } = this;
    const length = this.#varint(16);
    const start = this.advance(length);
    if (length < BLOCK_CHUNK) {
      this.#outer.push(end);
      this.pos = start;
      this.end = start + length;
      return;
    }
    const chunks = [buffer.subarray(start, this.pos)];
    let total = length;
    for (let more = length; more === BLOCK_CHUNK; total += more) {
      more = this.#varint(16);
      const from = this.advance(more);
      chunks.push(buffer.subarray(from, this.pos));
    }
    this.#outer.push({ buffer, pos: this.pos, end });
    this.buffer = new Uint8Array(total);
    this.pos = 0;
    this.end = total;
    for (let i = 0; i < chunks.length; i++) this.buffer.set(chunks[i] as Uint8Array, i * BLOCK_CHUNK);
  }

  /** Returns to what surrounds the block; whatever is unread in it is skipped. */
  #leaveBlock(): void {
    const outer = this.#outer.pop() as Outer;
    if (typeof outer === "number") {
      this.pos = this.end;
      this.end = outer;
    } else {
      this.buffer = outer.buffer;
      this.pos = outer.pos;
      this.end = outer.end;
    }
  }
}

type Outer = number | { buffer: Uint8Array; pos: number; end: number };

/**
 * How many elements of no bytes at all (`Vec<()>`) one value may have. Only they can be claimed without sending
 * anything; every other element pays for itself with its bytes.
 */
const MAX_EMPTY_ELEMENTS = 65_536;
