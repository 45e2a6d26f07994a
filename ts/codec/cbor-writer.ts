import { DescribedWriter } from "./described-writer.ts";
import { cborHead, type FieldHead } from "./field-head.ts";

/** Writes CBOR as ciborium: definite lengths, every number in its shortest form. */
export class CborWriter extends DescribedWriter {
  unit(): void {
    this.byte(0xf6);
  }
  unitStruct(): void {
    this.unit();
  }

  bool(value: boolean): void {
    this.byte(value ? 0xf5 : 0xf4);
  }

  int(value: number): void {
    if (value < 0) this.#head(0x20, -1 - value);
    else this.#head(0, value);
  }

  bigint(value: bigint): void {
    const major = value < 0n ? 0x20 : 0;
    const size = value < 0n ? -1n - value : value;
    if (size >> 64n === 0n) return this.markedBig(major | 27, size, 8);
    // Tag 2 or 3, then bytes.
    this.byte(major ? 0xc3 : 0xc2);
    const length = Math.ceil(size.toString(16).length / 2);
    this.markedBig(0x40 | length, size, length);
  }

  f32(value: number): void {
    const half = halfOf(value);
    if (half < 0) this.single(0xfa, value);
    else this.marked(0xf9, half, 2);
  }

  f64(value: number): void {
    if (Math.fround(value) === value || Number.isNaN(value)) this.f32(value);
    else this.double(0xfb, value);
  }

  beginSeq(count: number): void {
    this.#head(0x80, count);
  }

  beginMap(count: number): void {
    this.#head(0xa0, count);
  }

  get fieldHead(): FieldHead {
    return cborHead;
  }

  /** Of unknown length, as ciborium does when serde does not tell the count. */
  override beginFlat(): void {
    this.byte(0xbf);
  }
  override endFlat(): void {
    this.byte(0xff);
  }

  protected textHead(length: number): void {
    this.#head(0x60, length);
  }

  protected bytesHead(length: number): void {
    this.#head(0x40, length);
  }

  /** A tag for the value that follows. */
  tag(tag: number): void {
    this.#head(0xc0, tag);
  }

  #head(major: number, value: number): void {
    if (value < 24) this.byte(major | value);
    else if (value > 0xffffffff) this.markedBig(major | 27, BigInt(value), 8);
    else {
      const power = value > 0xffff ? 2 : value > 0xff ? 1 : 0;
      this.marked(major | (24 + power), value, 1 << power);
    }
  }
}

/** The bits of an f16 that is exactly `value`, an f32; -1 when there is none. */
function halfOf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size >= 65536) return -1;
  // Steps of the smallest exponent, which subnormal numbers have too; then twice as large for each further one.
  let fraction = size * 2 ** 24;
  let exponent = 0;
  for (; fraction >= 2048; exponent++) fraction /= 2;
  // An exponent above 0 adds 1024 to a fraction that begins at 1024 itself.
  return Number.isInteger(fraction) ? sign | (exponent * 1024 + fraction) : -1;
}
