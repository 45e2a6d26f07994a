import { FixedReader } from "./fixed-reader.ts";
import { intName } from "./int-name.ts";

/** Reads bincode 2 in its standard configuration: integers take as many bytes as they need. */
export class Bincode2Reader extends FixedReader {
  protected override unsigned(bits: number, signed?: boolean): number {
    return this.fixed(this.#bytes(bits, signed));
  }

  protected override bigUnsigned(bits: number, signed: boolean): bigint {
    return this.bigFixed(this.#bytes(bits, signed));
  }

  /** Steps over the byte that says how many bytes an integer has; stays when it is the integer. */
  #bytes(bits: number, signed = false): number {
    const first = this.byte();
    if (first <= MAX_BYTE) {
      this.pos--;
      return 1;
    }
    const count = 2 << (first - MAX_BYTE - 1);
    if (count * 8 > bits) this.fail(`expected ${intName(bits, signed)}, got an integer of ${count * 8} bits`);
    return count;
  }
}

/** The largest integer that is one byte; the bytes after it say that 2, 4, 8 or 16 bytes follow. */
const MAX_BYTE = 250;
