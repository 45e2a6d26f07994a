import { CuttleError } from "../errors/error.ts";
import type { TransportEnd, TransportSink } from "./transport.ts";

/**
 * What may arrive before anybody listens. A peer sends an extension frame, Reset and Hello and then waits for ours,
 * so more than this before `start()` is a peer that does not speak remoc, or a `start()` that was forgotten.
 */
const EARLY_FRAMES = 8;
/** As {@link EARLY_FRAMES}, in bytes: what a connection may cost before its handshake. */
const EARLY_BYTES = 16 * 1024;

/**
 * Stands between a carrier's events and the sink. It keeps what arrives before the sink is there, and makes sure
 * that the sink hears of one end only and of nothing after it, also when the sink closes the transport from inside
 * a call.
 */
export class Delivery {
  /** Set by {@link Delivery.start}. */
  #sink: TransportSink | undefined;
  /** Frames that came before the sink; empty afterwards. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  /** How the carrier ended, while there is no sink to tell it. */
  #outcome: { end: TransportEnd } | { error: CuttleError } | undefined;
  /** The carrier has ended or failed, or the owner closed it: nothing more is accepted. */
  #over = false;

  /** Whether nothing will come any more. What came before `start()` may still wait for it. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether {@link Delivery.start} was called. */
  get started(): boolean {
    return this.#sink !== undefined;
  }

  /** Whether a sink would hear anything at once. */
  get holdsAnything(): boolean {
    return this.#early.length > 0 || this.#outcome !== undefined;
  }

  /** Whether {@link Delivery.frame} may take `byteLength` more bytes. */
  accepts(byteLength: number): boolean {
    if (this.#sink !== undefined) return true;
    return this.#early.length < EARLY_FRAMES && this.#earlyBytes + byteLength <= EARLY_BYTES;
  }

  /**
   * Passes a frame on, or keeps it for the sink; the caller has asked {@link Delivery.accepts}. `attached` is not kept.
   */
  frame(frame: Uint8Array, attached?: readonly Uint8Array[]): void {
    if (this.#over) return;
    if (this.#sink !== undefined) {
      this.#sink.frame(frame, attached);
      return;
    }
    this.#early.push(frame);
    this.#earlyBytes += frame.byteLength;
  }

  /** Says that there is room again. */
  writable(): void {
    if (!this.#over) this.#sink?.writable();
  }

  /** The carrier ended. */
  ended(end: TransportEnd): void {
    this.#finish({ end });
  }

  /** The carrier failed. What is kept for a sink is let go, because it is of no use to anybody. */
  failed(error: CuttleError): void {
    this.#early = [];
    this.#finish({ error });
  }

  /** The owner closed the transport: the sink hears nothing more. */
  close(): void {
    this.#over = true;
    this.#outcome = undefined;
    this.#early = [];
  }

  /** Connects the sink and gives it what was kept. */
  start(sink: TransportSink): void {
    this.#sink = sink;
    while (this.#early.length > 0) sink.frame(this.#early.shift() as Uint8Array);
    const outcome = this.#outcome;
    this.#outcome = undefined;
    if (outcome !== undefined) tell(sink, outcome);
  }

  #finish(outcome: { end: TransportEnd } | { error: CuttleError }): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#sink === undefined) this.#outcome = outcome;
    else tell(this.#sink, outcome);
  }
}

/** The error of a carrier that delivered more before `start()` than {@link Delivery.accepts}. */
export function earlyDataError(kind: string): CuttleError {
  return new CuttleError(
    "local_limit",
    `the ${kind} transport received more than ${EARLY_FRAMES} frames or ${EARLY_BYTES} bytes before start() was ` +
      "called. Either the other side does not speak remoc, which waits for an answer after its first frames, or " +
      "the transport was made long before it was used: call connect() in the task that makes it.",
    { data: { limitFrames: EARLY_FRAMES, limitBytes: EARLY_BYTES } },
  );
}

/** The error of a frame above the receive limit. */
export function frameTooLargeError(kind: string, sizeBytes: number, limitBytes: number): CuttleError {
  return new CuttleError(
    "peer_protocol",
    `the other side sent one ${kind} message of ${sizeBytes} bytes; ${limitBytes} are allowed. remoc keeps frames ` +
      "below the chunk size announced to it, so the other side does not speak remoc or ignores that size. " +
      "Raise maxFrameBytes if it is meant to.",
    { data: { sizeBytes, limitBytes } },
  );
}

/** The error of a second `start()`. */
export function startedTwiceError(kind: string): CuttleError {
  return new CuttleError(
    "local_misuse",
    `this ${kind} transport was already started: a transport carries one connection. Make a new one.`,
  );
}

/** The error with which `start()` rejects when `close()` came first. */
export function closedBeforeOpenError(kind: string): CuttleError {
  return new CuttleError("local_closed", `the ${kind} transport was closed before it was open.`);
}

function tell(sink: TransportSink, outcome: { end: TransportEnd } | { error: CuttleError }): void {
  if ("end" in outcome) sink.ended(outcome.end);
  else sink.failed(outcome.error);
}
