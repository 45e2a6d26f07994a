/**
 * Channels whose every receiver gets every value, unless it is too slow; remoc's `rch::broadcast`. Useful without any
 * connection; receivers can be put into values and sent, the sender stays.
 */

import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { iterate } from "../util/iterate.ts";
import { readableOf, writableOf } from "../util/streams.ts";
import { Subscriber } from "./broadcast-subscriber.ts";
import { contentOf, ReceiverHalf, type TryRecv } from "./ends.ts";
import { assertHalf, type HalfCodec, type HalfOptions } from "./half.ts";
import { embedReceiver, receiveReceiver } from "./movable.ts";
import * as mpsc from "./mpsc.ts";
import { type BroadcastMessage, broadcastMessage, broadcastReceiver, DEFAULT_MAX_ITEM_BYTES } from "./shapes.ts";
import { share } from "./shared.ts";

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Values that wait for the receiver, here or for credits, before it lags; at least 1, default 64. */
  sendBuffer?: number;
  /** Larger encoded values are refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
}

const DEFAULT_SEND_BUFFER = 64;

/** Makes a channel for values that `type` describes, with a first receiver. `new Sender(type)` makes one with none. */
export function channel<T>(type: Descriptor<T>, options: SubscribeOptions = {}): [Sender<T>, Receiver<T>] {
  const sender = new Sender(type);
  return [sender, sender.subscribe(options)];
}

/** See {@link Sender.downgrade}. */
export interface WeakSender<T> {
  /** A sender, or undefined when all are closed. */
  upgrade(): Sender<T> | undefined;
  /** How many senders of the channel are open. */
  readonly strongCount: number;
}

/** What the senders of a channel share. */
interface Core<T> {
  readonly type: Descriptor<T>;
  readonly subscribers: Set<Subscriber<T>>;
  /** Of a value that could not be encoded for some receiver. */
  failure: CuttleError | undefined;
  /** How many are open. */
  senders: number;
}

/** The sending half; it cannot be sent, see {@link Sender.feeder}. Close it, and receivers see the end. */
export class Sender<T> {
  readonly #core: Core<T>;
  #isClosed = false;
  #writable: WritableStream<T> | undefined;

  /** Makes a channel for values that `type` describes, without receivers. */
  constructor(type: Descriptor<T> | Core<T>) {
    this.#core = "subscribers" in type ? type : { type, subscribers: new Set(), failure: undefined, senders: 0 };
    this.#core.senders += 1;
  }

  /**
   * Sends a value to all receivers and returns how many there are. Never waits: a receiver whose buffer is full misses
   * the value, and is told so. Throws `local_closed` after {@link close}, and `local_encode` or `local_item_too_large`
   * when an earlier value could not be sent to a receiver elsewhere, which then got no more.
   */
  send(value: T): number {
    const { subscribers } = this.#open();
    const message = messageFor(subscribers, value);
    for (const subscriber of subscribers) void subscriber.offer(message);
    return subscribers.size;
  }

  /**
   * As {@link send}, and waits until each receiver that had room took the value, or its connection did with credits in
   * hand. Resolves with how many did; a receiver that lagged, or was gone before, does not count. Rejects with what
   * `send` throws, or with the abort reason: the value is on its way then nevertheless.
   */
  async sendAndWait(value: T, options: AbortOptions = {}): Promise<number> {
    const { subscribers } = this.#open();
    const message = messageFor(subscribers, value);
    const sendings = [...subscribers].map((subscriber) => subscriber.offer(message));
    const sent = await unlessAborted(Promise.all(sendings), options);
    return sent.filter(Boolean).length;
  }

  /** A new receiver, of the values that are sent from now on. */
  subscribe(options: SubscribeOptions = {}): Receiver<T> {
    const { sendBuffer = DEFAULT_SEND_BUFFER, maxItemBytes = DEFAULT_MAX_ITEM_BYTES } = options;
    if (this.#isClosed) throw closed();
    if (!(sendBuffer >= 1)) throw new CuttleError("local_misuse", `sendBuffer must be 1 or more, got ${sendBuffer}`);
    const core = this.#core;
    const subscriber = new Subscriber<T>(sendBuffer);
    const { queue } = subscriber;
    core.subscribers.add(subscriber);
    void queue.closed.then(() => {
      core.subscribers.delete(subscriber);
      core.failure ??= subscriber.failure;
    });
    return new Receiver({ queue, type: broadcastMessage(core.type), maxItemBytes, once: false });
  }

  /**
   * An mpsc sender whose values this one sends; it can be sent to a peer. It ends when this one is closed or has no
   * receiver any more, which shows when it sends its next value.
   */
  feeder(): mpsc.Sender<T> {
    const [sender, receiver] = mpsc.channel(this.#core.type, { capacity: 1 });
    void this.#feed(receiver);
    return sender;
  }

  /** This half as a Web Stream, which never makes its writer wait. Closing or aborting the stream closes the half. */
  get writable(): WritableStream<T> {
    this.#writable ??= writableOf<T>(this);
    return this.#writable;
  }

  /** How many receivers there are; those behind one that was sent away count as one. */
  get receiverCount(): number {
    return this.#core.subscribers.size;
  }

  /** How many senders of this channel are open. */
  get strongCount(): number {
    return this.#core.senders;
  }

  /** Another sender of the same channel; receivers see the end when all are closed. */
  clone(): Sender<T> {
    if (this.#isClosed) throw closed();
    return new Sender(this.#core);
  }

  /** What can become a sender of this channel as long as one is open, and does not keep receivers waiting. */
  downgrade(): WeakSender<T> {
    const core = this.#core;
    return {
      upgrade: () => (core.senders === 0 ? undefined : new Sender(core)),
      get strongCount() {
        return core.senders;
      },
    };
  }

  /** Sends no more; receivers see the end after what waits for them, when this was the last sender. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const core = this.#core;
    core.senders -= 1;
    if (core.senders > 0) return;
    for (const subscriber of core.subscribers) subscriber.finish();
    core.subscribers.clear();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }

  /** What the value is sent to; throws, once, why an earlier one was not sent. */
  #open(): Core<T> {
    if (this.#isClosed) throw closed();
    const { failure } = this.#core;
    this.#core.failure = undefined;
    if (failure !== undefined) throw failure;
    return this.#core;
  }

  async #feed(values: mpsc.Receiver<T>): Promise<void> {
    try {
      for await (const value of values) if (this.send(value) === 0) return;
    } catch {
      // Whoever feeds hears that nobody takes more.
    }
  }
}

/** What all of them get; encoded once. */
function messageFor<T>(subscribers: ReadonlySet<unknown>, value: T): { Value: T } {
  const message = { Value: value };
  return subscribers.size > 1 ? share(message) : message;
}

/**
 * A receiving half. Iterate it, or call {@link Receiver.recv}. Closing it gives up what waits at the sender; what is
 * under way is still received.
 */
export class Receiver<T> extends ReceiverHalf<BroadcastMessage<T>> implements AsyncIterable<T> {
  #readable: ReadableStream<T> | undefined;

  /**
   * The next value, or undefined when the sender has ended. Rejects with `local_lagged`, once, in place of values that
   * were skipped because this receiver was too slow, and for a single value that could not be received (`peer_decode`,
   * `peer_item_too_large`, `peer_missing_ports`); the next call goes on after both. Else with the connection's error
   * when it was lost, or with the abort reason.
   */
  async recv(options: AbortOptions = {}): Promise<T | undefined> {
    this.assertHere();
    const entry = await this.end.queue.take(options);
    return entry && messageOf(contentOf(entry));
  }

  /** As {@link recv} if something is here, `"empty"` when nothing is, `"closed"` at the end. */
  tryRecv(): TryRecv<T> {
    const taken = this.takeNow();
    return typeof taken === "object" ? { value: messageOf(taken.value) } : taken;
  }

  /** This half as a Web Stream, which fails when this receiver lags; an error or cancelling it drops the half. */
  get readable(): ReadableStream<T> {
    this.#readable ??= readableOf<T>(this);
    return this.#readable;
  }

  /**
   * Iterates the values until the end, or until this receiver lags: the loop then throws `local_lagged`. Leaving the
   * loop drops the receiver.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return iterate(this);
  }
}

function messageOf<T>(message: BroadcastMessage<T>): T {
  if (message === "Lagged") throw lagged();
  return message.Value;
}

function closed(): CuttleError {
  return new CuttleError("local_closed", "this broadcast sender was closed");
}

function lagged(): CuttleError {
  return new CuttleError(
    "local_lagged",
    "this receiver of a broadcast was too slow, and values were skipped for it. " +
      "Receive again to go on with later ones; read faster, or subscribe with a larger sendBuffer",
  );
}

/** Describes receiving halves: `t.broadcast.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>, half: HalfOptions = {}): Descriptor<Receiver<T>> {
  const message = broadcastMessage(type);
  const options: HalfCodec<typeof broadcastReceiver> = {
    embed: (one, embedding) => ({
      rx: embedReceiver(assertHalf(one, Receiver<T>, "broadcast.receiver") as Receiver<T>, embedding, half),
    }),
    receive: ({ rx }, receiving) =>
      new Receiver<T>(receiveReceiver(rx, { type: message, once: false, options: half }, receiving)),
  };
  return transported<Receiver<T>>({ name: "broadcast.receiver", shape: broadcastReceiver, item: type, options });
}
