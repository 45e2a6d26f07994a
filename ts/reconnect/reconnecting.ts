import { Connection } from "../connect/connection.ts";
import { connectionOf, ObjectConnection } from "../connect/objects.ts";
import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { isOnline, type WakeupSource, watchWakeups } from "./wakeups.ts";

/** How long to wait between attempts. */
export interface Backoff {
  /** The first wait is at most this long, each further one at most twice as long; default 250. */
  initialMs?: number;
  /** No wait is longer; default 15 000. */
  maxMs?: number;
  /** A connection that lasted so long makes the waits start anew; default 5 000. */
  stableMs?: number;
}

/** Options of {@link reconnecting}. */
export interface ReconnectOptions extends AbortOptions {
  backoff?: Backoff;
  /**
   * Whether another attempt may help after this error; default yes, except for misuse and defects on this side.
   */
  retry?(error: unknown): boolean;
  /** Time, for tests. */
  clock?: Clock;
  /** From 0 to 1, for tests; waits are spread so that clients of a server that restarts do not come all at once. */
  random?(): number;
  /** Where the platform tells of network and visibility, for tests. */
  events?: WakeupSource;
}

/** Where a {@link Reconnecting} stands; what a page may show. */
export type ReconnectState<T> =
  /** An attempt is under way; `attempt` counts those since the last connection, from 1. */
  | { readonly name: "connecting"; readonly attempt: number }
  /** `value` is what the application's function returned. */
  | { readonly name: "connected"; readonly value: T }
  /** `attempt` were made in vain since the last connection; the next comes in `delayMs`, or when the network is back. */
  | {
      readonly name: "waiting";
      readonly attempt: number;
      readonly delayMs: number;
      readonly online: boolean;
      readonly error: unknown;
    }
  /** It was closed here, or `error` cannot be helped by trying again. */
  | { readonly name: "closed"; readonly error: unknown };

/**
 * Keeps a connection: calls `open`, which connects and does what the application needs on a new connection, and calls
 * it again, with growing and jittered waits, whenever the attempt fails or the connection ends, however it ends. `open`
 * returns what has the connection: what `connect` or `provide` resolved with, or an object that `consume` gave. What was
 * under way on a lost connection is not repeated: calls and sends reject, and the application decides.
 *
 * ```ts
 * const live = reconnecting(async (signal) => {
 *   const api = await consume<Api>("/live", { signal });
 *   await api.join("lobby");
 *   return api;
 * });
 * live.onState((state) => show(state.name));
 * const api = await live.ready();
 * ```
 */
export function reconnecting<T>(
  open: (signal: AbortSignal) => Promise<T>,
  options: ReconnectOptions = {},
): Reconnecting<T> {
  return new Reconnecting(open, options);
}

/** A connection that is made again; see {@link reconnecting}. */
export class Reconnecting<T> {
  readonly #open: (signal: AbortSignal) => Promise<T>;
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #source: WakeupSource;
  readonly #closing: AbortController = new AbortController();
  readonly #listeners: Set<(state: ReconnectState<T>) => void> = new Set();
  readonly #done: Promise<void>;
  #state: ReconnectState<T> = { name: "connecting", attempt: 1 };
  #ready: Deferred<T> = deferred();
  /** Ends the wait that is under way. */
  #wake: (() => void) | undefined;

  /** @internal */
  constructor(open: (signal: AbortSignal) => Promise<T>, options: ReconnectOptions) {
    this.#open = open;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#source = options.events ?? (globalThis as WakeupSource);
    const stop = (): void => this.#closing.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", stop);
    const unwatch = watchWakeups(this.#source, () => this.#wake?.());
    this.#done = this.#run().finally(() => {
      unwatch();
      options.signal?.removeEventListener("abort", stop);
    });
  }

  /** Where it stands. */
  get state(): ReconnectState<T> {
    return this.#state;
  }

  /** What `open` returned, while connected. */
  get current(): T | undefined {
    return this.#state.name === "connected" ? this.#state.value : undefined;
  }

  /** Resolves with what `open` returned, at once or when connected. Rejects when closed, or with the abort reason. */
  async ready({ signal }: AbortOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    if (signal === undefined) return await this.#ready.promise;
    const aborted = deferred<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      return await Promise.race([this.#ready.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Calls `listener` now and at each change of state; returns what ends that. */
  onState(listener: (state: ReconnectState<T>) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  /** Makes the next attempt at once instead of waiting for it. */
  retryNow(): void {
    this.#wake?.();
  }

  /** Ends the connection, and makes no more. Resolves when it has ended; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort(new CuttleError("local_closed", "the connection was closed on this side"));
    await this.#done;
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    if (this.#options.signal?.aborted) this.#closing.abort(this.#options.signal.reason);
    const { stableMs = 5_000 } = this.#options.backoff ?? {};
    // Attempts since there was a connection, and waits since there was one that lasted.
    let attempt = 0;
    let waits = 0;
    while (!signal.aborted) {
      attempt += 1;
      this.#change({ name: "connecting", attempt });
      const { error, lastedMs } = await this.#connection();
      if (signal.aborted) break;
      if (lastedMs !== undefined) attempt = 0;
      if (lastedMs !== undefined && lastedMs >= stableMs) waits = 0;
      if (!this.#mayRetry(error)) return this.#end(error);
      await this.#wait({ attempt, delayMs: this.#delayMs(waits), error });
      waits += 1;
    }
    this.#end(signal.reason);
  }

  /** One attempt and the connection that comes of it; how long that lasted, and why there is none any more. */
  async #connection(): Promise<{ error: unknown; lastedMs?: number }> {
    const { signal } = this.#closing;
    let value: T;
    let connection: Closable;
    try {
      value = await this.#open(signal);
      connection = closableOf(value);
    } catch (error) {
      return { error };
    }
    const since = this.#clock.now();
    const close = (): void => void connection.close();
    signal.addEventListener("abort", close);
    if (signal.aborted) close();
    else {
      this.#change({ name: "connected", value });
      this.#ready.resolve(value);
    }
    const error = await connection.closed.then(
      () => new CuttleError("remote_connection_closed", "the connection ended"),
      (reason: unknown) => reason,
    );
    signal.removeEventListener("abort", close);
    this.#ready = deferred();
    return { error, lastedMs: this.#clock.now() - since };
  }

  /** How long to wait after so many waits before. */
  #delayMs(waits: number): number {
    const { initialMs = 250, maxMs = 15_000 } = this.#options.backoff ?? {};
    const { random = Math.random } = this.#options;
    return random() * Math.min(maxMs, initialMs * 2 ** Math.min(waits, 30));
  }

  async #wait({ delayMs, ...what }: { attempt: number; delayMs: number; error: unknown }): Promise<void> {
    this.#change({ name: "waiting", delayMs, online: isOnline(this.#source), ...what });
    const { signal } = this.#closing;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.timer(delayMs, resolve, true);
      this.#wake = () => {
        cancel();
        resolve();
      };
      signal.addEventListener("abort", this.#wake, { once: true });
    });
    if (this.#wake !== undefined) signal.removeEventListener("abort", this.#wake);
    this.#wake = undefined;
  }

  #mayRetry(error: unknown): boolean {
    if (this.#options.retry !== undefined) return this.#options.retry(error);
    return !CuttleError.is(error, "local_misuse", "local_wasm_blocked", "bug");
  }

  #end(error: unknown): void {
    this.#ready.reject(error);
    this.#change({ name: "closed", error });
    this.#listeners.clear();
  }

  #change(state: ReconnectState<T>): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

interface Closable {
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

function closableOf(value: unknown): Closable {
  if (value instanceof Connection || value instanceof ObjectConnection) return value;
  return connectionOf(value);
}
