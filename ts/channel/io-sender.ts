import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { writableOf } from "../util/streams.ts";
import type * as bin from "./bin.ts";
import type * as oneshot from "./oneshot.ts";
import type { ClosedReason } from "./queue.ts";

/** How many bytes are to be written: known, or told to the receiver at the end. */
export type SizeMode = { readonly Known: bigint } | { readonly Unknown: oneshot.Sender<bigint> };

/** remoc takes messages of 512 KiB at most; pieces of that size would be slow to take turns in a queue. */
const PIECE_BYTES = 64 * 1024;

/** The sending half of a stream of bytes. Close it when all is written: else the receiver fails instead of ending. */
export class Sender {
  readonly #bytes: bin.Sender | undefined;
  readonly #sizeMode: SizeMode;
  #bytesWritten: number;
  #isShutDown = false;
  #writable: WritableStream<Uint8Array> | undefined;

  /** @internal Use `channel()` or `sized()`. Without `bytes` it was closed before. */
  constructor(bytes: bin.Sender | undefined, sizeMode: SizeMode, bytesWritten = 0) {
    this.#bytes = bytes;
    this.#sizeMode = sizeMode;
    this.#bytesWritten = bytesWritten;
  }

  /** Bytes written so far, those before the half was sent here included. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** How many bytes are to be written, when the channel has a size. */
  get size(): number | undefined {
    return "Known" in this.#sizeMode ? Number(this.#sizeMode.Known) : undefined;
  }

  /** How many bytes are left to be written, when the channel has a size. */
  get remaining(): number | undefined {
    return this.size === undefined ? undefined : Math.max(0, this.size - this.#bytesWritten);
  }

  /** Whether nothing can be written any more. */
  get isClosed(): boolean {
    return this.#bytes?.isClosed ?? true;
  }

  /** Resolves with the reason when the receiver takes no more. Rejects with the abort reason. */
  closed(options: AbortOptions = {}): Promise<ClosedReason> {
    return this.#bytes?.closed(options) ?? Promise.resolve("closed");
  }

  /**
   * Writes bytes, which are not copied: they must not change after this call. Resolves when all of them are on their
   * way, at the pace of the receiver. Rejects with `local_misuse`, and writes nothing, when they are more than the size
   * leaves; with `remote_closed` when the receiver closed or is gone; with the connection's error; or with the abort
   * reason, and then a part of them may have been written: see {@link bytesWritten}.
   */
  async send(bytes: Uint8Array, { signal, onProgress }: ProgressOptions = {}): Promise<void> {
    const to = this.#here();
    if (bytes.length > (this.remaining ?? Number.POSITIVE_INFINITY)) {
      throw new CuttleError(
        "local_misuse",
        `${bytes.length} bytes more are above the size of ${this.size} that this channel was made with`,
      );
    }
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      await to.send(piece, { signal });
      this.#bytesWritten += piece.length;
      onProgress?.({ doneBytes: this.#bytesWritten, totalBytes: this.size });
    }
  }

  /**
   * Ends the stream: the receiver sees its end once it has everything. Rejects with `local_misuse` when fewer bytes were
   * written than the size says; the receiver then fails.
   */
  async close(): Promise<void> {
    if (this.#bytes?.isHere !== true) return;
    this.#isShutDown = true;
    this.#bytes.close();
    if ("Known" in this.#sizeMode) {
      if (this.remaining === 0) return;
      const { size, bytesWritten } = this;
      throw new CuttleError("local_misuse", `closed after ${bytesWritten} of ${size} bytes; the receiver will fail`);
    }
    await this.#sizeMode.Unknown.send(BigInt(this.#bytesWritten)).catch(ignoreGone);
  }

  /** Gives the stream up: the receiver fails instead of seeing an end. */
  abort(): void {
    this.#bytes?.close();
    if ("Unknown" in this.#sizeMode) this.#sizeMode.Unknown.close();
  }

  /** This half as a Web Stream: closing it closes the half, aborting it aborts the half. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= writableOf<Uint8Array>(this);
    return this.#writable;
  }

  /** As {@link abort} unless it was closed before, for `await using`: an error on the way must not look like the end. */
  async [asyncDispose](): Promise<void> {
    this.abort();
  }

  /** @internal What goes into a value in place of the half. */
  get parts(): { bin_sender: bin.Sender | null; size_mode: SizeMode; bytes_written: bigint } {
    const bytes_written = BigInt(this.#bytesWritten);
    if (this.#isShutDown) return { bin_sender: null, size_mode: { Known: bytes_written }, bytes_written };
    return { bin_sender: this.#bytes ?? null, size_mode: this.#sizeMode, bytes_written };
  }

  #here(): bin.Sender {
    if (this.#bytes !== undefined) return this.#bytes;
    throw new CuttleError("remote_closed", "this stream of bytes was closed before it was sent here");
  }
}

/** The receiver may have gone, since it knows the end in other ways. */
function ignoreGone(error: unknown): void {
  if (!CuttleError.is(error, "remote_closed")) throw error;
}
