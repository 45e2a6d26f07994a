import type { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import { type Bytes, wholeOf } from "../util/pieces.ts";
import { Assembly } from "./assembly.ts";
import type { Port } from "./port.ts";

/** The peer's request for a port. To be answered exactly once, by `Mux.accept` or `Mux.refuse`. */
export interface PortRequest {
  /** The requester's number. */
  readonly peerPort: number;
  /** The label by which the value names the port. */
  readonly id: number;
  /** The port, when the peer uses it without waiting for the answer. */
  readonly early?: Port | undefined;
}

/** What a port delivers: a byte message, a list of requested ports, or the fact that a message was too large. */
export type Received =
  /**
   * `isOwned`: nobody else has the buffer of these bytes, so that values may hold views of it. Where buffers were moved
   * here with the message they are pieces of it.
   */
  | { readonly kind: "bytes"; readonly bytes: Bytes; readonly isOwned?: boolean }
  | { readonly kind: "ports"; readonly requests: readonly PortRequest[] }
  | { readonly kind: "too-large"; readonly sizeBytes: number };

/** As much of a message as there is. Pieces of one message follow each other; a first one gives up what was not ended. */
export type Piece = { readonly first: boolean; readonly last: boolean } & (
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "ports"; readonly requests: readonly PortRequest[] }
);

/** Who waits for what comes: for whole messages, or for pieces. */
type Waiting =
  | { readonly whole: true; readonly got: Deferred<Received | undefined> }
  | { readonly whole: false; readonly got: Deferred<Piece | undefined> };

/** A message that is arriving or waits to be taken. */
interface Arriving {
  readonly kind: "bytes" | "ports";
  readonly assembly: Assembly;
  requests: PortRequest[];
  sizeBytes: number;
  /** Credits that were not returned yet. */
  cost: number;
  complete: boolean;
  tooLarge: boolean;
  /** A piece of it was taken. */
  begun: boolean;
}

/** What a list entry costs. */
const PORT_COST = 4;
/**
 * Messages of one port, from chunks to whole messages. Credits are returned when the application takes a chunk,
 * not when it arrives: what nobody asked for stays unpaid, and the peer stops at its window.
 *
 * `consumed` and `dropped` are called synchronously while a method runs.
 */
export class Inbox {
  readonly #consumed: (cost: number) => void;
  readonly #dropped: (requests: readonly PortRequest[]) => void;
  readonly #queue: Fifo<Arriving> = new Fifo();
  #waiting: Waiting | undefined;
  /** Credits of the piece that was taken last. */
  #owed = 0;
  #ended = false;
  #error: CuttleError | undefined;
  /** Larger messages are skipped and reported by their size. */
  maxMessageBytes: number = Number.POSITIVE_INFINITY;
  /** Told how many bytes of the message that is waited for have come, whenever some did. */
  onProgress: ((doneBytes: number) => void) | undefined;

  /** `consumed` returns credits; `dropped` is given requests that nobody will answer. */
  constructor(consumed: (cost: number) => void, dropped: (requests: readonly PortRequest[]) => void) {
    this.#consumed = consumed;
    this.#dropped = dropped;
  }

  /** Bytes that wait to be taken. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const message of this.#queue) sum += message.sizeBytes;
    return sum;
  }

  /** A chunk of a byte message came. */
  chunk(payload: Uint8Array, start: boolean, last: boolean): void {
    const message = start ? this.#begin("bytes") : this.#current();
    if (message === undefined) return;
    message.sizeBytes += payload.length;
    if (message.sizeBytes > this.maxMessageBytes) message.tooLarge = true;
    if (message.tooLarge) message.assembly.clear();
    else message.assembly.append(payload);
    message.cost += Math.max(payload.length, 1);
    this.#progress(message, last);
  }

  /** A piece of a list came. */
  ports(requests: readonly PortRequest[], start: boolean, last: boolean): void {
    const message = start ? this.#begin("ports") : this.#current();
    if (message === undefined) return;
    message.requests.push(...requests);
    message.cost += requests.length * PORT_COST;
    this.#progress(message, last);
  }

  /** The peer sends no more; an unfinished message is abandoned. */
  end(): void {
    this.abandonUnfinished();
    this.#ended = true;
    this.#deliver();
  }

  /** The connection is gone: what arrived whole can still be taken, then `error`, unless the end came before. */
  fail(error: CuttleError): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  /** Discards everything for want of memory: who waits, now or later, is told `error`. */
  shed(error: CuttleError): void {
    for (const message of this.#queue.sift(() => false)) this.#dropped(message.requests);
    this.#error = error;
    this.#ended = true;
    this.#deliver();
  }

  /** Discards everything: this end receives no more. A pending {@link receive} sees the end. */
  discard(): void {
    for (const message of this.#queue.sift(() => false)) this.#dropped(message.requests);
    this.#error = undefined;
    this.#ended = true;
    this.#deliver();
  }

  /** An unfinished message will not be continued; its credits are returned. */
  abandonUnfinished(): void {
    const message = this.#queue.last;
    if (message === undefined || message.complete) return;
    this.#queue.pop();
    this.#pay(message);
    this.#dropped(message.requests);
  }

  /**
   * The next message, or undefined at the end. Resolves when it is whole; its chunks are paid from the moment of
   * this call on. Rejects when the connection failed. One call at a time.
   */
  receive(): Promise<Received | undefined> {
    const got = deferred<Received | undefined>();
    this.#wait({ whole: true, got });
    return got.promise;
  }

  /** As {@link receive}, for what is there of the next message. Its credits are returned by the next call. */
  receivePiece(): Promise<Piece | undefined> {
    const got = deferred<Piece | undefined>();
    this.#wait({ whole: false, got });
    return got.promise;
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting;
    const head = this.#queue.first;
    if (waiting.whole && head !== undefined) this.#pay(head);
    if (head !== undefined) this.#tellProgress(head);
    const owed = this.#owed;
    this.#owed = 0;
    if (owed > 0) this.#consumed(owed);
    this.#deliver();
  }

  #begin(kind: Arriving["kind"]): Arriving {
    this.abandonUnfinished();
    const message: Arriving = {
      kind,
      assembly: new Assembly(),
      requests: [],
      sizeBytes: 0,
      cost: 0,
      complete: false,
      tooLarge: false,
      begun: false,
    };
    this.#queue.push(message);
    return message;
  }

  #current(): Arriving | undefined {
    const message = this.#queue.last;
    return message?.complete === false ? message : undefined;
  }

  #progress(message: Arriving, last: boolean): void {
    message.complete = last;
    if (this.#waiting !== undefined && message === this.#queue.first) {
      if (this.#waiting.whole) this.#pay(message);
      this.#tellProgress(message);
      this.#deliver();
    } else if (last && !message.begun) {
      // Pieces that were taken before may stand in the same buffer, and are joined with this one there.
      message.assembly.unpin();
    }
  }

  #tellProgress({ kind, tooLarge, sizeBytes }: Arriving): void {
    if (kind === "bytes" && !tooLarge) this.onProgress?.(sizeBytes);
  }

  #pay(message: Arriving): void {
    if (message.cost === 0) return;
    const { cost } = message;
    message.cost = 0;
    this.#consumed(cost);
  }

  #deliver(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const head = this.#queue.first;
    if (head === undefined) {
      if (!this.#ended) return;
      this.#waiting = undefined;
      if (this.#error === undefined) waiting.got.resolve(undefined);
      else waiting.got.reject(this.#error);
    } else if (head.complete || (!waiting.whole && hasPiece(head))) {
      this.#waiting = undefined;
      if (head.complete) this.#queue.shift();
      if (waiting.whole) {
        waiting.got.resolve(received(head, this.maxMessageBytes));
      } else {
        this.#owed += head.cost;
        waiting.got.resolve(takePiece(head));
      }
    }
  }
}

/** The limit is looked at again: it may have been set after the message came. */
function received(message: Arriving, maxBytes: number): Received {
  if (message.kind === "ports") return { kind: "ports", requests: message.requests };
  if (message.tooLarge || message.sizeBytes > maxBytes) return { kind: "too-large", sizeBytes: message.sizeBytes };
  return { kind: "bytes", ...message.assembly.take() };
}

function hasPiece({ sizeBytes, requests }: Arriving): boolean {
  return sizeBytes > 0 || requests.length > 0;
}

function takePiece(message: Arriving): Piece {
  const { kind, assembly, requests, complete: last, begun } = message;
  Object.assign(message, { requests: [], sizeBytes: 0, cost: 0, begun: true });
  const first = !begun;
  return kind === "ports"
    ? { kind, requests, first, last }
    : { kind, bytes: wholeOf(assembly.take().bytes), first, last };
}
