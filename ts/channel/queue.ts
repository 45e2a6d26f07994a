import { CuttleError } from "../errors/error.ts";
import type { ArrivalWatcher } from "../mux/inbox.ts";
import { type AbortOptions, whileNotAborted } from "../util/abort.ts";
import { type Deferred, deferred, type Settle } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import { Outcome } from "../util/outcome.ts";
import { type ProgressOptions, progressTeller } from "../util/progress.ts";
import { type Entry, type EntryOptions, NOBODY, type PushOptions, type Source, type Taker } from "./entry.ts";
import { type ClosedReason, QueueEnd } from "./queue-end.ts";
import { type Reservation, Slots } from "./slots.ts";

export type { ClosedReason };

/**
 * The heart of a channel: a bounded queue between any number of senders and one receiver in this program. Halves that
 * are sent to a peer are replaced by pumps (see `pump-out.ts`) at the same places, so a channel works the same whether its
 * halves are here, moved once or moved on.
 *
 * Law: a sender is told that its value was taken only when there was room for it here, or the next hop took it.
 */
export class Queue<T> implements ArrivalWatcher {
  // What most channels never need is made when it is needed: there are many of them, and most are idle.
  #capacity: number;
  readonly #ownCapacity: number;
  #slots: Slots | undefined;
  /** Grows with everything that wants room. */
  #ticket = 0;
  #entries: Fifo<Entry<T>> | undefined;
  /** How many entries at the front are accepted. */
  #accepted = 0;
  #takers: Fifo<Taker<T>> | undefined;
  /** A pump that waits, behind all others. */
  #pump: Taker<T> | undefined;
  #senders = 0;
  #receivers = 0;
  #pumps = 0;
  /** One or several. */
  #sources: Source | Set<Source> | undefined;
  #end: QueueEnd | undefined;
  /** A pump has a value in hand that was accepted. */
  #isInHand = false;
  #creditors: Fifo<Deferred<void>> | undefined;
  /** The receiving half was sent to a peer, or is gone without a word. */
  receiver: "here" | "moved" | "forgotten" = "here";

  /** Room for `capacity` values whose senders go on; 0 lets each wait until its value is passed on. Less: `local_misuse`. */
  constructor(capacity: number) {
    if (!(capacity >= 0)) {
      throw new CuttleError("local_misuse", `a channel's capacity must be 0 or more, got ${capacity}`);
    }
    this.#capacity = capacity;
    this.#ownCapacity = capacity;
  }

  /** How many values may be accepted or have a slot reserved at a time, also when senders wait. */
  get slots(): number {
    return Math.max(this.#ownCapacity, 1);
  }

  /** Why no more values are taken, once that is so. */
  get closedReason(): ClosedReason | undefined {
    return this.#end?.reason;
  }

  /** What sending rejects with, once nothing is taken any more. */
  get closedError(): CuttleError | undefined {
    return this.#end?.error;
  }

  /** Resolves when no more values are taken. */
  get closed(): Promise<ClosedReason> {
    return this.#ending.closed;
  }

  /** Values that wait. */
  get length(): number {
    return this.#entries?.length ?? 0;
  }

  /** Whether a value was accepted, as far as its sender knows, and not passed on. */
  get owes(): boolean {
    return (this.#accepted > 0 || this.#isInHand) && !this.#isDeaf;
  }

  /** Resolves when nothing is owed any more. */
  paid(): Promise<void> {
    const creditor = deferred<void>();
    this.#creditors ??= new Fifo();
    this.#creditors.push(creditor);
    this.#settle();
    return creditor.promise;
  }

  /** A pump has passed on what it took last. */
  passedOn(): void {
    this.#isInHand = false;
    this.#settle();
  }

  /** How many values would be accepted at once. */
  get room(): number {
    if (this.closedReason !== undefined) return 0;
    return Math.max(0, this.#waiting + this.#capacity - this.length - this.#reserved);
  }

  /** Whether a value would be accepted at once. */
  get hasRoom(): boolean {
    return this.closedReason === undefined && (this.#waiting > 0 || this.length + this.#reserved < this.#capacity);
  }

  /** How many slots could be reserved at once. */
  get freeSlots(): number {
    if (this.closedReason !== undefined || this.#slots?.waiting.first !== undefined) return 0;
    return Math.max(0, this.slots - this.#accepted - this.#reserved);
  }

  /** Whether nothing is left and nothing can come; {@link take} resolves with undefined, or rejects once. */
  get isOver(): boolean {
    return this.length === 0 && this.#isEnding;
  }

  /** What the receiver gets after everything else. */
  get finalError(): CuttleError | undefined {
    return this.#end?.finalError;
  }

  /** As {@link finalError}, which is then forgotten. */
  takeFinalError(): CuttleError | undefined {
    const error = this.finalError;
    if (this.#end !== undefined) this.#end.finalError = undefined;
    return error;
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

  /** One more receiving half exists. */
  addReceiver(): void {
    this.#receivers += 1;
  }

  /** A receiving half was dropped; with the last one nothing is taken any more. */
  removeReceiver(): void {
    this.#receivers -= 1;
    if (this.#receivers === 0) this.close("dropped");
  }

  /** As {@link removeReceiver}, once it holds a port and nobody waits for a value. Whether that ended an open channel now. */
  forgetReceiver(): boolean {
    this.#receivers -= 1;
    if (this.#receivers === 0) this.receiver = "forgotten";
    return this.#letGo();
  }

  /** A pump brings values from a peer, or will. */
  addPump(): void {
    this.#pumps += 1;
    this.#letGo();
  }

  /** Tells `source` when values are not taken any more. */
  addSource(source: Source): void {
    if (this.#sources === undefined) this.#sources = source;
    else this.#sources = new Set(this.#allSources).add(source);
    if (this.closedReason !== undefined) source.queueClosed(this.closedReason);
    if (this.#isDeaf) source.queueDeaf();
  }

  /** Tells it no more. */
  removeSource(source: Source): void {
    if (this.#sources instanceof Set) this.#sources.delete(source);
    else this.#sources = undefined;
  }

  /** A pump has ended. */
  removePump(): void {
    this.#pumps -= 1;
    this.#serve();
  }

  /** Gives up what came from a peer and was not taken; the receiver gets `error` instead. */
  giveUp(error: CuttleError): void {
    for (const entry of this.#entries?.sift(({ passed }) => !passed) ?? []) {
      if (entry.accepted) this.#accepted -= 1;
      entry.release?.();
      entry.halves?.discard();
      entry.done.resolve();
    }
    this.failReceiver(error);
  }

  /** The receiver gets `error` after what is queued, and then nothing more. */
  failReceiver(error: CuttleError): void {
    this.#ending.finalError ??= error;
  }

  /** Queues a value. Rejects with `remote_closed` or the error of {@link close}, or the abort reason. */
  push(value: T, options: PushOptions = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const done = new Outcome();
    const entry = this.#push(value, done, options);
    return whileNotAborted(done.promise, signal, (reason) => {
      if (entry !== undefined && !entry.accepted && this.#entries?.remove(entry)) done.reject(reason);
    });
  }

  /** As {@link push} of what is not given up, settling `done`. */
  pushTo(done: Settle<void>, value: T, options: Omit<PushOptions, "signal">): void {
    this.#push(value, done, options);
  }

  /**
   * Waits for `count` slots, for {@link pushReserved}. Each counts as a sender until it is used or given back.
   * Rejects as {@link push} does, and with `local_misuse` for more than there ever are.
   */
  reserve(count: number, options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.closedReason !== undefined) return Promise.reject(this.closedError);
    if (!(Number.isInteger(count) && count >= 1 && count <= this.slots)) {
      const message = `cannot reserve ${count} slots of a channel that has ${this.slots}; raise its capacity`;
      return Promise.reject(new CuttleError("local_misuse", message));
    }
    const reservation: Reservation = { ticket: ++this.#ticket, wanted: count, held: 0, done: deferred() };
    this.#slots ??= new Slots();
    this.#slots.waiting.push(reservation);
    this.#acceptNext();
    return whileNotAborted(reservation.done.promise, options.signal, (reason) => {
      if (this.#slots?.waiting.remove(reservation) !== true) return;
      reservation.done.reject(reason);
      this.giveBack(reservation.held);
    });
  }

  /** Gives `count` reserved slots back. */
  giveBack(count: number): void {
    if (this.#slots !== undefined) this.#slots.reserved -= count;
    this.#senders -= count;
    this.#acceptNext();
    this.#serve();
  }

  /** Queues a value in a reserved slot, before those that wait. When nothing is taken any more it is given up. */
  pushReserved(value: T): void {
    if (this.#slots !== undefined) this.#slots.reserved -= 1;
    if (this.closedReason === undefined) {
      const entry = this.#entry({ value }, { done: NOBODY, passed: false });
      entry.accepted = true;
      this.#entries ??= new Fifo();
      this.#entries.insert(this.#accepted, entry);
      this.#accepted += 1;
    }
    this.removeSender();
  }

  /**
   * Queues what came from a peer; a promise when the next must wait for room, which is there when it resolves. `hold`
   * is called when this has to wait, and what that returns when it leaves the queue. `halves` are let go of when nobody
   * takes it.
   */
  pass(
    content: Entry<T>["content"],
    hold?: () => Entry<T>["release"],
    halves?: Entry<T>["halves"],
  ): Promise<void> | undefined {
    if (this.#isDeaf) {
      halves?.discard();
      return undefined;
    }
    const done = new Outcome();
    const entry = this.#add(content, { done, passed: true, halves });
    if (this.#entries?.last === entry) entry.release = hold?.();
    // What is given up makes room as well; the peer hears of the end by the queue.
    return entry.accepted ? undefined : done.promise.catch(() => undefined);
  }

  /** The next entry, or undefined at the end. Whoever takes one settles its `done` unless it was accepted. */
  take({ signal }: AbortOptions = {}): Promise<Entry<T> | undefined> {
    return this.#take(signal);
  }

  /** As {@link take} for the pump that stands in the place of the receiver, without a promise. */
  tell(pump: Taker<T>): void {
    this.#pump = pump;
    this.#serve();
  }

  /** Puts a value that was taken back before all others. */
  putBack(value: T): void {
    const entry = this.#entry({ value }, { done: NOBODY, passed: true });
    entry.accepted = true;
    this.#accepted += 1;
    this.#entries ??= new Fifo();
    this.#entries.insert(0, entry);
    this.#serve();
  }

  /** As {@link take}, for whoever does not wait: the next entry, if there is one and it is no error where not wanted. */
  takeNow({ valuesOnly = false } = {}): Entry<T> | undefined {
    const next = this.#entries?.first;
    const isWanted = this.#waiting === 0 && !(valuesOnly && next !== undefined && "error" in next.content);
    return isWanted ? this.#leave() : undefined;
  }

  /** A pump tells how many bytes of the next value have come. */
  arriving(doneBytes: number): void {
    this.#takers?.first?.arriving?.(doneBytes);
  }

  /** As {@link take}; `onProgress` is told of a value that comes from a peer meanwhile. */
  takeArriving({ signal, onProgress }: ProgressOptions = {}): Promise<Entry<T> | undefined> {
    if (onProgress === undefined) return this.take({ signal });
    const failed = new AbortController();
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    return this.#take(
      either,
      progressTeller(onProgress, undefined, (error) => failed.abort(error)),
    );
  }

  /**
   * No more values are taken. With reason `closed` what is queued can still be received, else it is given up. Values
   * that wait are rejected with `error`, by default `remote_closed` or `remote_failed`.
   */
  close(reason: ClosedReason, error?: CuttleError): void {
    const end = this.#ending;
    const wasDeaf = end.isDeaf;
    const isNew = end.close(reason, error);
    if (reason !== "closed" || this.receiver === "moved") end.isDeaf = true;
    const dropped = this.#entries?.sift((entry) => !end.isDeaf && (entry.accepted || entry.passed));
    for (const entry of dropped ?? []) {
      if (entry.accepted) this.#accepted -= 1;
      entry.release?.();
      entry.halves?.discard();
      entry.done.reject(this.closedError);
      entry.taken?.fail(this.closedError);
    }
    this.#settle();
    for (const { held, done } of this.#slots?.waiting.sift(() => false) ?? []) {
      this.giveBack(held);
      done.reject(this.closedError);
    }
    this.#serve();
    for (const source of this.#allSources) {
      if (isNew) source.queueClosed(reason);
      if (!wasDeaf && end.isDeaf) source.queueDeaf();
    }
  }

  get #isDeaf(): boolean {
    return this.#end?.isDeaf === true;
  }

  get #ending(): QueueEnd {
    this.#end ??= new QueueEnd();
    return this.#end;
  }

  get #reserved(): number {
    return this.#slots?.reserved ?? 0;
  }

  get #allSources(): Iterable<Source> {
    if (this.#sources instanceof Set) return [...this.#sources];
    return this.#sources === undefined ? [] : [this.#sources];
  }

  #take(signal: AbortSignal | undefined, arriving?: Taker<T>["arriving"]): Promise<Entry<T> | undefined> {
    signal?.throwIfAborted();
    const taking = deferred<Entry<T> | undefined>();
    const taker: Taker<T> = { taken: taking.resolve, takeFailed: taking.reject, arriving };
    this.#takers ??= new Fifo();
    this.#takers.push(taker);
    this.#serve();
    return whileNotAborted(taking.promise, signal, (reason) => {
      if (this.#takers?.remove(taker) === true) taking.reject(reason);
      this.#letGo();
    });
  }

  #push(value: T, done: Settle<void>, { signal, taken, onProgress }: PushOptions): Entry<T> | undefined {
    if (this.closedReason === undefined)
      return this.#add({ value }, { done, passed: false, signal, taken, onProgress });
    done.reject(this.closedError);
    taken?.fail(this.closedError);
    return undefined;
  }

  #entry(content: Entry<T>["content"], { done, passed, halves, signal, taken, onProgress }: EntryOptions<T>): Entry<T> {
    const ticket = ++this.#ticket;
    return { content, done, accepted: false, passed, release: undefined, halves, signal, taken, onProgress, ticket };
  }

  #add(content: Entry<T>["content"], options: EntryOptions<T>): Entry<T> {
    const entry = this.#entry(content, options);
    this.#entries ??= new Fifo();
    this.#entries.push(entry);
    this.#acceptNext();
    this.#serve();
    return entry;
  }

  #settle(): void {
    if (this.owes) return;
    for (const creditor of this.#creditors?.sift(() => false) ?? []) creditor.resolve();
  }

  /** Accepts entries and reservations as far as there is room, the older ones first. */
  #acceptNext(): void {
    for (;;) {
      const entry = this.#entries?.at(this.#accepted);
      const reservation = this.#slots?.waiting.first;
      const used = this.#accepted + this.#reserved;
      const canReserve = reservation !== undefined && used < this.slots;
      const canAccept = entry !== undefined && used < this.#capacity;
      if (canReserve && !(canAccept && entry.ticket < reservation.ticket)) {
        this.#senders += 1;
        this.#slots?.grant();
      } else if (canAccept) {
        this.#accepted += 1;
        entry.accepted = true;
        entry.done.resolve();
      } else {
        return;
      }
    }
  }

  /** Takes the oldest entry out and lets the next one in. */
  #leave(): Entry<T> | undefined {
    const entry = this.#entries?.shift();
    if (entry === undefined) return undefined;
    if (entry.accepted) this.#accepted -= 1;
    if (this.receiver === "moved") this.#isInHand = entry.accepted;
    entry.release?.();
    this.#acceptNext();
    return entry;
  }

  #serve(): void {
    while (this.length > 0 || this.#isEnding) {
      const taker = this.#takers?.shift() ?? this.#shiftPump();
      if (taker === undefined) break;
      const entry = this.#leave();
      if (entry === undefined) this.#serveEnd(taker);
      else taker.taken(entry);
    }
    this.#letGo();
  }

  #letGo(): boolean {
    if (this.receiver !== "forgotten" || this.#isDeaf || this.#pumps === 0 || this.#waiting > 0) return false;
    const wasOpen = this.closedReason === undefined;
    this.close("dropped");
    return wasOpen;
  }

  #shiftPump(): Taker<T> | undefined {
    const pump = this.#pump;
    this.#pump = undefined;
    return pump;
  }

  /** How many wait for an entry. */
  get #waiting(): number {
    return (this.#takers?.length ?? 0) + (this.#pump === undefined ? 0 : 1);
  }

  /** Nothing more can come. */
  get #isEnding(): boolean {
    return this.#isDeaf || (this.#pumps === 0 && (this.#senders === 0 || this.closedReason !== undefined));
  }

  #serveEnd(taker: Taker<T>): void {
    const error = this.takeFinalError();
    if (error === undefined) taker.taken(undefined);
    else taker.takeFailed(error);
  }
}
