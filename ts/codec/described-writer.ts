import { BinaryOutput } from "./binary-output.ts";
import type { FieldHead } from "./field-head.ts";
import type { Writer } from "./writer.ts";

/** What the writers of binary formats share whose bytes say what they are. Numbers are big-endian. */
export abstract class DescribedWriter extends BinaryOutput implements Writer {
  get positional(): boolean {
    return false;
  }

  override get selfDescribing(): boolean {
    return true;
  }

  abstract unit(): void;
  abstract unitStruct(): void;
  abstract bool(value: boolean): void;
  abstract int(value: number, bits: number, signed: boolean): void;
  abstract bigint(value: bigint, bits: number, signed: boolean): void;
  abstract f32(value: number): void;
  abstract f64(value: number): void;
  /** The head of a sequence or tuple of so many elements. */
  abstract beginSeq(count: number): void;
  /** The head of a map or struct of so many entries. */
  abstract beginMap(count: number): void;
  /** The head of so many bytes. */
  protected abstract bytesHead(length: number): void;

  char(value: string): void {
    this.str(value);
  }

  str(value: string): void {
    this.counted(value);
  }

  bytes(value: Uint8Array): void {
    this.bytesHead(value.length);
    this.raw(value);
  }

  byteSeq(value: Uint8Array): void {
    this.beginSeq(value.length);
    for (const byte of value) this.int(byte, 8, false);
  }

  none(): void {
    this.unit();
  }
  some(): void {}

  endSeq(): void {}
  beginTuple(count: number): void {
    this.beginSeq(count);
  }
  endTuple(): void {}
  element(): void {}

  key(): void {}
  value(): void {}
  endMap(): void {}

  beginStruct(count: number): void {
    this.beginMap(count);
  }
  abstract get fieldHead(): FieldHead;
  field(name: string, _index: number, head?: Uint8Array): void {
    if (head === undefined) this.str(name);
    else this.few(head);
  }
  endField(): void {}
  endStruct(): void {}
  override beginFlat(count: number): void {
    this.beginMap(count);
  }

  unitVariant(name: string): void {
    this.str(name);
  }
  beginVariant(name: string): void {
    this.beginMap(1);
    this.str(name);
  }
  endVariant(): void {}

  /** A marker and the lowest 1, 2 or 4 bytes of an integer. */
  protected marked(marker: number, value: number, bytes: number): void {
    this.byte(marker);
    this.highFirst(value, bytes);
  }

  /** A marker and the lowest bytes of an integer. */
  protected markedBig(marker: number, value: bigint, bytes: number): void {
    this.byte(marker);
    for (let i = bytes - 1; i >= 0; i--) this.byte(Number((value >> BigInt(8 * i)) & 0xffn));
  }

  /** A marker and an f32. */
  protected single(marker: number, value: number): void {
    scratch.setFloat32(0, value);
    this.marked(marker, scratch.getInt32(0), 4);
  }

  /** A marker and an f64. */
  protected double(marker: number, value: number): void {
    scratch.setFloat64(0, value);
    this.marked(marker, scratch.getInt32(0), 4);
    this.highFirst(scratch.getInt32(4), 4);
  }
}

/** Turns floats into bytes. */
const scratch: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));
