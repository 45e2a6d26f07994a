import { BOOL, BREAK, BYTES, DescribedReader, FLOAT, INT, NIL, OTHER, TEXT } from "./described-reader.ts";
import { cborHead, type FieldHead } from "./field-head.ts";
import { intName } from "./int-name.ts";

/** Reads CBOR as ciborium does: any form of lengths and integers, tags are passed over, floats are floats only. */
export class CborReader extends DescribedReader {
  /** The first byte of the head that was read last, without the bits of the major type. */
  #info = 0;
  /** Whether the integer whose head was read last is -1 minus what stands in the bytes. */
  #negative = false;

  int(bits: number, signed: boolean): number {
    this.#integerHead();
    if (this.kind === OTHER) return Number(this.#bigger());
    return this.kind === INT ? this.argument : this.unexpected(intName(bits, signed));
  }

  bigint(bits: number, signed: boolean): bigint {
    this.#integerHead();
    if (this.kind === OTHER) return this.#bigger();
    if (this.kind !== INT) this.unexpected(intName(bits, signed));
    if (Number.isSafeInteger(this.argument)) return BigInt(this.argument);
    this.pos -= 8;
    const size = this.view(8).getBigUint64(0);
    return this.#negative ? -1n - size : size;
  }

  get fieldHead(): FieldHead {
    return cborHead;
  }

  protected override head(): void {
    do this.#anyHead();
    while (this.kind === OTHER);
  }

  protected override skipOther(): void {}

  protected override atBreak(): boolean {
    return this.pos < this.end && this.buffer[this.pos] === 0xff;
  }

  protected override contents(length: number): string {
    if (length >= 0) return this.textOf(length);
    let text = "";
    for (let count = this.#piece(TEXT); count >= 0; count = this.#piece(TEXT)) text += this.textOf(count);
    return text;
  }

  protected override binary(length: number): Uint8Array {
    if (length >= 0) return this.copy(length);
    const { kind } = this;
    const pieces: Uint8Array[] = [];
    let total = 0;
    for (let count = this.#piece(kind); count >= 0; count = this.#piece(kind)) {
      pieces.push(this.copy(count));
      total += count;
    }
    const whole = new Uint8Array(total);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** The length of the next piece of bytes or a text of unknown length, -1 after the last one. */
  #piece(kind: number): number {
    this.#anyHead();
    if (this.kind === BREAK) return -1;
    if (this.kind !== kind || this.argument < 0) this.unexpected(kind);
    return this.argument;
  }

  /** A head that may be a tag. */
  #anyHead(): void {
    const first = this.byte();
    this.#info = first & 31;
    const major = first >> 5;
    if (major === 7) return this.#simple();
    let value = -1;
    if (this.#info < 24) value = this.#info;
    else if (this.#info < 28) value = this.uint(1 << (this.#info - 24));
    else if (this.#info < 31 || major < 2 || major === 6) this.fail(`expected CBOR, got byte ${first}`);
    this.#negative = major === 1;
    this.argument = this.#negative ? -1 - value : value;
    this.kind = major < 2 ? INT : major === 6 ? OTHER : BYTES + major - 2;
  }

  #simple(): void {
    const info = this.#info;
    this.argument = 0;
    if (info === 20 || info === 21) {
      this.kind = BOOL;
      this.argument = info - 20;
    } else if (info === 22 || info === 23) this.kind = NIL;
    else if (info === 31) this.kind = BREAK;
    else if (info < 25 || info > 27) this.fail(`expected CBOR, got simple value ${info}`);
    else {
      this.kind = FLOAT;
      const view = this.view(1 << (info - 24));
      this.float = info === 25 ? ofHalf(view.getUint16(0)) : info === 26 ? view.getFloat32(0) : view.getFloat64(0);
    }
  }

  /** A head that is an integer or the tag of a large one, after which its bytes follow; other tags are passed over. */
  #integerHead(): void {
    do this.#anyHead();
    while (this.kind === OTHER && this.argument !== 2 && this.argument !== 3);
  }

  /** An integer whose tag has been read. */
  #bigger(): bigint {
    const isNegative = this.argument === 3;
    const bytes = this.binary(this.expect(BYTES));
    const start = bytes.findIndex((byte) => byte !== 0);
    const digits = start < 0 ? bytes.subarray(0, 0) : bytes.subarray(start);
    if (digits.length > 16) this.fail(`expected an integer, got one of ${digits.length} bytes`);
    let value = 0n;
    for (const byte of digits) value = (value << 8n) | BigInt(byte);
    return isNegative ? -1n - value : value;
  }
}

/** The value of the bits of an f16. */
export function ofHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
