import type { CuttleError } from "../errors/error.ts";
import type { TransportEnd, TransportSink } from "./transport.ts";

/** A sink for tests: it keeps everything it hears and lets a test wait for it without sleeping. */
export interface Recorder extends TransportSink {
  /** Frames in the order of arrival. */
  readonly frames: Uint8Array[];
  /** Acknowledgements: bytes, and the age of the last of them in ms. */
  readonly acks: [number, number][];
  /** How often room was announced. */
  readonly writables: number;
  /** How it ended, once it did. */
  readonly outcome: { end?: TransportEnd; error?: CuttleError } | undefined;
  /** Calls of any kind after the end, of which there must be none. */
  readonly callsAfterEnd: number;
  /** Resolves when the condition holds after some call; at once when it holds already. */
  until(condition: (recorder: Recorder) => boolean): Promise<void>;
  /** Resolves when this many frames are there. */
  untilFrames(count: number): Promise<void>;
  /** Resolves with the end. */
  untilEnd(): Promise<{ end?: TransportEnd; error?: CuttleError }>;
}

/** Makes a {@link Recorder}; `onFrame` runs inside each delivery. */
export function recorder(onFrame: (frame: Uint8Array) => void = () => {}): Recorder {
  const frames: Uint8Array[] = [];
  const acks: [number, number][] = [];
  const waiters = new Set<() => void>();
  let writables = 0;
  let callsAfterEnd = 0;
  let outcome: Recorder["outcome"];
  const heard = (): void => {
    if (outcome !== undefined) callsAfterEnd += 1;
  };
  const wake = (): void => {
    for (const waiter of [...waiters]) waiter();
  };
  const self: Recorder = {
    frames,
    acks,
    get writables() {
      return writables;
    },
    get outcome() {
      return outcome;
    },
    get callsAfterEnd() {
      return callsAfterEnd;
    },
    frame(frame) {
      heard();
      frames.push(frame);
      onFrame(frame);
      wake();
    },
    writable() {
      heard();
      writables += 1;
      wake();
    },
    acked(lenBytes, delayMs) {
      heard();
      acks.push([lenBytes, delayMs]);
      wake();
    },
    ended(end) {
      heard();
      outcome = { end };
      wake();
    },
    failed(error) {
      heard();
      outcome = { error };
      wake();
    },
    until(condition) {
      return new Promise((resolve) => {
        const check = (): void => {
          if (!condition(self)) return;
          waiters.delete(check);
          resolve();
        };
        waiters.add(check);
        check();
      });
    },
    untilFrames: (count) => self.until(() => frames.length >= count),
    async untilEnd() {
      await self.until(() => outcome !== undefined);
      return outcome as { end?: TransportEnd; error?: CuttleError };
    },
  };
  return self;
}
