import { CuttleError } from "../errors/error.ts";
import { type Bytes, Pieces } from "../util/pieces.ts";
import { LONE_SURROGATE } from "./char.ts";
import { type Subject, Trail } from "./trail.ts";

/** A byte array of the value that is not copied into the buffer. */
interface Reference {
  /** It stands before the byte that the buffer has here. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** The growing bytes of one encoded value; formats extend it. Use: write, then `take`, then always `release`. */
export abstract class Output extends Trail {
  /** Holds the output up to `len`. Replaced when it grows. */
  protected buffer: Uint8Array;
  /** How many bytes are written. */
  protected len = 0;
  readonly #maxBytes: number;
  /** Byte arrays from this length on are not copied. */
  #referenceBytes = Number.POSITIVE_INFINITY;
  #references: Reference[] = [];
  /** Bytes in all references. */
  #referenced = 0;

  constructor(subject: Subject, maxBytes: number) {
    super(subject);
    this.#maxBytes = maxBytes;
    this.buffer = spare ?? new Uint8Array(SPARE_BYTES);
    // A half that is transported may encode values of its own meanwhile.
    spare = undefined;
  }

  /** The written bytes; they belong to the caller. Throws `local_item_too_large`. */
  take(): Uint8Array {
    this.#check();
    // Large buffers are given away instead of copied.
    const keep = this.buffer.length === SPARE_BYTES;
    return keep ? this.buffer.slice(0, this.len) : this.buffer.subarray(0, this.len);
  }

  /** From now on large byte arrays of the value are not copied but referred to; {@link takePieces} has them. */
  keepReferences(): void {
    this.#referenceBytes = REFERENCE_BYTES;
  }

  /** As {@link take}, with the byte arrays that are referred to: they are lent. */
  takePieces(): Bytes {
    if (this.#references.length === 0) return this.take();
    this.#check();
    return new Pieces(this.#segments(0, this.take()));
  }

  /** Ends the use of the writer. */
  release(): void {
    if (this.buffer.length === SPARE_BYTES) spare = this.buffer;
  }

  /** Only Postbag Full; see the writer's interface. */
  get leavesOutDefaults(): boolean {
    return false;
  }

  /** Only those that say what they are; see the writer's interface. */
  get selfDescribing(): boolean {
    return false;
  }
  beginFlat(_count: number): void {}
  endFlat(): void {}

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

  /** How many bytes are referred to since the buffer had `start` bytes. */
  protected referencedSince(start: number): number {
    let sum = 0;
    for (let i = this.#references.length - 1; i >= 0; i--) {
      const { at, bytes } = this.#references[i] as Reference;
      if (at < start) break;
      sum += bytes.length;
    }
    return sum;
  }

  /** Takes back what was written and referred to since the buffer had `start` bytes, in order. */
  protected takeSince(start: number): Uint8Array[] {
    const segments = this.#segments(start, this.buffer.slice(start, this.len));
    this.#referenced -= this.referencedSince(start);
    this.#references = this.#references.filter(({ at }) => at < start);
    this.len = start;
    return segments;
  }

  /** Writes bytes of which the value keeps the larger stretches. */
  protected lent(value: Uint8Array): void {
    if (value.length < SHORT_STRETCH) return this.raw(value);
    this.#references.push({ at: this.len, bytes: value });
    this.#referenced += value.length;
  }

  protected raw(value: Uint8Array): void {
    this.#check(value.length);
    if (value.length >= this.#referenceBytes) return this.lent(value);
    this.reserve(value.length);
    this.buffer.set(value, this.len);
    this.len += value.length;
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

  /** `own` and the references among it, from where the buffer had `start` bytes. */
  #segments(start: number, own: Uint8Array): Uint8Array[] {
    const segments: Uint8Array[] = [];
    let from = 0;
    for (const { at, bytes } of this.#references) {
      if (at < start) continue;
      if (at - start > from) segments.push(own.subarray(from, at - start));
      from = at - start;
      segments.push(bytes);
    }
    if (from < own.length) segments.push(own.subarray(from));
    return segments;
  }

  #check(more = 0): void {
    const limitBytes = this.#maxBytes;
    if (this.len + this.#referenced + more <= limitBytes) return;
    const message = `the encoded value is larger than ${limitBytes} bytes. Send it in parts, or raise the limit on both sides`;
    throw new CuttleError("local_item_too_large", message, { data: { limitBytes } });
  }
}

/**
 * Copying less is cheap. The core's send queue takes less than this at once, so that a send of what is referred to
 * resolves only when it has left: then the value may change.
 */
const REFERENCE_BYTES = 256 * 1024;
/** Of a byte array that is cut, stretches below this are cheaper copied than kept track of. */
const SHORT_STRETCH = 1024;

/** Where engines encode faster by a plain loop than by a call into the platform. */
const SHORT_TEXT = 40;
const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** Most messages fit; small enough to keep forever. */
const SPARE_BYTES = 4096;
/** The buffer that the last writer left. */
let spare: Uint8Array | undefined;
