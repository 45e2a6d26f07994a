import type { Names } from "../schema/descriptor.ts";
import { BinaryInput } from "./binary-input.ts";
import { type FieldHead, noHead } from "./field-head.ts";
import { NO_FIELD, type Reader } from "./reader.ts";

/**
 * Reads formats whose bytes hold values only, one after the other; what they mean is known from the type alone.
 * Fields of structs and tuples stand back to back; a format that does more overrides that.
 */
export abstract class PositionalReader extends BinaryInput implements Reader {
  /** Where `more` was asked last, and how often in vain: see {@link MAX_EMPTY_ELEMENTS}. */
  #lastMore = -1;
  #emptyElements = 0;

  /**
   * An unsigned integer of more than 8 bits. Beyond 2^53 it is not exact, which no count that is there can be. The message
   * of a failure names the signed type where that is what it stands for.
   */
  protected abstract unsigned(bits: number, signed?: boolean): number;
  /** As `unsigned`, exact. */
  protected abstract bigUnsigned(bits: number, signed: boolean): bigint;

  unit(): void {}
  unitStruct(): void {}

  bool(): boolean {
    return this.#flag("bool");
  }

  /** Signed integers stand in zigzag: 0 for 0, 1 for -1, 2 for 1, 3 for -2 and so on; of 8 bits they stand as they are. */
  int(bits: number, signed: boolean): number {
    if (bits === 8) return signed ? (this.byte() << 24) >> 24 : this.byte();
    const value = this.unsigned(bits, signed);
    if (!signed) return value;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  bigint(bits: number, signed: boolean): bigint {
    const value = this.bigUnsigned(bits, signed);
    if (!signed) return value;
    return value & 1n ? -(value + 1n) / 2n : value / 2n;
  }

  f32(): number {
    return this.view(4).getFloat32(0, true);
  }

  f64(): number {
    return this.view(8).getFloat64(0, true);
  }

  char(): string {
    return this.str();
  }

  str(): string {
    return this.textOf(this.unsigned(64));
  }

  bytes(): Uint8Array {
    return this.copy(this.unsigned(64));
  }

  byteSeq(): Uint8Array {
    return this.bytes();
  }

  some(): boolean {
    return this.#flag("an option");
  }

  beginSeq(): number {
    return this.unsigned(64);
  }

  more(index: number, count: number): boolean {
    if (index >= count) return false;
    if (this.pos === this.#lastMore && ++this.#emptyElements > MAX_EMPTY_ELEMENTS) {
      this.fail(`more than ${MAX_EMPTY_ELEMENTS} elements without content`);
    }
    this.#lastMore = this.pos;
    return true;
  }

  endSeq(_count: number): void {}

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
    return Number.POSITIVE_INFINITY;
  }

  get fieldHead(): FieldHead {
    return noHead;
  }

  nextField(index: number, count: number, names: Names): number {
    return index < count && index < names.positional ? index : NO_FIELD;
  }

  endField(): void {}
  skipField(): void {}
  endStruct(): void {}

  variant(names: Names): number {
    const index = this.unsigned(32);
    return index < names.list.length ? index : this.unknownVariant(`number ${index}`, names);
  }

  unitVariant(): void {}
  beginPayload(): void {}
  endPayload(): void {}

  #flag(what: string): boolean {
    const byte = this.byte();
    if (byte > 1) this.fail(`expected 0 or 1 for ${what}, got ${byte}`);
    return byte === 1;
  }
}

/**
 * How many elements of no bytes at all (`Vec<()>`) one value may have. Only they can be claimed without sending
 * anything; every other element pays for itself with its bytes.
 */
const MAX_EMPTY_ELEMENTS = 65_536;
