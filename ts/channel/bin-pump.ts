/**
 * Pumps of the kinds that use one direction of a port only, bin and lr. They finish the other direction at once, and
 * a receiver that closes says so with ReceiveClose. There is no word for an error: whoever cannot go on ends.
 */

import { CuttleError } from "../errors/error.ts";
import type { OnProgress, Port } from "../mux/port.ts";
import { type ItemOptions, isItemError, type Taken } from "./item.ts";
import { type Course, drain } from "./pump.ts";
import type { Entry, Queue } from "./queue.ts";

/** Writes values on a port, as `ItemSender` does. */
export interface OneWaySender<T> {
  send(value: T, options: ItemOptions): Promise<void>;
}

/** Reads values from a port, as `ItemReceiver` does. */
export interface OneWayReceiver<T> {
  recv(): Promise<Taken<T> | undefined>;
  /** As `ItemReceiver`; without use for what comes in pieces. */
  onProgress?: OnProgress | undefined;
  /** As `ItemReceiver`. */
  hold(sizeBytes: number, giveUp: (error: CuttleError) => void): (() => void) | undefined;
}

/** Sends what the queue holds on `port` until either side ends; then finishes both directions. */
export async function pumpOneWayOut<T>(queue: Queue<T>, port: Port, items: OneWaySender<T>): Promise<void> {
  queue.receiverMoved = true;
  queue.passOn();
  port.finishReceive();
  const values: Course = { over: false };
  void watchReceiver(port, queue, values);
  try {
    await drain(queue, (entry) => sendEntry(queue, items, entry));
  } catch {
    // The values come from a peer that was lost.
  } finally {
    values.over = true;
    port.finishSend();
  }
}

async function sendEntry<T>(
  queue: Queue<T>,
  items: OneWaySender<T>,
  { content, accepted, signal, onProgress }: Entry<T>,
): Promise<void> {
  // The sender of an accepted value was told that it is on its way.
  if ("value" in content) return await items.send(content.value, { signal: accepted ? undefined : signal, onProgress });
  queue.close("failed", content.error);
  throw content.error;
}

async function watchReceiver<T>(port: Port, queue: Queue<T>, values: Course): Promise<void> {
  try {
    const { graceful } = await port.receiverClosed;
    if (!values.over) queue.close(graceful ? "closed" : "dropped");
  } catch (error) {
    if (!values.over) queue.close("failed", CuttleError.from(error));
  }
}

/** Receives from `port` into the queue until either side ends; then finishes both directions. */
export async function pumpOneWayIn<T>(port: Port, queue: Queue<T>, items: OneWayReceiver<T>): Promise<void> {
  queue.addPump();
  items.onProgress = (doneBytes) => queue.onArriving?.(doneBytes);
  port.finishSend();
  let over = false;
  void queue.closed.then((reason) => {
    if (reason === "closed" && !over) port.closeReceive();
  });
  void queue.deaf.then(() => port.finishReceive());
  try {
    while (await receiveInto(items, queue));
  } catch (error) {
    queue.failReceiver(CuttleError.from(error));
  } finally {
    over = true;
    port.finishReceive();
    queue.removePump();
  }
}

/** False at the end. */
async function receiveInto<T>(items: OneWayReceiver<T>, queue: Queue<T>): Promise<boolean> {
  try {
    const received = await items.recv();
    if (received === undefined) return false;
    const hold = () => items.hold(received.sizeBytes, (error) => queue.giveUp(error));
    await queue.pass({ value: received.value }, hold);
  } catch (error) {
    if (!isItemError(error)) throw error;
    await queue.pass({ error });
  }
  return true;
}
