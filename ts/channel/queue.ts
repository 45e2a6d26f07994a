import { CuttleError } from "../errors/error.ts";
import { type AbortOptions, whileNotAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import type { Taken } from "./sending.ts";

/** Why a channel takes no more values; remoc's `ClosedReason`. */
export type ClosedReason =
  /** The receiver was closed; values that were sent may still be read. */
  | "closed"
  /** The receiver is gone. */
  | "dropped"
  /** The connection to the receiver, or a value on it, failed. */
  | "failed";

/** A value, or an error in place of one, on its way from senders to the receiver. */
export interface Entry<T> {
  readonly content: { readonly value: T } | { readonly error: CuttleError };
  /** Settles the sender's promise: at once when there was room, else when the entry is passed on. */
  readonly done: Deferred<void>;
  accepted: boolean;
  /** It came from a peer: a receiver that closed still wants it. */
  readonly passed: boolean;
  /** To be called once when it leaves the queue. */
  readonly release?: (() => void) | undefined;
  /** Gives it up also after a pump took it, while it is not accepted. */
  readonly signal?: AbortSignal | undefined;
  /** Who passes the value on or takes it settles this. */
  readonly taken?: Taken | undefined;
}

/**
 * The heart of a channel: a bounded queue between any number of senders and one receiver in this program. Halves that
 * are sent to a peer are replaced by pumps (see `pump.ts`) at the same places, so a channel works the same whether its
 * halves are here, moved once or moved on.
 *
 * Law: a sender is told that its value was taken only when there was room for it here, or the next hop took it.
 */
export class Queue<T> {
  #capacity: number;
  readonly #ownCapacity: number;
  readonly #entries: Fifo<Entry<T>> = new Fifo();
  /** How many entries at the front are accepted. */
  #accepted = 0;
  readonly #takers: Fifo<Deferred<Entry<T> | undefined>> = new Fifo();
  #senders = 1;
  #pumps = 0;
  /** Reported to the receiver after everything else. */
  #finalError: CuttleError | undefined;
  #closedError: CuttleError | undefined;
  #closedReason: ClosedReason | undefined;
  readonly #closed: Deferred<ClosedReason> = deferred();
  /** The receiver takes nothing any more, not even what is under way. */
  #isDeaf = false;
  readonly #deaf: Deferred<void> = deferred();
  /** The receiving half was sent to a peer. */
  receiverMoved = false;

  /** Room for `capacity` values whose senders go on; 0 lets each wait until its value is passed on. Less: `local_misuse`. */
  constructor(capacity: number) {
    if (!(capacity >= 0)) {
      throw new CuttleError("local_misuse", `a channel's capacity must be 0 or more, got ${capacity}`);
    }
    this.#capacity = capacity;
    this.#ownCapacity = capacity;
  }

  /** Why no more values are taken, once that is so. */
  get closedReason(): ClosedReason | undefined {
    return this.#closedReason;
  }

  /** What sending rejects with, once nothing is taken any more. */
  get closedError(): CuttleError | undefined {
    if (this.#closedReason !== undefined) this.#closedError ??= closedError(this.#closedReason);
    return this.#closedError;
  }

  /** Resolves when no more values are taken. */
  get closed(): Promise<ClosedReason> {
    return this.#closed.promise;
  }

  /** Resolves when the receiver takes nothing any more, not even what is under way. */
  get deaf(): Promise<void> {
    return this.#deaf.promise;
  }

  /** Values that wait. */
  get length(): number {
    return this.#entries.length;
  }

  /** Whether a value would be accepted at once. */
  get hasRoom(): boolean {
    return this.#closedReason === undefined && (this.#takers.length > 0 || this.#entries.length < this.#capacity);
  }

  /** From now on senders wait until their values are passed on. */
  passOn(): void {
    this.#capacity = 0;
  }

  /** The receiver was not sent away after all: as before {@link passOn}. */
  keep(): void {
    this.#capacity = this.#ownCapacity;
    this.#acceptNext();
  }

  /** One more sender exists. */
  addSender(): void {
    this.#senders += 1;
  }

  /** A sender is gone; the receiver sees the end when none is left. */
  removeSender(): void {
    this.#senders -= 1;
    this.#serve();
  }

  /** A pump brings values from a peer. */
  addPump(): void {
    this.#pumps += 1;
  }

  /** A pump has ended. */
  removePump(): void {
    this.#pumps -= 1;
    this.#serve();
  }

  /** The receiver gets `error` after what is queued, and then nothing more. */
  failReceiver(error: CuttleError): void {
    this.#finalError ??= error;
  }

  /** Queues a value. Rejects with `remote_closed` or the error of {@link close}, or the abort reason. */
  push(value: T, { signal, taken }: AbortOptions & { taken?: Taken } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closedReason !== undefined) return Promise.reject(this.closedError);
    const entry = this.#add({ value }, { passed: false, signal, taken });
    return whileNotAborted(entry.done.promise, signal, (reason) => this.#withdraw(entry, reason));
  }

  /**
   * Queues what came from a peer; resolves when there is room for more, and drops it when nobody wants it. `release` is
   * called when it leaves the queue.
   */
  async pass(content: Entry<T>["content"], release?: () => void): Promise<void> {
    if (this.#isDeaf) release?.();
    else await this.#add(content, { passed: true, release }).done.promise.catch(() => undefined);
  }

  /** The next entry, or undefined at the end. Whoever takes one settles its `done` unless it was accepted. */
  take(options: AbortOptions = {}): Promise<Entry<T> | undefined> {
    options.signal?.throwIfAborted();
    const taker = deferred<Entry<T> | undefined>();
    this.#takers.push(taker);
    this.#serve();
    return whileNotAborted(taker.promise, options.signal, (reason) => {
      if (this.#takers.remove(taker)) taker.reject(reason);
    });
  }

  /**
   * No more values are taken. With reason `closed` what is queued can still be received, else it is given up. Values
   * that wait are rejected with `error`, by default `remote_closed` or `remote_failed`.
   */
  close(reason: ClosedReason, error?: CuttleError): void {
    if (this.#closedReason === undefined) {
      this.#closedReason = reason;
      this.#closedError = error;
      this.#closed.resolve(reason);
    }
    if (reason !== "closed" || this.receiverMoved) {
      this.#isDeaf = true;
      this.#deaf.resolve();
    }
    const dropped = this.#entries.sift((entry) => !this.#isDeaf && (entry.accepted || entry.passed));
    for (const entry of dropped) {
      if (entry.accepted) this.#accepted -= 1;
      entry.release?.();
      entry.done.reject(this.closedError);
      entry.taken?.fail(this.closedError);
    }
    this.#serve();
  }

  #add(content: Entry<T>["content"], options: Pick<Entry<T>, "passed" | "release" | "signal" | "taken">): Entry<T> {
    const entry: Entry<T> = { content, done: deferred(), accepted: false, ...options };
    this.#entries.push(entry);
    this.#acceptNext();
    this.#serve();
    return entry;
  }

  #withdraw(entry: Entry<T>, reason: unknown): void {
    if (!entry.accepted && this.#entries.remove(entry)) entry.done.reject(reason);
  }

  /** Accepts entries as far as there is room. */
  #acceptNext(): void {
    while (this.#accepted < this.#capacity) {
      const entry = this.#entries.at(this.#accepted);
      if (entry === undefined) return;
      this.#accepted += 1;
      entry.accepted = true;
      entry.done.resolve();
    }
  }

  #serve(): void {
    for (;;) {
      const taker = this.#takers.first;
      if (taker === undefined) return;
      const entry = this.#entries.shift();
      if (entry === undefined && !this.#isOver) return;
      this.#takers.shift();
      if (entry?.accepted === true) this.#accepted -= 1;
      entry?.release?.();
      if (entry === undefined) this.#serveEnd(taker);
      else taker.resolve(entry);
      this.#acceptNext();
    }
  }

  get #isOver(): boolean {
    return this.#isDeaf || (this.#pumps === 0 && (this.#senders === 0 || this.#closedReason !== undefined));
  }

  #serveEnd(taker: Deferred<Entry<T> | undefined>): void {
    const error = this.#finalError;
    this.#finalError = undefined;
    if (error === undefined) taker.resolve(undefined);
    else taker.reject(error);
  }
}

/** What sending to a channel rejects with that takes no more values. */
function closedError(reason: ClosedReason): CuttleError {
  if (reason === "failed") {
    return new CuttleError("remote_failed", "the other side could not receive from this channel", {
      data: { reason },
    });
  }
  return new CuttleError("remote_closed", `the receiver of this channel was ${reason}`, { data: { reason } });
}
