import { CuttleError } from "../errors/error.ts";
import { type Bytes, Pieces } from "../util/pieces.ts";
import { LONE_SURROGATE } from "./char.ts";
import type { EncodeContext } from "./codec.ts";
import { type Subject, Trail } from "./trail.ts";

/** A byte array of the value that is not copied into the buffer. */
interface Reference {
  /** It stands before the byte that the buffer has here. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** What it had when it was referred to. */
  readonly length: number;
  /** It was given away. */
  readonly isGiven: boolean;
}

/**
 * The growing bytes of one encoded value; formats extend it. Use: write, then `take`, then always `release`; after
 * `restart` once more.
 */
export abstract class Output extends Trail {
  /** Holds the output up to `len`. Replaced when it grows. */
  protected buffer: Uint8Array = NOTHING;
  /** Where the next byte goes. */
  protected len = 0;
  /** Where this value begins, or ended when it was lent: what is before belongs to others. */
  #start = 0;
  readonly #maxBytes: number;
  /** Byte arrays from this length on are not copied. */
  #referenceBytes = Number.POSITIVE_INFINITY;
  /** Tells byte arrays that were given away, which are not copied either. */
  #gives: ((bytes: Uint8Array) => boolean) | undefined;
  #references: Reference[] | undefined;
  /** Bytes in all references. */
  #referenced = 0;

  constructor(subject: Subject, maxBytes: number) {
    super(subject);
    this.#maxBytes = maxBytes;
    this.restart();
  }

  /** Begins a value; another one only behind one that was written without an error, taken and released. */
  restart(): void {
    this.buffer = spare ?? new Uint8Array(SPARE_BYTES);
    this.#start = spare === undefined ? 0 : spareStart;
    this.len = this.#start;
    // A half that is transported may encode values of its own meanwhile.
    spare = undefined;
  }

  /** The written bytes; they belong to the caller. Throws `local_item_too_large`. */
  take(): Uint8Array {
    this.#check();
    // Large buffers are given away instead of copied.
    const keep = this.buffer.length === SPARE_BYTES;
    return keep ? this.buffer.slice(this.#start, this.len) : this.buffer.subarray(this.#start, this.len);
  }

  /** From now on large byte arrays of the value are not copied but referred to; {@link takePieces} has them. */
  keepReferences(): void {
    this.#referenceBytes = REFERENCE_BYTES;
  }

  /** From now on those of which `gives` says so are not copied, whatever their length. */
  giveAway(gives: EncodeContext["gives"]): void {
    this.#gives = gives;
  }

  /** What `write` writes is kept by who gave it: nothing in it is given away. */
  keeping(write: () => void): void {
    const gives = this.#gives;
    this.#gives = undefined;
    write();
    this.#gives = gives;
  }

  /** As {@link take}, with the byte arrays that are referred to. All of it is lent: its buffers have other bytes, too. */
  takePieces(): Bytes {
    if (this.#references === undefined) return this.#lend() ?? this.take();
    this.#check();
    const given = this.#references.filter(({ isGiven }) => isGiven);
    return new Pieces(
      this.#segments(this.#start, this.take()),
      given.map(({ bytes }) => bytes),
    );
  }

  /** Ends the use of the writer, which then keeps nothing of the value. */
  release(): void {
    if (this.buffer.length === SPARE_BYTES && this.#start <= SPARE_BYTES - SPARE_MIN_BYTES) {
      spare = this.buffer;
      spareStart = this.#start;
    }
    this.buffer = NOTHING;
    this.#references = undefined;
    this.#referenced = 0;
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
    larger.set(this.buffer.subarray(this.#start, this.len), this.#start);
    this.buffer = larger;
  }

  protected byte(value: number): void {
    if (this.len === this.buffer.length) this.reserve(1);
    this.buffer[this.len++] = value;
  }

  /** Writes the lowest `count` bytes of an integer, at most 4, the lowest first. */
  protected lowFirst(value: number, count: number): void {
    this.reserve(count);
    const { buffer, len } = this;
    for (let i = 0; i < count; i++) buffer[len + i] = value >> (8 * i);
    this.len = len + count;
  }

  /** As `lowFirst`, the highest first. */
  protected highFirst(value: number, count: number): void {
    this.reserve(count);
    const { buffer, len } = this;
    for (let i = 0; i < count; i++) buffer[len + i] = value >> (8 * (count - 1 - i));
    this.len = len + count;
  }

  /** How many bytes are referred to since the buffer had `start` bytes. */
  protected referencedSince(start: number): number {
    const references = this.#references;
    if (references === undefined) return 0;
    let sum = 0;
    for (let i = references.length - 1; i >= 0; i--) {
      const { at, length } = references[i] as Reference;
      if (at < start) break;
      sum += length;
    }
    return sum;
  }

  /** Takes back what was written and referred to since the buffer had `start` bytes, in order. */
  protected takeSince(start: number): Uint8Array[] {
    const segments = this.#segments(start, this.buffer.slice(start, this.len));
    this.#referenced -= this.referencedSince(start);
    this.#references = this.#references?.filter(({ at }) => at < start);
    this.len = start;
    return segments;
  }

  /** Writes bytes of which the value keeps the larger stretches. */
  protected lent(value: Uint8Array): void {
    if (value.length < SHORT_STRETCH) this.raw(value);
    else this.#refer(value, false);
  }

  #refer(bytes: Uint8Array, isGiven: boolean): void {
    const { length } = bytes;
    this.#references ??= [];
    this.#references.push({ at: this.len, bytes, length, isGiven });
    this.#referenced += length;
  }

  /** Whether the bytes were given away. They are gone when they were sent, so they cannot be here twice. */
  #isGiven(value: Uint8Array): boolean {
    if (this.#gives?.(value) !== true) return false;
    if (this.#references?.some(({ bytes }) => bytes.buffer === value.buffer) === true)
      this.fail("an array that transfer() made is here twice");
    return true;
  }

  protected raw(value: Uint8Array): void {
    this.#check(value.length);
    if (this.#isGiven(value)) return this.#refer(value, true);
    if (value.length >= this.#referenceBytes) return this.lent(value);
    this.reserve(value.length);
    this.buffer.set(value, this.len);
    this.len += value.length;
  }

  /** Writes bytes, from the one at `from` on, that are few: a call into the platform would take longer. */
  protected few(value: Uint8Array, from = 0): void {
    const count = value.length;
    this.reserve(count - from);
    const { buffer } = this;
    let at = this.len;
    for (let i = from; i < count; i++) buffer[at++] = value[i] as number;
    this.len = at;
  }

  /** Writes UTF-8 without length or quotes; refuses lone surrogates. */
  protected text(value: string): void {
    const count = value.length;
    if (count > SHORT_TEXT) return this.#longText(value);
    this.reserve(count);
    const { buffer, len } = this;
    for (let i = 0; i < count; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return this.#longText(value);
      buffer[len + i] = code;
    }
    this.len = len + count;
  }

  protected override makeError(problem: string, type: string, codec: string, cause: unknown): CuttleError {
    const message = `cannot encode the value as ${type} with codec ${codec}: ${problem}. Compare it with its descriptor`;
    return new CuttleError("local_encode", message, { cause });
  }

  /** What is written, where it stands: the next value comes behind it. Undefined where that would not pay. */
  #lend(): Uint8Array | undefined {
    const { buffer, len } = this;
    const start = this.#start;
    const count = len - start;
    if (buffer.length !== SPARE_BYTES || count < LENT_MIN_BYTES || count > LENT_MAX_BYTES) return undefined;
    this.#check();
    this.#start = len;
    return buffer.subarray(start, len);
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
    for (const { at, bytes, length } of this.#references ?? []) {
      if (at < start) continue;
      // A getter of the value may have done so. Nothing else can: the next who looks at it are the pieces.
      if (bytes.length !== length) this.fail("a Uint8Array was resized or transferred while it was encoded");
      if (at - start > from) segments.push(own.subarray(from, at - start));
      from = at - start;
      segments.push(bytes);
    }
    if (from < own.length) segments.push(own.subarray(from));
    return segments;
  }

  #check(more = 0): void {
    const limitBytes = this.#maxBytes;
    if (this.len - this.#start + this.#referenced + more <= limitBytes) return;
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

/** Up to this length engines encode a text faster by a plain loop than by a call into the platform. */
export const SHORT_TEXT = 40;
const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
/** Most messages fit; small enough to keep forever, and by a value that is lent. */
const SPARE_BYTES = 8192;
/** Where less than this is left of a buffer, many a value would have to move out of it. */
const SPARE_MIN_BYTES = 2048;
/** The buffer that the last writer left, */
let spare: Uint8Array | undefined;
/** and where the next value begins in it: what stands before is lent and never changes. */
let spareStart = 0;

/** Engines keep smaller arrays where they keep objects. */
const LENT_MIN_BYTES = 65;
/** Larger ones would soon use up the buffer. */
const LENT_MAX_BYTES = 1024;
