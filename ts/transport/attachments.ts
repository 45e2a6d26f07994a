/** Buffers that are moved beside batches, and what the batches take from them: PROTOCOL.md section 2.7. */

import { TransientMap } from "../util/transient.ts";
import { Given } from "./given.ts";

/** Smaller ones are copied as fast. */
export const MIN_ATTACHED_BYTES: number = 64 * 1024;
/** Bytes in attachments that no frame has taken: what an end may have to keep beyond all credits. */
export const MAX_ATTACHED_BYTES: number = 16 * 1024 * 1024;
/** What an attachment counts as where bytes under way are counted: moving more costs no more. */
export const ATTACHED_COST: number = MIN_ATTACHED_BYTES;
/** Numbers of attachments wrap around here; there are 256 at once at most. */
const NUMBERS = 2 ** 28;

/** A frame that is the next `length` bytes of an attachment; of length 0: the rest of it is not sent. */
export interface Taking {
  readonly attachment: number;
  readonly length: number;
}

/** What this end attaches. */
export class Attaching {
  #next = 0;
  readonly #numbers: TransientMap<Given, number> = new TransientMap();
  /** Of the batch that is being gathered. */
  #buffers: Uint8Array<ArrayBuffer>[] = [];
  #takenBytes = 0;
  /** As the other end counts it, with all of this batch attached and nothing taken. */
  #openBytes = 0;

  /** Bytes that the buffers gathered for the next batch count as. */
  get pendingCost(): number {
    return this.#buffers.length * ATTACHED_COST;
  }

  /** Takes the bytes from `from` to `to`, with the first ones also the buffer; undefined when it has to be copied. */
  take(given: Given, from: number, to: number, whenLetGo: (rest: Taking) => void): Taking | undefined {
    if (from === 0 && !this.#attach(given, whenLetGo)) return undefined;
    const attachment = this.#numbers.get(given);
    if (attachment === undefined) return undefined;
    if (to === given.length) this.#numbers.delete(given);
    this.#takenBytes += to - from;
    return { attachment, length: to - from };
  }

  /** The buffers of the batch that leaves now. */
  takeBuffers(): Uint8Array<ArrayBuffer>[] {
    const buffers = this.#buffers;
    this.#buffers = [];
    this.#openBytes -= this.#takenBytes;
    this.#takenBytes = 0;
    return buffers;
  }

  #attach(given: Given, whenLetGo: (rest: Taking) => void): boolean {
    const { bytes, length } = given;
    if (length < MIN_ATTACHED_BYTES || this.#openBytes + length > MAX_ATTACHED_BYTES) return false;
    const attachment = this.#next;
    this.#next = (attachment + 1) % NUMBERS;
    this.#openBytes += length;
    this.#numbers.set(given, attachment);
    this.#buffers.push(bytes);
    given.move(() => {
      if (this.#numbers.delete(given)) whenLetGo({ attachment, length: 0 });
    });
    return true;
  }
}

/** What the other end attached. */
export class Attached {
  #next = 0;
  readonly #open: TransientMap<number, { bytes: Uint8Array; at: number }> = new TransientMap();
  /** With what was given up: frames taken before may keep the memory of that. */
  #openBytes = 0;

  /** Takes over the buffers of a batch; false when they are too small or too many. */
  add(buffers: readonly Uint8Array[]): boolean {
    for (const bytes of buffers) {
      this.#openBytes += bytes.length;
      if (bytes.length < MIN_ATTACHED_BYTES || this.#openBytes > MAX_ATTACHED_BYTES) return false;
      Given.receive(bytes);
      this.#open.set(this.#next, { bytes, at: 0 });
      this.#next = (this.#next + 1) % NUMBERS;
    }
    return true;
  }

  /** The bytes, without a copy; none for the end of an attachment, undefined when it does not have them. */
  take({ attachment, length }: Taking): Uint8Array | "let go" | undefined {
    const open = this.#open.get(attachment);
    if (open === undefined || open.at + length > open.bytes.length) return undefined;
    const { bytes, at } = open;
    open.at += length;
    this.#openBytes -= length;
    if (length === 0 || open.at === bytes.length) this.#open.delete(attachment);
    return length === 0 ? "let go" : bytes.subarray(at, open.at);
  }
}
