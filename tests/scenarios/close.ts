import { CuttleError, mpsc, t } from "../../ts/index.ts";
import { openSink } from "./bulk.ts";
import { numbersOf, SMALL_WINDOW_BYTES } from "./count.ts";
import { itemOf } from "./items.ts";
import { type Ending, endingOf, open, type Route, session, withLimits } from "./session.ts";
import { CountNote, CountReq, Sink } from "./types.ts";

/** Closes an idle connection, then once more. */
export async function closeIdle(route: Route): Promise<{ states: string[]; received: boolean; ending: Ending }> {
  const conn = await open(route, "count", { send: CountReq, receive: CountNote });
  // One round trip: remoc panics in its connection task when it is told Goodbye before its `connect` has returned.
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 1, seq_tx });
  await numbersOf(seq_rx);
  const states = [conn.state];
  const receiving = conn.rx.recv();
  const closing = conn.close();
  states.push(conn.state);
  await closing;
  await conn.close();
  const received = await receiving;
  return { states, received: received !== undefined, ending: await endingOf(conn) };
}

/** What happened to a channel whose connection was closed below it. */
export interface CloseWhileCounting {
  receivedBefore: number;
  /** Codes with which receiving, sending on the base channel and opening a channel failed. */
  codes: { receive: string; baseSend: string; baseReceive: string };
  ending: Ending;
}

/** Closes the connection while the peer sends without end. */
export async function closeWhileCounting(route: Route, { after }: { after: number }): Promise<CloseWhileCounting> {
  const conn = await open(withLimits(route, { portWindowBytes: SMALL_WINDOW_BYTES }), "count", {
    send: CountReq,
    receive: CountNote,
  });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 1_000_000, seq_tx });
  for (let received = 0; received < after; received++) await seq_rx.recv();
  const receive = numbersOf(seq_rx).then(() => "end", codeOf);
  const baseReceive = conn.rx.recv().then((value) => (value === undefined ? "end" : "value"), codeOf);
  await conn.close();
  const [late_tx] = mpsc.channel(t.u32);
  const baseSend = conn.tx.send({ up_to: 1, seq_tx: late_tx }).then(() => "sent", codeOf);
  const codes = { receive: await receive, baseSend: await baseSend, baseReceive: await baseReceive };
  return { receivedBefore: after, codes, ending: await endingOf(conn) };
}

/** Closes the connection while an upload waits for credits; how often sending had resolved, and then rejected. */
export async function closeWhileSending(route: Route): Promise<{ sent: number; codes: string[]; ending: Ending }> {
  const conn = await open(route, "sink", { send: Sink });
  const { tx, go } = await openSink(conn);
  await go.send(null);
  let sent = 0;
  // More than any window holds, and all at once.
  const sends = Array.from({ length: 100 }, async (_, k) => {
    await tx.send(itemOf(k, 50_000));
    sent += 1;
  });
  await Promise.race(sends);
  await conn.close();
  const outcomes = await Promise.allSettled(sends);
  const codes = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [codeOf(outcome.reason)] : []));
  return { sent, codes: [...new Set(codes)], ending: await endingOf(conn) };
}

/** What happened when a half was sent twice. */
export interface SpentHalf {
  code: string;
  receivedByFirst: number[];
  receivedByClone: number[];
  ending: Ending;
}

/** Sends one half twice; the second value is refused, the first one and a clone made before work. */
export async function spentHalf(route: Route): Promise<SpentHalf> {
  return await session(route, "count", { send: CountReq, receive: CountNote }, async (conn) => {
    const [seq_tx, seq_rx] = mpsc.channel(t.u32);
    await conn.tx.send({ up_to: 3, seq_tx });
    const code = await conn.tx.send({ up_to: 4, seq_tx }).then(() => "sent", codeOf);
    const receivedByFirst = await numbersOf(seq_rx);
    const [other_tx, other_rx] = mpsc.channel(t.u32);
    const clone = other_tx.clone();
    other_tx.close();
    await conn.tx.send({ up_to: 2, seq_tx: clone });
    return { code, receivedByFirst, receivedByClone: await numbersOf(other_rx) };
  });
}

/** The code of an error, for results. */
export function codeOf(error: unknown): string {
  return CuttleError.is(error) ? error.code : String(error);
}
