/**
 * Channels that hold one value, of which receivers see the newest; remoc's `rch::watch`. Useful without any connection;
 * either half can be put into a value and sent, and takes the current value along.
 *
 * Values may carry channel halves, to one receiver. Those of a value that was replaced before anybody looked at it stay
 * open until they are garbage collected; an mpsc channel is the better carrier for halves.
 */

import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { readableOf, writableOf } from "../util/streams.ts";
import { Movable } from "./ends.ts";
import { assertHalf, type HalfCodec, type HalfOptions, linkWith } from "./half.ts";
import { join } from "./movable.ts";
import { SafetyNet } from "./safety-net.ts";
import {
  DEFAULT_MAX_ITEM_BYTES,
  sizeFromWire,
  sizeToWire,
  type TransferStrategy,
  type WatchHalf,
  watchHalf,
} from "./shapes.ts";
import { Cell } from "./watch-cell.ts";
import { contentFromWire, contentToWire, pumpWatchIn, pumpWatchOut } from "./watch-pump.ts";

/** Options of {@link channel}. */
export interface WatchOptions {
  /** How many values may be under way to a peer; default `"ChannelBuffered"`. */
  transferStrategy?: TransferStrategy;
  /** Larger encoded values are refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
}

/** What a half is made of. */
interface WatchEnd<T> {
  readonly cell: Cell<T>;
  maxItemBytes: number;
  readonly strategy: TransferStrategy;
}

/**
 * Makes a channel for values that `type` describes, which holds `initial` at first. Values are not copied: change one
 * by sending another, not in place.
 */
export function channel<T>(
  type: Descriptor<T>,
  initial: NoInfer<T>,
  options: WatchOptions = {},
): [Sender<T>, Receiver<T>] {
  if (typeof type?.kind !== "string") throw new CuttleError("local_misuse", "watch.channel needs a descriptor first");
  const { maxItemBytes = DEFAULT_MAX_ITEM_BYTES, transferStrategy: strategy = "ChannelBuffered" } = options;
  const end = { cell: new Cell<T>({ value: initial }), maxItemBytes, strategy };
  return [new Sender(end), new Receiver(end)];
}

const forgottenSenders = /* @__PURE__ */ new SafetyNet<Cell<unknown>>("a watch sender", (cell) => {
  const wasOpen = cell.isFollowed && !cell.ended && cell.receivers > 0;
  cell.end();
  return wasOpen;
});

/** The sending half. Close it when nothing more is to be sent: receivers keep the last value and see the end. */
export class Sender<T> extends Movable {
  /** @internal */
  readonly end: WatchEnd<T>;
  #writable: WritableStream<T> | undefined;

  /** @internal Use `channel()`. */
  constructor(end: WatchEnd<T>) {
    super();
    this.end = end;
    this.watchOver();
  }

  protected override watchOver(): void {
    forgottenSenders.add(this, this.end.cell as Cell<unknown>);
  }

  /** @internal */
  override leaveAlone(): void {
    forgottenSenders.remove(this);
  }

  /**
   * Replaces the value. Values that follow each other faster than a receiver looks, or than its connection takes them,
   * are skipped for it. Throws `remote_closed` when there is no receiver any more, or, in its place, the error that
   * ended the last one.
   */
  send(value: T): void {
    this.assertHere();
    const { cell } = this.end;
    if (cell.receivers === 0) {
      throw cell.takeSendError() ?? new CuttleError("remote_closed", "this watch channel has no receiver any more");
    }
    cell.set({ value });
  }

  /**
   * Replaces the value by what `change` makes of it, unless that is the same one, also when there is no receiver. Whether
   * it did.
   */
  sendIfModified(change: (value: T) => T): boolean {
    return this.sendIfDifferent(change(this.borrow()));
  }

  /** Replaces the value unless it `equals` the one before, also when there is no receiver. Whether it did. */
  sendIfDifferent(value: T, equals: (before: T, value: T) => boolean = Object.is): boolean {
    if (equals(this.borrow(), value)) return false;
    this.sendReplace(value);
    return true;
  }

  /**
   * The least time between two values that are sent to a peer; default 0. The greater one of this and what the receiver
   * asks for counts, values in between are skipped, and the last one always arrives. Travels with the half.
   */
  get rateLimitMs(): number {
    return this.end.cell.rateLimitMs;
  }

  set rateLimitMs(ms: number) {
    this.end.cell.rateLimitMs = assertLimit(ms);
  }

  /** Larger encoded values are refused; of a half that is sent away after this was set. */
  get maxItemBytes(): number {
    return this.end.maxItemBytes;
  }

  set maxItemBytes(bytes: number) {
    this.end.maxItemBytes = bytes;
  }

  /** Replaces the value by what `change` makes of it, also when there is no receiver. */
  sendModify(change: (value: T) => T): void {
    this.sendReplace(change(this.borrow()));
  }

  /** Replaces the value, also when there is no receiver, and returns the one before. */
  sendReplace(value: T): T {
    const before = this.borrow();
    this.end.cell.set({ value });
    return before;
  }

  /** The value. */
  borrow(): T {
    this.assertHere();
    return this.end.cell.value;
  }

  /** Another receiver, for which the current value counts as seen. */
  subscribe(): Receiver<T> {
    this.assertHere();
    return new Receiver(this.end);
  }

  /** How many receivers there are; those behind one that was sent away count as one. */
  get receiverCount(): number {
    return this.end.cell.receivers;
  }

  /** Whether there is no receiver, here or elsewhere. */
  get isClosed(): boolean {
    return this.receiverCount === 0;
  }

  /** Resolves when there is no receiver, here or elsewhere. Rejects with the abort reason. */
  closed(options: AbortOptions = {}): Promise<void> {
    return this.end.cell.until(() => this.isClosed, options);
  }

  /**
   * Throws, once, the first error of a value that did not reach a receiver: `local_encode`, `local_item_too_large` or
   * the connection's error, after each of which that receiver got no more, or `remote_failed` when the other side could
   * not receive or pass on one, after which it goes on.
   */
  check(): void {
    const error = this.end.cell.takeSendError();
    if (error !== undefined) throw error;
  }

  /** What {@link check} would throw. */
  get error(): CuttleError | undefined {
    return this.end.cell.sendError;
  }

  /** Forgets {@link error}. */
  clearError(): void {
    this.end.cell.takeSendError();
  }

  /** This half as a Web Stream, which never makes its writer wait. Closing or aborting the stream closes the half. */
  get writable(): WritableStream<T> {
    this.#writable ??= writableOf<T>(this);
    return this.#writable;
  }

  /** Sends no more. */
  close(): void {
    if (this.retire()) this.end.cell.end();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }
}

/** The place of a receiver at its cell. */
interface Seat<T> {
  readonly cell: Cell<T>;
}

const forgottenReceivers = /* @__PURE__ */ new SafetyNet<Seat<unknown>>("a watch receiver", (seat) =>
  seat.cell.forgetReceiver(seat),
);

/** A receiving half. Iterate it, or look at its value whenever you like. */
export class Receiver<T> extends Movable implements AsyncIterable<T> {
  /** @internal */
  readonly end: WatchEnd<T>;
  /** @internal */
  readonly seat: Seat<T>;
  /** The newest version that {@link changed} needs not tell of. */
  #seen: number;
  #readable: ReadableStream<T> | undefined;

  /** @internal Use `channel()`. */
  constructor(end: WatchEnd<T>, seen: number = end.cell.version, rateLimitMs = 0) {
    super();
    this.end = end;
    this.#seen = seen;
    this.seat = { cell: end.cell };
    end.cell.addReceiver(this.seat, rateLimitMs);
    this.watchOver();
  }

  protected override watchOver(): void {
    forgottenReceivers.add(this, this.seat as Seat<unknown>);
  }

  /** @internal */
  override leaveAlone(): void {
    forgottenReceivers.remove(this);
  }

  /**
   * The least time between two values that come from a peer, as this receiver asks for it; default 0. Where several
   * receivers share what comes the least counts. Travels with the half.
   */
  get rateLimitMs(): number {
    return this.end.cell.wishOf(this.seat);
  }

  set rateLimitMs(ms: number) {
    this.assertHere();
    this.end.cell.wish(this.seat, assertLimit(ms));
  }

  /** Larger values of a peer are refused. */
  get maxItemBytes(): number {
    return this.end.maxItemBytes;
  }

  /**
   * The value. After the end it is the last one. Throws `peer_decode`, `peer_item_too_large` or `peer_missing_ports`
   * while the newest value could not be received, and the connection's error once that was lost.
   */
  borrow(): T {
    this.assertHere();
    return this.end.cell.value;
  }

  /** As {@link borrow}; {@link changed} then waits for a newer one. */
  borrowAndUpdate(): T {
    this.markUnchanged();
    return this.end.cell.value;
  }

  /** Whether there is a value that was not seen. */
  hasChanged(): boolean {
    this.assertHere();
    return this.end.cell.version !== this.#seen;
  }

  /** The current value counts as seen. */
  markUnchanged(): void {
    this.assertHere();
    this.#seen = this.end.cell.version;
  }

  /** The current value counts as not seen. */
  markChanged(): void {
    this.assertHere();
    this.#seen = this.end.cell.version - 1;
  }

  /**
   * Resolves with true when there is a value that was not seen, which then counts as seen, and with false when none will
   * come: the sender has ended, or this receiver was dropped or sent away meanwhile. Rejects with the abort reason.
   */
  async changed(options: AbortOptions = {}): Promise<boolean> {
    this.assertHere();
    const { cell } = this.end;
    await cell.until(() => cell.version !== this.#seen || cell.ended || !this.isHere, options);
    const isNew = this.isHere && cell.version !== this.#seen;
    if (isNew) this.#seen = cell.version;
    return isNew;
  }

  /**
   * The first value for which `predicate` holds, the current one included; it counts as seen. Rejects with
   * `remote_closed` when the sender ends before, with what {@link borrow} throws, or with the abort reason.
   */
  async waitFor(predicate: (value: T) => boolean, options: AbortOptions = {}): Promise<T> {
    for (;;) {
      const value = this.borrowAndUpdate();
      if (predicate(value)) return value;
      if (await this.changed(options)) continue;
      throw new CuttleError("remote_closed", "the sender of this watch channel ended before the awaited value came");
    }
  }

  /** Another receiver of the same channel, which has seen what this one has. */
  clone(): Receiver<T> {
    this.assertHere();
    return new Receiver(this.end, this.#seen, this.rateLimitMs);
  }

  /**
   * Iterates from the current value on; values that follow each other faster than the loop are skipped. Throws what
   * {@link borrow} throws. Leaving the loop drops the receiver.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      do yield this.borrowAndUpdate();
      while (await this.changed());
    } finally {
      this.drop();
    }
  }

  /** This half as a Web Stream of what an iteration brings; an error or cancelling it drops the half. */
  get readable(): ReadableStream<T> {
    if (this.#readable !== undefined) return this.#readable;
    const values = this[Symbol.asyncIterator]();
    const recv = async (): Promise<T | undefined> => (await values.next()).value as T | undefined;
    this.#readable = readableOf<T>({ recv, drop: () => this.drop() });
    return this.#readable;
  }

  /** Looks no more. */
  drop(): void {
    if (this.retire()) this.end.cell.removeReceiver(this.seat);
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/** Describes sending halves: `t.watch.sender(t.u32)`. Whoever receives one sends to the program it came from. */
export function sender<T>(type: Descriptor<T>, half: HalfOptions = {}): Descriptor<Sender<T>> {
  const options: HalfCodec<Descriptor<WatchHalf<T>>> = {
    embed(given, embedding) {
      const one: Sender<T> = assertHalf(given, Sender<T>, "watch.sender");
      const { cell, maxItemBytes, strategy } = one.end;
      const { wishMs } = cell;
      const pump = { link: linkWith(embedding.link, half), type, maxItemBytes, strategy, wishMs };
      const port = embedding.reserve();
      one.claim();
      void join(
        one,
        port,
        (opened) => void pumpWatchIn(opened, cell, pump),
        (error) => {
          cell.set({ error, final: true });
          cell.end();
        },
      );
      const data = contentToWire(cell.content, embedding.link);
      return {
        port: port.number,
        data,
        max_item_size: sizeToWire(maxItemBytes),
        sender_rate_limit: cell.rateLimitMs,
        receiver_rate_limit: wishMs,
        transfer_strategy: strategy,
      };
    },
    receive(plain, receiving) {
      if ("Err" in plain.data) throw new CuttleError("peer_decode", "the peer sent a watch sender without a value");
      const maxItemBytes = sizeFromWire(BigInt(plain.max_item_size));
      const cell = new Cell<T>({ value: plain.data.Ok });
      const self = {};
      cell.rateLimitMs = plain.sender_rate_limit ?? 0;
      cell.addReceiver(self, plain.receiver_rate_limit ?? 0);
      const strategy = plain.transfer_strategy ?? "ChannelBuffered";
      const pump = { link: linkWith(receiving.link, half), type, maxItemBytes, strategy, wishMs: 0 };
      receiving.expect(plain.port, (port) => void pumpWatchOut(cell, port, pump, { seen: 0, self }));
      return new Sender<T>({ cell, maxItemBytes, strategy });
    },
  };
  return transported<Sender<T>>({ name: "watch.sender", shape: watchHalf(type, "Sender"), item: type, options });
}

/** Describes receiving halves: `t.watch.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>, half: HalfOptions = {}): Descriptor<Receiver<T>> {
  const options: HalfCodec<Descriptor<WatchHalf<T>>> = {
    embed(given, embedding) {
      const one: Receiver<T> = assertHalf(given, Receiver<T>, "watch.receiver");
      const { cell, maxItemBytes, strategy } = one.end;
      const pump = { link: linkWith(embedding.link, half), type, maxItemBytes, strategy, wishMs: 0 };
      const rate_limit = one.rateLimitMs;
      const port = embedding.reserve();
      one.claim();
      // Whoever waits for a change here waits in vain.
      cell.wake();
      const { content, version } = cell;
      void join(
        one,
        port,
        (opened) => void pumpWatchOut(cell, opened, pump, { seen: version, self: one.seat }),
        (error) => {
          cell.reportSendError(error);
          cell.removeReceiver(one.seat);
        },
      );
      const data = contentToWire(content, embedding.link);
      const max_item_size = sizeToWire(maxItemBytes);
      return { port: port.number, data, max_item_size, rate_limit, transfer_strategy: strategy };
    },
    receive(plain, receiving) {
      const link = linkWith(receiving.link, half);
      const { maxItemBytes } = link;
      const cell = new Cell<T>(contentFromWire(plain.data));
      const wishMs = plain.rate_limit ?? 0;
      const strategy = plain.transfer_strategy ?? "ChannelBuffered";
      const receiver = new Receiver<T>({ cell, maxItemBytes, strategy }, 0, wishMs);
      const pump = { link, type, maxItemBytes, strategy, wishMs };
      receiving.expect(plain.port, (port) => void pumpWatchIn(port, cell, pump));
      return receiver;
    },
  };
  return transported<Receiver<T>>({ name: "watch.receiver", shape: watchHalf(type, "Receiver"), item: type, options });
}

function assertLimit(ms: number): number {
  if (ms >= 0 && ms <= MAX_LIMIT_MS) return ms;
  throw new CuttleError("local_misuse", `a limit of the rate must be from 0 to ${MAX_LIMIT_MS} ms, got ${ms}`);
}

/** A year, so that nanoseconds stay exact enough. */
const MAX_LIMIT_MS: number = 366 * 24 * 3600 * 1000;

/**
 * Sends every value of `source` until it or the channel ends, and closes both; remoc's `watch::forward`. Rejects with what
 * the source fails with, or with the abort reason.
 */
export async function forward<T>(source: AsyncIterable<T>, to: Sender<T>, options: AbortOptions = {}): Promise<void> {
  const values = source[Symbol.asyncIterator]();
  const gone = new AbortController();
  void to.closed({ signal: gone.signal }).then(
    () => gone.abort(GONE),
    () => undefined,
  );
  const signal = options.signal === undefined ? gone.signal : AbortSignal.any([gone.signal, options.signal]);
  try {
    for (;;) {
      const next = await unlessAborted(values.next(), { signal });
      if (next.done === true) return;
      to.sendReplace(next.value);
    }
  } catch (error) {
    if (error !== GONE) throw error;
  } finally {
    gone.abort(GONE);
    to.close();
    // Not waited for: a generator that is still busy answers only when it is done. Nobody wants more values, so what
    // it throws at its end is of no use.
    void values.return?.().catch(() => undefined);
  }
}

/** Why a source is no more waited for: nobody looks at its values. */
const GONE: unique symbol = Symbol("nobody looks");
