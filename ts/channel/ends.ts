/** What the halves of all kinds of channels have in common. */

import { CuttleError } from "../errors/error.ts";
import type { Priority } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { ClosedReason, Queue } from "./queue.ts";

/** What a half is made of. */
export interface End<T> {
  readonly queue: Queue<T>;
  readonly type: Descriptor<T>;
  /** Limit for one encoded item. */
  readonly maxItemBytes: number;
  /** Carries one value (oneshot). */
  readonly once: boolean;
  /** How values that are sent away stand among others. */
  readonly priority?: Priority | undefined;
}

/** What can be sent once: it is here, was sent away, or was closed by its owner. */
export abstract class Movable {
  #state: "here" | "sent" | "closed" = "here";

  /** @internal Marks the half as sent. Throws `local_half_used` when it is not here any more; nothing changed then. */
  claim(): void {
    this.assertHere();
    this.#state = "sent";
  }

  /** @internal The value with this half in it was not sent after all. */
  giveBack(): void {
    this.#state = "here";
  }

  /** @internal Marks the half as closed; false when it was not here. */
  retire(): boolean {
    const wasHere = this.#state === "here";
    if (wasHere) this.#state = "closed";
    return wasHere;
  }

  /** @internal */
  get isHere(): boolean {
    return this.#state === "here";
  }

  /** @internal */
  assertHere(): void {
    if (this.#state === "here") return;
    const [what, advice] =
      this.#state === "sent"
        ? ["was sent to a peer already", "A half can be sent once: clone an mpsc sender to send it again"]
        : ["was closed", "Make a new channel"];
    throw new CuttleError("local_half_used", `this channel half ${what} and cannot be used here. ${advice}`);
  }
}

/** A half of a channel whose values go through a queue. */
export abstract class Half<T> extends Movable {
  /** @internal */
  readonly end: End<T>;

  /** @internal Use `channel()`. */
  constructor(end: End<T>) {
    super();
    this.end = end;
  }
}

/** A half that sends, of whatever kind. */
export abstract class SenderHalf<T> extends Half<T> {
  /** Whether no more values are taken. */
  get isClosed(): boolean {
    return this.end.queue.closedReason !== undefined;
  }

  /** Why no more values are taken, once that is so. */
  get closedReason(): ClosedReason | undefined {
    return this.end.queue.closedReason;
  }

  /** Resolves with the reason when no more values are taken. */
  closed(): Promise<ClosedReason> {
    return this.end.queue.closed;
  }

  /** Sends no more. When all senders of the channel are closed, the receiver sees the end after the last value. */
  close(): void {
    if (this.retire()) this.end.queue.removeSender();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }
}

/** A half that receives, of whatever kind. */
export abstract class ReceiverHalf<T> extends Half<T> {
  /** Asks the senders to stop; what they sent before can still be received. */
  close(): void {
    if (this.isHere) this.end.queue.close("closed");
  }

  /** Receives no more; what is queued or under way is given up. */
  drop(): void {
    if (this.retire()) this.end.queue.close("dropped");
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}
