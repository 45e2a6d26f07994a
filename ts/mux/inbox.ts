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

/** Who waits for a message. Told once, while a method of the inbox runs: foreign code must not run there. */
export interface MessageTaker {
  /** The next message is whole; undefined at the end. */
  received(message: Received | undefined): void;
  /** The connection failed. */
  receiveFailed(error: CuttleError): void;
  /** See {@link ArrivalWatcher}. */
  arriving?: ArrivalWatcher["arriving"] | undefined;
}

/** Who wants to know how much of the message that is waited for has come. */
export interface ArrivalWatcher {
  /** So many bytes; foreign code must not run here. */
  arriving(doneBytes: number): void;
}

/** What an inbox tells the port that it belongs to, while one of its methods runs. */
export interface InboxOwner {
  /** Credits go back. */
  consumed(cost: number): void;
  /** Nobody will answer these requests. */
  dropped(requests: readonly PortRequest[]): void;
}

/** Waits for a piece. */
class PieceTaker {
  readonly got: Deferred<Piece | undefined> = deferred();
}

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
 */
export class Inbox {
  readonly #owner: InboxOwner;
  /** Made for the first message. */
  #queue: Fifo<Arriving> | undefined;
  #waiting: MessageTaker | PieceTaker | undefined;
  /** Credits of the piece that was taken last. */
  #owed = 0;
  /** The peer sends no more, or with an error the connection is gone. */
  #end: { readonly error: CuttleError | undefined } | undefined;
  /** Larger messages are skipped and reported by their size; undefined for no limit. */
  maxMessageBytes: number | undefined;

  constructor(owner: InboxOwner) {
    this.#owner = owner;
  }

  /** Bytes that wait to be taken. */
  get bufferedBytes(): number {
    let sum = 0;
    for (const message of this.#queue ?? []) sum += message.sizeBytes;
    return sum;
  }

  /** A chunk of a byte message came. */
  chunk(payload: Uint8Array, start: boolean, last: boolean): void {
    const message = start ? this.#begin("bytes") : this.#current();
    if (message === undefined) return;
    message.sizeBytes += payload.length;
    if (isAbove(message.sizeBytes, this.maxMessageBytes)) message.tooLarge = true;
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
    this.#end ??= { error: undefined };
    this.#deliver();
  }

  /** The connection is gone: what arrived whole can still be taken, then `error`, unless the end came before. */
  fail(error: CuttleError): void {
    this.#end ??= { error };
    this.end();
  }

  /** Discards everything for want of memory: who waits, now or later, is told `error`. */
  shed(error: CuttleError): void {
    this.#endNow(error);
  }

  /** Discards everything: this end receives no more. A pending {@link receive} sees the end. */
  discard(): void {
    this.#endNow(undefined);
  }

  /** An unfinished message will not be continued; its credits are returned. */
  abandonUnfinished(): void {
    const message = this.#queue?.last;
    if (message === undefined || message.complete) return;
    this.#queue?.pop();
    this.#pay(message);
    this.#owner.dropped(message.requests);
  }

  /**
   * The next message, or undefined at the end. Resolves when it is whole; its chunks are paid from the moment of
   * this call on, and `watcher` is told of them. Rejects when the connection failed. One call at a time.
   */
  receive(watcher?: ArrivalWatcher): Promise<Received | undefined> {
    const got = deferred<Received | undefined>();
    const arriving = watcher && ((doneBytes: number) => watcher.arriving(doneBytes));
    this.tell({ received: got.resolve, receiveFailed: got.reject, arriving });
    return got.promise;
  }

  /** As {@link receive}, telling `taker`. */
  tell(taker: MessageTaker): void {
    this.#wait(taker);
  }

  /** As {@link receive}, for who does not wait: the next message, if it is here. */
  take(): Received | undefined {
    const head = this.#queue?.first;
    if (head?.complete !== true) return undefined;
    this.#pay(head);
    this.#payOwed();
    this.#queue?.shift();
    return received(head, this.maxMessageBytes);
  }

  /** As {@link receive}, for what is there of the next message. Its credits are returned by the next call. */
  receivePiece(): Promise<Piece | undefined> {
    const taker = new PieceTaker();
    this.#wait(taker);
    return taker.got.promise;
  }

  #wait(waiting: MessageTaker | PieceTaker): void {
    this.#waiting = waiting;
    const head = this.#queue?.first;
    if (head !== undefined) {
      if (!(waiting instanceof PieceTaker)) this.#pay(head);
      this.#tellProgress(head);
    }
    this.#payOwed();
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
    this.#queue ??= new Fifo();
    this.#queue.push(message);
    return message;
  }

  #current(): Arriving | undefined {
    const message = this.#queue?.last;
    return message?.complete === false ? message : undefined;
  }

  #progress(message: Arriving, last: boolean): void {
    message.complete = last;
    if (this.#waiting !== undefined && message === this.#queue?.first) {
      if (!(this.#waiting instanceof PieceTaker)) this.#pay(message);
      this.#tellProgress(message);
      this.#deliver();
    } else if (last && !message.begun) {
      // Pieces that were taken before may stand in the same buffer, and are joined with this one there.
      message.assembly.unpin();
    }
  }

  #tellProgress({ kind, tooLarge, sizeBytes }: Arriving): void {
    if (kind === "bytes" && !tooLarge && !(this.#waiting instanceof PieceTaker)) this.#waiting?.arriving?.(sizeBytes);
  }

  #pay(message: Arriving): void {
    if (message.cost === 0) return;
    const { cost } = message;
    message.cost = 0;
    this.#owner.consumed(cost);
  }

  #payOwed(): void {
    const owed = this.#owed;
    this.#owed = 0;
    if (owed > 0) this.#owner.consumed(owed);
  }

  /** What is here is given up, and nothing more comes. */
  #endNow(error: CuttleError | undefined): void {
    for (const message of this.#queue?.sift(() => false) ?? []) this.#owner.dropped(message.requests);
    this.#end = { error };
    this.#deliver();
  }

  #deliver(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const head = this.#queue?.first;
    if (head === undefined) {
      if (this.#end !== undefined) this.#deliverEnd(waiting, this.#end.error);
    } else if (waiting instanceof PieceTaker) {
      if (!head.complete && !hasPiece(head)) return;
      this.#waiting = undefined;
      if (head.complete) this.#queue?.shift();
      this.#owed += head.cost;
      waiting.got.resolve(takePiece(head));
    } else if (head.complete) {
      this.#waiting = undefined;
      this.#queue?.shift();
      waiting.received(received(head, this.maxMessageBytes));
    }
  }

  #deliverEnd(waiting: MessageTaker | PieceTaker, error: CuttleError | undefined): void {
    this.#waiting = undefined;
    if (waiting instanceof PieceTaker) {
      if (error === undefined) waiting.got.resolve(undefined);
      else waiting.got.reject(error);
    } else if (error === undefined) waiting.received(undefined);
    else waiting.receiveFailed(error);
  }
}

function isAbove(sizeBytes: number, maxBytes: number | undefined): boolean {
  return maxBytes !== undefined && sizeBytes > maxBytes;
}

/** The limit is looked at again: it may have been set after the message came. */
function received(message: Arriving, maxBytes: number | undefined): Received {
  if (message.kind === "ports") return { kind: "ports", requests: message.requests };
  if (message.tooLarge || isAbove(message.sizeBytes, maxBytes))
    return { kind: "too-large", sizeBytes: message.sizeBytes };
  return { kind: "bytes", ...message.assembly.take() };
}

function hasPiece({ sizeBytes, requests }: Arriving): boolean {
  return sizeBytes > 0 || requests.length > 0;
}

function takePiece(message: Arriving): Piece {
  const { kind, assembly, requests, complete: last, begun } = message;
  const first = !begun;
  message.requests = [];
  message.sizeBytes = 0;
  message.cost = 0;
  message.begun = true;
  return kind === "ports"
    ? { kind, requests, first, last }
    : { kind, bytes: wholeOf(assembly.take().bytes), first, last };
}
