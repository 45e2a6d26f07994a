import { oneshot, t, watch } from "../../ts/index.ts";
import { drive, follow } from "./peer-kinds.ts";
import { type Ending, type Route, session } from "./session.ts";
import { WatchAsk, WatchOffered } from "./types.ts";

/** Numbers that were seen; `rising` when each was greater than the one before. */
export interface Seen {
  first: number | undefined;
  last: number | undefined;
  rising: boolean;
}

/** What came of watching. */
export interface Watched {
  /** What the peer saw of a receiver that we sent. */
  followed: Seen;
  /** What we saw of a sender that we sent, and how far the peer says it came. */
  driven: Seen;
  reached: number;
  /** What we saw of a receiver that the peer sent. */
  offered: Seen;
  /** What the peer saw of a sender that it sent. */
  returned: Seen;
  ending: Ending;
}

/** Counts `steps` on from `first` in watch channels whose halves go both ways. */
export async function watchNumbers(route: Route, { first, steps }: { first: number; steps: number }): Promise<Watched> {
  return await session(route, "watch", { send: WatchAsk, receive: WatchOffered }, async (conn) => {
    const up_to = first + steps;
    const [tx, rx] = watch.channel(t.u32, first);
    const [reporting, report] = oneshot.channel(t.vec(t.u32));
    await conn.tx.send({ Follow: { rx, report: reporting } });
    await drive(tx, up_to);
    const followed = seen(await report.recv());

    const [theirTx, ours] = watch.channel(t.u32, first);
    const [reaching, reached] = oneshot.channel(t.u32);
    await conn.tx.send({ Drive: { tx: theirTx, up_to, report: reaching } });
    const driven = seen(await follow(ours));

    await conn.tx.send({ Offer: { first, up_to } });
    const offer = await conn.rx.recv();
    if (offer === undefined) throw new Error("the peer offered nothing");
    const offered = seen(await follow(offer.rx));
    await drive(offer.tx, up_to);
    const returned = seen(await offer.report.recv());
    return { followed, driven, reached: await reached.recv(), offered, returned };
  });
}

/** Looks at a peer's numbers for a while; resolves when the peer knows that nobody looks any more. */
export async function watchDropped(route: Route): Promise<{ stoppedAt: number; reached: number; ending: Ending }> {
  return await session(route, "watch", { send: WatchAsk, receive: WatchOffered }, async (conn) => {
    const [tx, rx] = watch.channel(t.u32, 0);
    const [report, reached] = oneshot.channel(t.u32);
    await conn.tx.send({ Drive: { tx, up_to: 4_000_000_000, report } });
    const stoppedAt = await rx.waitFor((value) => value >= 5);
    rx.drop();
    return { stoppedAt, reached: await reached.recv() };
  });
}

function seen(numbers: readonly number[]): Seen {
  const rising = numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number));
  return { first: numbers[0], last: numbers.at(-1), rising };
}
