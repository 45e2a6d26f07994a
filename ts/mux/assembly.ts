import { Given } from "../transport/given.ts";
import { type Bytes, Pieces } from "../util/pieces.ts";

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
 * the other in the same buffer, as those of one that was given away do: that one stays a part of its own. Others are
 * copied into blocks, none of which is larger than what has come by then, so that memory is taken only as fast as
 * bytes arrive, and two chunks are one block; none is moved until all are put together, when each block is let go of as
 * soon as it was copied.
 */
export class Assembly {
  /** What came last, as long as it stands in one place: the beginning of the message, or of a moved buffer. */
  #stretch: Uint8Array | undefined;
  /** What came before the blocks: blocks put together, and whole buffers that were moved here. */
  #parts: Uint8Array[] | undefined;
  readonly #blocks: Uint8Array[] = [];
  /** How much is in the blocks, and in the last of them. */
  #copied = 0;
  #filled = 0;
  #isEmpty = true;

  /** Adds a chunk; it is lent until the next call of any method. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const joined = this.#stretch && joinedView(this.#stretch, chunk);
    if (joined !== undefined) {
      this.#stretch = joined;
      return;
    }
    const isKept = this.#isEmpty || Given.isReceived(chunk);
    this.#settle(isKept ? 0 : chunk.length);
    if (isKept) this.#stretch = chunk;
    else this.#copy(chunk);
    this.#isEmpty = false;
  }

  /** What came is no longer wanted. */
  clear(): void {
    this.#stretch = undefined;
    this.#parts = undefined;
    this.#emptyBlocks();
    this.#isEmpty = true;
  }

  /** The frame that a single chunk came in may be used for others, or is much larger: keeps nothing but the chunk. */
  unpin(): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    if (stretch.buffer.byteLength > stretch.length * PIN_FACTOR + PIN_SLACK) this.#stretch = stretch.slice();
  }

  /** All bytes, which are then forgotten here. `isOwned`: nobody else has them or what surrounds them. */
  take(): { bytes: Bytes; isOwned: boolean } {
    if (this.#parts !== undefined || this.#copied > 0) this.#settle();
    const single = this.#stretch;
    const bytes = single ?? this.#together();
    this.clear();
    return { bytes, isOwned: single === undefined };
  }

  /** The stretch is over: keeps it when it is a whole moved buffer, else copies it, before `nextBytes` more. */
  #settle(nextBytes = 0): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    this.#stretch = undefined;
    if (stretch.length < stretch.buffer.byteLength || !Given.isReceived(stretch)) return this.#copy(stretch, nextBytes);
    this.#endBlocks();
    this.#add(stretch);
  }

  #copy(chunk: Uint8Array, nextBytes = 0): void {
    for (let at = 0; at < chunk.length; ) {
      let block = this.#blocks[this.#blocks.length - 1];
      if (block === undefined || this.#filled === block.length) {
        block = new Uint8Array(Math.min(this.#copied + chunk.length - at + nextBytes, MAX_BLOCK_BYTES));
        this.#blocks.push(block);
        this.#filled = 0;
      }
      const part = chunk.subarray(at, at + block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      this.#copied += part.length;
      at += part.length;
    }
  }

  #together(): Bytes {
    this.#endBlocks();
    const parts = this.#parts ?? [NO_BYTES];
    // What is put together is never of such a buffer.
    return parts.length === 1 ? (parts[0] as Uint8Array) : new Pieces(parts, parts.filter(Given.isReceived));
  }

  /** What is in the blocks is a part. */
  #endBlocks(): void {
    if (this.#copied === 0) return;
    this.#add(this.#joined());
    this.#emptyBlocks();
  }

  #add(part: Uint8Array): void {
    this.#parts ??= [];
    this.#parts.push(part);
  }

  #emptyBlocks(): void {
    this.#blocks.length = 0;
    this.#copied = 0;
    this.#filled = 0;
  }

  #joined(): Uint8Array {
    const [only] = this.#blocks;
    if (this.#blocks.length === 1 && only !== undefined) return only.subarray(0, this.#filled);
    const all = new Uint8Array(this.#copied);
    for (let at = 0, index = 0; at < all.length; index += 1) {
      const block = (this.#blocks[index] as Uint8Array).subarray(0, all.length - at);
      all.set(block, at);
      at += block.length;
      free(block);
    }
    return all;
  }
}

const NO_BYTES: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

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
