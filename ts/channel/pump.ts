/**
 * Pumps carry the values of a channel over a port, in place of a half that was sent away or received. A pump holds at
 * most one value; everything else waits in the queue on one side, or unpaid in the port on the other, so back-pressure
 * reaches the application that sends.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { Link } from "./half.ts";
import { ItemReceiver, ItemSender, isItemError } from "./item.ts";
import type { ClosedReason, Entry, Queue } from "./queue.ts";
import { errorToWire, finalErrorToWire, item, type RecvError, receivedError } from "./shapes.ts";

/** Whether a stream of values goes on; a plain flag, because an abort would cost as much as all the rest of a call. */
export interface Course {
  over: boolean;
}

/** What both pumps need. */
export interface PumpOptions<T> {
  readonly link: Link;
  readonly type: Descriptor<T>;
  /** Limit for one encoded item: the receiver's when sending, ours when receiving. */
  readonly maxItemBytes: number;
  /** The channel carries one value (oneshot). */
  readonly once: boolean;
}

/** Bytes of the back channel, from the receiver of values to their sender. */
const BACK_CLOSED = 1;
const BACK_FAILED = 2;
/** No message of a back channel is longer than 17 bytes. */
const MAX_BACK_BYTES = 64;

/** Sends what the queue holds on `port` until either side ends; then finishes both directions. */
export async function pumpOut<T>(queue: Queue<T>, port: Port, options: PumpOptions<T>): Promise<void> {
  const { link, type, maxItemBytes, once } = options;
  queue.receiverMoved = true;
  queue.passOn();
  const sender = new ItemSender(port, link, item(type, link.mux.peer.generation), maxItemBytes);
  const values: Course = { over: false };
  void watchReceiver(port, queue, link, values);
  try {
    await drain(queue, (entry) => sendEntry(sender, entry, link), once);
  } catch {
    // The values come from a peer that was lost; whoever receives them must not take that for their end.
    await sender.send({ Err: finalErrorToWire(link.mux.peer.generation) }).catch(() => undefined);
  } finally {
    // What the receiver does after the end of the values says nothing to their senders.
    values.over = true;
    port.finish();
  }
}

/**
 * Takes what the queue holds and gives it to `send`, one by one, until the queue ends, and tells senders what became of
 * their values. Rejects when the queue ends with an error.
 */
export async function drain<T>(queue: Queue<T>, send: (entry: Entry<T>) => Promise<void>, once = false): Promise<void> {
  for (;;) {
    const entry = await queue.take();
    if (entry === undefined) break;
    const failure = await send(entry).then(() => undefined, asError);
    if (failure === undefined) entry.done.resolve();
    else entry.done.reject(entry.signal?.aborted === true ? entry.signal.reason : failure);
    // Before the sender hears of it, so that it also finds the reason.
    if (CuttleError.is(failure, "remote_closed")) queue.close(reasonOf(failure), failure);
    else if (failure !== undefined && entry.accepted) queue.close("failed", failure);
    if (once && failure === undefined) break;
  }
}

function reasonOf(error: CuttleError): ClosedReason {
  return error.data.reason === "closed" ? "closed" : "dropped";
}

function asError(error: unknown): CuttleError {
  return CuttleError.from(error, "remote_failed", "a value could not be sent");
}

async function sendEntry<T>(
  sender: ItemSender<{ Ok: T } | { Err: RecvError }>,
  { content, accepted, signal }: Entry<T>,
  link: Link,
): Promise<void> {
  // The sender of an accepted value was told that it is on its way.
  if ("value" in content) await sender.send({ Ok: content.value }, accepted ? undefined : signal);
  else await sender.send({ Err: errorToWire(content.error, link.mux.peer.generation) });
}

/** Closes the queue when the receiver at the other end closes, drops or fails before the values are over. */
async function watchReceiver<T>(port: Port, queue: Queue<T>, link: Link, values: Course): Promise<void> {
  const stop = (reason: ClosedReason, error?: CuttleError): void => {
    if (values.over) return;
    queue.close(reason, error);
    port.stopSending(() => error ?? CuttleError.from(queue.closedError));
  };
  try {
    for (;;) {
      const code = await receiveBack(port, link);
      if (code === undefined) return stop("dropped");
      if (code === BACK_CLOSED) return stop("closed");
      if (code === BACK_FAILED) return stop("failed");
    }
  } catch (error) {
    stop("failed", CuttleError.from(error));
  }
}

/**
 * The next code of a back channel, or undefined at its end. Messages that are empty or much too long say nothing, and
 * nobody expects ports there.
 */
export async function receiveBack(port: Port, link: Link): Promise<number | undefined> {
  port.maxMessageBytes = MAX_BACK_BYTES;
  for (;;) {
    const message = await port.receive();
    if (message === undefined) return undefined;
    if (message.kind === "ports") link.mux.refuse(message.requests);
    if (message.kind === "bytes" && message.bytes.length > 0) return message.bytes[0];
  }
}

/** Receives from `port` into the queue until either side ends; then finishes both directions. */
export async function pumpIn<T>(port: Port, queue: Queue<T>, options: PumpOptions<T>): Promise<void> {
  const { link, type, maxItemBytes, once } = options;
  const receiver = new ItemReceiver(port, link, item(type, link.mux.peer.generation), maxItemBytes);
  queue.addPump();
  void queue.closed.then((reason) => tellClosed(port, reason));
  void queue.deaf.then(() => port.finish());
  try {
    for (;;) {
      const received = await receiveInto(receiver, queue);
      if (received === "end" || (once && received === "value")) break;
    }
  } catch (error) {
    queue.failReceiver(CuttleError.from(error));
  } finally {
    port.finish();
    queue.removePump();
  }
}

async function receiveInto<T>(
  receiver: ItemReceiver<{ Ok: T } | { Err: RecvError }>,
  queue: Queue<T>,
): Promise<"value" | "error" | "end"> {
  try {
    const received = await receiver.recv();
    if (received === undefined) return "end";
    if ("Ok" in received.value) {
      const release = receiver.hold(received.sizeBytes, (error) => queue.giveUp(error));
      await queue.pass({ value: received.value.Ok }, release);
      return "value";
    }
    const { error, final } = receivedError(received.value.Err);
    if (final) queue.failReceiver(error);
    else await queue.pass({ error });
    return "error";
  } catch (error) {
    if (!isItemError(error)) throw error;
    await queue.pass({ error });
    return "error";
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
