import { BinaryOutput } from "./binary-output.ts";
import { type FieldHead, noHead } from "./field-head.ts";
import type { Writer } from "./writer.ts";

/** Writes formats whose bytes hold values only; the counterpart of the positional reader. */
export abstract class PositionalWriter extends BinaryOutput implements Writer {
  get positional(): boolean {
    return true;
  }

  /** An unsigned integer of more than 8 bits. */
  protected abstract unsigned(value: number, bits: number): void;
  /** As `unsigned`. */
  protected abstract bigUnsigned(value: bigint, bits: number): void;

  unit(): void {}
  unitStruct(): void {}

  bool(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  int(value: number, bits: number, signed: boolean): void {
    if (bits === 8) this.byte(value & 0xff);
    else if (!signed) this.unsigned(value, bits);
    // Zigzag: 0, -1, 1, -2, ...
    else if (Math.abs(value) < 2 ** 52) this.unsigned(value < 0 ? -2 * value - 1 : 2 * value, bits);
    else this.bigint(BigInt(value), bits, signed);
  }

  bigint(value: bigint, bits: number, signed: boolean): void {
    this.bigUnsigned(signed ? (value < 0n ? -2n * value - 1n : 2n * value) : value, bits);
  }

  f32(value: number): void {
    scratch.setFloat32(0, value);
    this.lowFirst(scratch.getInt32(0), 4);
  }

  f64(value: number): void {
    scratch.setFloat64(0, value);
    this.lowFirst(scratch.getInt32(4), 4);
    this.lowFirst(scratch.getInt32(0), 4);
  }

  char(value: string): void {
    this.str(value);
  }

  str(value: string): void {
    this.counted(value);
  }

  bytes(value: Uint8Array): void {
    this.unsigned(value.length, 64);
    this.raw(value);
  }

  byteSeq(value: Uint8Array): void {
    this.beginSeq(value.length);
    this.raw(value);
  }

  none(): void {
    this.byte(0);
  }
  some(): void {
    this.byte(1);
  }

  beginSeq(count: number): void {
    this.unsigned(count, 64);
  }
  endSeq(): void {}
  beginTuple(_count: number): void {}
  endTuple(): void {}
  element(_index: number): void {}

  beginMap(count: number): void {
    this.beginSeq(count);
  }
  key(_index: number): void {}
  value(): void {}
  endMap(): void {}

  beginStruct(_count: number): void {}
  get fieldHead(): FieldHead {
    return noHead;
  }
  field(_name: string, _index: number): void {}
  endField(): void {}
  endStruct(): void {}

  unitVariant(_name: string, index: number): void {
    this.unsigned(index, 32);
  }
  beginVariant(name: string, index: number, _isEmpty: boolean): void {
    this.unitVariant(name, index);
  }
  endVariant(): void {}

  protected override textHead(length: number): void {
    this.unsigned(length, 64);
  }
}

/** Turns floats into bytes. */
const scratch: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));
