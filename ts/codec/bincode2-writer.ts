import { FixedWriter } from "./fixed-writer.ts";

/** Writes bincode 2 in its standard configuration. */
export class Bincode2Writer extends FixedWriter {
  protected override unsigned(value: number): void {
    if (value <= MAX_BYTE) return this.byte(value);
    const power = value > 0xffffffff ? 3 : value > 0xffff ? 2 : 1;
    this.byte(MAX_BYTE + power);
    this.fixed(value, 1 << power);
  }

  protected override bigUnsigned(value: bigint): void {
    const power = value >> 64n ? 4 : 3;
    this.byte(MAX_BYTE + power);
    this.bigFixed(value, 1 << power);
  }
}

/** The largest integer that is one byte; the bytes after it say that 2, 4, 8 or 16 bytes follow. */
const MAX_BYTE = 250;
