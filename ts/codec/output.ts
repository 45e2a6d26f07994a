import { CuttleError } from "../errors/error.ts";
import { LONE_SURROGATE } from "./char.ts";
import { type Subject, Trail } from "./trail.ts";

/** The growing bytes of one encoded value; formats extend it. Use: write, then `take`, then always `release`. */
export abstract class Output extends Trail {
  /** Holds the output up to `len`. Replaced when it grows. */
  protected buffer: Uint8Array;
  /** How many bytes are written. */
  protected len = 0;
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
    this.#check();
    // Large buffers are given away instead of copied.
    const keep = this.buffer.length === SPARE_BYTES;
    return keep ? this.buffer.slice(0, this.len) : this.buffer.subarray(0, this.len);
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

  protected raw(value: Uint8Array): void {
    this.#check(value.length);
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

  #check(more = 0): void {
    const limitBytes = this.#maxBytes;
    if (this.len + more <= limitBytes) return;
    const message = `the encoded value is larger than ${limitBytes} bytes. Send it in parts, or raise the limit on both sides`;
    throw new CuttleError("local_item_too_large", message, { data: { limitBytes } });
  }
}

/** Where engines encode faster by a plain loop than by a call into the platform. */
const SHORT_TEXT = 40;
const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** Most messages fit; small enough to keep forever. */
const SPARE_BYTES = 4096;
/** The buffer that the last writer left. */
let spare: Uint8Array | undefined;
