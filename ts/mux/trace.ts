import { Flag, MAGIC } from "./trace-format.ts";

/** Which way a frame went, seen from this end. */
export type Direction = "sent" | "received";

/** Who sees the frames of a connection. It must not throw, and copies what it keeps. */
export interface FrameTap {
  /** `isPayload`: it belongs to the header before it in this direction. `now` is the connection's clock, in ms. */
  frame(direction: Direction, frame: Uint8Array, isPayload: boolean, now: number): void;
}

/** Options of {@link Trace}. */
export interface TraceOptions {
  /** Bytes of the whole trace; default 4 MiB. What comes after is counted and not kept. */
  maxBytes?: number;
  /** Bytes kept of each payload; default 64. Headers are kept whole. 0 keeps nothing that a program sent. */
  payloadBytes?: number;
}

/** One frame of a trace. */
export interface TracedFrame {
  readonly direction: Direction;
  /** It belongs to the header before it in this direction. */
  readonly isPayload: boolean;
  /** Since the trace began. */
  readonly atMs: number;
  /** What it had; `bytes` may be fewer. */
  readonly lenBytes: number;
  readonly bytes: Uint8Array;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const DEFAULT_PAYLOAD_BYTES = 64;
/**
 * Frames of a connection, recorded in one growing buffer. The format, with numbers in LEB128:
 *
 * the magic `43 54 52 41 43 45 01`, then records: a byte of flags (1 sent, else received; 2 a payload; 4 the end of what
 * was kept), µs since the record before, length of the frame, how much of it is kept, that much of it. After flag 4 only
 * the number of frames that were not kept follows.
 */
export class Trace implements FrameTap {
  readonly #maxBytes: number;
  readonly #payloadBytes: number;
  #buffer: Uint8Array = new Uint8Array(1024);
  #len = 0;
  #lastUs: number | undefined;
  #dropped = 0;

  /** Begins an empty trace. */
  constructor({ maxBytes = DEFAULT_MAX_BYTES, payloadBytes = DEFAULT_PAYLOAD_BYTES }: TraceOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#payloadBytes = payloadBytes;
    this.#put(MAGIC);
  }

  /** Frames that came after the trace was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @internal */
  frame(direction: Direction, frame: Uint8Array, isPayload: boolean, now: number): void {
    const kept = isPayload ? frame.subarray(0, this.#payloadBytes) : frame;
    // Once full it stays full: a trace with a hole cannot be played.
    if (this.#dropped > 0 || this.#len + kept.length + MAX_RECORD_HEAD > this.#maxBytes) {
      this.#dropped += 1;
      return;
    }
    const us = Math.round(now * 1000);
    const flags = (direction === "sent" ? Flag.sent : 0) | (isPayload ? Flag.payload : 0);
    this.#put(Uint8Array.of(flags));
    this.#number(Math.max(us - (this.#lastUs ?? us), 0));
    this.#lastUs = us;
    this.#number(frame.length);
    this.#number(kept.length);
    this.#put(kept);
  }

  /** A copy of the trace so far, to be stored or read by {@link readTrace}. */
  bytes(): Uint8Array<ArrayBuffer> {
    const end = this.#len;
    if (this.#dropped > 0) {
      this.#put(Uint8Array.of(Flag.dropped));
      this.#number(this.#dropped);
    }
    const copy = this.#buffer.slice(0, this.#len) as Uint8Array<ArrayBuffer>;
    this.#len = end;
    return copy;
  }

  #number(value: number): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
    this.#put(Uint8Array.from(bytes));
  }

  #put(bytes: Uint8Array): void {
    const need = this.#len + bytes.length;
    if (need > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(need, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.#len));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#len);
    this.#len = need;
  }
}

/** Flags and three numbers of at most eight bytes. */
const MAX_RECORD_HEAD = 25;
