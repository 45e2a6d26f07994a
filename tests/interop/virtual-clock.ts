import type { LinkOptions } from "../../ts/index.ts";

/** Time that passes when a test says so. */
export interface VirtualClock extends NonNullable<LinkOptions["clock"]> {
  /** Lets time pass and calls the timers that are due, in order. */
  advance(ms: number): void;
  /** Timers that wait. */
  readonly timers: number;
}

/** Makes a {@link VirtualClock} that begins at 0. */
export function virtualClock(): VirtualClock {
  const timers = new Set<{ at: number; callback: () => void }>();
  let now = 0;
  return {
    now: () => now,
    timer(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
    get timers() {
      return timers.size;
    },
  };
}
