/**
 * Halves that can be sent inside values: what mpsc and oneshot have in common. A half that was sent away is spent
 * here; a pump takes its place at the queue.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import type { Embedding, Link, Receiving } from "./half.ts";
import { pumpIn, pumpOut } from "./pump.ts";
import { Queue } from "./queue.ts";
import { type mpscReceiver, type mpscSender, sizeFromWire, sizeToWire } from "./shapes.ts";

/** What a half is made of. */
export interface End<T> {
  readonly queue: Queue<T>;
  readonly type: Descriptor<T>;
  /** Limit for one encoded item. */
  readonly maxItemBytes: number;
  /** Carries one value (oneshot). */
  readonly once: boolean;
}

/** Room for received values before the application takes them; remoc 0.20's default. */
export const DEFAULT_CAPACITY = 16;

/** A half of a channel: it is here, was sent away, or was closed by its owner. */
export abstract class Half<T> {
  /** @internal */
  readonly end: End<T>;
  #state: "here" | "sent" | "closed" = "here";

  /** @internal Use `channel()`. */
  constructor(end: End<T>) {
    this.end = end;
  }

  /** @internal Marks the half as sent. Throws `local_half_used` when it is not here any more. */
  claim(): void {
    this.assertHere();
    this.#state = "sent";
  }

  /** @internal The value with this half in it was not sent after all. */
  giveBack(): void {
    this.#state = "here";
  }

  /** @internal Marks the half as closed; false when it was not here. */
  retire(): boolean {
    const wasHere = this.#state === "here";
    if (wasHere) this.#state = "closed";
    return wasHere;
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

/** The wire shape of a sender that is sent away: the port will bring values into the queue. */
export function embedSender<T>(half: Half<T>, embedding: Embedding): Infer<typeof mpscSender> {
  const { queue, maxItemBytes } = half.end;
  const shape = { data: null, codec: null, max_item_size: sizeToWire(maxItemBytes) };
  half.assertHere();
  if (queue.closedReason !== undefined) return { ...shape, port: null };
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
      void pumpIn(opened, queue, pumpOptions(half.end, embedding.link));
      queue.removeSender();
      queue.removePump();
    },
    (error) => {
      queue.failReceiver(error);
      queue.removeSender();
      queue.removePump();
    },
  );
  return { ...shape, port: port.number };
}

/** The wire shape of a receiver that is sent away: the port will carry the queue's values. */
export function embedReceiver<T>(half: Half<T>, embedding: Embedding): Infer<typeof mpscReceiver> {
  const { queue, maxItemBytes } = half.end;
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
      void pumpOut(queue, opened, pumpOptions(half.end, embedding.link));
    },
    (error) => {
      queue.close("dropped", error);
    },
  );
  const closed = queue.closedReason !== undefined;
  return { port: port.number, data: null, codec: null, closed, max_item_size: sizeToWire(maxItemBytes) };
}

async function join(
  half: { giveBack(): void },
  port: Port,
  onOpened: (port: Port) => void,
  onRefused: (error: CuttleError) => void,
): Promise<void> {
  try {
    await port.opened;
  } catch (cause) {
    const error = CuttleError.from(cause);
    if (error.data.unsent === true) half.giveBack();
    else onRefused(error);
    return;
  }
  onOpened(port);
}

/** A sender from a peer: what is sent goes to the port. Without a port it is closed already. */
export function receiveSender<T>(
  plain: Infer<typeof mpscSender>,
  type: Descriptor<T>,
  once: boolean,
  receiving: Receiving,
): End<T> {
  const maxItemBytes = sizeFromWire(BigInt(plain.max_item_size));
  const end = { queue: new Queue<T>(0), type, maxItemBytes, once };
  if (plain.port === null) end.queue.close("closed");
  else receiving.expect(plain.port, (port) => void pumpOut(end.queue, port, pumpOptions(end, receiving.link)));
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
  receiving.expect(plain.port, (port) => {
    void pumpIn(port, end.queue, pumpOptions(end, receiving.link));
    end.queue.removeSender();
  });
  return end;
}

function pumpOptions<T>(end: End<T>, link: Link): Parameters<typeof pumpIn<T>>[2] {
  return { link, type: end.type, maxItemBytes: end.maxItemBytes, once: end.once };
}
