import { BLOCK_CHUNK, UNKNOWN_COUNT } from "./postbag-format.ts";
import { VarintReader } from "./varint-reader.ts";

/** Reads what all forms of Postbag share: blocks that can be skipped, and sequences of unknown length. */
export abstract class BlockReader extends VarintReader {
  /** What each open block returns to: an end, or all of it when its chunks had to be put together. */
  readonly #outer: Outer[] = [];
  /** The depth and how many blocks were open where each recoverable value began; made when the first one begins. */
  #marks: number[] | undefined;
  /** Whether this is version 1: elements of sequences of unknown length are marked, recoverable values have blocks. */
  protected get isVersion1(): boolean {
    return false;
  }

  override byteSeq(): Uint8Array {
    const count = this.beginSeq();
    if (count >= 0) return this.copy(count);
    if (!this.isVersion1) {
      const value = this.copy(this.end - this.pos);
      this.leaveBlock();
      return value;
    }
    const values: number[] = [];
    for (let i = 0; this.more(i, count); i++) values.push(this.byte());
    this.endSeq(count);
    return new Uint8Array(values);
  }

  override beginSeq(): number {
    const count = this.unsigned(64);
    if (count !== UNKNOWN_COUNT) return count;
    const escaped = this.byte();
    if (escaped === UNKNOWN_COUNT) return count;
    if (escaped !== 0) this.fail(`expected a count, got 125 and ${escaped}`);
    this.enterBlock();
    return -1;
  }

  override more(index: number, count: number): boolean {
    if (count >= 0) return super.more(index, count);
    if (!this.isVersion1) return this.pos < this.end && super.more(index, Number.POSITIVE_INFINITY);
    const marker = this.byte();
    if (marker > 1) this.fail(`expected 0 or 1 before an element, got ${marker}`);
    return marker === 1;
  }

  override endSeq(count: number): void {
    if (count < 0) this.leaveBlock();
  }

  override beginRecoverable(): boolean {
    if (!this.isVersion1) return false;
    this.#marks ??= [];
    this.#marks.push(this.depth, this.#outer.length);
    this.beginFinal();
    return true;
  }

  override endRecoverable(): void {
    const marks = this.#marks as number[];
    const blocks = marks.pop() as number;
    while (this.#outer.length > blocks) this.leaveBlock();
    this.depth = marks.pop() as number;
  }

  /** Begins what runs to the end of a block. */
  protected beginFinal(): void {
    this.enterBlock();
  }

  /** Treats what comes before `end` as a block. */
  protected enterUntil(end: number): void {
    this.#outer.push(this.end);
    this.end = end;
  }

  /** Limits reading to the contents of the block that begins here. */
  protected enterBlock(): void {
    const { buffer, end } = this;
    const length = this.unsigned(16);
    const start = this.advance(length);
    if (length < BLOCK_CHUNK) {
      this.#outer.push(end);
      this.pos = start;
      this.end = start + length;
      return;
    }
    const chunks = [buffer.subarray(start, this.pos)];
    let total = length;
    for (let more = length; more === BLOCK_CHUNK; total += more) {
      more = this.unsigned(16);
      const from = this.advance(more);
      chunks.push(buffer.subarray(from, this.pos));
    }
    const { ownsBytes } = this;
    this.#outer.push({ buffer, pos: this.pos, end, ownsBytes });
    // The chunks move together in their own place where that disturbs nobody: what was read is not read again.
    this.buffer = ownsBytes ? buffer : new Uint8Array(total);
    this.pos = ownsBytes ? start : 0;
    this.end = this.pos + total;
    this.ownsBytes = true;
    for (let i = 0; i < chunks.length; i++) this.buffer.set(chunks[i] as Uint8Array, this.pos + i * BLOCK_CHUNK);
  }

  /** Returns to what surrounds the block; whatever is unread in it is skipped. */
  protected leaveBlock(): void {
    const outer = this.#outer.pop() as Outer;
    if (typeof outer === "number") {
      this.pos = this.end;
      this.end = outer;
    } else {
      this.buffer = outer.buffer;
      this.ownsBytes = outer.ownsBytes;
      this.pos = outer.pos;
      this.end = outer.end;
    }
  }
}

type Outer = number | { buffer: Uint8Array; pos: number; end: number; ownsBytes: boolean };
