import type { Core, Path, PeerSettings, PortKey } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Transport } from "../transport/transport.ts";
import type { Clock } from "../util/clock.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { TransientMap } from "../util/transient.ts";
import { Driver, type DriverTarget, type MuxOptions, type Traffic } from "./driver.ts";
import { unsentError } from "./events.ts";
import type { PortRequest } from "./inbox.ts";
import { Port } from "./port.ts";
import type { PortHost } from "./port-host.ts";
import type { PortStats } from "./port-stats.ts";
import type { FrameTap } from "./trace.ts";

export type { Path, PeerSettings };

/** How a connection ended without an error. */
export interface CloseInfo {
  /** Who said Goodbye first. */
  readonly by: "local" | "peer";
}

/** What a connection has done so far. */
export interface MuxStats extends Traffic {
  /** Channels that exist now, both directions of one port counted once. */
  readonly ports: number;
  /** Bytes received and not taken by the application yet. */
  readonly bufferedBytes: number;
  /** What is known of the way to the peer. */
  readonly path: Path;
  /** Calls into the wasm core, and bytes copied across its border. */
  readonly coreCalls: number;
  readonly coreCopiedBytes: number;
}

/** Has taken something that must go out before the connection ends. */
export interface Debtor {
  readonly owes: boolean;
  /** Resolves when it does no more. */
  paid(): Promise<void>;
}

/** A peer that does not read must not keep a connection open. */
const DEBTS_MS = 1_000;

/**
 * One end of a connection: its ports, and what becomes of them.
 *
 * Law: every pending promise settles exactly once; when the connection ends, all reject with the same error.
 */
export class Mux implements PortHost, DriverTarget {
  readonly #driver: Driver;
  /** @internal */
  readonly ports: TransientMap<PortKey, Port> = new TransientMap();
  readonly #debtors: Set<Debtor> = new Set();
  readonly #ready: Deferred<void> = deferred();
  readonly #closed: Deferred<CloseInfo> = deferred();
  /** Requests of the peer that came by themselves and were not taken. */
  #requests: PortRequest[] = [];
  #requestWaiting: Deferred<PortRequest> | undefined;
  /** Settled when the peer asks for no more ports by themselves, and when it accepts none. */
  readonly #openingEnds: { client: Deferred<void>; listener: Deferred<void> } = {
    client: deferred(),
    listener: deferred(),
  };
  /** Kept when the core is gone. */
  #peer: PeerSettings | undefined;
  #endedBy: CloseInfo["by"] | undefined;
  /** What everything pending rejects with, once either side wants an orderly end. */
  #closeError: CuttleError | undefined;
  /** Why nothing works any more. */
  #error: CuttleError | undefined;

  /** What this side has announced. */
  readonly announced: PeerSettings["capabilities"];

  private constructor(transport: Transport, options: MuxOptions) {
    this.announced = options.settings.capabilities;
    this.#driver = new Driver(transport, options, this);
  }

  /**
   * Starts `transport` and says Hello. Resolves when the peer's Hello came. Rejects when the transport cannot be
   * opened, the peer is not remoc, or `signal` aborts; then the transport is closed.
   */
  static async open(transport: Transport, options: MuxOptions, signal?: AbortSignal): Promise<Mux> {
    signal?.throwIfAborted();
    const mux = Mux.#make(transport, options);
    const abort = (): void => mux.#ready.reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      // The abort and the deadline reject `ready`; the peer's Hello may come before the transport says that it is open.
      await Promise.race([mux.#driver.start(), mux.#ready.promise]);
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

  /** @internal */
  get core(): Core {
    return this.#driver.core;
  }

  /** The peer's settings. */
  get peer(): PeerSettings {
    if (this.#peer === undefined) throw new CuttleError("bug", "the peer is not known yet");
    return this.#peer;
  }

  /** The time of this connection. */
  get clock(): Clock {
    return this.#driver.clock;
  }

  /** What carries the frames, for messages. */
  get transportKind(): string {
    return this.#driver.transportKind;
  }

  /** Resolves when the connection ended in an orderly way, rejects when it failed. */
  get closed(): Promise<CloseInfo> {
    return this.#closed.promise;
  }

  /** What the connection has done so far. */
  stats(): MuxStats {
    let bufferedBytes = 0;
    for (const port of this.ports.values()) bufferedBytes += port.bufferedBytes;
    return {
      ...this.#driver.traffic,
      ports: this.ports.size,
      bufferedBytes,
      path: this.core.path(),
      coreCalls: this.core.calls,
      coreCopiedBytes: this.core.copiedBytes,
    };
  }

  /** Each port as it stands. */
  portStats(): PortStats[] {
    return Array.from(this.ports.values(), (port) => port.stats());
  }

  /** Shows every frame from now on to `tap`, in place of another one; undefined for none. */
  set tap(tap: FrameTap | undefined) {
    this.#driver.tap = tap;
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
      if (unsent) this.#drop(port.key, (port.isCommitted && this.#error) || unsentError(cause));
    }
    // The core tells of those in a value that it took back: now, so that halves are usable when the send rejects.
    this.#driver.takeEvents();
  }

  /**
   * Accepts a request. Throws `local_limit`, and has then refused it. When the connection has ended the port has
   * failed: a value that came before can still be taken, with halves that say why they do not work.
   */
  accept(request: PortRequest): Port {
    if (this.#error !== undefined) return request.early ?? this.#failedPort(this.#error);
    try {
      const key = this.core.accept(request.peerPort);
      const port = request.early ?? this.#add(key);
      port.handleOpened();
      return port;
    } catch (error) {
      if (CuttleError.is(error, "local_limit")) this.#reject(request, true);
      throw error;
    } finally {
      this.wake();
    }
  }

  /** Refuses requests. */
  refuse(requests: readonly PortRequest[]): void {
    if (this.#error !== undefined) return;
    for (const request of requests) this.#reject(request, false);
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

  /** Resolves when the peer asks for no more ports by themselves, or accepts none; rejects with the connection's end. */
  openingEnd(of: "client" | "listener"): Promise<void> {
    return this.#openingEnds[of].promise;
  }

  /** Accepts no more ports that are requested by themselves; those that nobody has looked at are refused. */
  closeListener(): void {
    this.refuse(this.#requests.splice(0));
    this.core.closeListener();
    this.wake();
  }

  /** Requests no more ports by themselves. */
  closeClient(): void {
    this.core.closeClient();
    this.wake();
  }

  /** No port is requested by itself any more, in either direction. */
  closeOpening(): void {
    this.closeListener();
    this.closeClient();
  }

  /** Refuses a request because there are no ports for it. */
  refuseForWant(request: PortRequest): void {
    if (this.#error !== undefined) return;
    this.#reject(request, true);
    this.wake();
  }

  /**
   * Ends the connection: what was accepted is still sent, then Goodbye. Resolves when it ended, for whatever reason.
   * Everything pending rejects with `local_closed`.
   */
  async close(): Promise<void> {
    const debts = this.#payDebts();
    if (debts !== undefined) await debts;
    if (this.#error === undefined) {
      const error = this.#wantEnd("local");
      for (const port of this.ports.values()) port.handleClosing(() => error);
      this.#driver.close();
      for (const port of this.ports.values()) port.handleClosed(error);
    }
    await this.#closed.promise.catch(() => undefined);
  }

  /**
   * Ends the connection at once: nothing is sent but Goodbye. Resolves when it ended, for whatever reason. Everything
   * pending rejects with `local_closed`.
   */
  async terminate(): Promise<void> {
    if (this.#error === undefined) {
      const error = this.#wantEnd("local");
      this.#driver.terminate();
      for (const port of this.ports.values()) port.handleFailed(error);
    }
    await this.#closed.promise.catch(() => undefined);
  }

  /** Closing waits for this debtor, for a while. */
  owe(debtor: Debtor): void {
    this.#debtors.add(debtor);
  }

  /** Closing does not wait for it any more. */
  forgive(debtor: Debtor): void {
    this.#debtors.delete(debtor);
  }

  /** Gives the connection up at once, without a word to the peer; everything rejects with `error`. */
  fail(error: CuttleError): void {
    if (this.#error !== undefined) return;
    this.#end(error);
    this.#closed.reject(error);
  }

  /** Plans a flush in a task of its own. */
  wake(): void {
    this.#driver.wake();
  }

  /** As {@link wake}, and where nothing was under way before that: in a microtask. */
  hurry(): void {
    this.#driver.hurry();
  }

  /** As {@link hurry}; what is sent next may take it along. */
  soon(): void {
    this.#driver.soon();
  }

  /** Runs `callback` once at the start of the next flush, to say in one message what was said in a task. */
  beforeFlush(callback: () => void): void {
    this.#driver.beforeFlush(callback);
  }

  // DriverTarget

  /** @internal */
  handleReady(): void {
    this.#driver.handleReady();
    this.#peer = this.core.peer();
    this.#ready.resolve();
  }

  /** @internal */
  handleEarly(key: PortKey): Port {
    return this.#add(key);
  }

  /** @internal */
  handleRequest(request: PortRequest): void {
    this.#requests.push(request);
    this.#deliverRequest();
  }

  /** @internal */
  handleOpeningEnd(of: "client" | "listener"): void {
    this.#openingEnds[of].resolve();
  }

  /** @internal */
  handleGone(key: PortKey, error: CuttleError | undefined): void {
    this.#drop(key, error);
  }

  /** @internal */
  handleGoodbye(): void {
    // The answer to our own Goodbye is no news.
    const error = this.#wantEnd("peer");
    for (const port of this.ports.values()) port.handleFailed(error);
    this.#rejectOpening(error);
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

  /** The error with which an orderly end ends everything: the same for all, whoever wanted it first. */
  #wantEnd(by: CloseInfo["by"]): CuttleError {
    this.#endedBy ??= by;
    this.#closeError ??=
      by === "local"
        ? new CuttleError("local_closed", "the connection was closed on this side")
        : new CuttleError("remote_connection_closed", "the other side closed the connection");
    return this.#closeError;
  }

  #reject(request: PortRequest, noPorts: boolean): void {
    this.core.reject(request.peerPort, noPorts);
    request.early?.discard();
  }

  /** Returns at once when nothing is owed. */
  #payDebts(): Promise<unknown> | undefined {
    const debts = [...this.#debtors].filter(({ owes }) => owes).map((debtor) => debtor.paid());
    if (this.#error !== undefined || debts.length === 0) return undefined;
    const late = deferred<void>();
    const cancel = this.clock.timer(DEBTS_MS, late.resolve, true);
    const ended = this.#closed.promise.catch(() => undefined);
    return Promise.race([Promise.all(debts), late.promise, ended]).finally(cancel);
  }

  #add(key: PortKey): Port {
    const port = new Port(this, key);
    this.ports.set(key, port);
    return port;
  }

  #failedPort(error: CuttleError): Port {
    const port = new Port(this, 0 as PortKey);
    port.handleFailed(error);
    return port;
  }

  #drop(key: PortKey, error: CuttleError | undefined): void {
    const port = this.ports.get(key);
    this.ports.delete(key);
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

  #end(error: CuttleError): void {
    this.#error = error;
    for (const port of this.ports.values()) port.handleFailed(error);
    this.ports.clear();
    this.#ready.reject(error);
    this.#rejectOpening(error);
    this.#driver.stop();
  }

  #rejectOpening(error: CuttleError): void {
    this.#requestWaiting?.reject(error);
    this.#openingEnds.client.reject(error);
    this.#openingEnds.listener.reject(error);
  }
}
