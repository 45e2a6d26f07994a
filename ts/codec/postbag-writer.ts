import { Output } from "./output.ts";
import { BLOCK_CHUNK, LONG_NAME, NUMBERED_NAME, UNKNOWN_COUNT } from "./postbag-format.ts";
import type { Writer } from "./writer.ts";

/** Writes Postbag 0.4 Full. */
export class PostbagWriter extends Output implements Writer {
  readonly humanReadable = false;
  /** Where the contents of the open blocks begin. */
  readonly #blocks: number[] = [];

  unit(): void {}
  unitStruct(): void {}

  bool(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  int(value: number, bits: number, signed: boolean): void {
    if (bits === 8) this.byte(value & 0xff);
    else if (!signed) this.#varint(value);
    else if (Math.abs(value) < 2 ** 52) this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
    else this.bigint(BigInt(value), bits, signed);
  }

  bigint(value: bigint, _bits: number, signed: boolean): void {
    let rest = signed ? (value < 0n ? -2n * value - 1n : 2n * value) : value;
    for (; rest > Number.MAX_SAFE_INTEGER; rest >>= 49n) {
      let groups = Number(rest & 0x1ffffffffffffn);
      for (let i = 0; i < 7; i++) {
        this.byte((groups % 128) | 128);
        groups = Math.floor(groups / 128);
      }
    }
    this.#varint(Number(rest));
  }

  f32(value: number): void {
    scratch.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
  }

  f64(value: number): void {
    scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i));
  }

  char(value: string): void {
    this.str(value);
  }

  str(value: string): void {
    const start = this.#open();
    this.text(value);
    this.#close(start);
  }

  bytes(value: Uint8Array): void {
    this.#varint(value.length);
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
    if (count === UNKNOWN_COUNT) this.byte(UNKNOWN_COUNT);
    this.#varint(count);
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

  beginStruct(count: number): void {
    this.#varint(count);
  }

  field(name: string, _index: number): void {
    this.#name(name);
    this.#blocks.push(this.#open());
  }

  endField(): void {
    const start = this.#blocks.pop() as number;
    if (this.len - start < BLOCK_CHUNK) this.#close(start);
    else this.#chunk(start);
  }

  endStruct(): void {}

  unitVariant(name: string, _index: number): void {
    this.#name(name);
  }
  beginVariant(name: string, _index: number): void {
    this.#name(name);
  }
  endVariant(): void {}

  #varint(value: number): void {
    let rest = value;
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    for (; rest > 127; rest >>= 7) this.byte((rest & 127) | 128);
    this.byte(rest);
  }

  #name(name: string): void {
    // Most names are told apart from numbered ones by their first letter.
    if (name.charCodeAt(0) === UNDERSCORE && NUMBERED_NAME.test(name))
      return this.byte(LONG_NAME + 1 + Number(name.slice(1)));
    const start = this.#open();
    this.text(name);
    if (this.len - start < LONG_NAME) return this.#close(start);
    this.len = start - 1;
    this.byte(LONG_NAME);
    this.str(name);
  }

  /** Begins something whose length is written before it; one byte is kept free for that. */
  #open(): number {
    this.byte(0);
    return this.len;
  }

  /** Writes the length of everything since `start` before it. */
  #close(start: number): void {
    const { len } = this;
    const count = len - start;
    if (count < 128) {
      this.buffer[start - 1] = count;
      return;
    }
    // Writing the length at the end shows how long it is.
    this.#varint(count);
    const more = this.len - len - 1;
    this.buffer.copyWithin(start + more, start, len);
    this.len = start - 1;
    this.#varint(count);
    this.len = len + more;
  }

  /** Cuts everything since `start`, at least one chunk, into the chunks of a block. */
  #chunk(start: number): void {
    const count = this.len - start;
    const full = Math.floor(count / BLOCK_CHUNK);
    const tail = start + full * BLOCK_CHUNK;
    const tailBytes = this.buffer.slice(tail, this.len);
    this.reserve(full * 3 + 3);
    // From the last to the first, because each moves to where the next one was.
    for (let i = full - 1; i >= 0; i--) {
      const from = start + i * BLOCK_CHUNK;
      const to = from + i * 3 + 2;
      this.buffer.copyWithin(to, from, from + BLOCK_CHUNK);
      this.buffer.set([0xff, 0xff, 0x03], to - 3);
    }
    this.len = tail + full * 3 - 1;
    this.bytes(tailBytes);
  }
}

const UNDERSCORE = 0x5f;
/** Turns floats into bytes. */
const scratch: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));
