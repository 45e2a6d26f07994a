/** Channels for exactly one value; remoc's `rch::oneshot`. On the wire an mpsc channel that ends after one item. */

import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { contentOf, ReceiverHalf, SenderHalf, type TryRecv } from "./ends.ts";
import type { HalfOptions } from "./half.ts";
import { onceEnd, receiverType, senderType } from "./movable.ts";

/** Options of {@link channel}. */
export interface OneshotOptions {
  /** A larger encoded value is refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
}

/** Makes a channel for one value that `type` describes. */
export function channel<T>(type: Descriptor<T>, options: OneshotOptions = {}): [Sender<T>, Receiver<T>] {
  const end = onceEnd(type, options);
  return [new Sender(end), new Receiver(end)];
}

/**
 * Sends what `value` resolves to, and closes `to` when it rejects; remoc's `oneshot::forward`. Resolves when the value is
 * on its way, when the receiver wants none any more, or when `value` is the `recv` of a oneshot that brings none. Rejects
 * with what else `value` or sending fails with, or with the abort reason.
 */
export async function forward<T>(value: PromiseLike<T>, to: Sender<T>, options: AbortOptions = {}): Promise<void> {
  const gone = to.closed().then((): never => {
    throw to.end.queue.closedError;
  });
  try {
    await to.send(await unlessAborted(Promise.race([value, gone]), options), options);
  } catch (error) {
    if (!CuttleError.is(error, "remote_closed")) throw error;
  } finally {
    to.close();
  }
}

/** The sending half. Closing it without sending lets the receiver fail with `remote_closed`. */
export class Sender<T> extends SenderHalf<T> {
  /**
   * Sends the value; once. Resolves when there is room for it or the connection took it. Rejects as the `send` of an
   * mpsc sender does; after `local_encode` or `local_item_too_large` another value can be sent.
   */
  async send(value: T, options: ProgressOptions = {}): Promise<void> {
    this.assertHere();
    await this.end.queue.push(value, options);
    this.close();
  }
}

/** The receiving half. */
export class Receiver<T> extends ReceiverHalf<T> {
  /**
   * The value; once. Rejects with `remote_closed` when the sender ended without sending, and as the `recv` of an mpsc
   * receiver does.
   */
  async recv(options: ProgressOptions = {}): Promise<T> {
    this.assertHere();
    const entry = await this.end.queue.takeArriving(options);
    if (entry === undefined) {
      throw new CuttleError("remote_closed", "the sender of this oneshot channel was closed without sending a value");
    }
    this.drop();
    return contentOf(entry);
  }

  /**
   * The value if it is here, `"empty"` when it has not come, `"closed"` when the sender ended without sending. Throws
   * what {@link recv} rejects with.
   */
  tryRecv(): TryRecv<T> {
    const taken = this.takeNow();
    if (typeof taken === "object") this.drop();
    return taken;
  }
}

/** Describes sending halves: `t.oneshot.sender(t.u32)`. */
export function sender<T>(type: Descriptor<T>, options: HalfOptions = {}): Descriptor<Sender<T>> {
  return senderType(type, { name: "oneshot.sender", of: Sender<T>, once: true, options });
}

/** Describes receiving halves: `t.oneshot.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>, options: HalfOptions = {}): Descriptor<Receiver<T>> {
  return receiverType(type, { name: "oneshot.receiver", of: Receiver<T>, once: true, options });
}
