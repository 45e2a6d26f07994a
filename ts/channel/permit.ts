import { CuttleError } from "../errors/error.ts";
import { dispose } from "../util/dispose.ts";
import type { Queue } from "./queue.ts";

/**
 * Room for one value in a channel; remoc's `mpsc::Permit`. To be used or released once: while it is neither, the channel
 * has that much less room, and its receiver does not see the end.
 */
export class Permit<T> {
  readonly #queue: Queue<T>;
  #isUsed = false;

  /** @internal Use `reserve`. */
  constructor(queue: Queue<T>) {
    this.#queue = queue;
  }

  /**
   * Sends the value, without waiting. Throws the error of `send` when the receiver closed or is gone meanwhile, and
   * `local_half_used` the second time. When the value cannot be sent to a receiver elsewhere after all, the channel
   * ends, and the next `send` says why.
   */
  send(value: T): void {
    if (this.#isUsed) {
      throw new CuttleError("local_half_used", "this permit was used or released already; reserve another one");
    }
    this.#isUsed = true;
    const { closedError } = this.#queue;
    this.#queue.pushReserved(value);
    if (closedError !== undefined) throw closedError;
  }

  /** Gives the room back; nothing after the first time. */
  release(): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    this.#queue.giveBack(1);
  }

  /** As {@link release}, for `using`. */
  [dispose](): void {
    this.release();
  }
}
