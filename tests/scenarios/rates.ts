import { type Infer, oneshot, t, watch } from "../../ts/index.ts";
import { type Ending, type Route, session } from "./session.ts";

/** The strategies of remoc. */
export type Strategy = NonNullable<watch.WatchOptions["transferStrategy"]>;

const StrategyType = t.enum("Strategy", { Single: t.unit, GlobalBuffered: t.unit, ChannelBuffered: t.unit });

/** `rates`: the limit that a receiver came with, how many values it saw, and the last one. */
export const Followed = t.struct("Followed", { limit_ms: t.u64, seen: t.u32, last: t.u32 });

/** `rates`, page to peer. */
export const RatesAsk = t.enum("Ask", {
  Follow: t.struct({ rx: t.watch.receiver(t.u32), report: t.oneshot.sender(Followed) }),
  Drive: t.struct({ tx: t.watch.sender(t.u32), up_to: t.u32, report: t.oneshot.sender(t.u64) }),
  Offer: t.struct({ strategy: StrategyType, limit_ms: t.u64, up_to: t.u32 }),
});

/** `rates`, peer to page: both count the same, and the one may be limited. */
export const RatesOffered = t.struct("Offered", { limited: t.watch.receiver(t.u32), free: t.watch.receiver(t.u32) });

/** Longer than any test: of all values only the first one and the last one come. */
const HOUR_MS = 3_600_000;
/** How many values come of an unlimited channel while none comes of a limited one. */
const MEANWHILE = 50;

/** What was seen of a hundred numbers, and the limit that the half had over there. */
export interface Seldom {
  limit_ms: bigint;
  seen: number;
  last: number;
}

/** Limits that travel with halves: of our sender, of our receiver, and of a sender of the peer. */
export async function watchLimited(
  route: Route,
): Promise<{ followed: Seldom; driven: Seldom; offered: Seldom; ending: Ending }> {
  return await session(route, "rates", { send: RatesAsk, receive: RatesOffered }, async (conn) => {
    const [limitedTx, limitedRx] = watch.channel(t.u32, 0);
    limitedTx.rateLimitMs = HOUR_MS;
    limitedRx.rateLimitMs = 7;
    const [report, reported] = oneshot.channel(Followed);
    await conn.tx.send({ Follow: { rx: limitedRx, report } });
    await driveAll([limitedTx], 100);
    const followed = await reported.recv();

    const [drivenTx, drivenRx] = watch.channel(t.u32, 0);
    drivenTx.rateLimitMs = 9;
    drivenRx.rateLimitMs = HOUR_MS;
    const [telling, told] = oneshot.channel(t.u64);
    await conn.tx.send({ Drive: { tx: drivenTx, up_to: 100, report: telling } });
    const driven = { ...(await watched(drivenRx)), limit_ms: await told.recv() };

    await conn.tx.send({ Offer: { strategy: "ChannelBuffered", limit_ms: BigInt(HOUR_MS), up_to: 100 } });
    const { limited, free } = await next(conn.rx);
    const [offered] = await Promise.all([watched(limited), watched(free)]);
    return { followed, driven, offered };
  });
}

/** A limit that is set while values come stops them, and they come again without it. */
export async function watchPaused(route: Route): Promise<{ paused: boolean; resumed: boolean; ending: Ending }> {
  return await session(route, "rates", { send: RatesAsk, receive: RatesOffered }, async (conn) => {
    await conn.tx.send({ Offer: { strategy: "ChannelBuffered", limit_ms: 0n, up_to: 4_000_000_000 } });
    const { limited, free } = await next(conn.rx);
    await advance(limited);
    limited.rateLimitMs = HOUR_MS;
    // Values that were under way may still come.
    for (let before = -1; before !== limited.borrow(); await advance(free)) before = limited.borrow();
    limited.rateLimitMs = 0;
    await advance(limited);
    limited.drop();
    free.drop();
    return { paused: true, resumed: true };
  });
}

/** The last values of channels that send as the strategy says: of ours, and of two of the peer. */
export async function watchStrategy(
  route: Route,
  { strategy }: { strategy: Strategy },
): Promise<{ last: number[]; ending: Ending }> {
  return await session(route, "rates", { send: RatesAsk, receive: RatesOffered }, async (conn) => {
    const [tx, rx] = watch.channel(t.u32, 0, { transferStrategy: strategy });
    const [report, reported] = oneshot.channel(Followed);
    await conn.tx.send({ Follow: { rx, report } });
    await driveAll([tx], 100);
    const { last } = await reported.recv();
    await conn.tx.send({ Offer: { strategy, limit_ms: 0n, up_to: 100 } });
    const { limited, free } = await next(conn.rx);
    const seen = await Promise.all([watched(limited), watched(free)]);
    return { last: [last, ...seen.map((one) => one.last)] };
  });
}

/** Handles one request of `rates`. */
export async function serveRates(
  ask: Infer<typeof RatesAsk>,
  offer: (offered: Infer<typeof RatesOffered>) => Promise<void>,
): Promise<void> {
  if ("Follow" in ask) return await ask.Follow.report.send(await watched(ask.Follow.rx));
  if ("Drive" in ask) {
    const { tx, up_to, report } = ask.Drive;
    await report.send(BigInt(tx.rateLimitMs));
    return await driveAll([tx], up_to);
  }
  const { strategy, limit_ms, up_to } = ask.Offer;
  const [limitedTx, limited] = watch.channel(t.u32, 0, { transferStrategy: strategy });
  limitedTx.rateLimitMs = Number(limit_ms);
  const [freeTx, free] = watch.channel(t.u32, 0, { transferStrategy: strategy });
  await offer({ limited, free });
  await driveAll([limitedTx, freeTx], up_to);
}

/** Counts in all of them at once, until nobody watches one of them; with pauses, so that others see it. */
async function driveAll(senders: watch.Sender<number>[], upTo: number): Promise<void> {
  for (let number = 1; number <= upTo && senders.every((tx) => !tx.isClosed); number += 1) {
    for (const tx of senders) tx.send(number);
    await new Promise((resolve) => setTimeout(resolve));
  }
  for (const tx of senders) tx.close();
}

async function watched(rx: watch.Receiver<number>): Promise<Seldom> {
  const limit_ms = BigInt(rx.rateLimitMs);
  const seen: number[] = [];
  for await (const value of rx) seen.push(value);
  return { limit_ms, seen: seen.length, last: seen.at(-1) ?? 0 };
}

/** Waits for more values. */
async function advance(rx: watch.Receiver<number>): Promise<void> {
  const from = rx.borrow();
  await rx.waitFor((value) => value >= from + MEANWHILE);
}

async function next<T>(rx: { recv(): Promise<T | undefined> }): Promise<T> {
  const value = await rx.recv();
  if (value === undefined) throw new Error("the peer offered nothing");
  return value;
}
