/**
 * Multi-producer single-consumer channels; remoc's `rch::mpsc`. Useful without any connection; either half can be put
 * into a value and sent, and goes on working over there.
 */

import { CuttleError } from "../errors/error.ts";
import { type Priority, priorityOf } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import type { Settle } from "../util/deferred.ts";
import { iterate } from "../util/iterate.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { readableOf, writableOf } from "../util/streams.ts";
import { type DistributeOptions, Distributor } from "./distributor.ts";
import { contentOf, ReceiverHalf, SenderHalf, type TryRecv } from "./ends.ts";
import type { HalfOptions } from "./half.ts";
import { DEFAULT_CAPACITY, receiverType, senderType } from "./movable.ts";

export type { DistributeOptions, Distributor, Subscription } from "./distributor.ts";

import { Permit } from "./permit.ts";
import { Queue } from "./queue.ts";
import { Sending, Taken } from "./sending.ts";
import { DEFAULT_MAX_ITEM_BYTES } from "./shapes.ts";

export type { Sending };

/** Options of {@link channel}. Urgency is that of values sent over a connection, once the receiver was sent away. */
export interface ChannelOptions extends Priority {
  /** Values that wait for the receiver while their senders go on; default 16, as in remoc 0.20. */
  capacity?: number;
  /** Larger encoded values are refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
  /**
   * How many ports a half gets in addition when it is sent away, over which values take turns; default 0. What a port may
   * have under way is bounded by its window, so several carry more over a connection with much delay. remoc 0.18 gets
   * one port all the same.
   */
  parallel?: number;
}

/**
 * Makes a channel for values that `type` describes: any number of senders (see {@link Sender.clone}), one receiver.
 */
export function channel<T>(type: Descriptor<T>, options: ChannelOptions = {}): [Sender<T>, Receiver<T>] {
  const { capacity = DEFAULT_CAPACITY, maxItemBytes = DEFAULT_MAX_ITEM_BYTES, parallel = 0 } = options;
  if (!Number.isInteger(parallel) || parallel < 0) {
    throw new CuttleError("local_misuse", `parallel is a number of ports, 0 or more; got ${parallel}`);
  }
  const queue = new Queue<T>(capacity);
  const end = { queue, type, maxItemBytes, once: false, priority: priorityOf(options), parallel };
  return [new Sender(end), new Receiver(end)];
}

/**
 * Sends every value of `source` to `to`, and closes `source` and `to` when either ends; remoc's `mpsc::forward`. Resolves
 * at the end of the source, or when the receiver takes no more. Rejects with what the source or sending a value fails
 * with, or with the abort reason; then both are closed, too.
 */
export async function forward<T>(source: AsyncIterable<T>, to: Sender<T>, options: AbortOptions = {}): Promise<void> {
  const values = source[Symbol.asyncIterator]();
  const gone = new AbortController();
  void to.closed().then(() => gone.abort(to.end.queue.closedError));
  const signal = options.signal === undefined ? gone.signal : AbortSignal.any([gone.signal, options.signal]);
  try {
    for (;;) {
      const next = await unlessAborted(values.next(), { signal });
      if (next.done === true) return;
      await to.send(next.value, options);
    }
  } catch (error) {
    if (!CuttleError.is(error, "remote_closed")) throw error;
  } finally {
    to.close();
    // Not waited for: a generator that is still busy answers only when it is done. Nobody wants more values, so what
    // it throws at its end is of no use.
    void values.return?.().catch(() => undefined);
  }
}

/** The sending half. Close it when nothing more is to be sent: the receiver then sees the end. */
export class Sender<T> extends SenderHalf<T> {
  #writable: WritableStream<T> | undefined;

  /** Another sender of the same channel; the receiver sees the end when all are closed. */
  clone(): Sender<T> {
    this.assertHere();
    return new Sender(this.end);
  }

  /**
   * Sends a value. Resolves when there was room for it, or, once the receiver was sent away, when the connection took
   * it with credits in hand: await it, and a slow receiver slows this program down instead of filling memory.
   * `send(value).taken` resolves when the other application took it.
   * Rejects with `remote_closed` when the receiver closed or is gone, with `local_encode` or `local_item_too_large`
   * when this value cannot be sent (the channel goes on), with the connection's error, or with the abort reason.
   */
  send(value: T, options: ProgressOptions = {}): Sending {
    const taken = new Taken();
    return new Sending((resolve, reject) => this.#send(value, { resolve, reject }, { ...options, taken }), taken);
  }

  /** A promise of the queue only where it can be given up: this is done for every small message. */
  #send(value: T, done: Settle<void>, options: ProgressOptions & { taken: Taken }): void {
    const fail = (error: unknown): void => {
      options.taken.fail(error);
      done.reject(error);
    };
    try {
      this.assertHere();
      const { queue } = this.end;
      if (options.signal === undefined) queue.pushTo(done, value, options);
      else queue.push(value, options).then(done.resolve, fail);
    } catch (error) {
      fail(error);
    }
  }

  /**
   * Waits for room and keeps it for one value, which can be made then. Rejects as {@link send} does, but for the value.
   */
  async reserve(options: AbortOptions = {}): Promise<Permit<T>> {
    const [permit] = await this.reserveMany(1, options);
    return permit as Permit<T>;
  }

  /** As {@link reserve}, for `count` values; `local_misuse` for more than {@link maxCapacity}. */
  async reserveMany(count: number, options: AbortOptions = {}): Promise<Permit<T>[]> {
    this.assertHere();
    const { queue } = this.end;
    await queue.reserve(count, options);
    return Array.from({ length: count }, () => new Permit(queue));
  }

  /** As {@link reserve} if there is room now, else undefined. Throws when the channel is closed. */
  tryReserve(): Permit<T> | undefined {
    this.assertHere();
    const { queue } = this.end;
    if (queue.closedError !== undefined) throw queue.closedError;
    if (queue.freeSlots === 0) return undefined;
    void queue.reserve(1);
    return new Permit(queue);
  }

  /** For how many values room could be reserved now. */
  get capacity(): number {
    return this.end.queue.freeSlots;
  }

  /** For how many values room can be reserved at most. */
  get maxCapacity(): number {
    return this.end.queue.slots;
  }

  /** This half as a Web Stream. Closing or aborting the stream closes the half. */
  get writable(): WritableStream<T> {
    this.#writable ??= writableOf<T>(this);
    return this.#writable;
  }

  /** Sends a value if there is room for it now; false when there is none. Throws when the channel is closed. */
  trySend(value: T): boolean {
    this.assertHere();
    const { queue } = this.end;
    if (queue.closedError !== undefined) throw queue.closedError;
    if (!queue.hasRoom) return false;
    // The caller was told that the value is on its way: when it is not, the channel ends, and the next send says why.
    queue.push(value).catch((error: unknown) => queue.close("failed", CuttleError.from(error)));
    return true;
  }
}

/** The receiving half. Iterate it, or call {@link Receiver.recv}. */
export class Receiver<T> extends ReceiverHalf<T> implements AsyncIterable<T> {
  #readable: ReadableStream<T> | undefined;

  /**
   * The next value, or undefined when all senders have ended. Rejects for a single value that could not be received
   * (`peer_decode`, `peer_item_too_large`, `peer_missing_ports`), after which the next call goes on; with the
   * connection's error when it was lost; or with the abort reason.
   */
  async recv(options: ProgressOptions = {}): Promise<T | undefined> {
    this.assertHere();
    const { queue } = this.end;
    options.signal?.throwIfAborted();
    const entry = queue.takeNow() ?? (await queue.takeArriving(options));
    return entry && contentOf(entry);
  }

  /** The next value if it is here, `"empty"` when none is, `"closed"` at the end. Throws what {@link recv} rejects with. */
  tryRecv(): TryRecv<T> {
    return this.takeNow();
  }

  /**
   * Waits for a value and takes with it what else is here, at most `limit`; nothing at the end. Rejects as {@link recv}
   * does, and then nothing else was taken.
   */
  async recvMany(limit: number, options: AbortOptions = {}): Promise<T[]> {
    if (!(limit >= 1)) throw new CuttleError("local_misuse", `recvMany needs a limit of 1 or more, got ${limit}`);
    this.assertHere();
    const first = await this.end.queue.take(options);
    if (first === undefined) return [];
    const values = [contentOf(first)];
    while (values.length < limit && this.isHere) {
      const next = this.end.queue.takeNow({ valuesOnly: true });
      if (next === undefined) break;
      values.push(contentOf(next));
    }
    return values;
  }

  /**
   * Why one of the senders was lost, while others still send; {@link recv} rejects with it once all have ended, unless
   * {@link takeError} was called.
   */
  get error(): CuttleError | undefined {
    return this.end.queue.finalError;
  }

  /** As {@link error}, which is then forgotten. */
  takeError(): CuttleError | undefined {
    return this.end.queue.takeFinalError();
  }

  /** Lets several receivers share the values: each goes to one of them. This half is spent then. */
  distribute(options: DistributeOptions = {}): Distributor<T> {
    const { type, maxItemBytes } = this.end;
    this.assertHere();
    const source = new Receiver(this.end);
    // Ends nothing: the channel has another receiver already.
    this.drop();
    return new Distributor(source, (capacity) => channel(type, { capacity, maxItemBytes }), options);
  }

  /** This half as a Web Stream; an error or cancelling it drops the half. */
  get readable(): ReadableStream<T> {
    this.#readable ??= readableOf<T>(this);
    return this.#readable;
  }

  /** Iterates the values until the end. Leaving the loop drops the receiver. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return iterate(this);
  }
}

/** Describes sending halves: `t.mpsc.sender(t.u32)`. Whoever receives one sends to the program it came from. */
export function sender<T>(type: Descriptor<T>, options: HalfOptions = {}): Descriptor<Sender<T>> {
  return senderType(type, { name: "mpsc.sender", of: Sender<T>, once: false, options });
}

/** Options of {@link receiver}. */
export interface ReceiverOptions extends HalfOptions {
  /** Values that wait here in a half that came from a peer, beside those in the window of its port; default 16. */
  capacity?: number;
}

/** Describes receiving halves: `t.mpsc.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>, options: ReceiverOptions = {}): Descriptor<Receiver<T>> {
  return receiverType(type, { name: "mpsc.receiver", of: Receiver<T>, once: false, options });
}
