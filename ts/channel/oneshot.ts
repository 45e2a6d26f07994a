/** Channels for exactly one value; remoc's `rch::oneshot`. On the wire an mpsc channel that ends after one item. */

import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { assertHalf, type HalfCodec } from "./half.ts";
import { embedReceiver, embedSender, Half, receiveReceiver, receiveSender } from "./movable.ts";
import { type ClosedReason, Queue } from "./queue.ts";
import { DEFAULT_MAX_ITEM_BYTES, mpscReceiver, mpscSender } from "./shapes.ts";

/** Options of {@link channel}. */
export interface OneshotOptions {
  /** A larger encoded value is refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
}

/** Makes a channel for one value that `type` describes. */
export function channel<T>(type: Descriptor<T>, options: OneshotOptions = {}): [Sender<T>, Receiver<T>] {
  const { maxItemBytes = DEFAULT_MAX_ITEM_BYTES } = options;
  const end = { queue: new Queue<T>(1), type, maxItemBytes, once: true };
  return [new Sender(end), new Receiver(end)];
}

/** The sending half. Closing it without sending lets the receiver fail with `remote_closed`. */
export class Sender<T> extends Half<T> {
  /**
   * Sends the value; once. Resolves when there is room for it or the connection took it. Rejects as the `send` of an
   * mpsc sender does; after `local_encode` or `local_item_too_large` another value can be sent.
   */
  async send(value: T, options: AbortOptions = {}): Promise<void> {
    this.assertHere();
    await this.end.queue.push(value, options);
    this.close();
  }

  /** Whether the value is not wanted any more. */
  get isClosed(): boolean {
    return this.end.queue.closedReason !== undefined;
  }

  /** Resolves with the reason when the value is not wanted any more. */
  closed(): Promise<ClosedReason> {
    return this.end.queue.closed;
  }

  /** Sends nothing any more. */
  close(): void {
    if (this.retire()) this.end.queue.removeSender();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }
}

/** The receiving half. */
export class Receiver<T> extends Half<T> {
  /**
   * The value; once. Rejects with `remote_closed` when the sender ended without sending, and as the `recv` of an mpsc
   * receiver does.
   */
  async recv(options: AbortOptions = {}): Promise<T> {
    this.assertHere();
    const entry = await this.end.queue.take(options);
    if (entry === undefined) {
      throw new CuttleError("remote_closed", "the sender of this oneshot channel was closed without sending a value");
    }
    entry.done.resolve();
    this.drop();
    if ("error" in entry.content) throw entry.content.error;
    return entry.content.value;
  }

  /** Tells the sender that the value is not wanted; one that is under way can still be received. */
  close(): void {
    if (this.isHere) this.end.queue.close("closed");
  }

  /** Receives nothing any more. */
  drop(): void {
    if (this.retire()) this.end.queue.close("dropped");
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/** Describes sending halves: `t.oneshot.sender(t.u32)`. */
export function sender<T>(type: Descriptor<T>): Descriptor<Sender<T>> {
  const options: HalfCodec<typeof mpscSender> = {
    embed: (half, embedding) => embedSender(assertHalf(half, Sender, "oneshot.Sender"), embedding),
    receive: (plain, receiving) => new Sender(receiveSender(plain, type, true, receiving)),
  };
  return transported<Sender<T>>({ name: "oneshot.sender", shape: mpscSender, item: type, options });
}

/** Describes receiving halves: `t.oneshot.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>): Descriptor<Receiver<T>> {
  const options: HalfCodec<typeof mpscReceiver> = {
    embed: (half, embedding) => embedReceiver(assertHalf(half, Receiver, "oneshot.Receiver"), embedding),
    receive: (plain, receiving) => new Receiver(receiveReceiver(plain, type, true, receiving)),
  };
  return transported<Receiver<T>>({ name: "oneshot.receiver", shape: mpscReceiver, item: type, options });
}
