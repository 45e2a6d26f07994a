import * as mpsc from "../channel/mpsc.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { nextTask } from "../util/task.ts";

/** Where the content at the time of subscribing comes from: `I` its items, `C` it as a whole. */
export type Initial<I, C> =
  | { readonly content: C | undefined }
  | { readonly items: Iterator<I>; readonly len: number; readonly again: () => Iterator<I> }
  | { readonly rx: mpsc.Receiver<I>; readonly len: number };

/** The content as a channel brings it item by item, to a peer that refuses the batches which are `offered` until then. */
export function streamed<I>(
  { items, len }: { readonly items: Iterator<I>; readonly len: number },
  type: Descriptor<I>,
  offered: Promise<void> | undefined,
): { readonly rx: mpsc.Receiver<I>; readonly len: number } {
  const [tx, rx] = mpsc.channel(type);
  void feed(tx, items, offered);
  return { rx, len };
}

/** After so many items others get their turn. */
const SLICE = 256;

async function feed<I>(tx: mpsc.Sender<I>, items: Iterator<I>, offered: Promise<void> | undefined): Promise<void> {
  try {
    // A peer that takes batches drops this channel.
    if (offered !== undefined) await Promise.race([offered, tx.closed()]);
    let sent = 0;
    for (let next = items.next(); next.done !== true; next = items.next()) {
      await tx.send(next.value);
      sent += 1;
      if (sent % SLICE === 0) await new Promise<void>(nextTask);
    }
  } catch {
    // Whoever receives sees the end before the content is complete.
  } finally {
    tx.close();
  }
}
