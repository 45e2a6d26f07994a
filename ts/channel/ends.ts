/** What the halves of all kinds of channels have in common. */

import { CuttleError } from "../errors/error.ts";
import type { Priority } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { Entry } from "./entry.ts";
import type { Queue } from "./queue.ts";
import type { ClosedReason } from "./queue-end.ts";
import { SafetyNet } from "./safety-net.ts";

/** What a half is made of. */
export interface End<T> {
  readonly queue: Queue<T>;
  readonly type: Descriptor<T>;
  /** Limit for one encoded item. Whoever sends a half away takes it along. */
  maxItemBytes: number;
  /** Carries one value (oneshot). */
  readonly once: boolean;
  /** How values that are sent away stand among others. */
  readonly priority?: Priority | undefined;
  /** Further ports that a half takes along when it is sent away. */
  readonly parallel?: number | undefined;
}

/** What can be sent once: it is here, was sent away, or was closed by its owner. */
export abstract class Movable {
  #state: "here" | "sent" | "closed" = "here";

  /** @internal Notices when the program forgets the half while it is here: constructors call this at their end. */
  protected abstract watchOver(): void;
  /** @internal Notices it no more: it is not here, or somebody ends it for certain. */
  abstract leaveAlone(): void;

  /** @internal Marks the half as sent. Throws `local_half_used` when it is not here any more; nothing changed then. */
  claim(): void {
    this.assertHere();
    this.#state = "sent";
    this.leaveAlone();
  }

  /** @internal The value with this half in it was not sent after all. */
  giveBack(): void {
    this.#state = "here";
    this.watchOver();
  }

  /** @internal Marks the half as closed; false when it was not here. */
  retire(): boolean {
    if (this.#state !== "here") return false;
    this.#state = "closed";
    this.leaveAlone();
    return true;
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
    this.watchOver();
  }

  /**
   * Larger encoded values are refused. Set here, it holds for a half that is sent away after that; of a half that came
   * from a peer it is the limit that the other side told, or this side's own.
   */
  get maxItemBytes(): number {
    return this.end.maxItemBytes;
  }

  set maxItemBytes(bytes: number) {
    if (!(bytes >= 0)) throw new CuttleError("local_misuse", `maxItemBytes must be 0 or more, got ${bytes}`);
    this.end.maxItemBytes = bytes;
  }
}

const forgottenSenders = /* @__PURE__ */ new SafetyNet<Queue<unknown>>("a sender", (queue) => {
  const wasOpen = queue.receiver === "moved" && queue.closedReason === undefined;
  queue.removeSender();
  return wasOpen;
});

/** A half that sends, of whatever kind. */
export abstract class SenderHalf<T> extends Half<T> {
  /** @internal Use `channel()`. */
  constructor(end: End<T>) {
    super(end);
    end.queue.addSender();
  }

  protected override watchOver(): void {
    forgottenSenders.add(this, this.end.queue as Queue<unknown>);
  }

  /** @internal */
  override leaveAlone(): void {
    forgottenSenders.remove(this);
  }

  /** Whether no more values are taken. */
  get isClosed(): boolean {
    return this.end.queue.closedReason !== undefined;
  }

  /** Why no more values are taken, once that is so. */
  get closedReason(): ClosedReason | undefined {
    return this.end.queue.closedReason;
  }

  /** Resolves with the reason when no more values are taken. Rejects with the abort reason. */
  async closed(options: AbortOptions = {}): Promise<ClosedReason> {
    const { queue } = this.end;
    const reason = await unlessAborted(queue.closed, options);
    // Refers to the half for as long as somebody waits: it must not end before. It has nothing more to end.
    this.leaveAlone();
    return reason;
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

/** What can be had without waiting: a value, or why there is none. */
export type TryRecv<T> = { readonly value: T } | "empty" | "closed";

const forgottenReceivers = /* @__PURE__ */ new SafetyNet<Queue<unknown>>("a receiver", (queue) =>
  queue.forgetReceiver(),
);

/** A half that receives, of whatever kind. */
export abstract class ReceiverHalf<T> extends Half<T> {
  /** @internal Use `channel()`. */
  constructor(end: End<T>) {
    super(end);
    end.queue.addReceiver();
  }

  protected override watchOver(): void {
    forgottenReceivers.add(this, this.end.queue as Queue<unknown>);
  }

  /** @internal */
  override leaveAlone(): void {
    forgottenReceivers.remove(this);
  }

  /** Values that are here and can be received without waiting. */
  get length(): number {
    return this.end.queue.length;
  }

  /** Takes what the queue holds without waiting for more; throws the error in place of a value. */
  protected takeNow(): TryRecv<T> {
    this.assertHere();
    const { queue } = this.end;
    const entry = queue.takeNow();
    if (entry !== undefined) return { value: contentOf(entry) };
    if (!queue.isOver) return "empty";
    const error = queue.takeFinalError();
    if (error !== undefined) throw error;
    return "closed";
  }

  /** Asks the senders to stop; what they sent before can still be received. */
  close(): void {
    if (this.isHere) this.end.queue.close("closed");
  }

  /** Receives no more; what is queued or under way is given up. */
  drop(): void {
    if (this.retire()) this.end.queue.removeReceiver();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/** The value of an entry that was taken, whose sender is told so; throws the error in its place. */
export function contentOf<T>(entry: Entry<T>): T {
  entry.done.resolve();
  entry.taken?.pass()?.resolve();
  if ("error" in entry.content) throw entry.content.error;
  return entry.content.value;
}
