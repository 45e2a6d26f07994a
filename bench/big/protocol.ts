import { t } from "../../ts/index.ts";

/** A small item, timed: the answer is the value. */
export const Ping = t.struct("Ping", { value: t.u32, reply: t.oneshot.sender(t.u32) });

/** A value of many megabytes. */
export const Big = t.struct("Big", { name: t.str, data: t.bytes });

/** What the sender begins with: channels for both. */
export const Channels = t.struct("Channels", { pings: t.mpsc.receiver(Ping), values: t.mpsc.receiver(Big) });

export const MIB = 1024 * 1024;
export const LIMITS = { itemBytes: 256 * MIB };

/** What a process tells of itself in the end. */
export interface Told {
  /** The largest resident memory of this process beyond what it had before the transfer, in bytes. */
  readonly peakBytes: number;
  /** Round trips of small items before the value and beside it, in milliseconds, and how long the value took. */
  readonly idleMs?: readonly number[];
  readonly besideMs?: readonly number[];
  readonly valueMs?: number;
}

/** Starts to watch the resident memory; the returned function tells the peak beyond what there is now. */
export function watchMemory(): () => number {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  // Kernels keep the highest value themselves; what was higher before is no matter of the transfer.
  const highest = process.resourceUsage().maxRSS * 1024;
  let sampled = before;
  const timer = setInterval(() => {
    sampled = Math.max(sampled, process.memoryUsage.rss());
  }, 5);
  return () => {
    clearInterval(timer);
    const now = process.resourceUsage().maxRSS * 1024;
    return (now > highest ? now : sampled) - before;
  };
}
