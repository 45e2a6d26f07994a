/**
 * Halves that can be sent inside values: what mpsc and oneshot have in common. A half that was sent away is spent
 * here; a pump takes its place at the queue.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import type { End, Half, ReceiverHalf, SenderHalf } from "./ends.ts";
import { assertHalf, type Embedding, type HalfCodec, type Link, type Receiving } from "./half.ts";
import { pumpIn, pumpOut } from "./pump.ts";
import { Queue } from "./queue.ts";
import { mpscReceiver, mpscSender, sizeFromWire, sizeToWire } from "./shapes.ts";

/** A kind of half: its class, and what messages and descriptions call it. */
interface Kind<T, H extends Half<T>> {
  readonly name: string;
  readonly of: new (end: End<T>) => H;
  /** Carries one value. */
  readonly once: boolean;
}

/** The descriptor of sending halves of a kind, for channels of `type`. */
export function senderType<T, H extends SenderHalf<T>>(type: Descriptor<T>, kind: Kind<T, H>): Descriptor<H> {
  const options: HalfCodec<typeof mpscSender> = {
    embed: (half, embedding) => embedSender(assertHalf(half, kind.of, kind.name), embedding),
    receive: (plain, receiving) => new kind.of(receiveSender(plain, type, kind.once, receiving)),
  };
  return transported<H>({ name: kind.name, shape: mpscSender, item: type, options });
}

/** The descriptor of receiving halves of a kind, for channels of `type`. */
export function receiverType<T, H extends ReceiverHalf<T>>(type: Descriptor<T>, kind: Kind<T, H>): Descriptor<H> {
  const options: HalfCodec<typeof mpscReceiver> = {
    embed: (half, embedding) => embedReceiver(assertHalf(half, kind.of, kind.name), embedding),
    receive: (plain, receiving) => new kind.of(receiveReceiver(plain, type, kind.once, receiving)),
  };
  return transported<H>({ name: kind.name, shape: mpscReceiver, item: type, options });
}

/** Room for received values before the application takes them; remoc 0.20's default. */
export const DEFAULT_CAPACITY = 16;

/** The wire shape of a sender that is sent away. */
function embedSender<T>(half: Half<T>, embedding: Embedding): Infer<typeof mpscSender> {
  const { queue, maxItemBytes } = half.end;
  const shape = { data: null, codec: null, max_item_size: sizeToWire(maxItemBytes), parallel: null };
  half.assertHere();
  if (queue.closedReason !== undefined) return { ...shape, port: null };
  const port = moveSender(half, embedding, (opened) => pumpIn(opened, queue, pumpOptions(half.end, embedding.link)));
  return { ...shape, port };
}

/**
 * Sends a sender away: once its port is open, `pump` brings values into the queue. Returns the port's number. Throws
 * when the half cannot be sent; then it is as before.
 */
export function moveSender<T>(half: Half<T>, embedding: Embedding, pump: (port: Port) => Promise<void>): number {
  const { queue } = half.end;
  const port = embedding.reserve();
  half.claim();
  // From now on values are under way that a receiver which closes still wants.
  queue.addPump();
  const giveBack = (): void => {
    half.giveBack();
    queue.removePump();
  };
  void join(
    { giveBack },
    port,
    (opened) => {
      void pump(opened);
      queue.removeSender();
      queue.removePump();
    },
    (error) => {
      queue.failReceiver(error);
      queue.removeSender();
      queue.removePump();
    },
  );
  return port.number;
}

/** The wire shape of a receiver that is sent away. */
export function embedReceiver<T>(half: Half<T>, embedding: Embedding): Infer<typeof mpscReceiver> {
  const { queue, maxItemBytes } = half.end;
  const port = moveReceiver(half, embedding, (opened) => pumpOut(queue, opened, pumpOptions(half.end, embedding.link)));
  const closed = queue.closedReason !== undefined;
  return { port, data: null, codec: null, closed, max_item_size: sizeToWire(maxItemBytes), parallel: null };
}

/**
 * Sends a receiver away: once its port is open, `pump` carries the queue's values. Returns the port's number. Throws
 * when the half cannot be sent; then it is as before.
 */
export function moveReceiver<T>(half: Half<T>, embedding: Embedding, pump: (port: Port) => Promise<void>): number {
  const { queue } = half.end;
  const port = embedding.reserve();
  half.claim();
  // From now on, so that a value which cannot be sent is told to its sender.
  queue.passOn();
  const giveBack = (): void => {
    half.giveBack();
    queue.keep();
  };
  void join(
    { giveBack },
    port,
    (opened) => {
      if (half.end.priority !== undefined) opened.priority = half.end.priority;
      void pump(opened);
    },
    (error) => {
      queue.close(CuttleError.is(error, "remote_rejected") ? "dropped" : "failed", error);
    },
  );
  return port.number;
}

/**
 * Waits until the port of a half is open. A value that was not sent after all gives the half back; any other failure is
 * told to `onRefused`.
 */
export async function join(
  half: { giveBack(): void },
  port: Port,
  onOpened: (port: Port) => void,
  onRefused: (error: CuttleError) => void,
): Promise<void> {
  try {
    await port.opened;
  } catch (cause) {
    const error = CuttleError.from(cause);
    if (error.data.unsent === true && !port.isCommitted) half.giveBack();
    else onRefused(error);
    return;
  }
  onOpened(port);
}

/** A sender from a peer: what is sent goes to the port. Without a port it is closed already. */
function receiveSender<T>(
  plain: Infer<typeof mpscSender>,
  type: Descriptor<T>,
  once: boolean,
  receiving: Receiving,
): End<T> {
  const maxItemBytes = sizeFromWire(BigInt(plain.max_item_size));
  const end = { queue: new Queue<T>(0), type, maxItemBytes, once };
  if (plain.port === null) end.queue.close("closed");
  else {
    receiving.expectAll([plain.port, ...(plain.parallel ?? [])], ([port, ...parallel]) => {
      void pumpOut(end.queue, port, { ...pumpOptions(end, receiving.link), parallel });
    });
  }
  return end;
}

/** A receiver from a peer: the port brings the values. */
export function receiveReceiver<T>(
  plain: Infer<typeof mpscReceiver>,
  type: Descriptor<T>,
  once: boolean,
  receiving: Receiving,
): End<T> {
  const end = { queue: new Queue<T>(DEFAULT_CAPACITY), type, maxItemBytes: receiving.link.maxItemBytes, once };
  receiving.expectAll([plain.port, ...(plain.parallel ?? [])], ([port, ...parallel]) => {
    void pumpIn(port, end.queue, { ...pumpOptions(end, receiving.link), parallel });
    end.queue.removeSender();
  });
  return end;
}

function pumpOptions<T>(end: End<T>, link: Link): Parameters<typeof pumpIn<T>>[2] {
  return { link, type: end.type, maxItemBytes: end.maxItemBytes, once: end.once };
}
