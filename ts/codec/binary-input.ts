import type { Names } from "../schema/descriptor.ts";
import { Input } from "./input.ts";
import { UNKNOWN_FIELD } from "./reader.ts";

/** What the readers of all binary formats share. */
export abstract class BinaryInput extends Input {
  // A getter, because a field would cost time for each value.
  get humanReadable(): boolean {
    return false;
  }

  finish(): void {}

  protected byte(): number {
    if (this.pos >= this.end) this.fail("the bytes end too early");
    return this.buffer[this.pos++] as number;
  }

  /** Steps over `count` bytes and shows them. */
  protected view(count: number): DataView {
    const start = this.advance(count);
    const { buffer } = this;
    return new DataView(buffer.buffer, buffer.byteOffset + start, count);
  }

  /**
   * Steps over `count` bytes and copies them, but for those that are most of a buffer that nobody else has. Not with
   * `slice`, which gives a view of a Buffer of Node.
   */
  protected copy(count: number): Uint8Array {
    const start = this.advance(count);
    if (this.ownsBytes && count * 2 > this.buffer.length) return this.buffer.subarray(start, this.pos);
    return new Uint8Array(this.buffer.subarray(start, this.pos));
  }

  /** Steps over a text of `count` bytes. */
  protected textOf(count: number): string {
    const start = this.advance(count);
    return this.utf8(start, this.pos);
  }

  /** Steps over the name of a field of `count` bytes; most likely it is the one at `guess`. */
  protected placeOf(count: number, names: Names, guess: number): number {
    const start = this.advance(count);
    const likely = names.list[guess];
    // Fields mostly come in order; comparing is cheaper than making a string.
    if (likely?.length === count && this.#isAscii(likely, start)) return guess;
    return names.index.get(this.utf8(start, this.pos)) ?? UNKNOWN_FIELD;
  }

  /** Whether the text stands at `start`, which is certain only for ASCII. */
  #isAscii(text: string, start: number): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f || code !== this.buffer[start + i]) return false;
    }
    return true;
  }
}
