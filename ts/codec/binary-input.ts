import { Input } from "./input.ts";

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

  /** Steps over an unsigned integer of so many bytes, the highest first; not exact beyond 2^53. */
  protected uint(count: number): number {
    const start = this.advance(count);
    const { buffer } = this;
    let value = 0;
    for (let i = start; i < start + count; i++) value = value * 256 + (buffer[i] as number);
    return value;
  }

  /** Steps over at most 16 bytes and shows them, until the next call. */
  protected view(count: number): DataView {
    const start = this.advance(count);
    const { buffer } = this;
    // Making a view of the buffer takes longer.
    for (let i = 0; i < count; i++) shown[i] = buffer[start + i] as number;
    return shownView;
  }

  /**
   * Steps over `count` bytes and copies them, but for those that are most of a buffer that nobody else has, or have one of
   * their own. Not with `slice`, which gives a view of a Buffer of Node.
   */
  protected copy(count: number): Uint8Array {
    // It stands where the bytes seem to end.
    const given = count > this.end - this.pos ? this.takeGiven(count) : undefined;
    if (given !== undefined) return given;
    const start = this.advance(count);
    if (this.ownsBytes && count * 2 > this.buffer.length) return this.buffer.subarray(start, this.pos);
    return new Uint8Array(this.buffer.subarray(start, this.pos));
  }

  /** Steps over a text of `count` bytes. */
  protected textOf(count: number): string {
    const start = this.advance(count);
    return this.utf8(start, this.pos);
  }
}

/** What {@link BinaryInput.view} shows. */
const shown: Uint8Array = /* @__PURE__ */ new Uint8Array(16);
const shownView: DataView = /* @__PURE__ */ new DataView(shown.buffer);
