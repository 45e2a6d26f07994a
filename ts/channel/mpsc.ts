/**
 * Multi-producer single-consumer channels; remoc's `rch::mpsc`. Useful without any connection; either half can be put
 * into a value and sent, and goes on working over there.
 */

import { CuttleError } from "../errors/error.ts";
import { type Priority, priorityOf } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { AbortOptions } from "../util/abort.ts";
import { iterate } from "../util/iterate.ts";
import { ReceiverHalf, SenderHalf } from "./ends.ts";
import { DEFAULT_CAPACITY, receiverType, senderType } from "./movable.ts";
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
}

/**
 * Makes a channel for values that `type` describes: any number of senders (see {@link Sender.clone}), one receiver.
 */
export function channel<T>(type: Descriptor<T>, options: ChannelOptions = {}): [Sender<T>, Receiver<T>] {
  const { capacity = DEFAULT_CAPACITY, maxItemBytes = DEFAULT_MAX_ITEM_BYTES } = options;
  const end = { queue: new Queue<T>(capacity), type, maxItemBytes, once: false, priority: priorityOf(options) };
  return [new Sender(end), new Receiver(end)];
}

/** The sending half. Close it when nothing more is to be sent: the receiver then sees the end. */
export class Sender<T> extends SenderHalf<T> {
  /** Another sender of the same channel; the receiver sees the end when all are closed. */
  clone(): Sender<T> {
    this.assertHere();
    this.end.queue.addSender();
    return new Sender(this.end);
  }

  /**
   * Sends a value. Resolves when there was room for it, or, once the receiver was sent away, when the connection took
   * it with credits in hand: await it, and a slow receiver slows this program down instead of filling memory.
   * `send(value).taken` resolves when the other application took it.
   * Rejects with `remote_closed` when the receiver closed or is gone, with `local_encode` or `local_item_too_large`
   * when this value cannot be sent (the channel goes on), with the connection's error, or with the abort reason.
   */
  send(value: T, options: AbortOptions = {}): Sending {
    const taken = new Taken();
    return new Sending((resolve) => resolve(this.#send(value, { ...options, taken })), taken);
  }

  async #send(value: T, options: AbortOptions & { taken: Taken }): Promise<void> {
    try {
      this.assertHere();
      await this.end.queue.push(value, options);
    } catch (error) {
      options.taken.fail(error);
      throw error;
    }
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
  /**
   * The next value, or undefined when all senders have ended. Rejects for a single value that could not be received
   * (`peer_decode`, `peer_item_too_large`, `peer_missing_ports`), after which the next call goes on; with the
   * connection's error when it was lost; or with the abort reason.
   */
  async recv(options: AbortOptions = {}): Promise<T | undefined> {
    this.assertHere();
    const entry = await this.end.queue.take(options);
    if (entry === undefined) return undefined;
    entry.done.resolve();
    entry.taken?.pass()?.resolve();
    if ("error" in entry.content) throw entry.content.error;
    return entry.content.value;
  }

  /** Iterates the values until the end. Leaving the loop drops the receiver. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return iterate(this);
  }
}

/** Describes sending halves: `t.mpsc.sender(t.u32)`. Whoever receives one sends to the program it came from. */
export function sender<T>(type: Descriptor<T>): Descriptor<Sender<T>> {
  return senderType(type, { name: "mpsc.sender", of: Sender<T>, once: false });
}

/** Describes receiving halves: `t.mpsc.receiver(t.u32)`. */
export function receiver<T>(type: Descriptor<T>): Descriptor<Receiver<T>> {
  return receiverType(type, { name: "mpsc.receiver", of: Receiver<T>, once: false });
}
