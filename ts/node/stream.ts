import type { Duplex } from "node:stream";
import { CuttleError } from "../errors/error.ts";
import { DEFAULT_CAPACITY_BYTES } from "../transport/defaults.ts";
import { Delivery, startedTwiceError } from "../transport/delivery.ts";
import { ignoreError, Listeners } from "../transport/listen.ts";
import type { LengthOrder } from "../transport/stream-frames.ts";
import { StreamFraming } from "../transport/stream-framing.ts";
import type { Transport, TransportSink } from "../transport/transport.ts";

/** Options of {@link streamTransport}. */
export interface StreamTransportOptions {
  /**
   * Largest frame accepted; default 16,448 bytes, which is right while a chunk size of 16 KiB is announced. Set it
   * to the announced chunk size plus 64.
   */
  maxFrameBytes?: number;
  /** Byte order of lengths: remoc 0.18 and 0.20 use `"little"`, the default; 0.19 uses `"big"`. */
  lengthOrder?: LengthOrder;
  /** Bytes that may wait in the stream; default 64 KiB. */
  capacityBytes?: number;
}

/**
 * A transport over a byte stream, with the framing of remoc's `Connect::io`: a TCP or TLS socket, a Unix socket, the
 * standard streams of a process. Every frame follows its length: 4 bytes, and behind the Hellos a varint when both
 * sides announced that. The stream belongs to the transport from now on; nothing is read from it before `start()`.
 */
export function streamTransport(duplex: Duplex, options: StreamTransportOptions = {}): Transport {
  return new StreamTransport(duplex, options);
}

/** A chunk of 16 KiB and the headers that remoc may put around it. */
const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 + 64;
/** Below this a copy behind the length costs less than a second write. */
const JOIN_BELOW_BYTES = 512;
/**
 * How long the other side may take to end its direction after ours. Destroying a socket with unread data would
 * reset it and could throw away our last frames before the other side has read them.
 */
const LINGER_MS = 2_000;

class StreamTransport implements Transport {
  readonly kind = "stream";
  readonly varintLengths = true;
  readonly #duplex: Duplex;
  readonly #capacityBytes: number;
  readonly #framing: StreamFraming;
  readonly #delivery = new Delivery();
  readonly #listeners = new Listeners();
  #startCalled = false;
  /** The call of `start()` that waits for the socket to connect. */
  #opening: { resolve(): void; reject(error: CuttleError): void } | undefined;
  #connectError: CuttleError | undefined;
  /** Frames were written since the last `flush()` and wait in the corked stream. */
  #corked = false;
  #waiting = false;

  constructor(duplex: Duplex, options: StreamTransportOptions) {
    this.#duplex = duplex;
    this.#capacityBytes = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
    this.#framing = new StreamFraming(
      options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
      options.lengthOrder ?? "little",
    );
    if (duplex.destroyed || duplex.writableEnded) {
      this.#connectError = connectError(
        duplex.errored ?? new Error("the stream was already closed when it was handed over"),
      );
      this.#delivery.close();
      return;
    }
    (duplex as { setNoDelay?(on: boolean): void }).setNoDelay?.(true);
    this.#listeners.onEmitter(duplex, "error", (error: Error) => this.#onError(error));
    this.#listeners.onEmitter(duplex, "close", () => this.#onEnd("the stream was closed"));
  }

  async start(sink: TransportSink): Promise<void> {
    if (this.#startCalled) throw startedTwiceError(this.kind);
    this.#startCalled = true;
    if (this.#connectError !== undefined) throw this.#connectError;
    if (this.#delivery.over && !this.#delivery.holdsAnything) {
      throw new CuttleError("local_closed", "the stream transport was closed before it was open.");
    }
    if (isConnecting(this.#duplex)) {
      this.#listeners.onEmitter(this.#duplex, connectEvent(this.#duplex), () => {
        this.#opening?.resolve();
        this.#opening = undefined;
      });
      await new Promise<void>((resolve, reject) => {
        this.#opening = { resolve, reject };
      });
    }
    this.#delivery.start(sink);
    if (this.#delivery.over) return;
    this.#listeners.onEmitter(this.#duplex, "end", () => this.#onEnd("the other side ended the stream"));
    this.#listeners.onEmitter(this.#duplex, "data", (chunk: Uint8Array | string) => this.#onData(chunk));
  }

  capacity(): number {
    const room = this.#room();
    if (room <= 0 && !this.#delivery.over) this.#waiting = true;
    return room;
  }

  send(frame: Uint8Array): void {
    if (this.#delivery.over) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#duplex.cork();
    }
    const joined = frame.byteLength < JOIN_BELOW_BYTES;
    this.#duplex.write(this.#framing.headOf(frame, joined), this.#onWritten);
    if (!joined) this.#duplex.write(frame, this.#onWritten);
  }

  flush(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#duplex.uncork();
  }

  close(): void {
    this.#opening?.reject(new CuttleError("local_closed", "the stream transport was closed before it was open."));
    this.#opening = undefined;
    const first = !this.#delivery.over;
    this.#delivery.close();
    if (!first) return;
    this.flush();
    this.#release();
    linger(this.#duplex);
  }

  /** One function for all writes, so that a write costs no closure. */
  #onWritten = (): void => {
    if (!this.#waiting || this.#room() <= 0) return;
    this.#waiting = false;
    this.#delivery.writable();
  };

  #onData(chunk: Uint8Array | string): void {
    if (typeof chunk === "string") {
      this.#fail(new CuttleError("local_misuse", "the stream delivers text; do not call setEncoding() on it."));
      return;
    }
    const wrong = this.#framing.received(chunk, this.#deliver);
    if (wrong !== undefined) this.#fail(wrong);
  }

  #deliver = (frame: Uint8Array): boolean => {
    this.#delivery.frame(frame);
    return !this.#delivery.over;
  };

  #onError(error: Error): void {
    if (this.#notYetOpen()) this.#failOpening(error);
    else this.#fail(new CuttleError("transport_lost", `the stream failed: ${error.message}`, { cause: error }));
  }

  #onEnd(reason: string): void {
    if (this.#notYetOpen()) {
      this.#failOpening(new Error(reason));
      return;
    }
    const torn = this.#framing.endedInside(reason);
    if (torn !== undefined) return this.#fail(torn);
    if (this.#delivery.over) return;
    this.flush();
    this.#release();
    linger(this.#duplex);
    this.#delivery.ended({ reason });
  }

  #notYetOpen(): boolean {
    return this.#opening !== undefined || !this.#startCalled;
  }

  #failOpening(error: Error): void {
    this.#connectError = connectError(error);
    this.#delivery.close();
    this.#release();
    this.#duplex.destroy();
    this.#opening?.reject(this.#connectError);
    this.#opening = undefined;
  }

  #fail(error: CuttleError): void {
    if (this.#delivery.over) return;
    this.#release();
    this.#duplex.destroy();
    this.#delivery.failed(error);
  }

  #release(): void {
    this.#waiting = false;
    this.#listeners.removeAll();
    this.#duplex.on("error", ignoreError);
  }

  #room(): number {
    return this.#capacityBytes - this.#duplex.writableLength;
  }
}

/** Ends our direction after what was written, and throws away what still comes until the other side ends, too. */
function linger(duplex: Duplex): void {
  if (duplex.destroyed) return;
  duplex.end();
  duplex.resume();
  const timer = setTimeout(() => duplex.destroy(), LINGER_MS);
  timer.unref();
  duplex.once("close", () => clearTimeout(timer));
}

/** Of a TLS socket the handshake counts, which may find the certificate wrong. */
function isConnecting(duplex: Duplex): boolean {
  const { connecting, secureConnecting } = duplex as { connecting?: boolean; secureConnecting?: boolean };
  return connecting === true || secureConnecting === true;
}

function connectEvent(duplex: Duplex): string {
  return "secureConnecting" in duplex ? "secureConnect" : "connect";
}

function connectError(cause: Error): CuttleError {
  return new CuttleError(
    "transport_connect",
    `the stream could not be opened: ${cause.message || (cause as { code?: string }).code || cause.name}. ` +
      "Likely causes: the server is not running, or host and port (or the path of the socket) are wrong.",
    { cause },
  );
}
