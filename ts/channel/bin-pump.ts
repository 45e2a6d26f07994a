/**
 * Pumps of the kinds that use one direction of a port only, bin and lr. They finish the other direction at once, and
 * a receiver that closes says so with ReceiveClose. There is no word for an error: whoever cannot go on ends.
 */

import { CuttleError } from "../errors/error.ts";
import type { ArrivalWatcher } from "../mux/inbox.ts";
import type { Port } from "../mux/port.ts";
import { Drain } from "./drain.ts";
import type { Entry, Source } from "./entry.ts";
import type { Link } from "./half.ts";
import { type ItemOptions, isItemError, type Taken } from "./item.ts";
import type { Queue } from "./queue.ts";
import type { ClosedReason } from "./queue-end.ts";

/** Writes values on a port, as `ItemSender` does. */
export interface OneWaySender<T> {
  send(value: T, options: ItemOptions): Promise<void> | undefined;
}

/** Reads values from a port, as `ItemReceiver` does. */
export interface OneWayReceiver<T> {
  recv(watcher: ArrivalWatcher): Promise<Taken<T> | undefined>;
  /** As `ItemReceiver`. */
  hold(sizeBytes: number, giveUp: (error: CuttleError) => void): (() => void) | undefined;
}

/** Sends what a queue holds on a port until either side ends; then finishes both directions. */
export class OneWayOut<T> extends Drain<T> {
  readonly #port: Port;
  readonly #items: OneWaySender<T>;
  #isOver = false;

  /** Begins at once. */
  constructor(queue: Queue<T>, port: Port, items: OneWaySender<T>, link: Link) {
    super(queue, { link, once: false });
    this.#port = port;
    this.#items = items;
    port.finishReceive();
    port.receiverClosed.then(
      ({ graceful }) => this.#stop(graceful ? "closed" : "dropped"),
      (error: unknown) => this.#stop("failed", CuttleError.from(error)),
    );
    this.proceed();
  }

  protected override send({ content, accepted, signal, onProgress }: Entry<T>): Promise<void> | undefined {
    if ("error" in content) {
      this.queue.close("failed", content.error);
      throw content.error;
    }
    // The sender of an accepted value was told that it is on its way.
    return this.#items.send(content.value, { signal: accepted ? undefined : signal, onProgress });
  }

  /** There is no word for an error. */
  protected override end(): void {
    this.#isOver = true;
    this.#port.finishSend();
  }

  #stop(reason: ClosedReason, error?: CuttleError): void {
    if (!this.#isOver) this.queue.close(reason, error);
  }
}

/** Receives from `port` into the queue until either side ends; then finishes both directions. */
export async function pumpOneWayIn<T>(port: Port, queue: Queue<T>, items: OneWayReceiver<T>): Promise<void> {
  const source: Source = {
    queueClosed(reason) {
      if (reason === "closed") port.closeReceive();
    },
    queueDeaf: () => port.finishReceive(),
  };
  queue.addPump();
  queue.addSource(source);
  port.finishSend();
  try {
    await receiveAll(items, queue);
  } catch (error) {
    queue.failReceiver(CuttleError.from(error));
  } finally {
    queue.removeSource(source);
    port.finishReceive();
    queue.removePump();
  }
}

/** Returns at the end. */
async function receiveAll<T>(items: OneWayReceiver<T>, queue: Queue<T>): Promise<void> {
  for (;;) {
    let passing: Promise<void> | undefined;
    try {
      const received = await items.recv(queue);
      if (received === undefined) return;
      const hold = () => items.hold(received.sizeBytes, (error) => queue.giveUp(error));
      passing = queue.pass({ value: received.value }, hold);
    } catch (error) {
      if (!isItemError(error)) throw error;
      passing = queue.pass({ error });
    }
    if (passing !== undefined) await passing;
  }
}
