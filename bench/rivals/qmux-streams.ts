/** What the first byte of a stream asks of the server, and how numbers stand in streams. */

/** The first byte of a stream. */
export const Kind = {
  /** Send everything back. */
  echo: 0,
  /** Count the bytes to the end of the stream, then answer with their number. */
  count: 1,
  /** A number follows: send so many bytes. */
  give: 2,
} as const;

/** A number in four bytes. */
export function u32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Takes numbers out of a stream, however it was cut. */
export class U32Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #bytes: number[];

  /** `begun` is what was read of it already. */
  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, begun: number[] = []) {
    this.#reader = reader;
    this.#bytes = begun;
  }

  /** The next number. Rejects when the stream ends before it. */
  async read(): Promise<number> {
    while (this.#bytes.length < 4) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("the stream ended");
      this.#bytes.push(...value);
    }
    return new DataView(Uint8Array.from(this.#bytes.splice(0, 4)).buffer).getUint32(0);
  }
}
