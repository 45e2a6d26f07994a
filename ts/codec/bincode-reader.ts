import { FixedReader } from "./fixed-reader.ts";

/** Reads bincode 2 in its legacy configuration, which is bincode 1: integers of fixed width, little-endian. */
export class BincodeReader extends FixedReader {
  override int(bits: number, signed: boolean): number {
    const value = this.fixed(bits / 8);
    return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }

  override bigint(bits: number, signed: boolean): bigint {
    const value = this.bigFixed(bits / 8);
    return signed ? BigInt.asIntN(bits, value) : value;
  }

  protected override unsigned(bits: number): number {
    return this.fixed(bits / 8);
  }

  protected override bigUnsigned(bits: number): bigint {
    return this.bigFixed(bits / 8);
  }
}
