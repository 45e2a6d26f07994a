import { CuttleError } from "../errors/error.ts";
import type { MessageTaker, Received } from "../mux/inbox.ts";
import type { Port } from "../mux/port.ts";
import { BACK_CLOSED, BACK_FAILED } from "./back.ts";
import type { Source } from "./entry.ts";
import { ItemReceiver, isItemError } from "./item.ts";
import type { PumpOptions } from "./pump-out.ts";
import type { Queue } from "./queue.ts";
import type { ClosedReason } from "./queue-end.ts";
import { type Item, item, receivedError } from "./shapes.ts";
import { Turns } from "./turns.ts";

/** Receives from a port into a queue until either side ends; then finishes both directions. See `pump-out.ts`. */
export class InPump<T> implements MessageTaker, Source {
  readonly #queue: Queue<T>;
  readonly #receiver: ItemReceiver<Item<T>>;
  /** Of all ports, where there are several. */
  readonly #turns: Turns<ItemReceiver<Item<T>>> | undefined;
  readonly #once: boolean;
  /** The one value has come. */
  #isOver = false;

  /** Begins at once. */
  constructor(queue: Queue<T>, port: Port, { link, type, maxItemBytes, once, parallel }: PumpOptions<T>) {
    const receiverOn = (one: Port) => new ItemReceiver(one, link, item(type), maxItemBytes);
    this.#queue = queue;
    this.#receiver = receiverOn(port);
    if (parallel.length > 0) this.#turns = new Turns([this.#receiver, ...parallel.map(receiverOn)]);
    this.#once = once;
    queue.addPump();
    for (const one of parallel) one.finishSend();
    queue.addSource(this);
    this.#current.tellMessage(this);
  }

  /** @internal */
  queueClosed(reason: ClosedReason): void {
    void tellClosed(this.#receiver.port, reason);
  }

  /** @internal */
  queueDeaf(): void {
    this.#finish();
  }

  /** @internal */
  received(message: Received | undefined): void {
    void this.#carry(message);
  }

  /** @internal */
  receiveFailed(error: CuttleError): void {
    // Not in the middle of what the core tells.
    void Promise.resolve().then(() => this.#end(error));
  }

  /** @internal */
  arriving(doneBytes: number): void {
    this.#queue.arriving(doneBytes);
  }

  async #carry(first: Received | undefined): Promise<void> {
    // Decoding runs foreign code, which is not for the middle of what the core tells.
    await undefined;
    try {
      for (let message = first; ; ) {
        const passing = this.#accept(message);
        if (passing !== undefined) await passing;
        if (message === undefined || this.#isOver) return this.#end();
        message = this.#current.takeMessage();
        if (message === undefined) return this.#current.tellMessage(this);
      }
    } catch (error) {
      this.#end(CuttleError.from(error));
    }
  }

  /** Passes on the value that a message makes whole, or an error in its place; a promise when that has to wait. */
  #accept(message: Received | undefined): Promise<void> | undefined {
    const receiver = this.#current;
    try {
      const received = receiver.accept(message);
      if (received === undefined) return undefined;
      this.#turns?.pass();
      if ("Ok" in received.value) {
        this.#isOver = this.#once;
        const hold = () => receiver.hold(received.sizeBytes, (error) => this.#queue.giveUp(error));
        return this.#queue.pass({ value: received.value.Ok }, hold, received.halves);
      }
      const { error, final } = receivedError(received.value.Err);
      if (!final) return this.#queue.pass({ error });
      this.#queue.failReceiver(error);
    } catch (error) {
      if (!isItemError(error)) throw error;
      this.#turns?.pass();
      return this.#queue.pass({ error });
    }
    return undefined;
  }

  get #current(): ItemReceiver<Item<T>> {
    return this.#turns?.current ?? this.#receiver;
  }

  #end(error?: CuttleError): void {
    if (error !== undefined) this.#queue.failReceiver(error);
    this.#finish();
    this.#queue.removeSource(this);
    this.#queue.removePump();
  }

  #finish(): void {
    for (const { port } of this.#turns?.all ?? [this.#receiver]) port.finish();
  }
}

/** A receiver that is dropped needs no word: its port ends. */
async function tellClosed(port: Port, reason: ClosedReason): Promise<void> {
  if (reason === "dropped") return;
  try {
    await port.send(Uint8Array.of(reason === "closed" ? BACK_CLOSED : BACK_FAILED));
  } catch {
    // The port or the connection has ended: there is nobody to tell.
  }
}
