import { CuttleError } from "../errors/error.ts";
import { DEFAULT_CAPACITY_BYTES, DEFAULT_MAX_FRAME_BYTES } from "./defaults.ts";
import { closedBeforeOpenError, Delivery, startedTwiceError } from "./delivery.ts";
import { StreamFraming } from "./stream-framing.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** Two directions of bytes, such as a bidirectional stream of WebTransport. */
export interface WebStreamsLike {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

/** Options of {@link webStreamTransport}. */
export interface WebStreamTransportOptions {
  /** Largest frame accepted; default 1 MiB. */
  maxFrameBytes?: number;
  /** Bytes that may wait in the stream; default 64 KiB. */
  capacityBytes?: number;
}

/**
 * A transport over two web streams of bytes, with the framing of remoc's `Connect::io`: a bidirectional stream of
 * WebTransport, or any other pair. Both belong to the transport from now on; it locks them.
 */
export function webStreamTransport(streams: WebStreamsLike, options: WebStreamTransportOptions = {}): Transport {
  return new WebStreamTransport(streams, options);
}

/** How long the other side may take to end its direction after ours, as for streams of Node. */
const LINGER_MS = 2_000;

class WebStreamTransport implements Transport {
  readonly kind = "web-stream";
  readonly varintLengths = true;
  readonly #input: ReadableStreamDefaultReader<Uint8Array>;
  readonly #output: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #capacityBytes: number;
  readonly #framing: StreamFraming;
  readonly #delivery = new Delivery();
  #started = false;
  /** Bytes that the stream was given and has not taken. */
  #queuedBytes = 0;
  #waiting = false;
  /** Gives up a direction that the other side does not end. */
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor({ readable, writable }: WebStreamsLike, options: WebStreamTransportOptions) {
    this.#input = readable.getReader();
    this.#output = writable.getWriter();
    // Its writes tell.
    this.#output.closed.catch(() => {});
    this.#capacityBytes = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
    this.#framing = new StreamFraming(options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES, "little");
  }

  async start(sink: TransportSink): Promise<void> {
    if (this.#started) throw startedTwiceError(this.kind);
    this.#started = true;
    if (this.#delivery.over) throw closedBeforeOpenError(this.kind);
    this.#delivery.start(sink);
    void this.#read();
  }

  capacity(): number {
    const room = this.#capacityBytes - this.#queuedBytes;
    if (room <= 0 && !this.#delivery.over) this.#waiting = true;
    return room;
  }

  send(frame: Uint8Array): void {
    if (this.#delivery.over) return;
    // A copy: the stream keeps what it is given until it has taken it, and tells of one write at a time.
    const bytes = this.#framing.headOf(frame, true);
    this.#queuedBytes += bytes.byteLength;
    this.#output.write(bytes).then(
      () => this.#onWritten(bytes.byteLength),
      (error: unknown) => this.#lost(error),
    );
  }

  flush(): void {}

  close(): void {
    if (this.#delivery.over) return;
    this.#delivery.close();
    if (this.#started) this.#finish();
    else this.#abandon("closed");
  }

  #onWritten(lenBytes: number): void {
    this.#queuedBytes -= lenBytes;
    if (!this.#waiting || this.#queuedBytes >= this.#capacityBytes) return;
    this.#waiting = false;
    this.#delivery.writable();
  }

  /** Until the other side ends its direction, also after the end of ours: what it still sends is thrown away. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#input.read();
        if (done) return this.#onEnd();
        if (this.#delivery.over) continue;
        const wrong = this.#framing.received(value, (frame) => this.#deliver(frame));
        if (wrong !== undefined) this.#fail(wrong);
      }
    } catch (error) {
      this.#lost(error);
    } finally {
      clearTimeout(this.#lingering);
    }
  }

  #deliver(frame: Uint8Array): boolean {
    this.#delivery.frame(frame);
    return !this.#delivery.over;
  }

  #onEnd(): void {
    if (this.#delivery.over) return;
    const reason = "the other side ended the stream";
    const torn = this.#framing.endedInside(reason);
    if (torn !== undefined) return this.#fail(torn);
    this.#finish();
    this.#delivery.ended({ reason });
  }

  #lost(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#fail(new CuttleError("transport_lost", `the stream failed: ${message}`, { cause: error }));
  }

  #fail(error: CuttleError): void {
    if (this.#delivery.over) return;
    this.#abandon(error);
    this.#delivery.failed(error);
  }

  /** Ends our direction after what was written; a reset of the other one could throw away our last frames. */
  #finish(): void {
    this.#output.close().catch(() => {});
    this.#lingering = setTimeout(() => this.#input.cancel().catch(() => {}), LINGER_MS);
  }

  #abandon(reason: unknown): void {
    this.#output.abort(reason).catch(() => {});
    this.#input.cancel(reason).catch(() => {});
  }
}
