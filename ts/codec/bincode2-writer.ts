import { FixedWriter } from "./fixed-writer.ts";

/** Writes bincode 2 in its standard configuration. */
export class Bincode2Writer extends FixedWriter {
  protected override get maxShort(): number {
    return 250;
  }

  protected override unsigned(value: number): void {
    if (value <= this.maxShort) return this.byte(value);
    const power = value > 0xffffffff ? 3 : value > 0xffff ? 2 : 1;
    this.byte(this.maxShort + power);
    this.fixed(value, 1 << power);
  }

  protected override bigUnsigned(value: bigint): void {
    const power = value >> 64n ? 4 : 3;
    this.byte(this.maxShort + power);
    this.bigFixed(value, 1 << power);
  }
}
