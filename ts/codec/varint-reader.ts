import { intName } from "./int-name.ts";
import { PositionalReader } from "./positional-reader.ts";

/** Reads Postcard 1; Postbag adds to it. Integers are LEB128: seven bits in each byte, the lowest first. */
export class VarintReader extends PositionalReader {
  protected override unsigned(bits: number, signed?: boolean): number {
    // Most are one byte.
    const first = this.buffer[this.pos] as number;
    if (first < 128 && this.pos < this.end) {
      this.pos++;
      return first;
    }
    let value = 0;
    for (let i = 0, weight = 1; ; i++, weight *= 128) {
      const byte = this.#group(i, bits, signed);
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  }

  protected override bigUnsigned(bits: number, signed: boolean): bigint {
    let value = 0n;
    // Seven groups of seven bits are as much as a number holds.
    let groups = 0;
    for (let i = 0; ; i++) {
      const byte = this.#group(i, bits, signed);
      groups += (byte & 127) * 128 ** (i % 7);
      if (i % 7 === 6 || byte < 128) {
        value |= BigInt(groups) << BigInt(49 * Math.floor(i / 7));
        groups = 0;
      }
      if (byte < 128) return value;
    }
  }

  /** The group of seven bits number `i` of an integer of `bits` bits, and in bit 7 whether another one follows. */
  #group(i: number, bits: number, signed = false): number {
    const byte = this.byte();
    const left = bits - i * 7;
    if (left < 7 && byte >= 1 << left) this.fail(`expected ${intName(bits, signed)}, got more than ${bits} bits`);
    return byte;
  }
}
