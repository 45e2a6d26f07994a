import { BLOCK_CHUNK, UNKNOWN_COUNT } from "./postbag-format.ts";
import { VarintWriter } from "./varint-writer.ts";

/** Writes what all forms of Postbag share: blocks that can be skipped, and the counts of sequences. */
export abstract class BlockWriter extends VarintWriter {
  /** Where the contents of the open blocks begin. */
  readonly #blocks: number[] = [];
  /** Whether the chunk that was begun last is full. */
  #isFull = false;

  override beginSeq(count: number): void {
    if (count === UNKNOWN_COUNT) this.byte(UNKNOWN_COUNT);
    this.unsigned(count);
  }

  protected openBlock(): void {
    this.#blocks.push(this.open());
  }

  /** As {@link openBlock}, where the byte for its length is there. */
  protected beginBlock(): void {
    this.#blocks.push(this.len);
  }

  /** Stands for an {@link openBlock} where there is none, so that the two ends match. */
  protected openNoBlock(): void {
    this.#blocks.push(NO_BLOCK);
  }

  protected closeBlock(): void {
    const start = this.#blocks.pop() as number;
    if (start === NO_BLOCK) return;
    const referenced = this.referencedSince(start);
    if (referenced > 0) this.#chunkSegments(this.takeSince(start));
    else if (this.len - start < BLOCK_CHUNK) this.close(start);
    else this.#chunk(start);
  }

  /** Begins something whose length is written before it; one byte is kept free for that. */
  protected open(): number {
    this.byte(0);
    return this.len;
  }

  /** Writes the length of everything since `start` before it; byte arrays that are referred to are not among it. */
  protected close(start: number): void {
    const { len } = this;
    const count = len - start;
    if (count <= MAX_SHORT) {
      this.buffer[start - 1] = count;
      return;
    }
    // Writing the length at the end shows how long it is.
    this.unsigned(count);
    const more = this.len - len - 1;
    this.buffer.copyWithin(start + more, start, len);
    this.len = start - 1;
    this.unsigned(count);
    this.len = len + more;
  }

  /** Cuts everything since `start`, at least one chunk, into the chunks of a block. */
  #chunk(start: number): void {
    const count = this.len - start;
    const full = Math.floor(count / BLOCK_CHUNK);
    const tail = start + full * BLOCK_CHUNK;
    const tailBytes = this.buffer.slice(tail, this.len);
    this.reserve(full * 3 + 3);
    // From the last to the first, because each moves to where the next one was.
    for (let i = full - 1; i >= 0; i--) {
      const from = start + i * BLOCK_CHUNK;
      const to = from + i * 3 + 2;
      this.buffer.copyWithin(to, from, from + BLOCK_CHUNK);
      this.buffer.set([0xff, 0xff, 0x03], to - 3);
    }
    this.len = tail + full * 3 - 1;
    this.unsigned(tailBytes.length);
    this.raw(tailBytes);
  }

  /** Writes these segments as the chunks of a block, in place of the byte that was kept free for its length. */
  #chunkSegments(segments: readonly Uint8Array[]): void {
    this.len -= 1;
    let left = segments.reduce((sum, { length }) => sum + length, 0);
    let room = this.#beginChunk(left);
    for (const segment of segments) {
      for (let at = 0; at < segment.length; ) {
        const stretch = segment.subarray(at, at + room);
        this.lent(stretch);
        at += stretch.length;
        left -= stretch.length;
        room -= stretch.length;
        // A full chunk is followed by another one, be it empty.
        if (room === 0 && this.#isFull) room = this.#beginChunk(left);
      }
    }
  }

  /** Writes the length of a chunk of a block that has `left` bytes to come. */
  #beginChunk(left: number): number {
    const count = Math.min(left, BLOCK_CHUNK);
    this.#isFull = count === BLOCK_CHUNK;
    this.unsigned(count);
    return count;
  }
}

const NO_BLOCK = -1;
/** The largest length that is written in one byte. */
const MAX_SHORT = 127;
