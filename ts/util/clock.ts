/** Time as the library sees it; injected, so that tests run on a virtual one. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /**
   * Calls `callback` once when `delayMs` have passed; returns what cancels it. Keeps a process of Node alive with
   * `isWork` only.
   */
  timer(delayMs: number, callback: () => void, isWork?: boolean): () => void;
}

/** Timers of browsers fire at once when their delay does not fit an i32. */
const MAX_DELAY_MS = 0x7fff_ffff;

/** The platform's monotonic clock and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  timer(delayMs, callback, isWork = false) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS)) as unknown;
    // In Node an idle connection's keep-alive must not keep the process; its socket does while it is open.
    if (!isWork) (handle as { unref?: () => void }).unref?.();
    return () => clearTimeout(handle as number);
  },
};
