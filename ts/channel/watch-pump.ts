/**
 * Pumps of watch channels. Only the newest value is sent, when there are credits for it: a slow peer skips what came
 * between. PROTOCOL.md section 6.5.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { Link } from "./half.ts";
import { ItemReceiver, ItemSender, isItemError } from "./item.ts";
import { receiveBack } from "./pump.ts";
import { errorToWire, finalErrorToWire, item, type RecvError, receivedError } from "./shapes.ts";
import type { Cell, Content } from "./watch-cell.ts";

/** What both pumps need. */
export interface WatchPumpOptions<T> {
  readonly link: Link;
  readonly type: Descriptor<T>;
  /** Limit for one encoded value. */
  readonly maxItemBytes: number;
}

/** A byte of the back channel: a value could not be received or passed on. The channel goes on. */
const BACK_FAILED = 2;

/**
 * Sends what is newer than version `seen` until either side ends, then finishes both directions. Counts as a receiver
 * of the cell, which it leaves at the end.
 */
export async function pumpWatchOut<T>(
  cell: Cell<T>,
  port: Port,
  { link, type, maxItemBytes }: WatchPumpOptions<T>,
  seen: number,
): Promise<void> {
  const sender = new ItemSender(port, link, item(type), maxItemBytes);
  let sent = seen;
  let gone = false;
  void watchReceiver(port, cell, link).then(() => {
    gone = true;
    cell.wake();
  });
  try {
    for (;;) {
      await cell.until(() => gone || cell.ended || cell.version !== sent);
      if (gone || cell.version === sent) break;
      sent = cell.version;
      await sender.send(contentToWire(cell.content, link));
    }
  } catch (error) {
    // A receiver that leaves is no error.
    if (!CuttleError.is(error, "remote_closed")) cell.reportSendError(CuttleError.from(error));
  } finally {
    gone = true;
    port.finish();
    cell.removeReceiver();
  }
}

/** Resolves when the receiver at the other end is gone. */
async function watchReceiver<T>(port: Port, cell: Cell<T>, link: Link): Promise<void> {
  try {
    for (;;) {
      const code = await receiveBack(port, link);
      if (code === undefined) return;
      // Code 3 of remoc 0.19 and later asks for fewer updates; who asks conflates them, too.
      if (code === BACK_FAILED) cell.reportSendError(notReceived());
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
  { link, type, maxItemBytes }: WatchPumpOptions<T>,
): Promise<void> {
  const receiver = new ItemReceiver(port, link, item(type), maxItemBytes);
  void cell.until(() => cell.ended || cell.receivers === 0).then(() => port.finish());
  void passErrorsBack(port, cell);
  try {
    while (await receiveInto(receiver, cell));
  } catch (error) {
    cell.set({ error: CuttleError.from(error), final: true });
  } finally {
    port.finish();
    cell.end();
  }
}

/** Tells the sender of the values that one did not reach a receiver to which they are passed on. */
async function passErrorsBack<T>(port: Port, cell: Cell<T>): Promise<void> {
  for (;;) {
    await cell.until(() => cell.ended || cell.hasSendError);
    if (cell.ended) return;
    cell.takeSendError();
    try {
      await port.send(Uint8Array.of(BACK_FAILED));
    } catch {
      // The port or the connection has ended: there is nobody to tell.
      return;
    }
  }
}

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
