/** Reads the fields of a header for people. It never throws: once a field is missing it has failed and gives zeros. */
export class NumberReader {
  readonly #bytes: Uint8Array;
  readonly #varint: boolean;
  #at: number;
  #failed = false;

  constructor(bytes: Uint8Array, at: number, varint: boolean) {
    this.#bytes = bytes;
    this.#at = at;
    this.#varint = varint;
  }

  /** A field was missing. */
  get failed(): boolean {
    return this.#failed;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    if (byte === undefined) this.#failed = true;
    return byte ?? 0;
  }

  /** A byte of flags at the end, 0 where it is left out. */
  flags(): number {
    return this.isAtEnd ? 0 : this.byte();
  }

  /** A number in the form of the connection. */
  number(): number {
    let value = 0;
    const step = this.#varint ? 7 : 8;
    for (let shift = 0; shift < 5 * step; shift += step) {
      const byte = this.byte();
      value += (this.#varint ? byte & 0x7f : byte) * 2 ** shift;
      if (this.#varint ? byte < 0x80 : shift === 24) return value;
    }
    this.#failed = true;
    return value;
  }
}
