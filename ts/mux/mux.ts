import { Core, type CoreSettings, type Flush, type PeerSettings, type PortKey } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Transport, TransportEnd, TransportSink } from "../transport/transport.ts";
import type { Clock } from "../util/clock.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { nextTask } from "../util/task.ts";
import { Alarm } from "./alarm.ts";
import { dispatch, type EventTarget, unsentError } from "./events.ts";
import { handOver } from "./flush.ts";
import type { PortRequest } from "./inbox.ts";
import { Port, type PortHost } from "./port.ts";

export type { PeerSettings };

/** How a connection ended without an error. */
export interface CloseInfo {
  /** Who said Goodbye first. */
  readonly by: "local" | "peer";
}

/** What a connection has done so far. */
export interface MuxStats {
  /** Frames and bytes handed to and received from the transport. */
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Flushes that sent something. */
  readonly flushes: number;
  /** Channels that exist now, both directions of one port counted once. */
  readonly ports: number;
  /** Bytes received and not taken by the application yet. */
  readonly bufferedBytes: number;
  /** Calls into the wasm core, and bytes copied across its border. */
  readonly coreCalls: number;
  readonly coreCopiedBytes: number;
}

/** What a multiplexer needs beside its transport. */
export interface MuxOptions {
  readonly settings: CoreSettings;
  readonly clock: Clock;
  /** Differs between connections; see the core. */
  readonly seed: number;
}

/**
 * Messages handed over in one task. A browser pays about 0.1 ms for each WebSocket message, so this keeps the thread
 * for about 13 ms at most; bytes are bounded by the transport's capacity.
 */
const FLUSH_MESSAGES = 128;

/**
 * Joins the core and a transport: the driver. It asks the core for frames only as far as the transport has room, and
 * once per task.
 *
 * Law: every pending promise settles exactly once; when the connection ends, all reject with the same error.
 */
export class Mux implements PortHost, TransportSink, EventTarget {
  readonly core: Core;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #ports: Map<PortKey, Port> = new Map();
  readonly #ready: Deferred<void> = deferred();
  readonly #closed: Deferred<CloseInfo> = deferred();
  /** Requests of the peer that came by themselves and were not taken. */
  #requests: PortRequest[] = [];
  #requestWaiting: Deferred<PortRequest> | undefined;
  /** Kept when the core is gone. */
  #peer: PeerSettings | undefined;
  /** The transport takes frames. */
  #started = false;
  /** The next frame is the payload of the header before. */
  #payloadDue = false;
  #payload: Uint8Array | undefined;
  #flushPlanned = false;
  readonly #alarm: Alarm;
  #endedBy: CloseInfo["by"] | undefined;
  /** What everything pending rejects with, once either side wants an orderly end. */
  #closeError: CuttleError | undefined;
  #dispatching = false;
  /** Why nothing works any more. */
  #error: CuttleError | undefined;
  #counts = { framesSent: 0, framesReceived: 0, bytesSent: 0, bytesReceived: 0, flushes: 0 };

  private constructor(transport: Transport, options: MuxOptions) {
    this.#transport = transport;
    this.#clock = options.clock;
    const now = options.clock.now();
    this.core = new Core(options.settings, options.seed, now);
    // From now on, so that the deadline of the handshake covers a transport that never opens.
    this.#alarm = new Alarm(options.clock, () => this.#flush());
    this.#alarm.set(this.core.deadline(), now);
  }

  /**
   * Starts `transport` and says Hello. Resolves when the peer's Hello came. Rejects when the transport cannot be
   * opened, the peer is not remoc, or `signal` aborts; then the transport is closed.
   */
  static async open(transport: Transport, options: MuxOptions, signal?: AbortSignal): Promise<Mux> {
    signal?.throwIfAborted();
    const mux = Mux.#make(transport, options);
    const abort = (): void => mux.#abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      // The abort and the deadline reject `ready`; the peer's Hello may come before the transport says that it is open.
      await Promise.race([transport.start(mux).then(() => mux.#start()), mux.#ready.promise]);
      await mux.#ready.promise;
      return mux;
    } catch (error) {
      mux.fail(CuttleError.from(error, "transport_connect", "the transport could not be opened"));
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  static #make(transport: Transport, options: MuxOptions): Mux {
    try {
      return new Mux(transport, options);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  /** The peer's settings. */
  get peer(): PeerSettings {
    if (this.#peer === undefined) throw new CuttleError("bug", "the peer is not known yet");
    return this.#peer;
  }

  /** What carries the frames, for messages. */
  get transportKind(): string {
    return this.#transport.kind;
  }

  /** Resolves when the connection ended in an orderly way, rejects when it failed. */
  get closed(): Promise<CloseInfo> {
    return this.#closed.promise;
  }

  /** What the connection has done so far. */
  stats(): MuxStats {
    let bufferedBytes = 0;
    for (const port of this.#ports.values()) bufferedBytes += port.bufferedBytes;
    return {
      ...this.#counts,
      ports: this.#ports.size,
      bufferedBytes,
      coreCalls: this.core.calls,
      coreCopiedBytes: this.core.copiedBytes,
    };
  }

  /** A port to be requested: by {@link open}, or behind a message by `Port.send`. Throws `local_limit`. */
  reserve(): Port {
    this.#assertAlive();
    if (this.#closeError !== undefined) throw this.#closeError;
    return this.#add(this.core.reserve());
  }

  /** Requests a reserved port by itself. */
  open(port: Port): void {
    this.core.open(port.key);
    this.wake();
  }

  /**
   * Gives back reserved ports whose value was not sent; they fail with `data.unsent`. Those that were requested are
   * still answered by the peer.
   */
  abandon(ports: readonly Port[], cause: unknown): void {
    for (const port of ports) {
      const unsent = this.#error !== undefined || this.core.release(port.key);
      if (unsent) this.#drop(port.key, unsentError(cause));
    }
    // The core tells of those in a value that it took back: now, so that halves are usable when the send rejects.
    this.#takeEvents();
  }

  /**
   * Accepts a request. Throws `local_limit`, and has then refused it. When the connection has ended the port has
   * failed: a value that came before can still be taken, with halves that say why they do not work.
   */
  accept(request: PortRequest): Port {
    if (this.#error !== undefined) return this.#failedPort(this.#error);
    try {
      return this.#add(this.core.accept(request.peerPort));
    } catch (error) {
      if (CuttleError.is(error, "local_limit")) this.core.reject(request.peerPort, true);
      throw error;
    } finally {
      this.wake();
    }
  }

  /** Refuses requests. */
  refuse(requests: readonly PortRequest[]): void {
    if (this.#error !== undefined) return;
    for (const request of requests) this.core.reject(request.peerPort, false);
    if (requests.length > 0) this.wake();
  }

  /** The next port that the peer requests by itself; one call at a time. Rejects with the connection's end. */
  nextRequest(): Promise<PortRequest> {
    this.#requestWaiting = deferred();
    const { promise } = this.#requestWaiting;
    if (this.#error !== undefined) this.#requestWaiting.reject(this.#error);
    else this.#deliverRequest();
    return promise;
  }

  /** No port is requested by itself any more, in either direction. */
  closeOpening(): void {
    this.refuse(this.#requests.splice(0));
    this.core.closeListener();
    this.core.closeClient();
    this.wake();
  }

  /**
   * Ends the connection: what was accepted is still sent, then Goodbye. Resolves when it ended, for whatever reason.
   * Everything pending rejects with `local_closed`.
   */
  async close(): Promise<void> {
    if (this.#error === undefined) {
      const error = this.#wantEnd("local");
      for (const port of this.#ports.values()) port.handleClosing(() => error);
      this.core.close(this.#clock.now());
      this.#flush();
      for (const port of this.#ports.values()) port.handleClosed(error);
    }
    await this.#closed.promise.catch(() => undefined);
  }

  /** Gives the connection up at once, without a word to the peer; everything rejects with `error`. */
  fail(error: CuttleError): void {
    if (this.#error !== undefined) return;
    this.#end(error);
    this.#closed.reject(error);
  }

  /** Plans a flush at the end of this task. */
  wake(): void {
    if (this.#flushPlanned || this.#error !== undefined) return;
    this.#flushPlanned = true;
    nextTask(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  // TransportSink

  /** @internal */
  frame(frame: Uint8Array): void {
    if (this.#error !== undefined) return;
    this.#counts.framesReceived += 1;
    this.#counts.bytesReceived += frame.length;
    this.#guarded(() => {
      const now = this.#clock.now();
      if (this.#payloadDue) {
        this.#payloadDue = false;
        this.#payload = frame;
        this.core.handlePayload(frame.length, now);
      } else {
        this.#payloadDue = this.core.handleFrame(frame, now);
      }
      this.#takeEvents();
      this.wake();
    });
  }

  /** @internal */
  writable(): void {
    this.wake();
  }

  /** @internal */
  ended(end: TransportEnd): void {
    if (this.#error !== undefined) return;
    this.#guarded(() => {
      this.core.handleTransportEnd();
      this.#takeEvents(end.reason);
    });
  }

  /** @internal */
  failed(error: CuttleError): void {
    this.fail(error);
  }

  // EventTarget

  /** @internal */
  handleReady(): void {
    this.#peer = this.core.peer();
    this.#ready.resolve();
  }

  /** @internal */
  handleRequest(request: PortRequest): void {
    this.#requests.push(request);
    this.#deliverRequest();
  }

  /** @internal */
  portOf(key: PortKey): Port | undefined {
    return this.#ports.get(key);
  }

  /** @internal The payload of the chunk being told about. */
  takePayload(): Uint8Array {
    const payload = this.#payload;
    this.#payload = undefined;
    if (payload === undefined) throw new CuttleError("bug", "the core tells of a payload that did not come");
    return payload;
  }

  /** @internal */
  handleGone(key: PortKey, error: CuttleError | undefined): void {
    this.#drop(key, error);
  }

  /** @internal */
  handleGoodbye(): void {
    // The answer to our own Goodbye is no news.
    const error = this.#wantEnd("peer");
    for (const port of this.#ports.values()) port.handleFailed(error);
    this.#requestWaiting?.reject(error);
  }

  /** @internal */
  handleEnded(): void {
    this.#end(this.#wantEnd("local"));
    this.#closed.resolve({ by: this.#endedBy ?? "local" });
  }

  /** @internal */
  handleFailure(error: CuttleError): void {
    this.fail(error);
  }

  #start(): void {
    this.#started = true;
    this.#flush();
  }

  /** A trap of the core, or any other defect here, ends this connection and no other. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(CuttleError.from(error, "bug", "the connection failed by a defect in cuttle"));
    }
  }

  #flush(): void {
    if (this.#error === undefined) this.#guarded(() => this.#transmit());
  }

  /** Hands over what the transport has room for. Events of commands are taken first, so that queues agree. */
  #transmit(): void {
    const now = this.#clock.now();
    this.core.handleTimeout(now);
    this.#takeEvents();
    const capacity = this.#started && this.#error === undefined ? this.#transport.capacity() : 0;
    const flush = capacity > 0 ? this.core.transmit(FLUSH_MESSAGES, capacity, now) : undefined;
    if (flush !== undefined) {
      this.#handOver(flush);
      this.#takeEvents();
      // There may be more; other tasks come first.
      this.wake();
    }
    if (this.#error === undefined) this.#alarm.set(this.core.deadline(), now);
  }

  #handOver(flush: Flush): void {
    const counts = handOver(flush, this.#transport, this.#ports);
    this.#counts.framesSent += counts.frames;
    this.#counts.bytesSent += counts.bytes;
    this.#counts.flushes += 1;
    this.#transport.flush();
  }

  #takeEvents(detail?: string): void {
    // What a handler causes comes after what it has not seen yet.
    if (this.#error !== undefined || this.#dispatching) return;
    this.#dispatching = true;
    try {
      dispatch(this.core.takeEvents(), this, detail);
    } finally {
      this.#dispatching = false;
    }
  }

  /** The error with which an orderly end ends everything: the same for all, whoever wanted it first. */
  #wantEnd(by: CloseInfo["by"]): CuttleError {
    this.#endedBy ??= by;
    this.#closeError ??=
      by === "local"
        ? new CuttleError("local_closed", "the connection was closed on this side")
        : new CuttleError("remote_connection_closed", "the other side closed the connection");
    return this.#closeError;
  }

  #add(key: PortKey): Port {
    const port = new Port(this, key);
    this.#ports.set(key, port);
    return port;
  }

  #failedPort(error: CuttleError): Port {
    const port = new Port(this, 0 as PortKey);
    port.handleFailed(error);
    return port;
  }

  #drop(key: PortKey, error: CuttleError | undefined): void {
    const port = this.#ports.get(key);
    this.#ports.delete(key);
    if (error !== undefined) port?.handleFailed(error);
  }

  #deliverRequest(): void {
    if (this.#requestWaiting === undefined) return;
    const request = this.#requests.shift();
    if (request === undefined) return;
    this.#requestWaiting.resolve(request);
    this.#requestWaiting = undefined;
  }

  #assertAlive(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  #abort(reason: unknown): void {
    this.#ready.reject(reason);
  }

  /** Nothing happens any more; frees everything. */
  #end(error: CuttleError): void {
    this.#error = error;
    this.#alarm.stop();
    for (const port of this.#ports.values()) port.handleFailed(error);
    this.#ports.clear();
    this.#ready.reject(error);
    this.#requestWaiting?.reject(error);
    this.#transport.close();
    this.core.free();
  }
}
