import { CuttleError } from "../errors/error.ts";
import { memoryPair } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import { TestClock } from "./clock.ts";

/** What a network is like; alike in both directions. */
export interface NetworkOptions {
  /** How long every byte is under way, in each direction; default 0. */
  latencyMs?: number;
  /** How much it carries, such as `"10Mbit"` for ten million bits a second; default as much as comes. */
  rate?: `${number}${"kbit" | "Mbit" | "Gbit"}`;
  /** Breaks it after so much virtual time; default never. */
  cutAfterMs?: number;
}

/** Two ends of a network in memory, whose time is virtual. */
export interface Pair {
  /** One end: a target for `connect`, `provide` and `consume`. */
  readonly a: Transport;
  /** The other end. */
  readonly b: Transport;
  /** Options for whatever is connected, so that its timers, too, run on the virtual clock: `connect(pair.a, pair.options)`. */
  readonly options: { readonly clock: TestClock };
  readonly clock: TestClock;
  /** Lets so many ms of virtual time pass. */
  advance(ms: number): Promise<void>;
  /**
   * Lets virtual time pass until `promise` settles, and settles as it does; rejects when that takes more than an hour, or
   * `maxMs`.
   */
  run<T>(promise: Promise<T>, maxMs?: number): Promise<T>;
  /** Breaks the network: what is under way is lost, and both ends hear that it ended. */
  cut(): void;
}

const AN_HOUR_MS = 3_600_000;
/** What a socket takes in front of the network. */
const SOCKET_BYTES = 64 * 1024;
/** What is under way at most where no rate bounds it. */
const UNBOUNDED_BYTES = 16 * 1024 * 1024;
const BITS: Readonly<Record<string, number>> = { kbit: 1e3, Mbit: 1e6, Gbit: 1e9 };

/**
 * Two ends that are connected in memory, at once or by a network with latency and a rate. Nothing happens by itself that
 * takes time: call `advance` or `run`. Throws `local_misuse` for a rate that is none.
 */
export function pair(options: NetworkOptions = {}): Pair {
  const clock = new TestClock();
  const { latencyMs = 0, cutAfterMs } = options;
  const bytesPerMs = options.rate === undefined ? Number.POSITIVE_INFINITY : bytesPerMsOf(options.rate);
  const onItsWay = Number.isFinite(bytesPerMs) ? bytesPerMs * latencyMs : latencyMs > 0 ? UNBOUNDED_BYTES : 0;
  const freeAt = { "a-to-b": 0, "b-to-a": 0 };
  const { a, b, cut } = memoryPair({
    capacityBytes: SOCKET_BYTES + Math.ceil(onItsWay),
    tap: () => clock.note(),
    schedule(deliver, direction, byteLength) {
      const sentAt = Math.max(clock.now(), freeAt[direction]) + byteLength / bytesPerMs;
      freeAt[direction] = sentAt;
      const delayMs = sentAt + latencyMs - clock.now();
      if (delayMs > 0) clock.timer(delayMs, deliver);
      else queueMicrotask(deliver);
    },
  });
  const breakIt = (): void => {
    clock.note();
    cut();
  };
  if (cutAfterMs !== undefined) clock.timer(cutAfterMs, breakIt);
  return {
    a,
    b,
    clock,
    options: { clock },
    advance: (ms) => clock.advance(ms),
    run: (promise, maxMs = AN_HOUR_MS) => clock.run(promise, maxMs),
    cut: breakIt,
  };
}

function bytesPerMsOf(rate: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(kbit|Mbit|Gbit)$/.exec(rate) ?? [];
  const bits = Number(number) * (BITS[unit] ?? Number.NaN);
  if (bits > 0) return bits / 8 / 1000;
  throw new CuttleError(
    "local_misuse",
    `the rate ${JSON.stringify(rate)} is none; write "10Mbit", "256kbit" or "1Gbit"`,
  );
}
