/** A frame may pin a buffer this many times larger than itself before it is copied. */
const PIN_FACTOR = 4;
const PIN_SLACK = 4096;
/**
 * Blocks double up to this, so that neither a short message nor a long one wastes much. Freed blocks of 1 MiB stay with the
 * allocator of Node, and a message of 200 MiB was there twice for the system (440 MiB); of 8 MiB they go back (275 MiB).
 */
const MAX_BLOCK_BYTES = 8 * 1024 * 1024;

/**
 * Chunks on their way to be one message. A single chunk stays the view it came as, and so do chunks that stand one after
 * the other in the same buffer, as those of one that was given away do. Others are copied into blocks, none of which is
 * larger than what has come by then, so that memory is taken only as fast as bytes arrive, and two chunks are one block;
 * none is moved until all are put together, when each block is let go of as soon as it was copied.
 */
export class Assembly {
  /** The first chunk, and those behind it, as long as they stand in one place. */
  #single: Uint8Array | undefined;
  readonly #blocks: Uint8Array[] = [];
  /** How much of the last block is filled. */
  #filled = 0;
  #length = 0;

  /** Adds a chunk; it is lent until the next call of any method. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const single = this.#single;
    this.#single = single && joinedView(single, chunk);
    if (this.#single !== undefined) {
      this.#length += chunk.length;
      return;
    }
    const isFirst = this.#length === 0;
    this.#length += chunk.length;
    if (isFirst) {
      this.#single = chunk;
      return;
    }
    if (single !== undefined) this.#copy(single);
    this.#copy(chunk);
  }

  /** What came is no longer wanted. */
  clear(): void {
    this.#single = undefined;
    this.#blocks.length = 0;
    this.#filled = 0;
    this.#length = 0;
  }

  /** The frame that a single chunk came in may be used for others, or is much larger: keeps nothing but the chunk. */
  unpin(): void {
    const single = this.#single;
    if (single === undefined) return;
    if (single.buffer.byteLength > single.length * PIN_FACTOR + PIN_SLACK) this.#single = single.slice();
  }

  /** All bytes, which are then forgotten here. `isOwned`: nobody else has them or what surrounds them. */
  take(): { bytes: Uint8Array; isOwned: boolean } {
    const bytes = this.#single ?? this.#joined();
    const isOwned = this.#single === undefined;
    this.clear();
    return { bytes, isOwned };
  }

  #copy(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      let block = this.#blocks[this.#blocks.length - 1];
      if (block === undefined || this.#filled === block.length) {
        block = new Uint8Array(Math.min(Math.max(this.#length, chunk.length - at), MAX_BLOCK_BYTES));
        this.#blocks.push(block);
        this.#filled = 0;
      }
      const part = chunk.subarray(at, at + block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  #joined(): Uint8Array {
    const [only] = this.#blocks;
    if (this.#blocks.length === 1 && only !== undefined) return only.subarray(0, this.#filled);
    const all = new Uint8Array(this.#length);
    for (let at = 0, index = 0; at < all.length; index += 1) {
      const block = (this.#blocks[index] as Uint8Array).subarray(0, all.length - at);
      all.set(block, at);
      at += block.length;
      free(block);
    }
    return all;
  }
}

/** Both in one view; undefined when the second does not stand behind the first in the same buffer. */
function joinedView(first: Uint8Array, second: Uint8Array): Uint8Array | undefined {
  const { buffer, byteOffset, length } = first;
  if (buffer !== second.buffer || byteOffset + length !== second.byteOffset) return undefined;
  return new Uint8Array(buffer, byteOffset, length + second.length);
}

/** Gives the memory back now: engines collect large buffers late, and the message would be there twice. */
function free(block: Uint8Array): void {
  (block.buffer as { transfer?(lenBytes: number): unknown }).transfer?.(0);
}
