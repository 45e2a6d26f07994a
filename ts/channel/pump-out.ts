/**
 * Pumps carry the values of a channel over a port, in place of a half that was sent away or received. A pump holds at
 * most one value; everything else waits in the queue on one side, or unpaid in the port on the other, so back-pressure
 * reaches the application that sends. A channel is idle most of its time, and a pump is then nothing but itself.
 */

import { CuttleError } from "../errors/error.ts";
import type { MessageTaker, Received } from "../mux/inbox.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { BACK_CLOSED, BACK_FAILED, backBytes, MAX_BACK_BYTES } from "./back.ts";
import { Drain } from "./drain.ts";
import type { Entry } from "./entry.ts";
import type { Link } from "./half.ts";
import { ItemSender } from "./item.ts";
import type { Queue } from "./queue.ts";
import type { ClosedReason } from "./queue-end.ts";
import { errorToWire, finalErrorToWire, type Item, item } from "./shapes.ts";
import { encodingsOf } from "./shared.ts";
import { Turns } from "./turns.ts";

/** What pumps need. */
export interface PumpOptions<T> {
  readonly link: Link;
  readonly type: Descriptor<T>;
  /** Limit for one encoded item: the receiver's when sending, ours when receiving. */
  readonly maxItemBytes: number;
  /** The channel carries one value (oneshot). */
  readonly once: boolean;
  /** Further ports: items take turns, the port of the channel first. PROTOCOL.md section 6.1. */
  readonly parallel: readonly Port[];
}

/** Sends what a queue holds on a port until either side ends; then finishes both directions. */
export class OutPump<T> extends Drain<T> implements MessageTaker {
  readonly #sender: ItemSender<Item<T>>;
  /** Of all ports, where there are several. */
  readonly #turns: Turns<ItemSender<Item<T>>> | undefined;
  /** What the receiver does after the end of the values says nothing to their senders. */
  #isOver = false;

  /** Begins at once. */
  constructor(queue: Queue<T>, port: Port, options: PumpOptions<T>) {
    super(queue, options);
    const { link, type, maxItemBytes, parallel } = options;
    const senderOn = (one: Port) => new ItemSender(one, link, item(type), maxItemBytes);
    this.#sender = senderOn(port);
    if (parallel.length > 0) this.#turns = new Turns([this.#sender, ...parallel.map(senderOn)]);
    for (const one of parallel) one.finishReceive();
    port.maxMessageBytes = MAX_BACK_BYTES;
    port.tellReceived(this);
    this.proceed();
  }

  /** @internal */
  received(message: Received | undefined): void {
    if (!this.#isOver) void this.#listen(message);
  }

  /** @internal */
  receiveFailed(error: CuttleError): void {
    // Not in the middle of what the core tells.
    void Promise.resolve().then(() => this.#stop("failed", error));
  }

  protected override send(entry: Entry<T>): Promise<void> | undefined {
    const sender = this.#turns?.current ?? this.#sender;
    const sending = sendEntry(sender, entry, this.link);
    return this.#turns === undefined ? sending : passTurn(this.#turns, sending);
  }

  protected override end(error?: CuttleError): void {
    if (error === undefined) return this.#finish();
    // The values come from a peer that was lost; whoever receives them must not take that for their end.
    // When that is lost as well, the port has failed, which is an error over there.
    const finish = (): void => this.#finish();
    this.#tellLoss().then(finish, finish);
  }

  #finish(): void {
    this.#isOver = true;
    for (const port of this.#ports) port.finish();
  }

  async #tellLoss(): Promise<void> {
    const sender = this.#turns?.current ?? this.#sender;
    await sender.send({ Err: finalErrorToWire(this.link.mux.peer.generation) });
  }

  /** Closes the queue when the receiver at the other end closes, drops or fails before the values are over. */
  async #listen(message: Received | undefined): Promise<void> {
    await undefined;
    const code = message && backBytes(message, this.link)?.[0];
    if (message === undefined) this.#stop("dropped");
    else if (code === BACK_CLOSED) this.#stop("closed");
    else if (code === BACK_FAILED) this.#stop("failed");
    else this.#sender.port.tellReceived(this);
  }

  #stop(reason: ClosedReason, error?: CuttleError): void {
    if (this.#isOver) return;
    this.queue.close(reason, error);
    const cause = () => error ?? CuttleError.from(this.queue.closedError);
    for (const port of this.#ports) port.stopSending(cause);
  }

  get #ports(): readonly Port[] {
    return this.#turns?.all.map(({ port }) => port) ?? [this.#sender.port];
  }
}

function sendEntry<T>(
  sender: ItemSender<Item<T>>,
  { content, accepted, signal, taken, onProgress }: Entry<T>,
  { mux }: Link,
): Promise<void> | undefined {
  if ("error" in content) return sender.send({ Err: errorToWire(content.error, mux.peer.generation) });
  // The sender of an accepted value was told that it is on its way.
  const options = { signal: accepted ? undefined : signal, taken: taken?.pass(), onProgress };
  return sender.send({ Ok: content.value }, { ...options, encodings: encodingsOf(content.value) });
}

/** What fails takes no turn. */
async function passTurn(turns: Turns<unknown>, sending: Promise<void> | undefined): Promise<void> {
  await sending;
  turns.pass();
}
