/** The peer's roles of the scenarios `bin`, `lr`, `watch` and `broadcast`. */

import { broadcast, CuttleError, type Infer, oneshot, t, watch } from "../../ts/index.ts";
import type { Lines, Reads, Writes } from "./lines.ts";
import type { BroadcastAsk, Heard, WatchAsk, WatchOffered } from "./types.ts";

/** Sends everything back until the page ends or reads no more; closes its receiver after some messages. */
export async function echoLines<T>({ rx, tx }: Lines<T>, closeAfter: number | null): Promise<void> {
  let count = 0;
  try {
    for await (const value of rx) {
      await tx.send(value);
      count += 1;
      if (count === closeAfter) rx.close();
    }
  } catch (error) {
    // The page reads no more.
    if (!CuttleError.is(error, "remote_closed")) throw error;
  } finally {
    rx.drop();
    tx.close();
  }
}

/** Offers the halves of two channels and echoes on the others. */
export async function offerLines<T, S extends Writes<T>, R extends Reads<T>>(
  [thereTx, thereRx]: [S, R],
  [backTx, backRx]: [S, R],
  closeAfter: number | null,
  offer: (lines: { rx: R; tx: S }) => Promise<void>,
): Promise<void> {
  await offer({ rx: thereRx, tx: backTx });
  await echoLines({ rx: backRx, tx: thereTx }, closeAfter);
}

/** Handles one request of `watch`. */
export async function serveWatch(
  ask: Infer<typeof WatchAsk>,
  offer: (offered: Infer<typeof WatchOffered>) => Promise<void>,
): Promise<void> {
  if ("Follow" in ask) {
    await ask.Follow.report.send(await follow(ask.Follow.rx));
  } else if ("Drive" in ask) {
    await ask.Drive.report.send(await drive(ask.Drive.tx, ask.Drive.up_to));
  } else {
    const { first, up_to } = ask.Offer;
    const [tx, rx] = watch.channel(t.u32, first);
    const [pageTx, pageRx] = watch.channel(t.u32, first);
    const [reporting, report] = oneshot.channel(t.vec(t.u32));
    await offer({ rx, tx: pageTx, report });
    await Promise.all([drive(tx, up_to), follow(pageRx).then((seen) => reporting.send(seen))]);
  }
}

/** Every value that was seen. */
export async function follow(rx: watch.Receiver<number>): Promise<number[]> {
  const seen: number[] = [];
  for await (const value of rx) seen.push(value);
  return seen;
}

/** Counts up with short pauses, until nobody looks any more; the last number that was sent. */
export async function drive(tx: watch.Sender<number>, upTo: number): Promise<number> {
  let number = tx.borrow();
  while (number < upTo && !tx.isClosed) {
    number += 1;
    tx.send(number);
    await new Promise((resolve) => setTimeout(resolve));
  }
  tx.close();
  return number;
}

/** Handles one request of `broadcast`. */
export async function serveBroadcast(ask: Infer<typeof BroadcastAsk>): Promise<void> {
  if ("Listen" in ask) return await ask.Listen.report.send(await listen(ask.Listen.rx));
  const { count, send_buffer, go, reply } = ask.Subscribe;
  const [tx, rx] = broadcast.channel(t.u32, { sendBuffer: send_buffer });
  await reply.send(rx);
  await go.recv();
  for (let number = 0; number < count; number++) tx.send(number);
  tx.close();
}

/** Everything to the end. */
export async function listen(rx: broadcast.Receiver<number>): Promise<Infer<typeof Heard>> {
  const heard = { values: [] as number[], lags: 0 };
  for (;;) {
    try {
      const value = await rx.recv();
      if (value === undefined) break;
      heard.values.push(value);
    } catch (error) {
      if (!CuttleError.is(error, "local_lagged")) throw error;
      heard.lags += 1;
    }
  }
  rx.drop();
  return heard;
}
