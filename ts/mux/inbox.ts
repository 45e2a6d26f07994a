import type { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
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
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
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
  /** A single chunk as it came, or a growing copy of several. */
  bytes: Uint8Array;
  requests: PortRequest[];
  sizeBytes: number;
  /** Credits that were not returned yet. */
  cost: number;
  complete: boolean;
  tooLarge: boolean;
  /** A piece of it was taken. */
  begun: boolean;
}

const EMPTY = new Uint8Array(0);
/** What a list entry costs. */
const PORT_COST = 4;
/** A frame may pin a buffer this many times larger than itself before it is copied. */
const PIN_FACTOR = 4;
const PIN_SLACK = 4096;

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
  #ended = false;
  #error: CuttleError | undefined;
  /** Larger messages are skipped and reported by their size. */
  maxMessageBytes: number = Number.POSITIVE_INFINITY;

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
    append(message, payload, this.maxMessageBytes);
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

  /** As {@link receive}, for what is there of the next message. Its credits are returned with this call. */
  receivePiece(): Promise<Piece | undefined> {
    const got = deferred<Piece | undefined>();
    this.#wait({ whole: false, got });
    return got.promise;
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting;
    const head = this.#queue.first;
    if (head !== undefined) this.#pay(head);
    this.#deliver();
  }

  #begin(kind: Arriving["kind"]): Arriving {
    this.abandonUnfinished();
    const message: Arriving = {
      kind,
      bytes: EMPTY,
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
      this.#pay(message);
      this.#deliver();
    } else if (last) {
      message.bytes = unpinned(message.bytes);
    }
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
      if (waiting.whole) waiting.got.resolve(received(head, this.maxMessageBytes));
      else waiting.got.resolve(takePiece(head));
    }
  }
}

/** The limit is looked at again: it may have been set after the message came. */
function received(message: Arriving, maxBytes: number): Received {
  if (message.kind === "ports") return { kind: "ports", requests: message.requests };
  if (message.tooLarge || message.sizeBytes > maxBytes) return { kind: "too-large", sizeBytes: message.sizeBytes };
  return { kind: "bytes", bytes: message.bytes.subarray(0, message.sizeBytes) };
}

function hasPiece({ sizeBytes, requests }: Arriving): boolean {
  return sizeBytes > 0 || requests.length > 0;
}

function takePiece(message: Arriving): Piece {
  const { kind, bytes, requests, sizeBytes, complete: last, begun } = message;
  Object.assign(message, { bytes: EMPTY, requests: [], sizeBytes: 0, begun: true });
  const first = !begun;
  return kind === "ports" ? { kind, requests, first, last } : { kind, bytes: bytes.subarray(0, sizeBytes), first, last };
}

/** The first chunk stays the view it came as; from the second on there is one growing buffer. */
function append(message: Arriving, payload: Uint8Array, maxBytes: number): void {
  const { sizeBytes } = message;
  message.sizeBytes += payload.length;
  if (message.sizeBytes > maxBytes) {
    message.tooLarge = true;
    message.bytes = EMPTY;
  }
  if (message.tooLarge) return;
  if (sizeBytes === 0) {
    message.bytes = payload;
    return;
  }
  // A view of a frame is never written to: its buffer may hold other frames.
  const owned = message.bytes.length > sizeBytes;
  if (!owned || message.sizeBytes > message.bytes.length) {
    const grown = new Uint8Array(Math.max(message.sizeBytes + 1, sizeBytes * 2));
    grown.set(message.bytes.subarray(0, sizeBytes));
    message.bytes = grown;
  }
  message.bytes.set(payload, sizeBytes);
}

/** A copy when the bytes keep a much larger buffer alive. */
function unpinned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > bytes.length * PIN_FACTOR + PIN_SLACK ? bytes.slice() : bytes;
}
