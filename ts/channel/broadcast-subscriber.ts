import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import { Queue } from "./queue.ts";
import type { BroadcastMessage } from "./shapes.ts";

interface Waiting<T> {
  readonly message: BroadcastMessage<T>;
  /** Whether it reached the receiver. */
  readonly done: Deferred<boolean>;
}

/**
 * What waits for one receiver of a broadcast. The queue behind it has no room of its own, so what its receiver, or the
 * connection to it, has not taken stands here and is counted.
 *
 * A value that finds the buffer full is skipped, and so are those after it until there is room again; one "Lagged"
 * stands in their place.
 */
export class Subscriber<T> {
  /** From which the receiver takes. */
  readonly queue: Queue<BroadcastMessage<T>> = new Queue(0);
  readonly #capacity: number;
  /** Behind the one in the queue, if any: a value that fails there ends the subscription before the next one. */
  readonly #waiting: Fifo<Waiting<T>> = new Fifo();
  #lagging = false;
  #passing = false;
  #finishing = false;
  /** Why a value could not be sent to the receiver; the queue is closed then. */
  failure: CuttleError | undefined;

  /** Room for `capacity` values. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.queue.addSender();
  }

  /** Takes the message, or skips it when there is no room. Resolves with whether it reached the receiver. */
  offer(message: BroadcastMessage<T>): Promise<boolean> {
    if (this.queue.closedReason !== undefined) return Promise.resolve(false);
    const hasRoom = this.#waiting.length + this.queue.length < this.#capacity;
    const done = deferred<boolean>();
    if (hasRoom) this.#waiting.push({ message, done });
    else if (!this.#lagging) this.#waiting.push({ message: "Lagged", done: deferred() });
    if (!hasRoom) done.resolve(false);
    this.#lagging = !hasRoom;
    void this.#pass();
    return done.promise;
  }

  /** No more comes; the receiver sees the end after what waits. */
  finish(): void {
    this.#finishing = true;
    void this.#pass();
  }

  async #pass(): Promise<void> {
    if (this.#passing) return;
    this.#passing = true;
    let current: Waiting<T> | undefined;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        current = next;
        await this.queue.push(next.message);
        next.done.resolve(true);
      }
      if (this.#finishing) this.queue.removeSender();
      this.#passing = this.#finishing;
    } catch (error) {
      // Nothing is taken any more: `passing` stays set.
      if (CuttleError.is(error, "local_encode", "local_item_too_large", "local_half_used")) this.failure = error;
      current?.done.resolve(false);
      for (const { done } of this.#waiting.sift(() => false)) done.resolve(false);
      this.queue.close("failed", CuttleError.from(error));
    }
  }
}
