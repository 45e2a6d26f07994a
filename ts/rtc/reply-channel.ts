import { onceEnd, senderType } from "../channel/movable.ts";
import * as oneshot from "../channel/oneshot.ts";
import type { Descriptor } from "../schema/descriptor.ts";

/**
 * The sender of an answer, made for one request. A request that was accepted and then not sent after all, because its
 * receiver has ended, gives it back to nobody: it closes, so that whoever waits for the answer is told.
 */
export class ReplySender<T> extends oneshot.Sender<T> {
  /** The request was not sent. */
  wasGivenBack = false;

  /** @internal */
  override giveBack(): void {
    super.giveBack();
    this.wasGivenBack = true;
    this.close();
  }

  /** The request has it, and whoever has that ends it. */
  protected override watchOver(): void {}
}

/** Describes senders of answers. */
export function replySender<T>(type: Descriptor<T>): Descriptor<ReplySender<T>> {
  return senderType(type, { name: "oneshot.sender", of: ReplySender<T>, once: true });
}

/** The receiver of an answer, which no program sees: whoever waits for the answer drops it. */
class ReplyReceiver<T> extends oneshot.Receiver<T> {
  protected override watchOver(): void {}
}

/** Makes the channel for the answer to a request. */
export function replyChannel<T>(
  type: Descriptor<T>,
  options?: oneshot.OneshotOptions,
): [ReplySender<T>, oneshot.Receiver<T>] {
  const end = onceEnd(type, options);
  return [new ReplySender(end), new ReplyReceiver(end)];
}
