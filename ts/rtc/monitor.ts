/** Observers of calls, which can slow them down or drop them; remoc's `rtc::monitor`. Nothing of them is transmitted. */

import { CuttleError } from "../errors/error.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { Fifo } from "../util/fifo.ts";

/** A call that a monitor decides about. */
export interface MonitoredCall {
  /** The name of the service. */
  readonly service: string;
  /** The key of the method in it. */
  readonly method: string;
  /** Aborts when the caller gives up. */
  readonly signal: AbortSignal;
}

/** Told how an admitted call ended; exactly once. */
export type Watcher = (how: CallEnd) => void;

/**
 * How a call ended: `done` with a value, `error` with the method's own error, `failed` without an answer. Only a
 * `failed` call of a client has a `cause`.
 */
export type CallEnd = { readonly how: "done" | "error" } | { readonly how: "failed"; readonly cause: unknown };

/** Installed with the option `monitor` of a client or a server. All parts are optional. */
export interface Monitor {
  /**
   * Asked before a call is sent or dispatched; the ones behind it wait. False drops the call: its caller gets
   * `remote_failed`. A function is told how it ended.
   */
  admit?(call: MonitoredCall): boolean | Watcher | Promise<boolean | Watcher>;
  /** A server got a request that it could not read. Returning false stops the server; default is to go on. */
  unreadable?(error: CuttleError): boolean;
}

/** Both, one after the other; the second is not asked about what the first drops. */
export function chain(first: Monitor, second: Monitor): Monitor {
  return {
    async admit(call) {
      const one = (await first.admit?.(call)) ?? true;
      if (one === false) return false;
      const other = await second.admit?.(call);
      const watchers = [other, one].filter((verdict) => typeof verdict === "function");
      if (other === false) {
        for (const watcher of watchers) watcher({ how: "failed", cause: undefined });
        return false;
      }
      return (end) => {
        for (const watcher of watchers) watcher(end);
      };
    },
    unreadable: (error) => (first.unreadable?.(error) ?? true) && (second.unreadable?.(error) ?? true),
  };
}

/** Options of what measures time. */
export interface WindowOptions {
  /** Time, for tests. */
  clock?: Clock;
}

/**
 * At most `calls` in any `windowMs`; more wait, in order. One monitor given to several servers limits them together.
 */
export function rateLimit(calls: number, windowMs: number, options: WindowOptions = {}): Monitor {
  const { clock = systemClock } = options;
  positive(calls, "rateLimit");
  const admitted = new Fifo<number>();
  let turn: Promise<void> = Promise.resolve();
  const admit = async (): Promise<void> => {
    const oldest = admitted.length < calls ? undefined : admitted.shift();
    if (oldest !== undefined) await sleep(clock, oldest + windowMs - clock.now());
    admitted.push(clock.now());
  };
  return {
    async admit() {
      turn = turn.then(admit);
      await turn;
      return true;
    },
  };
}

/** At most `calls` at the same time; more wait, in order. One monitor given to several servers limits them together. */
export function concurrencyLimit(calls: number): Monitor {
  positive(calls, "concurrencyLimit");
  let running = 0;
  const waiting = new Fifo<() => void>();
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    async admit() {
      if (running >= calls) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      return leave;
    },
  };
}

/**
 * Stops a server after more than `limit` requests in `windowMs` that it could not read: a client of another version
 * floods it. Without this a server reads on, whatever comes. remoc's defaults are 20 in 10 s.
 */
export function incompatibleClient(limit = 20, windowMs = 10_000, options: WindowOptions = {}): Monitor {
  const failures = recent(windowMs, options.clock ?? systemClock);
  return {
    unreadable() {
      failures.add();
      return failures.count() <= limit;
    },
  };
}

/**
 * For clients: a method of which more than `limit` calls in `windowMs` were refused or not answered is called again
 * only after that time; calls of it wait. remoc's defaults are 10 in 10 s.
 */
export function incompatibleServer(limit = 10, windowMs = 10_000, options: WindowOptions = {}): Monitor {
  const { clock = systemClock } = options;
  const failuresOf = new Map<string, ReturnType<typeof recent>>();
  return {
    async admit({ method, signal }) {
      const failures = failuresOf.get(method);
      if (failures !== undefined && failures.count() > limit) await sleep(clock, windowMs, signal);
      return (end) => {
        if (end.how !== "failed") return;
        const all = failuresOf.get(method) ?? recent(windowMs, clock);
        failuresOf.set(method, all);
        all.add();
      };
    },
  };
}

/** Counts what happened in the last `windowMs`. */
function recent(windowMs: number, clock: Clock): { add(): void; count(): number } {
  const times = new Fifo<number>();
  const forget = (): void => {
    while (times.first !== undefined && times.first <= clock.now() - windowMs) times.shift();
  };
  return {
    add() {
      forget();
      times.push(clock.now());
    },
    count() {
      forget();
      return times.length;
    },
  };
}

/** Resolves when the time has passed, or the signal aborts. */
function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.timer(ms, done);
    signal?.addEventListener("abort", done);
  });
}

function positive(calls: number, name: string): void {
  if (!(calls >= 1))
    throw new CuttleError("local_misuse", `${name}() needs a number of calls of 1 or more, got ${calls}`);
}
