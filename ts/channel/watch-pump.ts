/**
 * Pumps of watch channels. Only the newest value is sent, when there are credits for it: a slow peer skips what came
 * between. PROTOCOL.md section 6.5.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { Clock } from "../util/clock.ts";
import { deferred } from "../util/deferred.ts";
import { BACK_FAILED, receiveBack } from "./back.ts";
import type { Link } from "./half.ts";
import { ItemReceiver, ItemSender, isItemError } from "./item.ts";
import { errorToWire, finalErrorToWire, item, type RecvError, receivedError, type TransferStrategy } from "./shapes.ts";
import type { Cell, Content } from "./watch-cell.ts";

/** What both pumps need. */
export interface WatchPumpOptions<T> {
  readonly link: Link;
  readonly type: Descriptor<T>;
  /** Limit for one encoded value. */
  readonly maxItemBytes: number;
  readonly strategy: TransferStrategy;
  /** What the receivers of the values ask for, as far as the sender of the values was told. */
  readonly wishMs: number;
}

/** The receiver asks for a time between two values: 16 bytes of nanoseconds follow. */
const BACK_RATE_LIMIT = 3;
const NANOSECONDS_BYTES = 16;

/**
 * Sends what is newer than version `seen` until either side ends, then finishes both directions. `self` is the receiver
 * of the cell that it stands for, which leaves it at the end.
 */
export async function pumpWatchOut<T>(
  cell: Cell<T>,
  port: Port,
  { link, type, maxItemBytes, strategy }: WatchPumpOptions<T>,
  { seen, self }: { readonly seen: number; readonly self: object },
): Promise<void> {
  cell.isFollowed = true;
  const sender = new ItemSender(port, link, item(type), maxItemBytes);
  let sent = seen;
  let gone = false;
  const isOver = (): boolean => gone || cell.ended;
  const pace = new Pace(cell, self, link.mux.clock);
  void watchReceiver(port, cell, link, self).then(() => {
    gone = true;
    cell.wake();
  });
  try {
    for (;;) {
      await cell.until(() => isOver() || cell.version !== sent);
      await pace.wait(isOver);
      if (gone || cell.version === sent) break;
      sent = cell.version;
      await sendContent(sender, contentToWire(cell.content, link), strategy);
      pace.passed();
    }
  } catch (error) {
    // A receiver that leaves is no error.
    if (!CuttleError.is(error, "remote_closed")) cell.reportSendError(CuttleError.from(error));
  } finally {
    gone = true;
    port.finish();
    cell.removeReceiver(self);
  }
}

/** With strategy `Single` resolves when the value was taken, or will never be. */
async function sendContent<V>(sender: ItemSender<V>, wire: V, strategy: TransferStrategy): Promise<void> {
  const taken = strategy === "Single" ? deferred<void>() : undefined;
  await sender.send(wire, { taken, isKept: true });
  // Peers that cannot tell get values as fast as they let them come.
  // When the port ends instead, the next send says so.
  await taken?.promise.catch(() => undefined);
}

/** Keeps the time between two values that both sides ask for. */
class Pace<T> {
  readonly #cell: Cell<T>;
  readonly #self: object;
  readonly #clock: Clock;
  #last = Number.NEGATIVE_INFINITY;

  constructor(cell: Cell<T>, self: object, clock: Clock) {
    this.#cell = cell;
    this.#self = self;
    this.#clock = clock;
  }

  /** A value was sent. */
  passed(): void {
    this.#last = this.#clock.now();
  }

  /** Resolves when the next value is due, or when `isOver`: the last one does not wait. */
  async wait(isOver: () => boolean): Promise<void> {
    for (;;) {
      const due = this.#due;
      const delay = due - this.#clock.now();
      if (isOver() || !(delay > 0)) return;
      const cancel = this.#clock.timer(delay, () => this.#cell.wake(), true);
      await this.#cell.until(() => isOver() || this.#due !== due || this.#clock.now() >= due).finally(cancel);
    }
  }

  get #due(): number {
    return this.#last + Math.max(this.#cell.rateLimitMs, this.#cell.wishOf(this.#self));
  }
}

/** Resolves when the receiver at the other end is gone. */
async function watchReceiver<T>(port: Port, cell: Cell<T>, link: Link, self: object): Promise<void> {
  try {
    for (;;) {
      const message = await receiveBack(port, link);
      if (message === undefined) return;
      if (message[0] === BACK_FAILED) cell.reportSendError(notReceived());
      if (message[0] === BACK_RATE_LIMIT && message.length > NANOSECONDS_BYTES) cell.wish(self, limitFrom(message));
    }
  } catch (error) {
    cell.reportSendError(CuttleError.from(error));
  }
}

function notReceived(): CuttleError {
  return new CuttleError("remote_failed", "the other side could not receive or pass on a value of this watch channel");
}

/** Receives values into the cell until either side ends; then finishes both directions and ends the cell. */
export async function pumpWatchIn<T>(
  port: Port,
  cell: Cell<T>,
  { link, type, maxItemBytes, wishMs }: WatchPumpOptions<T>,
): Promise<void> {
  cell.feed();
  const receiver = new ItemReceiver(port, link, item(type), maxItemBytes);
  void cell.until(() => cell.ended || cell.receivers === 0).then(() => port.finish());
  void speakBack(port, cell, link.mux.peer.generation === "0.18" ? undefined : wishMs);
  try {
    while (await receiveInto(receiver, cell));
  } catch (error) {
    cell.set({ error: CuttleError.from(error), final: true });
  } finally {
    port.finish();
    cell.end();
  }
}

/**
 * Tells the sender of the values that one did not reach a receiver to which they are passed on, and what time between two
 * values the receivers ask for: `told` was told already, and undefined is for peers that do not listen.
 */
async function speakBack<T>(port: Port, cell: Cell<T>, told: number | undefined): Promise<void> {
  let known = told;
  for (;;) {
    const hasWish = (): boolean => known !== undefined && cell.receivers > 0 && cell.wishMs !== known;
    await cell.until(() => cell.ended || cell.hasSendError || hasWish());
    if (cell.ended) return;
    const isError = cell.takeSendError() !== undefined;
    if (!isError) known = cell.wishMs;
    try {
      await port.send(isError ? Uint8Array.of(BACK_FAILED) : limitMessage(known ?? 0));
    } catch {
      // The port or the connection has ended: there is nobody to tell.
      return;
    }
  }
}

function limitMessage(ms: number): Uint8Array {
  const message = new Uint8Array(1 + NANOSECONDS_BYTES);
  message[0] = BACK_RATE_LIMIT;
  new DataView(message.buffer).setBigUint64(1, BigInt(Math.round(ms * 1e6)), true);
  return message;
}

/** More than 2^64 ns, which is 584 years, is as good as that. */
function limitFrom(message: Uint8Array): number {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  return view.getBigUint64(9, true) > 0n ? MAX_LIMIT_MS : Number(view.getBigUint64(1, true)) / 1e6;
}

const MAX_LIMIT_MS = 2 ** 64 / 1e6;

/** False at the end. */
async function receiveInto<T>(receiver: ItemReceiver<{ Ok: T } | { Err: RecvError }>, cell: Cell<T>): Promise<boolean> {
  try {
    const received = await receiver.recv();
    if (received === undefined) return false;
    cell.set(contentFromWire(received.value));
  } catch (error) {
    if (!isItemError(error)) throw error;
    cell.set({ error, final: false });
  }
  return true;
}

/** How a value is told to a peer. */
export function contentToWire<T>(content: Content<T>, { mux }: Link): { Ok: T } | { Err: RecvError } {
  if ("value" in content) return { Ok: content.value };
  const { generation } = mux.peer;
  return { Err: content.final ? finalErrorToWire(generation) : errorToWire(content.error, generation) };
}

/** What a value of a peer is here. */
export function contentFromWire<T>(wire: { Ok: T } | { Err: RecvError }): Content<T> {
  return "Ok" in wire ? { value: wire.Ok } : receivedError(wire.Err);
}
