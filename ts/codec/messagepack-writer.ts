import { DescribedWriter } from "./described-writer.ts";
import { type FieldHead, messagePackHead } from "./field-head.ts";

/** Writes MessagePack as rmp-serde in its named form. */
export class MessagePackWriter extends DescribedWriter {
  unit(): void {
    this.byte(0xc0);
  }
  unitStruct(): void {
    this.byte(0x90);
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  int(value: number, bits: number): void {
    if (bits === 128 || value > 0xffffffff || value < -(2 ** 31)) this.bigint(BigInt(value), bits);
    else if (value >= 128) this.#sized(0xcc, value, 0);
    else if (value >= -32) this.byte(value & 0xff);
    // As many bytes as its complement with a bit for the sign has.
    else this.#sized(0xd0, ~value * 2, 0, value);
  }

  bigint(value: bigint, bits: number): void {
    if (bits === 128) this.byte(0xc4);
    this.markedBig(bits === 128 ? 16 : value < 0n ? 0xd3 : 0xcf, value, bits / 8);
  }

  f32(value: number): void {
    this.single(0xca, value);
  }

  f64(value: number): void {
    this.double(0xcb, value);
  }

  beginSeq(count: number): void {
    if (count < 16) this.byte(0x90 | count);
    else this.#sized(0xdb, count, 1);
  }

  beginMap(count: number): void {
    if (count < 16) this.byte(0x80 | count);
    else this.#sized(0xdd, count, 1);
  }

  get fieldHead(): FieldHead {
    return messagePackHead;
  }

  protected textHead(length: number): void {
    if (length < 32) this.byte(0xa0 | length);
    else this.#sized(0xd9, length, 0);
  }

  protected bytesHead(length: number): void {
    this.#sized(0xc4, length, 0);
  }

  /** The marker of the smallest form, of at least 2 ** `least` bytes, that holds `size`, and `value` in it. */
  #sized(marker: number, size: number, least: number, value = size): void {
    const power = Math.max(least, size > 0xffff ? 2 : size > 0xff ? 1 : 0);
    this.marked(marker + power, value, 1 << power);
  }
}
