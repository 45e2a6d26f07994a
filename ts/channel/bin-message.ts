/** Messages of bin channels as the pieces that they are moved in: PROTOCOL.md section 6.6. */

import { CuttleError } from "../errors/error.ts";
import { Assembly } from "../mux/assembly.ts";
import type { AbortOptions } from "../util/abort.ts";
import { wholeOf } from "../util/pieces.ts";

/**
 * As much of a message as there is; a whole one is both first and last. When a first piece comes before the last one of
 * the message before, its sender has given that up; so it has when the end comes before it.
 */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly first: boolean;
  readonly last: boolean;
}

/** A whole message. */
export function whole(bytes: Uint8Array): Piece {
  return { bytes, first: true, last: true };
}

/** Puts pieces together to messages. */
export class Gathering {
  readonly #assembly = new Assembly();
  #sizeBytes = 0;

  /** Bytes of the message that is not whole. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The message that became whole with `piece`. Throws `peer_item_too_large` at the end of one above `maxBytes`, which is not kept. */
  add(piece: Piece, maxBytes: number): Uint8Array | undefined {
    const { bytes, first, last } = piece;
    if (first) this.clear();
    if (first && last && bytes.length <= maxBytes) return bytes;
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > maxBytes) this.#assembly.clear();
    else this.#assembly.append(bytes);
    if (!last) return undefined;
    const sizeBytes = this.#sizeBytes;
    const message = wholeOf(this.#assembly.take().bytes);
    this.clear();
    if (sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes);
    return message;
  }

  /** What is here of the message that is not whole, as its first piece. */
  takePart(): Piece | undefined {
    if (this.#sizeBytes === 0) return undefined;
    const bytes = wholeOf(this.#assembly.take().bytes);
    this.clear();
    return { bytes, first: true, last: false };
  }

  /** Forgets what is not whole. */
  clear(): void {
    this.#assembly.clear();
    this.#sizeBytes = 0;
  }
}

function tooLarge(sizeBytes: number, limitBytes: number): CuttleError {
  return new CuttleError(
    "peer_item_too_large",
    `the peer sent a message of ${sizeBytes} bytes, which was skipped; ${limitBytes} are accepted. ` +
      "Raise limits.itemBytes or maxMessageBytes of the channel, receive it with recvPiece, or let the peer send less",
    { data: { sizeBytes, limitBytes } },
  );
}

/** A message that is sent piece by piece, of any length. End or cancel it before anything else is sent. */
export class MessageWriter {
  readonly #push: (piece: Piece, options: AbortOptions) => Promise<void>;
  readonly #release: () => void;
  #first = true;
  #over = false;

  /** @internal Use `startMessage()`. */
  constructor(push: (piece: Piece, options: AbortOptions) => Promise<void>, release: () => void) {
    this.#push = push;
    this.#release = release;
  }

  /**
   * Sends a piece; resolves and rejects as `send` of the half. An empty one is nothing. When it rejects, the message was
   * given up.
   */
  async send(bytes: Uint8Array, options: AbortOptions = {}): Promise<void> {
    this.#assertOpen();
    if (bytes.length === 0) return;
    const first = this.#first;
    this.#first = false;
    try {
      await this.#push({ bytes, first, last: false }, options);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Sends the last piece; by default an empty one. As {@link send}. */
  async end(bytes: Uint8Array = NO_BYTES, options: AbortOptions = {}): Promise<void> {
    this.#assertOpen();
    this.cancel();
    await this.#push({ bytes, first: this.#first, last: true }, options);
  }

  /** Gives the message up. The receiver never gets it whole. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
  }

  #assertOpen(): void {
    if (this.#over) throw new CuttleError("local_misuse", "the message was ended or given up before");
  }
}

const NO_BYTES = new Uint8Array(0);
