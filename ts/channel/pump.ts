/**
 * Pumps carry the values of a channel over a port, in place of a half that was sent away or received. A pump holds at
 * most one value; everything else waits in the queue on one side, or unpaid in the port on the other, so back-pressure
 * reaches the application that sends.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { wholeOf } from "../util/pieces.ts";
import type { Link } from "./half.ts";
import { ItemReceiver, ItemSender, isItemError } from "./item.ts";
import type { ClosedReason, Entry, Queue } from "./queue.ts";
import { errorToWire, finalErrorToWire, item, type RecvError, receivedError } from "./shapes.ts";
import { encodingsOf } from "./shared.ts";
import { Turns } from "./turns.ts";

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
  /** Further ports: items take turns, the port of the channel first. PROTOCOL.md section 6.1. */
  readonly parallel?: readonly Port[];
}

/** Bytes of the back channel, from the receiver of values to their sender. */
const BACK_CLOSED = 1;
const BACK_FAILED = 2;
/** No message of a back channel is longer than 17 bytes. */
const MAX_BACK_BYTES = 64;

/** Sends what the queue holds on `port` until either side ends; then finishes both directions. */
export async function pumpOut<T>(queue: Queue<T>, port: Port, options: PumpOptions<T>): Promise<void> {
  const { link, type, maxItemBytes, once, parallel = [] } = options;
  queue.receiverMoved = true;
  queue.passOn();
  const itemType = item(type);
  const senderOn = (one: Port) => new ItemSender(one, link, itemType, maxItemBytes);
  const senders = new Turns([senderOn(port), ...parallel.map(senderOn)]);
  const values: Course = { over: false };
  for (const one of parallel) one.finishReceive();
  void watchReceiver([port, ...parallel], queue, link, values);
  try {
    await drain(queue, (entry) => sendEntry(senders, entry, link), once);
  } catch {
    // The values come from a peer that was lost; whoever receives them must not take that for their end.
    // When that is lost as well, the port has failed, which is an error over there.
    await senders.current.send({ Err: finalErrorToWire(link.mux.peer.generation) }).catch(() => undefined);
  } finally {
    // What the receiver does after the end of the values says nothing to their senders.
    values.over = true;
    for (const one of [port, ...parallel]) one.finish();
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
    queue.passedOn();
    if (failure === undefined) entry.done.resolve();
    else entry.done.reject(entry.signal?.aborted === true ? entry.signal.reason : failure);
    if (failure !== undefined) entry.taken?.fail(failure);
    // Nobody else has what came from a peer.
    if (failure !== undefined) entry.halves?.discard();
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
  senders: Turns<ItemSender<{ Ok: T } | { Err: RecvError }>>,
  { content, accepted, signal, taken, onProgress }: Entry<T>,
  link: Link,
): Promise<void> {
  // The sender of an accepted value was told that it is on its way.
  if ("value" in content) {
    const encodings = encodingsOf(content.value);
    const options = { signal: accepted ? undefined : signal, taken: taken?.pass(), onProgress, encodings };
    await senders.current.send({ Ok: content.value }, options);
  } else await senders.current.send({ Err: errorToWire(content.error, link.mux.peer.generation) });
  senders.pass();
}

/** Closes the queue when the receiver at the other end closes, drops or fails before the values are over. */
async function watchReceiver<T>(
  ports: readonly [Port, ...Port[]],
  queue: Queue<T>,
  link: Link,
  values: Course,
): Promise<void> {
  const stop = (reason: ClosedReason, error?: CuttleError): void => {
    if (values.over) return;
    queue.close(reason, error);
    for (const port of ports) port.stopSending(() => error ?? CuttleError.from(queue.closedError));
  };
  try {
    for (;;) {
      const code = (await receiveBack(ports[0], link))?.[0];
      if (code === undefined) return stop("dropped");
      if (code === BACK_CLOSED) return stop("closed");
      if (code === BACK_FAILED) return stop("failed");
    }
  } catch (error) {
    stop("failed", CuttleError.from(error));
  }
}

/**
 * The next message of a back channel, which begins with a code, or undefined at its end. Messages that are empty or much too long say nothing, and
 * nobody expects ports there.
 */
export async function receiveBack(port: Port, link: Link): Promise<Uint8Array | undefined> {
  port.maxMessageBytes = MAX_BACK_BYTES;
  for (;;) {
    const message = await port.receive();
    if (message === undefined) return undefined;
    if (message.kind === "ports") link.mux.refuse(message.requests);
    if (message.kind === "bytes" && message.bytes.length > 0) return wholeOf(message.bytes);
  }
}

/** Receives from `port` into the queue until either side ends; then finishes both directions. */
export async function pumpIn<T>(port: Port, queue: Queue<T>, options: PumpOptions<T>): Promise<void> {
  const { link, type, maxItemBytes, once, parallel = [] } = options;
  const itemType = item(type);
  const receiverOn = (one: Port) => {
    const receiver = new ItemReceiver(one, link, itemType, maxItemBytes);
    receiver.onProgress = (doneBytes) => queue.onArriving?.(doneBytes);
    return receiver;
  };
  const receivers = new Turns([receiverOn(port), ...parallel.map(receiverOn)]);
  const finish = (): void => {
    for (const one of [port, ...parallel]) one.finish();
  };
  queue.addPump();
  for (const one of parallel) one.finishSend();
  void queue.closed.then((reason) => tellClosed(port, reason));
  void queue.deaf.then(finish);
  try {
    for (;;) {
      const received = await receiveInto(receivers.current, queue);
      if (received === "end" || (once && received === "value")) break;
      receivers.pass();
    }
  } catch (error) {
    queue.failReceiver(CuttleError.from(error));
  } finally {
    finish();
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
      const hold = () => receiver.hold(received.sizeBytes, (error) => queue.giveUp(error));
      await queue.pass({ value: received.value.Ok }, hold, received.halves);
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
