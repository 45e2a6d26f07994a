import { FixedWriter } from "./fixed-writer.ts";

/** Writes bincode 2 in its legacy configuration, which is bincode 1. */
export class BincodeWriter extends FixedWriter {
  override int(value: number, bits: number, _signed: boolean): void {
    this.unsigned(value, bits);
  }

  override bigint(value: bigint, bits: number, _signed: boolean): void {
    this.bigUnsigned(value, bits);
  }

  protected override unsigned(value: number, bits: number): void {
    if (bits > 64) this.bigUnsigned(BigInt(value), bits);
    else this.fixed(value, bits / 8);
  }

  protected override bigUnsigned(value: bigint, bits: number): void {
    this.bigFixed(value, bits / 8);
  }
}
