import { CuttleError } from "../errors/error.ts";
import { nextTask } from "../util/task.ts";
import { CLOSE_PROTOCOL_ERROR, cutReason, describeClose } from "./close-code.ts";
import { connectError, messageOf } from "./connect-error.ts";
import { ACKED_CAPACITY_BYTES, DEFAULT_CAPACITY_BYTES, DEFAULT_MAX_FRAME_BYTES } from "./defaults.ts";
import { Delivery, earlyDataError, frameTooLargeError } from "./delivery.ts";
import { type EventTargetLike, ignoreError, Listeners } from "./listen.ts";
import { Opening } from "./opening.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** The part of a WHATWG WebSocket that is used: of browsers, Node 22+, Deno, Bun, workerd and the `ws` package. */
export interface WebSocketLike extends EventTargetLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes queued; workerd does not have it. */
  readonly bufferedAmount?: number | undefined;
  /** Set to `"arraybuffer"` by the transport. */
  binaryType?: string;
  /** For messages. */
  readonly url?: string;
  /** Queues one message. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Starts the closing handshake after what is queued. */
  close(code?: number, reason?: string): void;
}

/** Options of {@link webSocketTransport}. */
export interface WebSocketTransportOptions {
  /**
   * Bytes that may wait in the socket; default 64 KiB. What waits there delays everything behind it, measured 52 ms
   * per 64 KiB at 10 Mbit/s; less costs throughput on long paths. Towards another end of cuttle the default is 128 KiB,
   * because its acknowledgements bound what is under way.
   */
  capacityBytes?: number;
  /** Largest message accepted; default 1 MiB. */
  maxFrameBytes?: number;
  /** Fails on a text message instead of ignoring it, as remoc does. */
  strictText?: boolean;
}

/**
 * A transport over a WebSocket that may still be connecting. One message is one frame. The caller gives the socket
 * away: nobody else sends on it, sets its `binaryType` or closes it.
 */
export function webSocketTransport(socket: WebSocketLike, options: WebSocketTransportOptions = {}): Transport {
  return new WebSocketTransport(socket, options);
}

/** Long enough for fast links, where a microsecond matters; then timers, so that a slow link does not keep a core busy. */
const POLL_TASKS = 64;
/** One timer step of browsers for nested timers; at 10 Mbit/s 5 KiB leave in it. */
const POLL_TIMER_MS = 4;

const OPEN = 1;
const CLOSED = 3;

class WebSocketTransport implements Transport {
  readonly kind = "websocket";
  readonly gathers = true;
  readonly copies: boolean;
  readonly #socket: WebSocketLike;
  #capacityBytes: number;
  readonly #ackedCapacityBytes: number;
  readonly #maxFrameBytes: number;
  readonly #strictText: boolean;
  readonly #delivery = new Delivery();
  readonly #listeners = new Listeners();
  readonly #opening: Opening;
  /** What an `error` event said; browsers say nothing. A `close` event follows it. */
  #errorCause: unknown;
  /** Events behind a Blob that is being read; undefined when none is. */
  #behindBlob: (() => void)[] | undefined;
  /** Somebody saw no capacity and waits for `writable()`. */
  #waiting = false;
  /** A check of the capacity is under way as a task or a timer. */
  #checkScheduled = false;
  #pollCount = 0;
  /** None where the other side acknowledges: its messages tell when to look. */
  #pollTasks = POLL_TASKS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The socket is no longer ours. */
  #released = false;

  constructor(socket: WebSocketLike, options: WebSocketTransportOptions) {
    this.#socket = socket;
    // So says the WHATWG of its own; the `ws` package, on a server, keeps what it is given until it was written.
    this.copies = typeof WebSocket === "function" && socket instanceof WebSocket;
    this.#capacityBytes = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
    this.#ackedCapacityBytes = options.capacityBytes ?? ACKED_CAPACITY_BYTES;
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    this.#strictText = options.strictText ?? false;
    this.#opening = new Opening(this.kind, this.#delivery, socket.readyState === OPEN);
    if (socket.readyState > OPEN) {
      this.#opening.fail(connectError(socket.url, undefined, "it is closed"));
      return;
    }
    socket.binaryType = "arraybuffer";
    this.#listeners.onTarget(socket, "open", () => this.#opening.open());
    this.#listeners.onTarget(socket, "message", (event: { data: unknown }) =>
      this.#inOrder(() => this.#onMessage(event.data)),
    );
    this.#listeners.onTarget(socket, "error", (event: unknown) => this.#onError(event));
    this.#listeners.onTarget(socket, "close", (event: { code?: number; reason?: string }) =>
      this.#inOrder(() => this.#onClose(event.code ?? 1006, event.reason ?? "")),
    );
  }

  start(sink: TransportSink): Promise<void> {
    return this.#opening.start(sink);
  }

  capacity(): number {
    const room = this.#room();
    if (room <= 0 && !this.#delivery.over) this.#waitForRoom();
    return room;
  }

  widen(): void {
    this.#capacityBytes = this.#ackedCapacityBytes;
    this.#pollTasks = 0;
  }

  send(frame: Uint8Array): void {
    if (this.#delivery.over || this.#socket.readyState !== OPEN) return;
    try {
      this.#socket.send(frame as Uint8Array<ArrayBuffer>);
    } catch (error) {
      this.#fail(
        new CuttleError("transport_lost", `the WebSocket refused a message: ${String(error)}`, { cause: error }),
      );
    }
  }

  flush(): void {}

  close(): void {
    this.#opening.close();
    this.#release(1000, "");
  }

  /** Runs `event` now, or after the Blob that came before it. */
  #inOrder(event: () => void): void {
    if (this.#behindBlob === undefined) event();
    else this.#behindBlob.push(event);
  }

  #onMessage(data: unknown): void {
    if (this.#delivery.over) return;
    if (data instanceof ArrayBuffer) this.#onFrame(new Uint8Array(data));
    else if (ArrayBuffer.isView(data)) this.#onFrame(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    else if (typeof data === "string") this.#onText(data);
    else if (typeof Blob !== "undefined" && data instanceof Blob) this.#onBlob(data);
    else
      this.#fail(new CuttleError("peer_protocol", "the WebSocket delivered a message that is neither text nor bytes."));
    if (this.#waiting) this.#checkRoom();
  }

  #onFrame(frame: Uint8Array): void {
    if (frame.byteLength > this.#maxFrameBytes) {
      this.#fail(frameTooLargeError(this.kind, frame.byteLength, this.#maxFrameBytes));
    } else if (!this.#delivery.accepts(frame.byteLength)) {
      this.#fail(earlyDataError(this.kind));
    } else {
      this.#delivery.frame(frame);
    }
  }

  #onText(text: string): void {
    if (this.#strictText) this.#fail(textMessageError(text));
  }

  /** Somebody set `binaryType` after us. What follows waits until the bytes are there. */
  #onBlob(blob: Blob): void {
    this.#socket.binaryType = "arraybuffer";
    if (blob.size > this.#maxFrameBytes) {
      this.#fail(frameTooLargeError(this.kind, blob.size, this.#maxFrameBytes));
      return;
    }
    this.#behindBlob = [];
    blob.arrayBuffer().then(
      (bytes) => {
        this.#afterBlob(() => this.#onFrame(new Uint8Array(bytes)));
      },
      (error: unknown) => {
        this.#afterBlob(() =>
          this.#fail(new CuttleError("transport_lost", `a Blob could not be read: ${String(error)}`, { cause: error })),
        );
      },
    );
  }

  #afterBlob(deliver: () => void): void {
    const waiting = this.#behindBlob ?? [];
    this.#behindBlob = undefined;
    if (!this.#delivery.over) deliver();
    while (waiting.length > 0) {
      this.#inOrder(waiting.shift() as () => void);
    }
  }

  #onError(event: unknown): void {
    const { error, message } = event as { error?: unknown; message?: string };
    this.#errorCause = error ?? message;
    const broken = protocolErrorOfWs(error);
    if (broken !== undefined && this.#opening.opened) this.#fail(broken);
  }

  #onClose(code: number, reason: string): void {
    const { opened, started } = this.#opening;
    if (!opened || (!started && !this.#delivery.holdsAnything)) {
      // 1006 is what browsers say of every failure.
      const what = code === 1006 ? undefined : describeClose(code, reason);
      this.#release();
      this.#opening.fail(connectError(this.#socket.url, this.#errorCause, what));
      return;
    }
    const detail = this.#errorCause === undefined ? "" : ` (${messageOf(this.#errorCause)})`;
    this.#release();
    this.#delivery.ended({ reason: describeClose(code, reason) + detail });
  }

  #fail(error: CuttleError): void {
    this.#release(CLOSE_PROTOCOL_ERROR, cutReason(error.message));
    this.#delivery.failed(error);
  }

  /** Lets go of the socket: no listener, no timer; closes it when a code is given. */
  #release(code?: number, reason?: string): void {
    if (this.#released) return;
    this.#released = true;
    this.#listeners.removeAll();
    this.#waiting = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#behindBlob = undefined;
    if (code === undefined || this.#socket.readyState === CLOSED) return;
    // The ws package reports the end of an unfinished connection as an `error` event of an emitter.
    if (typeof (this.#socket as { on?: unknown }).on === "function")
      this.#socket.addEventListener("error", ignoreError);
    try {
      this.#socket.close(code, reason);
    } catch {
      // workerd throws when the socket is closed already; there is nothing left to do then.
    }
  }

  #room(): number {
    return this.#capacityBytes - (this.#socket.bufferedAmount ?? 0);
  }

  /** There is no event for a drained socket, so look again: at first in every task, later every few milliseconds. */
  #waitForRoom(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#pollCount = 0;
    this.#scheduleCheck();
  }

  #scheduleCheck(): void {
    if (this.#checkScheduled) return;
    this.#checkScheduled = true;
    const check = (): void => {
      this.#checkScheduled = false;
      this.#timer = undefined;
      if (!this.#waiting) return;
      this.#checkRoom();
      if (this.#waiting) this.#scheduleCheck();
    };
    this.#pollCount += 1;
    if (this.#pollCount <= this.#pollTasks) nextTask(check);
    else this.#timer = setTimeout(check, POLL_TIMER_MS);
  }

  /** Also called for every message, because timers of a hidden tab run once a second or a minute. */
  #checkRoom(): void {
    if (!this.#waiting || this.#room() <= 0) return;
    this.#waiting = false;
    this.#delivery.writable();
  }
}

/** The error of a text message where none is allowed; also for the socket of the `ws` package. */
export function textMessageError(text: string): CuttleError {
  return new CuttleError(
    "peer_protocol",
    `the other side sent a text message (${JSON.stringify(text.slice(0, 40))}); remoc sends binary messages only. ` +
      "Is this the URL of another service?",
  );
}

/**
 * The `peer_protocol` error for an error of the `ws` package that says the peer broke WebSocket's rules or sent
 * more than `maxPayload`; undefined for any other error.
 */
export function protocolErrorOfWs(error: unknown): CuttleError | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== "string" || !code.startsWith("WS_ERR_")) return undefined;
  const hint =
    code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"
      ? " The limit is maxFrameBytes; remoc keeps frames below the chunk size announced to it."
      : "";
  return new CuttleError("peer_protocol", `the other side broke the WebSocket protocol: ${messageOf(error)}.${hint}`, {
    cause: error,
    data: { wsCode: code },
  });
}
