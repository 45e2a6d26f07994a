/**
 * Local/remote channels; remoc's `rch::lr`, which remoc 0.20 advises against and still has. Lighter than mpsc on the
 * wire, and exactly one of the two halves can be sent, once. Use mpsc where the peer lets you choose.
 */

import { CuttleError } from "../errors/error.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import { iterate } from "../util/iterate.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { readableOf, writableOf } from "../util/streams.ts";
import { OneWayOut, pumpOneWayIn } from "./bin-pump.ts";
import { contentOf, type End, ReceiverHalf, SenderHalf, type TryRecv } from "./ends.ts";
import { assertHalf, type HalfCodec, type HalfOptions, linkWith } from "./half.ts";
import { ItemReceiver, ItemSender } from "./item.ts";
import { DEFAULT_CAPACITY, moveReceiver, moveSender } from "./movable.ts";
import { Queue } from "./queue.ts";
import { DEFAULT_MAX_ITEM_BYTES, lrHalf, sizeFromWire, sizeToWire } from "./shapes.ts";

/** Options of {@link channel}. */
export interface LrOptions {
  /** Values that wait for a receiver in this program while the sender goes on; default 16. */
  capacity?: number;
  /** Larger encoded values are refused by both sides; default 16 MiB. */
  maxItemBytes?: number;
}

/** Makes a channel for values that `type` describes. */
export function channel<T>(type: Descriptor<T>, options: LrOptions = {}): [Sender<T>, Receiver<T>] {
  const { capacity = DEFAULT_CAPACITY, maxItemBytes = DEFAULT_MAX_ITEM_BYTES } = options;
  const end = { queue: new Queue<T>(capacity), type, maxItemBytes, once: false };
  const interlock = new Interlock();
  return [new Sender(end, interlock), new Receiver(end, interlock)];
}

/** What the halves of one channel share: at most one of them is sent. */
class Interlock {
  #taken = false;

  claim(): void {
    if (this.#taken) {
      throw new CuttleError(
        "local_half_used",
        "exactly one half of an lr channel can be sent, once, and a received half cannot be sent on. " +
          "Make an mpsc channel for that, or pass the values on in this program",
      );
    }
    this.#taken = true;
  }

  release(): void {
    this.#taken = false;
  }
}

/** The sending half. Close it when nothing more is to be sent: the receiver then sees the end. */
export class Sender<T> extends SenderHalf<T> {
  readonly #interlock: Interlock;
  #writable: WritableStream<T> | undefined;

  /** @internal Use `channel()`. */
  constructor(end: End<T>, interlock: Interlock) {
    super(end);
    this.#interlock = interlock;
  }

  /** This half as a Web Stream. Closing or aborting the stream closes the half. */
  get writable(): WritableStream<T> {
    this.#writable ??= writableOf<T>(this);
    return this.#writable;
  }

  /**
   * Sends a value. Resolves when there was room for it, or, once the receiver was sent away, when the connection took
   * it with credits in hand. Rejects with `remote_closed` when the receiver closed or is gone, with `local_encode` or
   * `local_item_too_large` when this value cannot be sent (the channel goes on), with the connection's error, or with
   * the abort reason.
   */
  async send(value: T, options: ProgressOptions = {}): Promise<void> {
    this.assertHere();
    await this.end.queue.push(value, options);
  }

  /** @internal */
  override claim(): void {
    this.assertHere();
    this.#interlock.claim();
    super.claim();
  }

  /** @internal */
  override giveBack(): void {
    super.giveBack();
    this.#interlock.release();
  }
}

/** The receiving half. Iterate it, or call {@link Receiver.recv}. */
export class Receiver<T> extends ReceiverHalf<T> implements AsyncIterable<T> {
  readonly #interlock: Interlock;
  #readable: ReadableStream<T> | undefined;

  /** @internal Use `channel()`. */
  constructor(end: End<T>, interlock: Interlock) {
    super(end);
    this.#interlock = interlock;
  }

  /** This half as a Web Stream; an error or cancelling it drops the half. */
  get readable(): ReadableStream<T> {
    this.#readable ??= readableOf<T>(this);
    return this.#readable;
  }

  /**
   * The next value, or undefined when the sender has ended. Rejects for a single value that could not be received
   * (`peer_decode`, `peer_item_too_large`, `peer_missing_ports`), after which the next call goes on; with the
   * connection's error when it was lost; or with the abort reason.
   */
  async recv(options: ProgressOptions = {}): Promise<T | undefined> {
    this.assertHere();
    const entry = await this.end.queue.takeArriving(options);
    return entry && contentOf(entry);
  }

  /** As {@link recv} if something is here, `"empty"` when nothing is, `"closed"` at the end. */
  tryRecv(): TryRecv<T> {
    return this.takeNow();
  }

  /** Iterates the values until the end. Leaving the loop drops the receiver. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return iterate(this);
  }

  /** @internal */
  override claim(): void {
    this.assertHere();
    this.#interlock.claim();
    super.claim();
  }

  /** @internal */
  override giveBack(): void {
    super.giveBack();
    this.#interlock.release();
  }
}

/** Describes sending halves: `t.lr.sender(t.u32)`. Whoever receives one sends to the program it came from. */
export function sender<T>(type: Descriptor<T>, half: HalfOptions = {}): Descriptor<Sender<T>> {
  const options: HalfCodec<typeof lrHalf> = {
    embed(given, embedding) {
      const one: Sender<T> = assertHalf(given, Sender<T>, "lr.sender");
      const { queue, maxItemBytes } = one.end;
      one.assertHere();
      const port = moveSender(one, embedding, (opened) =>
        pumpOneWayIn(opened, queue, new ItemReceiver(opened, linkWith(embedding.link, half), type, maxItemBytes)),
      );
      return shape(port, maxItemBytes);
    },
    receive(plain, receiving) {
      const maxItemBytes = sizeFromWire(BigInt(plain.max_item_size));
      const end = { queue: new Queue<T>(0), type, maxItemBytes, once: false };
      receiving.expect(plain.port, (port) => {
        const link = linkWith(receiving.link, half);
        new OneWayOut(end.queue, port, new ItemSender(port, link, type, maxItemBytes), link);
      });
      return new Sender(end, taken());
    },
  };
  return transported<Sender<T>>({ name: "lr.sender", shape: lrHalf, item: type, options });
}

/** Describes receiving halves: `t.lr.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>, half: HalfOptions = {}): Descriptor<Receiver<T>> {
  const options: HalfCodec<typeof lrHalf> = {
    embed(given, embedding) {
      const one: Receiver<T> = assertHalf(given, Receiver<T>, "lr.receiver");
      const { queue, maxItemBytes } = one.end;
      one.assertHere();
      const link = linkWith(embedding.link, half);
      const port = moveReceiver(
        one,
        embedding,
        (opened) => new OneWayOut(queue, opened, new ItemSender(opened, link, type, maxItemBytes), link),
      );
      return shape(port, maxItemBytes);
    },
    receive(plain, receiving) {
      const link = linkWith(receiving.link, half);
      const maxItemBytes = Math.min(sizeFromWire(BigInt(plain.max_item_size)), link.maxItemBytes);
      const end = { queue: new Queue<T>(DEFAULT_CAPACITY), type, maxItemBytes, once: false };
      end.queue.addPump();
      receiving.expect(plain.port, (port) => {
        void pumpOneWayIn(port, end.queue, new ItemReceiver(port, link, type, maxItemBytes));
        end.queue.removePump();
      });
      return new Receiver(end, taken());
    },
  };
  return transported<Receiver<T>>({ name: "lr.receiver", shape: lrHalf, item: type, options });
}

function shape(port: number, maxItemBytes: number): Infer<typeof lrHalf> {
  return { port, max_item_size: sizeToWire(maxItemBytes) };
}

/** Of a half that came from a peer. */
function taken(): Interlock {
  const interlock = new Interlock();
  interlock.claim();
  return interlock;
}
