import { CuttleError } from "../errors/error.ts";

/** Byte order of frame lengths. */
export type LengthOrder = "little" | "big";

/** How frame lengths are written: in four bytes of this order, or as varints. */
export type LengthForm = LengthOrder | "varint";

/** Bytes of a length in fixed form. */
const LENGTH_BYTES = 4;
/** A varint of 32 bits has at most five bytes, and the fifth no more than this. */
const VARINT_MAX_BYTES = 5;
const VARINT_LAST_MAX = 0x0f;

/** A frame's length, with room for `extra` bytes behind it. */
export function lengthBytes(length: number, form: LengthForm, extra: number): Uint8Array<ArrayBuffer> {
  if (form === "varint") return varint(length, extra);
  const bytes = new Uint8Array(LENGTH_BYTES + extra);
  new DataView(bytes.buffer).setUint32(0, length, form === "little");
  return bytes;
}

function varint(length: number, extra: number): Uint8Array<ArrayBuffer> {
  let count = 1;
  while (length >= 2 ** (7 * count)) count += 1;
  const bytes = new Uint8Array(count + extra);
  for (let at = 0; at < count; at++) bytes[at] = ((length >>> (7 * at)) & 0x7f) | (at + 1 < count ? 0x80 : 0);
  return bytes;
}

/** First allocation for a frame that is not there yet; it grows with what has arrived, never with what was claimed. */
const FIRST_ALLOCATION_BYTES = 4 * 1024;

/**
 * Cuts a byte stream into frames. A frame inside one chunk is a view of it; a frame over several chunks is gathered
 * in one buffer. Chunks given belong to the reader.
 */
export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #order: LengthOrder;
  #chunk: Uint8Array = new Uint8Array(0);
  /** How much of the chunk was read. */
  #at = 0;
  readonly #length: Uint8Array = new Uint8Array(VARINT_MAX_BYTES);
  /** How many bytes of the length are there. */
  #lengthHave = 0;
  /** Length of the frame being read; undefined between frames and inside a length. */
  #frameLength: number | undefined;
  #frame: Uint8Array | undefined;
  #frameHave = 0;
  /** A whole length was read and accepted. */
  #first = true;

  /** Lengths from the next frame on are varints. */
  varint = false;

  constructor(maxFrameBytes: number, order: LengthOrder) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#order = order;
  }

  /** Bytes still to come for the length or frame that was begun; 0 between frames. */
  get missingBytes(): number {
    if (this.#frameLength !== undefined) return this.#frameLength - this.#frameHave;
    if (this.#lengthHave === 0) return 0;
    return this.varint ? 1 : LENGTH_BYTES - this.#lengthHave;
  }

  /** Adds what arrived; everything before must have been taken with {@link FrameReader.next}. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next frame, an error that ends the stream, or undefined when more bytes are needed. */
  next(): Uint8Array | CuttleError | undefined {
    if (this.#frameLength === undefined) {
      const length = this.varint ? this.#readVarint() : this.#readFixed();
      if (length === undefined || length instanceof CuttleError) return length;
      if (length > this.#maxFrameBytes) return this.#tooLong(length);
      this.#first = false;
      this.#frameLength = length;
      this.#frameHave = 0;
    }
    return this.#readFrame(this.#frameLength);
  }

  #readFixed(): number | undefined {
    while (this.#lengthHave < LENGTH_BYTES && this.#at < this.#chunk.length) {
      this.#length[this.#lengthHave++] = this.#chunk[this.#at++] as number;
    }
    if (this.#lengthHave < LENGTH_BYTES) return undefined;
    this.#lengthHave = 0;
    return new DataView(this.#length.buffer).getUint32(0, this.#order === "little");
  }

  #readVarint(): number | CuttleError | undefined {
    while (this.#at < this.#chunk.length) {
      const byte = this.#chunk[this.#at++] as number;
      this.#length[this.#lengthHave++] = byte;
      const full = this.#lengthHave === VARINT_MAX_BYTES;
      if (full && byte > VARINT_LAST_MAX) return badVarintError();
      if (byte < 0x80) {
        const bytes = this.#length.subarray(0, this.#lengthHave);
        this.#lengthHave = 0;
        return bytes.reduceRight((length, part) => length * 0x80 + (part & 0x7f), 0);
      }
    }
    return undefined;
  }

  #readFrame(length: number): Uint8Array | undefined {
    const available = Math.min(this.#chunk.length - this.#at, length - this.#frameHave);
    const piece = plainView(this.#chunk, this.#at, available);
    this.#at += available;
    if (this.#frameHave + available === length && this.#frame === undefined) {
      this.#frameLength = undefined;
      return piece;
    }
    this.#gather(piece, length);
    if (this.#frameHave < length) return undefined;
    const frame = this.#frame as Uint8Array;
    this.#frame = undefined;
    this.#frameLength = undefined;
    return frame.subarray(0, length);
  }

  #gather(piece: Uint8Array, length: number): void {
    const need = this.#frameHave + piece.length;
    if (this.#frame === undefined || this.#frame.length < need) {
      const grown = new Uint8Array(Math.min(length, Math.max(FIRST_ALLOCATION_BYTES, need * 2)));
      if (this.#frame !== undefined) grown.set(this.#frame.subarray(0, this.#frameHave));
      this.#frame = grown;
    }
    this.#frame.set(piece, this.#frameHave);
    this.#frameHave = need;
  }

  #tooLong(length: number): CuttleError {
    const swapped = new DataView(this.#length.buffer).getUint32(0, this.#order !== "little");
    // Every remoc sends Reset first, a frame of one byte.
    if (this.#first && swapped === 1) return otherOrderError(this.#order);
    const begin = [...this.#length.subarray(0, LENGTH_BYTES)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ");
    const text = String.fromCharCode(...this.#length.subarray(0, LENGTH_BYTES)).replace(/[^\x20-\x7e]/g, ".");
    if (this.#first) {
      return new CuttleError(
        "peer_not_remoc",
        `the stream begins with ${begin} ("${text}"), which is no frame length of remoc. Is another service ` +
          "listening there, for instance HTTP or TLS?",
      );
    }
    return new CuttleError(
      "peer_protocol",
      `the other side announced a frame of ${length} bytes; ${this.#maxFrameBytes} are allowed (maxFrameBytes). ` +
        "Set it to the chunk size announced to the other side plus 64.",
      { data: { sizeBytes: length, limitBytes: this.#maxFrameBytes } },
    );
  }
}

/** A view without Node's Buffer class, whose `slice()` does not copy. */
function plainView(chunk: Uint8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset + at, length);
}

function badVarintError(): CuttleError {
  return new CuttleError("peer_protocol", "the other side wrote a frame length that is no varint of 32 bits");
}

function otherOrderError(ours: LengthOrder): CuttleError {
  const what =
    ours === "little"
      ? 'the other side writes big-endian frame lengths: remoc 0.19 streams use big-endian lengths, 0.18 and 0.20 little-endian ones. Update it, use a WebSocket, or set lengthOrder: "big"'
      : 'the other side writes little-endian frame lengths, as remoc 0.18 and 0.20 do; lengthOrder is "big" here, which is for remoc 0.19';
  return new CuttleError("peer_incompatible", `${what}.`);
}
