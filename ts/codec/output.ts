import { CuttleError } from "../errors/error.ts";
import { LONE_SURROGATE } from "./char.ts";
import { type Subject, Trail } from "./trail.ts";

/**
 * The growing bytes of one encoded value; formats extend it. Use: write, then `take` or `takePieces`, then always
 * `release`. Large byte arrays are not copied into the buffer: they are kept by reference until the bytes are taken.
 */
export abstract class Output extends Trail {
  /** Holds the output up to `len`. Replaced when it grows. */
  protected buffer: Uint8Array;
  /** How many bytes are in the buffer. */
  protected len = 0;
  /** The large byte arrays, in order; made when the first one comes. */
  #shared: Shared[] | undefined;
  /** How many bytes are in them. */
  #sharedBytes = 0;
  readonly #maxBytes: number;

  constructor(subject: Subject, maxBytes: number) {
    super(subject);
    this.#maxBytes = maxBytes;
    this.buffer = spare ?? new Uint8Array(SPARE_BYTES);
    // A half that is transported may encode values of its own meanwhile.
    spare = undefined;
  }

  /** The written bytes; they belong to the caller. Throws `local_item_too_large`. */
  take(): Uint8Array {
    if (this.#shared !== undefined) return joined(this.takePieces());
    this.#check();
    return this.#part(0, this.len);
  }

  /**
   * The written bytes in pieces. Those of {@link SHARED_BYTES} and more may be views of byte arrays inside the value,
   * which must not be changed while the pieces are in use; the others belong to the caller. Throws `local_item_too_large`.
   */
  takePieces(): Uint8Array[] {
    this.#check();
    return this.#pieces(0);
  }

  /** Ends the use of the writer. */
  release(): void {
    if (this.buffer.length === SPARE_BYTES) spare = this.buffer;
  }

  /** Only Postbag Full; see the writer's interface. */
  get leavesOutDefaults(): boolean {
    return false;
  }

  /** Most formats have nothing around a recoverable value; see the writer's interface. */
  beginRecoverable(): boolean {
    return false;
  }
  endRecoverable(): void {}

  /** Makes room for `count` more bytes. Throws `local_item_too_large` when the limit has been passed. */
  protected reserve(count: number): void {
    const needed = this.len + count;
    if (needed <= this.buffer.length) return;
    this.#check();
    const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.len));
    this.buffer = larger;
  }

  protected byte(value: number): void {
    if (this.len === this.buffer.length) this.reserve(1);
    this.buffer[this.len++] = value;
  }

  /** Writes bytes as they are; large ones by reference. */
  protected raw(value: Uint8Array): void {
    const count = value.length;
    this.#check(count);
    if (count >= SHARED_BYTES) return this.#share(value, count);
    this.reserve(count);
    this.buffer.set(value, this.len);
    this.len += count;
  }

  /** Whether bytes are kept by reference since the buffer held `start` bytes. */
  protected sharesSince(start: number): boolean {
    const last = this.#shared?.at(-1);
    return last !== undefined && last.at >= start;
  }

  /** Removes everything that was written since the buffer held `start` bytes, and returns it. */
  protected takeBack(start: number): Uint8Array[] {
    const pieces = this.#pieces(start).map((piece) => (piece.buffer === this.buffer.buffer ? piece.slice() : piece));
    this.len = start;
    const shared = this.#shared;
    while (shared !== undefined && this.sharesSince(start)) this.#sharedBytes -= (shared.pop() as Shared).bytes.length;
    return pieces;
  }

  /** Writes UTF-8 without length or quotes; refuses lone surrogates. */
  protected text(value: string): void {
    const count = value.length;
    if (count > SHORT_TEXT) return this.#longText(value);
    this.reserve(count);
    for (let i = 0; i < count; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return this.#longText(value);
      this.buffer[this.len + i] = code;
    }
    this.len += count;
  }

  protected override makeError(problem: string, type: string, codec: string, cause: unknown): CuttleError {
    const message = `cannot encode the value as ${type} with codec ${codec}: ${problem}. Compare it with its descriptor`;
    return new CuttleError("local_encode", message, { cause });
  }

  #longText(value: string): void {
    if (LONE_SURROGATE.test(value)) this.fail("a string with a lone surrogate is not Unicode text");
    this.#check(value.length);
    for (let rest = value; rest !== ""; ) {
      this.reserve(rest.length + 16);
      const { read, written } = encoder.encodeInto(rest, this.buffer.subarray(this.len));
      this.len += written;
      rest = rest.slice(read);
    }
  }

  #share(value: Uint8Array, count: number): void {
    // A plain view of its own, also of a Buffer of Node or of one that grows with what is behind it.
    const bytes = new Uint8Array(value.buffer, value.byteOffset, count);
    this.#shared ??= [];
    this.#shared.push({ at: this.len, bytes, count });
    this.#sharedBytes += count;
  }

  /** Everything that was written since the buffer held `start` bytes. */
  #pieces(start: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let from = start;
    for (const { at, bytes, count } of this.#shared ?? []) {
      if (at < start) continue;
      if (bytes.length !== count) this.fail("a byte array was resized or transferred while the value was encoded");
      if (at > from) pieces.push(this.#part(from, at));
      pieces.push(bytes);
      from = at;
    }
    if (from < this.len || pieces.length === 0) pieces.push(this.#part(from, this.len));
    return pieces;
  }

  /** A part of the buffer; large buffers are given away instead of copied. */
  #part(from: number, to: number): Uint8Array {
    const keep = this.buffer.length === SPARE_BYTES;
    return keep ? this.buffer.slice(from, to) : this.buffer.subarray(from, to);
  }

  #check(more = 0): void {
    const limitBytes = this.#maxBytes;
    if (this.len + this.#sharedBytes + more <= limitBytes) return;
    const message = `the encoded value is larger than ${limitBytes} bytes. Send it in parts, or raise the limit on both sides`;
    throw new CuttleError("local_item_too_large", message, { data: { limitBytes } });
  }
}

/** A large byte array that goes before what stands at `at` in the buffer. */
interface Shared {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Its length when it was written; less is left when its buffer was resized or transferred since. */
  readonly count: number;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Byte arrays from here on are not copied: below, a copy costs less than one more piece on its way to the port. */
export const SHARED_BYTES = 16384;

/** Where engines encode faster by a plain loop than by a call into the platform. */
const SHORT_TEXT = 40;
const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** Most messages fit; small enough to keep forever. */
const SPARE_BYTES = 4096;
/** The buffer that the last writer left. */
let spare: Uint8Array | undefined;
