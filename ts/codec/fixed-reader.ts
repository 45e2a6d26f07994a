import { PositionalReader } from "./positional-reader.ts";

/** Reads what both forms of bincode share: integers of a number of whole bytes, and characters without length. */
export abstract class FixedReader extends PositionalReader {
  /** Its bytes in UTF-8, whose first one says how many there are. */
  override char(): string {
    const first = this.buffer[this.pos] ?? 0;
    return this.textOf(first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
  }

  /** An unsigned integer of so many bytes, the lowest first; not exact beyond 2^53. */
  protected fixed(count: number): number {
    const start = this.advance(count);
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + (this.buffer[start + i] as number);
    return value;
  }

  /** As `fixed`, exact. */
  protected bigFixed(count: number): bigint {
    let value = 0n;
    for (let i = 0; i < count; i += 4) value |= BigInt(this.fixed(Math.min(4, count - i))) << BigInt(8 * i);
    return value;
  }
}
