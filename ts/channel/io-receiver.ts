import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { iterate } from "../util/iterate.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { byteStreamOf } from "../util/streams.ts";
import type * as bin from "./bin.ts";
import type * as oneshot from "./oneshot.ts";

/** How many bytes will come: known, or told at the end. */
export type SizeInfo = { readonly Determined: bigint } | { readonly Undetermined: oneshot.Receiver<bigint> };

/** Options of {@link Receiver.readAll}. */
export interface ReadAllOptions extends ProgressOptions {
  /** Rejects with `peer_item_too_large` when there is more; default 16 MiB. */
  maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/**
 * The receiving half of a stream of bytes. Its end is checked: it is seen only after as many bytes as the sender wrote.
 * Iterate it, read its {@link Receiver.readable}, or call {@link Receiver.recv}.
 */
export class Receiver implements AsyncIterable<Uint8Array> {
  readonly #bytes: bin.Receiver;
  #sizeInfo: SizeInfo;
  #bytesReceived = 0;
  #readable: ReadableStream<Uint8Array> | undefined;
  #isOver = false;

  /** @internal Use `channel()` or `sized()`. */
  constructor(bytes: bin.Receiver, sizeInfo: SizeInfo) {
    this.#bytes = bytes;
    this.#sizeInfo = sizeInfo;
  }

  /** How many bytes there are in all: from the start when the channel has a size, else after the end. */
  get size(): number | undefined {
    return "Determined" in this.#sizeInfo ? Number(this.#sizeInfo.Determined) : undefined;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** How many bytes are left, where {@link size} is known. */
  get remaining(): number | undefined {
    return this.size === undefined ? undefined : Math.max(0, this.size - this.#bytesReceived);
  }

  /**
   * The next bytes, as many as came together and never none; undefined at the end. One call at a time. Rejects with
   * `remote_failed` when the sender ended before all was there, with `peer_item_too_large` for a piece above the limit
   * of this connection, with the connection's error, or with the abort reason, after which the next call goes on.
   */
  async recv(options: AbortOptions = {}): Promise<Uint8Array | undefined> {
    while (!this.#isOver && this.remaining !== 0) {
      const bytes = await this.#bytes.recv(options);
      if (bytes === undefined) return await this.#end(options);
      if (bytes.length === 0) continue;
      // What is beyond the size is not wanted.
      const wanted = bytes.subarray(0, this.remaining ?? bytes.length);
      this.#bytesReceived += wanted.length;
      return wanted;
    }
    this.#isOver = true;
    this.drop();
    return undefined;
  }

  /** Everything that is left, in one array. Rejects as {@link recv} does, and drops the half then. */
  async readAll({ maxBytes = DEFAULT_MAX_BYTES, signal, onProgress }: ReadAllOptions = {}): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let len = 0;
    try {
      for (let piece = await this.recv({ signal }); piece !== undefined; piece = await this.recv({ signal })) {
        len += piece.length;
        if (len > maxBytes) throw tooMuch(maxBytes);
        pieces.push(piece);
        onProgress?.({ doneBytes: this.#bytesReceived, totalBytes: this.size });
      }
    } finally {
      this.drop();
    }
    const all = new Uint8Array(len);
    for (let at = 0; pieces.length > 0; ) {
      const piece = pieces.shift() as Uint8Array;
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** Iterates the bytes until the end. Leaving the loop drops the receiver. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return iterate(this);
  }

  /** This half as a stream of bytes, which can be read into buffers of one's own. An error or cancelling it drops it. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= byteStreamOf(this);
    return this.#readable;
  }

  /** Receives no more; the sender is told. */
  drop(): void {
    this.#isOver = true;
    this.#bytes.drop();
    if ("Undetermined" in this.#sizeInfo) this.#sizeInfo.Undetermined.drop();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal What goes into a value in place of the half. */
  get parts(): { bin_receiver: bin.Receiver; size: SizeInfo } {
    if ("Undetermined" in this.#sizeInfo && this.#bytesReceived > 0) {
      throw new CuttleError(
        "local_half_used",
        "a stream of bytes without a size can be sent on only before something was received from it",
      );
    }
    const size = this.remaining === undefined ? this.#sizeInfo : { Determined: BigInt(this.remaining) };
    return { bin_receiver: this.#bytes, size };
  }

  /** The sender has ended: did everything come? */
  async #end(options: AbortOptions): Promise<undefined> {
    if ("Undetermined" in this.#sizeInfo) {
      const size = await this.#sizeInfo.Undetermined.recv(options).catch((cause) => this.#failed(cause));
      // Of a half that came in a plain value nothing describes what the peer may send.
      if (typeof size !== "bigint") {
        throw new CuttleError("peer_decode", "the peer ended a stream of bytes with something else than its size");
      }
      this.#sizeInfo = { Determined: size };
    }
    this.#isOver = true;
    this.#bytes.drop();
    if (this.size !== this.#bytesReceived) throw endedEarly(this.#bytesReceived, this.size);
    return undefined;
  }

  /** The size did not come; only an ended sender means that bytes are missing. */
  #failed(cause: unknown): never {
    throw CuttleError.is(cause, "remote_closed") ? endedEarly(this.#bytesReceived, undefined, cause) : cause;
  }
}

function endedEarly(receivedBytes: number, size: number | undefined, cause?: unknown): CuttleError {
  const expected = size === undefined ? "without saying how many there are" : `of ${size}`;
  return new CuttleError(
    "remote_failed",
    `the sender of a stream of bytes ended after ${receivedBytes} bytes ${expected}: it failed or gave up on the way`,
    { cause, data: { receivedBytes, sizeBytes: size ?? null } },
  );
}

function tooMuch(limitBytes: number): CuttleError {
  return new CuttleError(
    "peer_item_too_large",
    `the stream has more than ${limitBytes} bytes. Raise maxBytes, or read it in pieces`,
    { data: { limitBytes } },
  );
}
