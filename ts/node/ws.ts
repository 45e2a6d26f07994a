import type { WebSocket } from "ws";
import { CuttleError } from "../errors/error.ts";
import { CLOSE_PROTOCOL_ERROR, cutReason, describeClose } from "../transport/close-code.ts";
import { ACKED_CAPACITY_BYTES, DEFAULT_CAPACITY_BYTES, DEFAULT_MAX_FRAME_BYTES } from "../transport/defaults.ts";
import { Delivery, earlyDataError, frameTooLargeError, startedTwiceError } from "../transport/delivery.ts";
import { ignoreError, Listeners } from "../transport/listen.ts";
import type { Transport, TransportSink } from "../transport/transport.ts";
import { protocolErrorOfWs, textMessageError, type WebSocketTransportOptions } from "../transport/websocket.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/**
 * A transport over a socket of the `ws` package, open or about to be. It differs from `webSocketTransport` in that
 * frames are views of what was read instead of copies, and that write callbacks take the place of polling. The
 * socket belongs to the transport from now on.
 */
export function wsTransport(socket: WebSocket, options: WebSocketTransportOptions = {}): Transport {
  return new WsTransport(socket, options);
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

class WsTransport implements Transport {
  readonly kind = "websocket";
  readonly gathers = true;
  readonly #socket: WebSocket;
  #capacityBytes: number;
  readonly #ackedCapacityBytes: number;
  readonly #maxFrameBytes: number;
  readonly #strictText: boolean;
  readonly #delivery = new Delivery();
  readonly #listeners = new Listeners();
  #startCalled = false;
  #waiting = false;
  /** Settled when the socket is open, or never will be. */
  #opening: Deferred<void> | undefined;
  /** What an `error` event said before the `close` event that follows it. */
  #errorMessage: string | undefined;
  /** The socket is no longer ours. */
  #released = false;

  constructor(socket: WebSocket, options: WebSocketTransportOptions) {
    this.#socket = socket;
    this.#capacityBytes = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
    this.#ackedCapacityBytes = options.capacityBytes ?? ACKED_CAPACITY_BYTES;
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    this.#strictText = options.strictText ?? false;
    socket.binaryType = "nodebuffer";
    this.#listeners.onEmitter(socket, "message", (data: Uint8Array, isBinary: boolean) =>
      this.#onMessage(data, isBinary),
    );
    this.#listeners.onEmitter(socket, "error", (error: Error) => this.#onError(error));
    this.#listeners.onEmitter(socket, "close", (code: number, reason: Uint8Array) =>
      this.#onClose(code, String(reason)),
    );
  }

  async start(sink: TransportSink): Promise<void> {
    if (this.#startCalled) throw startedTwiceError(this.kind);
    this.#startCalled = true;
    const wasOpen = this.#socket.readyState !== CONNECTING;
    if (!wasOpen) await this.#opened();
    const gone = this.#socket.readyState !== OPEN || this.#delivery.over;
    if (gone && !(wasOpen && this.#delivery.holdsAnything)) {
      this.close();
      const why = this.#errorMessage ?? "it was closed before the transport was started";
      throw new CuttleError("transport_connect", `the WebSocket is not open: ${why}.`);
    }
    this.#delivery.start(sink);
  }

  capacity(): number {
    const room = this.#room();
    if (room <= 0 && !this.#delivery.over) this.#waiting = true;
    return room;
  }

  widen(): void {
    this.#capacityBytes = this.#ackedCapacityBytes;
  }

  send(frame: Uint8Array): void {
    if (!this.#delivery.over) this.#socket.send(frame, BINARY, this.#onWritten);
  }

  flush(): void {}

  close(): void {
    this.#delivery.close();
    this.#release(1000, "");
  }

  #opened(): Promise<void> {
    const opening = deferred<void>();
    this.#opening = opening;
    this.#listeners.onEmitter(this.#socket, "open", () => opening.resolve());
    return opening.promise;
  }

  /** One function for all writes, so that a write costs no closure. An error comes as an event, too. */
  #onWritten = (): void => {
    if (!this.#waiting || this.#room() <= 0) return;
    this.#waiting = false;
    this.#delivery.writable();
  };

  #onMessage(data: Uint8Array, isBinary: boolean): void {
    if (this.#delivery.over) return;
    if (!isBinary) {
      if (this.#strictText) this.#fail(textMessageError(String(data)));
    } else if (data.byteLength > this.#maxFrameBytes) {
      this.#fail(frameTooLargeError(this.kind, data.byteLength, this.#maxFrameBytes));
    } else if (!this.#delivery.accepts(data.byteLength)) {
      this.#fail(earlyDataError(this.kind));
    } else {
      // Without Node's Buffer class, whose slice() does not copy.
      this.#delivery.frame(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }

  #onError(error: Error): void {
    this.#errorMessage = error.message;
    const broken = protocolErrorOfWs(error);
    if (broken === undefined) return;
    // ws is closing the socket itself, with the code for this error.
    this.#release();
    this.#delivery.failed(broken);
  }

  #onClose(code: number, reason: string): void {
    const detail = this.#errorMessage === undefined ? "" : ` (${this.#errorMessage})`;
    this.#release();
    this.#delivery.ended({ reason: describeClose(code, reason) + detail });
  }

  #fail(error: CuttleError): void {
    this.#release(CLOSE_PROTOCOL_ERROR, cutReason(error.message));
    this.#delivery.failed(error);
  }

  #release(code?: number, reason?: string): void {
    if (this.#released) return;
    this.#released = true;
    this.#listeners.removeAll();
    this.#waiting = false;
    this.#opening?.resolve();
    if (this.#socket.readyState === CLOSED) return;
    this.#socket.on("error", ignoreError);
    if (code !== undefined) this.#socket.close(code, reason);
  }

  #room(): number {
    return this.#capacityBytes - this.#socket.bufferedAmount;
  }
}

const BINARY = { binary: true } as const;
