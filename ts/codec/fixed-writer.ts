import { PositionalWriter } from "./positional-writer.ts";

/** Writes what both forms of bincode share. */
export abstract class FixedWriter extends PositionalWriter {
  override char(value: string): void {
    this.text(value);
  }

  /** The lowest bytes of an integer, the lowest first. */
  protected fixed(value: number, bytes: number): void {
    this.lowFirst(value, Math.min(bytes, 4));
    if (bytes > 4) this.lowFirst(Math.floor(value / 2 ** 32), bytes - 4);
  }

  /** As `fixed`. */
  protected bigFixed(value: bigint, bytes: number): void {
    let rest = value;
    for (let i = 0; i < bytes; i += 4, rest >>= 32n) this.fixed(Number(rest & 0xffffffffn), 4);
  }
}
