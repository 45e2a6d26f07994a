import { CuttleError } from "../errors/error.ts";
import { nextTask } from "../util/task.ts";
import { ATTACHED_COST, MAX_ATTACHED_BYTES, MIN_ATTACHED_BYTES } from "./attachments.ts";
import { bytesOf, describeValue } from "./bytes.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./defaults.ts";
import { Delivery, earlyDataError, frameTooLargeError, startedTwiceError } from "./delivery.ts";
import { holdLifeLock, type LifeLock, watchLifeLock } from "./life-lock.ts";
import { type EmitterLike, type EventTargetLike, Listeners } from "./listen.ts";
import { ACK_EVERY_BYTES, announcement, readAnnouncement } from "./port-acks.ts";
import type { Transport, TransportSink } from "./transport.ts";

/**
 * What posts and receives structured clones: `MessagePort`, `Worker`, a dedicated worker's `self`; `MessagePort`,
 * `Worker`, `parentPort` of `node:worker_threads`; `MessagePortMain`, `UtilityProcess` and `process.parentPort` of
 * Electron. It has `addEventListener` or `on`.
 */
export interface MessagePortLike {
  /** Posts one message, moving what `transfer` lists. */
  // biome-ignore lint/suspicious/noExplicitAny: DOM says Transferable, Node has its own list of types.
  postMessage(message: any, transfer: any[]): void;
  /** DOM-style events. */
  addEventListener?: EventTargetLike["addEventListener"];
  /** DOM-style events. */
  removeEventListener?: EventTargetLike["removeEventListener"];
  /** Node-style events. */
  on?: EmitterLike["on"];
  /** Node-style events. */
  off?: EmitterLike["off"];
  /** Only ports have it. */
  start?(): void;
  /** Ends a port; of a worker's `self` it would end the worker, and is never called there. */
  close?(): void;
}

/** Options of {@link messagePortTransport}. */
export interface MessagePortTransportOptions {
  /**
   * Bytes that may be posted and not yet acknowledged by the other side, default 4 MiB; or posted in one task towards one
   * that acknowledges nothing, default 256 KiB. At least 128 KiB.
   */
  capacityBytes?: number;
  /** Largest frame accepted; default 1 MiB. Another end of cuttle puts up to 260 KiB into one. */
  maxFrameBytes?: number;
  /** Whether `close()` closes the port; default true. Workers are never terminated. */
  closePort?: boolean;
  /** Whose `error` event means that the other side could not start: the `SharedWorker` a port belongs to. */
  starter?: EventTargetLike;
}

/**
 * A transport over a port or a worker. Listening starts in this call, so make it in the first task of a worker: a
 * worker loses what arrives before. Small frames are cloned, of others a copy is transferred.
 *
 * Ports have neither back-pressure nor a reliable end, so two cuttle transports tell each other more, invisibly to
 * a plain remoc peer: see `port-acks.ts` and `life-lock.ts`.
 */
export function messagePortTransport(port: MessagePortLike, options: MessagePortTransportOptions = {}): Transport {
  return new MessagePortTransport(port, options);
}

/** A side that acknowledges takes these in one to three milliseconds; less runs dry while its thread is woken. */
const ACKED_CAPACITY_BYTES = 4 * 1024 * 1024;
/** In one task, towards a side that acknowledges nothing. */
const TASK_CAPACITY_BYTES = 256 * 1024;
/** Up to this size a message is cloned: a browser does that in a third of the time that moving a buffer takes. */
const CLONED_BYTES = 2048;
/** A quiet time after which nothing of a dead side is expected any more; deaths shall be noticed within 50 ms. */
const GRACE_MS = 10;

class MessagePortTransport implements Transport {
  readonly kind = "message-port";
  readonly gathers = true;
  readonly bounded = true;
  readonly #port: MessagePortLike;
  #capacityBytes: number;
  readonly #ackedCapacityBytes: number;
  readonly #maxFrameBytes: number;
  readonly #closePort: boolean;
  /** Electron's ports cannot move a buffer and refuse to try. */
  readonly attaches: boolean;
  readonly #delivery = new Delivery();
  readonly #listeners = new Listeners();
  #startCalled = false;
  /** Messages that arrived from the other side, of any kind. */
  #messages = 0;
  /** The other side counts what it receives and acknowledges it. */
  #peerAcks = false;
  /** Bytes of frames posted, and how many of them the other side has said to have. */
  #sent = 0;
  #acked = 0;
  /** Bytes of frames received, and how many of them were acknowledged. */
  #received = 0;
  #ackSent = 0;
  /** Bytes posted in this task, which is all that bounds us when the other side does not acknowledge. */
  #sentInTask = 0;
  /** Somebody saw no capacity and waits for `writable()`. */
  #waiting = false;
  /** Held while this side lives, so that the other side can notice its death. */
  #ownLock: LifeLock | undefined;
  /** The other side announced a lock, so it looks at ours. */
  #peerWatches = false;
  /** Stops watching the other side's lock. */
  #stopWatching: (() => void) | undefined;
  /** The wait for the last messages of a dead side. */
  #graceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: MessagePortLike, options: MessagePortTransportOptions) {
    this.#port = port;
    this.#capacityBytes = Math.max(options.capacityBytes ?? TASK_CAPACITY_BYTES, 2 * ACK_EVERY_BYTES);
    this.#ackedCapacityBytes = options.capacityBytes === undefined ? ACKED_CAPACITY_BYTES : this.#capacityBytes;
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    const isPort = typeof port.start === "function" && typeof port.close === "function";
    this.attaches = typeof port.addEventListener === "function" || "terminate" in port;
    this.#closePort = isPort && (options.closePort ?? true);
    if (options.starter !== undefined) {
      this.#listeners.onTarget(options.starter, "error", (event: unknown) => this.#onWorkerError(event));
    }
    if (typeof port.addEventListener === "function") this.#listenTo(port as EventTargetLike, !isPort);
    else this.#listenToEmitter(port as EmitterLike);
    if (isPort) port.start?.();
  }

  async start(sink: TransportSink): Promise<void> {
    if (this.#startCalled) throw startedTwiceError(this.kind);
    this.#startCalled = true;
    // A lock is announced once it is held: the other side would take a free one for one it cannot see. Node's ports
    // tell their end by themselves, and its locks do not reach beyond a thread.
    const lock = typeof this.#port.on === "function" ? undefined : await holdLifeLock();
    if (this.#delivery.over && !this.#delivery.holdsAnything) {
      lock?.release();
      throw new CuttleError("local_closed", "the message-port transport was closed before it was open.");
    }
    this.#ownLock = lock;
    if (!this.#delivery.over) this.#post(announcement(lock?.name));
    this.#delivery.start(sink);
    if (this.#delivery.over) this.#release();
  }

  capacity(): number {
    const room = this.#room();
    if (room <= 0 && !this.#delivery.over) this.#waiting = true;
    return room;
  }

  send(frame: Uint8Array): void {
    this.give(new Uint8Array(frame));
  }

  give(frame: Uint8Array<ArrayBuffer>, attached: readonly Uint8Array<ArrayBuffer>[] = []): void {
    if (this.#delivery.over) return;
    const cost = frame.byteLength + attached.length * ATTACHED_COST;
    this.#sent += cost;
    if (!this.#peerAcks) {
      if (this.#sentInTask === 0 && cost > 0) nextTask(() => this.#onNextTask());
      this.#sentInTask += cost;
    }
    this.#post(frame, attached);
  }

  flush(): void {}

  close(): void {
    const first = !this.#delivery.over;
    this.#delivery.close();
    this.#release();
    if (first && this.#closePort) this.#port.close?.();
  }

  #listenTo(target: EventTargetLike, isWorker: boolean): void {
    this.#listeners.onTarget(target, "message", (event: { data: unknown; ports?: readonly unknown[] }) => {
      this.#onMessage(event.data, event.ports ?? []);
    });
    this.#listeners.onTarget(target, "messageerror", () => this.#onMessageError());
    // Of browsers newer than those tested, and of Node.
    this.#listeners.onTarget(target, "close", () => this.#end("the other side closed the port"));
    // The `error` event of a worker's `self` is about the worker's own code, that of a Worker about the other side.
    if (isWorker && "terminate" in target) {
      this.#listeners.onTarget(target, "error", (event: unknown) => this.#onWorkerError(event));
    }
  }

  /** `Worker` of Node, whose error is the end of the worker, and what Electron has; its ports pass on events. */
  #listenToEmitter(emitter: EmitterLike): void {
    this.#listeners.onEmitter(emitter, "message", (message: unknown) => {
      const isEvent = !this.attaches && isPortEvent(message);
      const { data, ports } = isEvent ? message : { data: message, ports: portsIn(message) };
      this.#onMessage(data, ports);
    });
    this.#listeners.onEmitter(emitter, "messageerror", () => this.#onMessageError());
    this.#listeners.onEmitter(emitter, "error", (error: unknown) => this.#fail(workerError(error)));
    this.#listeners.onEmitter(emitter, "close", () => this.#end("the other side closed the port"));
    this.#listeners.onEmitter(emitter, "exit", (code: number) => this.#end(`the worker exited with code ${code}`));
  }

  #onMessage(data: unknown, ports: readonly unknown[]): void {
    for (const port of ports) closeAttached(port);
    if (this.#delivery.over) return;
    const first = this.#messages === 0;
    this.#messages += 1;
    if (typeof data === "number" && this.#peerAcks) {
      this.#onAck(data);
      return;
    }
    const [frame, attached] = Array.isArray(data) ? attachedOf(data) : [bytesOf(data)];
    if (frame === undefined || ports.length > 0) {
      this.#fail(notBytesError(frame === undefined ? describeValue(data) : "bytes with ports attached"));
      return;
    }
    const announced = first ? readAnnouncement(frame) : undefined;
    if (announced === undefined) this.#onFrame(frame, attached);
    else this.#onAnnouncement(announced.lockName);
  }

  #onFrame(frame: Uint8Array, attached: readonly Uint8Array[] = []): void {
    if (frame.byteLength > this.#maxFrameBytes) {
      this.#fail(frameTooLargeError(this.kind, frame.byteLength, this.#maxFrameBytes));
      return;
    }
    const cost = frame.byteLength + attached.length * ATTACHED_COST;
    if (!this.#delivery.accepts(cost)) {
      this.#fail(earlyDataError(this.kind));
      return;
    }
    this.#received += cost;
    if (this.#peerAcks && this.#received - this.#ackSent >= ACK_EVERY_BYTES) {
      this.#ackSent = this.#received;
      this.#post(this.#received);
    }
    this.#delivery.frame(frame, attached);
  }

  #onAnnouncement(lockName: string | undefined): void {
    this.#peerAcks = true;
    this.#capacityBytes = this.#ackedCapacityBytes;
    if (lockName !== undefined) {
      this.#peerWatches = true;
      this.#stopWatching = watchLifeLock(lockName, () => this.#endAfterLastMessage());
    }
    this.#wake();
  }

  /** Law: an acknowledgement lies between the last one and what was posted; anything else is a peer that lies. */
  #onAck(total: number): void {
    if (!Number.isSafeInteger(total) || total <= this.#acked || total > this.#sent) {
      this.#fail(
        new CuttleError(
          "peer_protocol",
          `the other side acknowledged ${total} bytes; ${this.#sent} were sent and ${this.#acked} were acknowledged ` +
            "before. Do two connections share one port?",
          { data: { ackedBytes: total, sentBytes: this.#sent } },
        ),
      );
      return;
    }
    this.#acked = total;
    this.#wake();
  }

  #onMessageError(): void {
    this.#fail(
      new CuttleError(
        "peer_protocol",
        "the other side posted a message that cannot be read here (messageerror); remoc posts bytes only.",
      ),
    );
  }

  /**
   * A browser's worker lives on after an uncaught exception, so only one that came before its first frame counts:
   * then the script could not be loaded or its top level threw, and nobody will ever answer.
   */
  #onWorkerError(event: unknown): void {
    if (this.#messages === 0) this.#fail(workerError(event));
  }

  #onNextTask(): void {
    this.#sentInTask = 0;
    this.#wake();
  }

  #wake(): void {
    if (!this.#waiting || this.#room() <= 0) return;
    this.#waiting = false;
    this.#delivery.writable();
  }

  #room(): number {
    return this.#capacityBytes - (this.#peerAcks ? this.#sent - this.#acked : this.#sentInTask);
  }

  /**
   * Bytes were copied, and their copy is moved unless it is small: the frame may be sent elsewhere, too, and lie in a
   * larger buffer.
   */
  #post(message: Uint8Array<ArrayBuffer> | number, attached: readonly Uint8Array<ArrayBuffer>[] = []): void {
    try {
      const isCloned = typeof message === "number" || !this.attaches || message.byteLength <= CLONED_BYTES;
      const moved = isCloned ? attached : [message, ...attached];
      this.#port.postMessage(
        attached.length > 0 ? [message, ...attached] : message,
        moved.map(({ buffer }) => buffer),
      );
    } catch (error) {
      this.#fail(new CuttleError("transport_lost", `the port refused a message: ${String(error)}`, { cause: error }));
    }
  }

  /** The lock of the other side is free; what it posted before may still be on its way. */
  #endAfterLastMessage(): void {
    const seen = this.#messages;
    this.#graceTimer = setTimeout(() => {
      if (seen === this.#messages)
        this.#end("the other side is gone, or closed the connection (its lock was released)");
      else this.#endAfterLastMessage();
    }, GRACE_MS);
  }

  #end(reason: string): void {
    this.#release();
    this.#delivery.ended({ reason });
  }

  #fail(error: CuttleError): void {
    if (this.#delivery.over) return;
    this.#release();
    if (this.#closePort) this.#port.close?.();
    this.#delivery.failed(error);
  }

  #release(): void {
    this.#listeners.removeAll();
    this.#waiting = false;
    clearTimeout(this.#graceTimer);
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    if (this.#peerWatches || this.#messages === 0) this.#ownLock?.releaseOnceWatched();
    else this.#ownLock?.release();
    this.#ownLock = undefined;
  }
}

function notBytesError(what: string): CuttleError {
  return new CuttleError(
    "peer_protocol",
    `the port delivered ${what}; every message must be a Uint8Array or an ArrayBuffer of its own. ` +
      "Does other code post on this port or worker? Give cuttle a MessageChannel of its own then.",
    { data: { got: what } },
  );
}

function workerError(event: unknown): CuttleError {
  const { message, filename, lineno } = (event ?? {}) as { message?: string; filename?: string; lineno?: number };
  const where = filename ? ` (${filename}:${lineno ?? 0})` : "";
  const what =
    message ||
    "its script could not be loaded: wrong URL, a MIME type that is not JavaScript, or a content security policy";
  return new CuttleError("transport_lost", `the worker failed: ${what}${where}.`, { cause: event });
}

/** A frame with buffers beside it, in a list that anybody may have posted. */
function attachedOf(list: readonly unknown[]): [Uint8Array | undefined, Uint8Array[]?] {
  if (list.length < 2 || list.length > 1 + MAX_ATTACHED_BYTES / MIN_ATTACHED_BYTES) return [undefined];
  const [frame, ...attached] = Array.from(list, bytesOf).filter((bytes) => bytes !== undefined);
  return attached.length === list.length - 1 ? [frame, attached] : [undefined];
}

/** Ends a port that came along with a message; a list that Electron did not make may hold anything. */
function closeAttached(port: unknown): void {
  const { close } = (port ?? {}) as { close?: unknown };
  if (typeof close === "function") close.call(port);
}

/** What Electron's ports pass to their listeners; a message of cuttle itself is never a plain object. */
function isPortEvent(message: unknown): message is { data: unknown; ports: readonly unknown[] } {
  return typeof message === "object" && message !== null && "data" in message && "ports" in message
    ? Array.isArray(message.ports)
    : false;
}

/** The port that a message of Node consists of; there is no list of transferred ports. */
function portsIn(data: unknown): unknown[] {
  return typeof MessagePort === "function" && data instanceof MessagePort ? [data] : [];
}
