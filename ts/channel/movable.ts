/**
 * Halves that can be sent inside values: what mpsc and oneshot have in common. A half that was sent away is spent
 * here; a pump takes its place at the queue.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import type { End, Half, ReceiverHalf, SenderHalf } from "./ends.ts";
import {
  assertHalf,
  type Embedding,
  type HalfCodec,
  type HalfOptions,
  type Link,
  linkWith,
  type Receiving,
} from "./half.ts";
import { InPump } from "./pump-in.ts";
import { OutPump, type PumpOptions } from "./pump-out.ts";
import { Queue } from "./queue.ts";
import { DEFAULT_MAX_ITEM_BYTES, mpscReceiver, mpscSender, sizeFromWire, sizeToWire } from "./shapes.ts";

/** A kind of half: its class, and what messages and descriptions call it. */
interface Kind<T, H extends Half<T>> {
  readonly name: string;
  readonly of: new (end: End<T>) => H;
  /** Carries one value. */
  readonly once: boolean;
  readonly options?: (HalfOptions & Pick<ItemKind<T>, "capacity">) | undefined;
}

/** The descriptor of sending halves of a kind, for channels of `type`. */
export function senderType<T, H extends SenderHalf<T>>(type: Descriptor<T>, kind: Kind<T, H>): Descriptor<H> {
  const options: HalfCodec<typeof mpscSender> = {
    embed: (half, embedding) => embedSender(assertHalf(half, kind.of, kind.name), embedding, kind.options),
    receive: (plain, receiving) => new kind.of(receiveSender(plain, { ...kind, type }, receiving)),
  };
  return transported<H>({ name: kind.name, shape: mpscSender, item: type, options });
}

/** The descriptor of receiving halves of a kind, for channels of `type`. */
export function receiverType<T, H extends ReceiverHalf<T>>(type: Descriptor<T>, kind: Kind<T, H>): Descriptor<H> {
  const options: HalfCodec<typeof mpscReceiver> = {
    embed: (half, embedding) => embedReceiver(assertHalf(half, kind.of, kind.name), embedding, kind.options),
    receive: (plain, receiving) =>
      new kind.of(receiveReceiver(plain, { ...kind, type, capacity: kind.options?.capacity }, receiving)),
  };
  return transported<H>({ name: kind.name, shape: mpscReceiver, item: type, options });
}

/** What both halves of a new oneshot channel are made of. */
export function onceEnd<T>(
  type: Descriptor<T>,
  { maxItemBytes = DEFAULT_MAX_ITEM_BYTES }: { readonly maxItemBytes?: number | undefined } = {},
): End<T> {
  return { queue: new Queue<T>(1), type, maxItemBytes, once: true };
}

/** Room for received values before the application takes them; remoc 0.20's default. */
export const DEFAULT_CAPACITY = 16;

/** The wire shape of a sender that is sent away. */
function embedSender<T>(half: Half<T>, embedding: Embedding, options?: HalfOptions): Infer<typeof mpscSender> {
  const { queue, maxItemBytes } = half.end;
  const shape = { max_item_size: sizeToWire(maxItemBytes) };
  half.assertHere();
  if (queue.closedReason !== undefined) return { ...shape, port: null };
  const parallel = reserveParallel(half, embedding);
  const pump = (opened: Port, others: readonly Port[]) =>
    new InPump(queue, opened, pumpOptions(half.end, embedding.link, others, options));
  const port = moveSender(half, embedding, pump, parallel);
  return { ...shape, port, parallel: parallel.map(({ number }) => number) };
}

/** The further ports of a half that is sent away. They stand before its own in the list; peers of 0.18 know none. */
function reserveParallel<T>({ end }: Half<T>, embedding: Embedding): Port[] {
  const count = embedding.link.mux.peer.generation === "0.20" ? (end.parallel ?? 0) : 0;
  return Array.from({ length: count }, () => embedding.reserve());
}

/** Carries the values of a half that was sent away over its port and those of the `parallel` ones that were accepted. */
export type MovedPump = (port: Port, parallel: readonly Port[]) => unknown;

/**
 * Sends a sender away: once its port is open, `pump` brings values into the queue. Returns the port's number. Throws
 * when the half cannot be sent; then it is as before.
 */
export function moveSender<T>(
  half: Half<T>,
  embedding: Embedding,
  pump: MovedPump,
  parallel: readonly Port[] = [],
): number {
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
    (opened, others) => {
      pump(opened, others);
      queue.removeSender();
      queue.removePump();
    },
    (error) => {
      queue.failReceiver(error);
      queue.removeSender();
      queue.removePump();
    },
    parallel,
  );
  return port.number;
}

/** The wire shape of a receiver that is sent away. */
export function embedReceiver<T>(
  half: Half<T>,
  embedding: Embedding,
  options?: HalfOptions,
): Infer<typeof mpscReceiver> {
  const { queue, maxItemBytes } = half.end;
  const parallel = reserveParallel(half, embedding);
  const pump = (opened: Port, others: readonly Port[]) =>
    new OutPump(queue, opened, pumpOptions(half.end, embedding.link, others, options));
  const port = moveReceiver(half, embedding, pump, parallel);
  const closed = queue.closedReason !== undefined;
  const numbers = parallel.map(({ number }) => number);
  return { port, closed, max_item_size: sizeToWire(maxItemBytes), parallel: numbers };
}

/**
 * Sends a receiver away: once its port is open, `pump` carries the queue's values. Returns the port's number. Throws
 * when the half cannot be sent; then it is as before.
 */
export function moveReceiver<T>(
  half: Half<T>,
  embedding: Embedding,
  pump: MovedPump,
  parallel: readonly Port[] = [],
): number {
  const { queue } = half.end;
  const port = embedding.reserve();
  half.claim();
  // From now on, so that a value which cannot be sent is told to its sender.
  queue.passOn();
  // What was accepted before goes out even if the connection is closed right now.
  const { mux } = embedding.link;
  mux.owe(queue);
  const giveBack = (): void => {
    half.giveBack();
    queue.keep();
    mux.forgive(queue);
  };
  void join(
    { giveBack },
    port,
    (opened, others) => {
      const { priority } = half.end;
      if (priority !== undefined) for (const one of [opened, ...others]) one.priority = priority;
      pump(opened, others);
    },
    (error) => {
      mux.forgive(queue);
      queue.close(CuttleError.is(error, "remote_rejected") ? "dropped" : "failed", error);
    },
    parallel,
  );
  return port.number;
}

/**
 * Waits until the port of a half is open, and the peer has answered for the `parallel` ones, which it may refuse. A value
 * that was not sent after all gives the half back; any other failure is told to `onRefused`.
 */
export async function join(
  half: { giveBack(): void },
  port: Port,
  onOpened: (port: Port, parallel: readonly Port[]) => void,
  onRefused: (error: CuttleError) => void,
  parallel: readonly Port[] = [],
): Promise<void> {
  const others = parallel.length > 0 ? openOnes(parallel) : undefined;
  try {
    await port.opened;
  } catch (cause) {
    const error = CuttleError.from(cause);
    if (error.data.unsent !== true) onRefused(error);
    else if (port.isCommitted) onRefused(carrierGone());
    // At once: whoever is told that the value was not sent may use the half right away.
    else half.giveBack();
    if (others !== undefined) for (const one of await others) one.finish();
    return;
  }
  onOpened(port, others === undefined ? [] : await others);
}

/** A value was accepted, and its receiver closed before it left: as if it had come there with nobody to take it. */
function carrierGone(): CuttleError {
  const message = "the other side closed the channel that was to carry this half before the half was sent";
  return new CuttleError("remote_closed", message, { data: { unsent: true } });
}

/** Those that were not refused, once all have an answer. */
async function openOnes(ports: readonly Port[]): Promise<Port[]> {
  const answers = await Promise.allSettled(ports.map(({ opened }) => opened));
  return ports.filter((_, at) => answers[at]?.status === "fulfilled");
}

/** A sender from a peer: what is sent goes to the port. Without a port it is closed already. */
function receiveSender<T>(
  plain: Infer<typeof mpscSender>,
  { type, once, options }: ItemKind<T>,
  receiving: Receiving,
): End<T> {
  const maxItemBytes = sizeFromWire(BigInt(plain.max_item_size));
  const end = { queue: new Queue<T>(0), type, maxItemBytes, once, parallel: plain.parallel?.length };
  if (plain.port === null) end.queue.close("closed");
  else {
    receiving.expectAll([plain.port, ...(plain.parallel ?? [])], ([port, ...parallel]) => {
      new OutPump(end.queue, port, pumpOptions(end, receiving.link, parallel, options));
    });
  }
  return end;
}

/** A receiver from a peer: the port brings the values. */
export function receiveReceiver<T>(
  plain: Infer<typeof mpscReceiver>,
  { type, once, options, capacity = DEFAULT_CAPACITY }: ItemKind<T>,
  receiving: Receiving,
): End<T> {
  const { maxItemBytes } = receiving.link;
  const end = { queue: new Queue<T>(capacity), type, maxItemBytes, once, parallel: plain.parallel?.length };
  end.queue.addPump();
  receiving.expectAll([plain.port, ...(plain.parallel ?? [])], ([port, ...parallel]) => {
    new InPump(end.queue, port, pumpOptions(end, receiving.link, parallel, options));
    end.queue.removePump();
  });
  return end;
}

/** What a half that comes from a peer carries, and how. */
export interface ItemKind<T> {
  readonly type: Descriptor<T>;
  /** Carries one value. */
  readonly once: boolean;
  readonly options?: HalfOptions | undefined;
  /** Values that wait at a receiver. */
  readonly capacity?: number | undefined;
}

function pumpOptions<T>(
  { type, maxItemBytes, once }: End<T>,
  link: Link,
  parallel: readonly Port[],
  options: HalfOptions = {},
): PumpOptions<T> {
  return { link: linkWith(link, options), type, maxItemBytes, once, parallel };
}
