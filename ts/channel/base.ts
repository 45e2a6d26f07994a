/** The first channel of a connection, one per direction; remoc's `rch::base`. Its halves cannot be sent. */

import type { CuttleError } from "../errors/error.ts";
import type { MessageTaker, Received } from "../mux/inbox.ts";
import type { Mux } from "../mux/mux.ts";
import type { OnProgress, Port } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { type AbortOptions, unlessAborted, whileNotAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { Fifo } from "../util/fifo.ts";
import { iterate } from "../util/iterate.ts";
import { type ProgressOptions, progressTeller } from "../util/progress.ts";
import { readableOf, writableOf } from "../util/streams.ts";
import type { Link } from "./half.ts";
import { ItemReceiver, ItemSender } from "./item.ts";

const RESOLVED = Promise.resolve();

/** The sending end. */
export class BaseSender<T> {
  readonly #port: Port;
  readonly #items: ItemSender<T>;
  #writable: WritableStream<T> | undefined;

  /** @internal */
  constructor(port: Port, link: Link, type: Descriptor<T>, maxItemBytes: number) {
    this.#port = port;
    this.#items = new ItemSender(port, link, type, maxItemBytes);
  }

  /**
   * Sends a value, with the channel halves in it. Resolves when the connection took it with credits in hand. Rejects
   * with `local_encode`, `local_item_too_large` or `local_half_used` when this value cannot be sent (then all halves in
   * it are as before), with `remote_closed` when the other side reads no more, with the connection's error, or with the
   * abort reason.
   */
  async send(value: T, options: ProgressOptions = {}): Promise<void> {
    await this.#items.send(value, options);
  }

  /** Whether the other side reads no more, or the connection has ended. */
  get isClosed(): boolean {
    return this.#port.isReceiverClosed;
  }

  /** Resolves when the other side reads no more; rejects when the connection ends before that, or with the abort reason. */
  async closed(options: AbortOptions = {}): Promise<void> {
    await unlessAborted(this.#port.receiverClosed, options);
  }

  /** This end as a Web Stream. Closing or aborting the stream closes it. */
  get writable(): WritableStream<T> {
    this.#writable ??= writableOf<T>(this);
    return this.#writable;
  }

  /** Sends no more; the other side sees the end after the last value. */
  close(): void {
    this.#port.finishSend();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }
}

/** A call of `recv`. */
interface Waiting {
  readonly got: Deferred<unknown>;
  readonly tell: OnProgress | undefined;
}

/** What came, or undefined at the end, or why nothing did. */
type Arrived<T> = { readonly value: T | undefined } | { readonly error: unknown };

/** The receiving end. Iterate it, or call {@link BaseReceiver.recv}. */
export class BaseReceiver<T> implements AsyncIterable<T>, MessageTaker {
  readonly #port: Port;
  readonly #items: ItemReceiver<T>;
  /** Calls of {@link recv}, in order. */
  readonly #waiting: Fifo<Waiting> = new Fifo();
  /** Came for a call that was given up; for the next one. */
  #arrived: Arrived<T> | undefined;
  #isReceiving = false;
  #readable: ReadableStream<T> | undefined;

  /** @internal */
  constructor(port: Port, link: Link, type: Descriptor<T>, maxItemBytes: number) {
    this.#port = port;
    this.#items = new ItemReceiver(port, link, type, maxItemBytes);
  }

  /**
   * The next value, or undefined when the other side closed its sender. Rejects with `peer_decode`,
   * `peer_item_too_large` or `peer_missing_ports` for that value alone, after which the next call goes on; with the
   * connection's error; or with the abort reason, and then no value is lost.
   */
  async recv({ signal, onProgress }: ProgressOptions = {}): Promise<T | undefined> {
    signal?.throwIfAborted();
    const got = deferred<unknown>();
    const giveUp = (reason: unknown): void => {
      if (this.#waiting.remove(waiting)) got.reject(reason);
    };
    const tell = onProgress && progressTeller(onProgress, undefined, giveUp);
    const waiting: Waiting = { got, tell };
    this.#waiting.push(waiting);
    this.#receive();
    return (await whileNotAborted(got.promise, signal, giveUp)) as T | undefined;
  }

  /** @internal */
  received(message: Received | undefined): void {
    // Decoding runs foreign code, which is not for the middle of what the core tells.
    void RESOLVED.then(() => this.#accept(message));
  }

  /** @internal */
  receiveFailed(error: CuttleError): void {
    void RESOLVED.then(() => this.#deliver({ error }));
  }

  /** @internal */
  arriving(doneBytes: number): void {
    this.#waiting.first?.tell?.(doneBytes);
  }

  /** Receives when somebody waits; one at a time. */
  #receive(): void {
    if (this.#isReceiving || this.#waiting.length === 0) return;
    this.#isReceiving = true;
    if (this.#arrived !== undefined) return this.#deliver(this.#arrived);
    const held = this.#items.takeMessage();
    if (held === undefined) this.#items.tellMessage(this);
    else this.received(held);
  }

  #accept(message: Received | undefined): void {
    try {
      const taken = this.#items.accept(message);
      // Only a part of a value: the list of its ports comes next.
      if (taken === undefined && message !== undefined) return this.#items.tellMessage(this);
      this.#deliver({ value: taken?.value });
    } catch (error) {
      this.#deliver({ error });
    }
  }

  #deliver(arrived: Arrived<T>): void {
    const waiting = this.#waiting.shift();
    this.#arrived = waiting === undefined ? arrived : undefined;
    if ("error" in arrived) waiting?.got.reject(arrived.error);
    else waiting?.got.resolve(arrived.value);
    this.#isReceiving = false;
    this.#receive();
  }

  /** This end as a Web Stream; an error or cancelling it drops it. */
  get readable(): ReadableStream<T> {
    this.#readable ??= readableOf(this);
    return this.#readable;
  }

  /** Iterates the values until the end. Leaving the loop drops the receiver. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return iterate(this);
  }

  /** Asks the other side to stop; what it sent before can still be received. */
  close(): void {
    this.#port.closeReceive();
  }

  /** Receives no more; what is under way is given up. */
  drop(): void {
    this.#port.finishReceive();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/**
 * Opens one port in each direction, as both sides of every remoc connection do at the same time: PROTOCOL.md
 * section 4. No port is requested by itself afterwards. Rejects with the connection's end.
 */
export async function openBase(mux: Mux): Promise<{ outgoing: Port; incoming: Port }> {
  const outgoing = mux.reserve();
  mux.open(outgoing);
  const incoming = mux.accept(await mux.nextRequest());
  await outgoing.opened;
  mux.closeOpening();
  outgoing.finishReceive();
  incoming.finishSend();
  return { outgoing, incoming };
}
