import { CuttleError } from "../errors/error.ts";
import type { TracedFrame } from "./trace.ts";
import { Flag, MAGIC } from "./trace-format.ts";

/** What a trace holds. */
export interface TraceContents {
  readonly frames: readonly TracedFrame[];
  /** Frames behind them that were not kept. */
  readonly dropped: number;
}

/** Reads what `Trace.bytes()` gave. Frames are views of `bytes`. Throws `local_misuse` for what is not a whole trace. */
export function readTrace(bytes: Uint8Array): TraceContents {
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) throw notATraceError("it does not begin as one");
  const reader = new Reader(bytes, MAGIC.length);
  const frames: TracedFrame[] = [];
  let us = 0;
  while (!reader.isAtEnd) {
    const flags = reader.byte();
    if ((flags & Flag.dropped) !== 0) return { frames, dropped: reader.number() };
    us += reader.number();
    const lenBytes = reader.number();
    frames.push({
      direction: (flags & Flag.sent) === 0 ? "received" : "sent",
      isPayload: (flags & Flag.payload) !== 0,
      atMs: us / 1000,
      lenBytes,
      bytes: reader.bytes(reader.number()),
    });
  }
  return { frames, dropped: 0 };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw notATraceError("it is cut short");
    this.#at += 1;
    return byte;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; factor <= MAX_FACTOR; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw notATraceError("a number in it is too long");
  }

  bytes(len: number): Uint8Array {
    if (len > this.#bytes.length - this.#at) throw notATraceError("it is cut short");
    this.#at += len;
    return this.#bytes.subarray(this.#at - len, this.#at);
  }
}

/** Seven groups of seven bits, which a number holds exactly. */
const MAX_FACTOR = 0x80 ** 6;

function notATraceError(why: string): CuttleError {
  return new CuttleError("local_misuse", `this is no trace of cuttle: ${why}. Store what Trace.bytes() returns`);
}
