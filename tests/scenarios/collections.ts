/** Collections of one side, mirrored by the other one. */

import { type Connection, type Infer, mpsc, oneshot, t } from "../../ts/index.ts";
import { Content, contentOf, Op, Owner, randomOf, randomOps, Subscriptions } from "./collections-ops.ts";
import { type Ending, type Route, session } from "./session.ts";

/** What mirrors held when those whose collections they mirror had done everything, and what they should. */
export interface Mirrored {
  seen: Content;
  wanted: Content;
  isDone: boolean;
  ending: Ending;
}

/** Random changes of collections of the peer come here. */
export async function collectionsThere(route: Route, args: { seed: number }): Promise<Mirrored> {
  return await session(route, "collections", { send: CollectionsAsk }, async (conn) => {
    const random = randomOf(args.seed);
    const owner = await ownedByPeer(conn, { incremental: true, buffer: 10_000, start: randomOps(random, 50) });
    const mirrors = mirrorsOf(owner.from);
    await owner.change(randomOps(random, 50));
    const wanted = await owner.change(["Done"]);
    owner.end();
    const isDone = await done(mirrors);
    const { vec, deque, map, pairs, set, list } = mirrors;
    return { seen: contentOf({ vec, deque, map, pairs, set, list: list ?? [] }), wanted, isDone };
  });
}

/** Random changes of collections of this side come to mirrors of the peer. */
export async function collectionsHere(route: Route, args: { seed: number }): Promise<Mirrored> {
  return await session(route, "collections", { send: CollectionsAsk }, async (conn) => {
    const random = randomOf(args.seed);
    const owner = new Owner();
    for (const op of randomOps(random, 50)) owner.apply(op);
    const mirrored = await mirroredByPeer(conn, owner.subscribe(true), MAX_SIZE);
    for (const op of randomOps(random, 50)) owner.apply(op);
    owner.apply("Done");
    const { content, done: count, complete } = await mirrored.check({ Done: 6 });
    mirrored.end();
    return { seen: content, wanted: contentOf(owner), isDone: count === 6 && complete === 6 };
  });
}

/** Random changes of collections of this side come back to mirrors of the peer's mirrors; those of pairs and lists do not. */
export async function collectionsBack(route: Route, args: { seed: number }): Promise<Mirrored> {
  return await session(route, "collections", { send: CollectionsAsk }, async (conn) => {
    const random = randomOf(args.seed);
    const owner = new Owner();
    for (const op of randomOps(random, 50)) owner.apply(op);
    const [reply, replied] = oneshot.channel(Subscriptions);
    const [endTx, end] = oneshot.channel(t.unit);
    // Not incremental: a remote subscriber of an incomplete mirror of remoc is disconnected.
    await conn.tx.send({ Relay: { from: owner.subscribe(false), incremental: false, end, reply } });
    const back = (await replied.recv()) as Subscriptions;
    for (const one of [back.pairs, back.list]) one?.drop();
    const options = { maxSize: MAX_SIZE };
    const mirrors = {
      vec: back.vec.mirror(options),
      deque: back.deque.mirror(options),
      map: back.map.mirror(options),
      set: back.set.mirror(options),
    };
    for (const op of randomOps(random, 50)) owner.apply(op);
    owner.apply("Done");
    const isDone = await done(mirrors);
    await endTx.send(null);
    const seen = contentOf({ ...mirrors, pairs: owner.pairs, list: owner.list });
    return { seen, wanted: contentOf(owner), isDone };
  });
}

/**
 * The peer changes collections faster than mirrors here are told: why one of them ended, why another one subscribed again,
 * and what that holds then.
 */
export async function collectionsLag(
  route: Route,
): Promise<{ ended: string | undefined; reasons: string[]; again: [string, number][]; ending: Ending }> {
  return await session(route, "collections", { send: CollectionsAsk }, async (conn) => {
    const first = await ownedByPeer(conn, { incremental: false, buffer: 4, start: [{ MapInsert: ["a", 1] }] });
    const second = await ownedByPeer(conn, { incremental: true, buffer: 100, start: [{ MapInsert: ["b", 2] }] });
    const reasons: string[] = [];
    const map = first.from.map.mirror({
      maxSize: MAX_SIZE,
      resubscribe: (reason) => {
        reasons.push(reason.code);
        return second.from.map;
      },
    });
    const vec = first.from.vec.mirror({ maxSize: MAX_SIZE });
    const burst: Op[] = [];
    for (let at = 0; at < 5_000; at += 1) burst.push({ MapInsert: ["a", at] }, { VecPush: at });
    await first.change(burst);
    while (vec.error === undefined) await vec.changed();
    while (!map.has("b")) await map.changed();
    const result = { ended: vec.error.code, reasons, again: [...map] };
    for (const rest of [first.from.deque, first.from.pairs, first.from.set, first.from.list]) rest?.drop();
    for (const rest of [second.from.vec, second.from.deque, second.from.pairs, second.from.set, second.from.list]) {
      rest?.drop();
    }
    map.drop();
    first.end();
    second.end();
    return result;
  });
}

/** Waits until these mirrors have everything; false when one of them failed. */
async function done(mirrors: object): Promise<boolean> {
  const all = Object.values(mirrors) as { isDone: boolean; error: unknown; changed(): Promise<unknown> }[];
  for (const mirror of all) while (!mirror.isDone && mirror.error === undefined) await mirror.changed();
  return all.every(({ isDone }) => isDone);
}

const Check = t.enum("Check", { Holds: t.newtype(Content), Failed: t.u32, Done: t.u32 });

const Answer = t.struct("Mirrored", {
  content: Content,
  errors: t.vec(t.str),
  done: t.u32,
  complete: t.u32,
});

/** What a peer that owns and mirrors is asked. */
export const CollectionsAsk = t.enum("Ask", {
  Own: t.struct({
    incremental: t.bool,
    buffer: t.u32,
    start: t.vec(Op),
    batches: t.mpsc.receiver(t.vec(Op)),
    contents: t.mpsc.sender(Content),
    reply: t.oneshot.sender(Subscriptions),
  }),
  Mirror: t.struct({
    from: Subscriptions,
    max_size: t.u32,
    checks: t.mpsc.receiver(Check),
    answers: t.mpsc.sender(Answer),
  }),
  Relay: t.struct({
    from: Subscriptions,
    incremental: t.bool,
    end: t.oneshot.receiver(t.unit),
    reply: t.oneshot.sender(Subscriptions),
  }),
});

/** What a collection holds at most. */
export const MAX_SIZE = 100_000;

/** A connection to a peer that owns and mirrors. */
export type Conn = Connection<Infer<typeof CollectionsAsk>, null>;

/** The peer owns collections; gives subscriptions and a way to ask for changes. */
export async function ownedByPeer(
  conn: Conn,
  options: { incremental: boolean; buffer: number; start: Op[] },
): Promise<{ from: Subscriptions; change(batch: Op[]): Promise<Content>; end(): void }> {
  const [batchTx, batches] = mpsc.channel(t.vec(Op));
  const [contents, contentRx] = mpsc.channel(Content);
  const [reply, replied] = oneshot.channel(Subscriptions);
  await conn.tx.send({ Own: { ...options, batches, contents, reply } });
  return {
    from: (await replied.recv()) as Subscriptions,
    async change(batch) {
      await batchTx.send(batch);
      const content = await contentRx.recv();
      if (content === undefined) throw new Error("the peer ended");
      return content;
    },
    end() {
      batchTx.close();
      contentRx.drop();
    },
  };
}

/** The peer mirrors what it is sent; gives a way to ask how it is doing. */
export async function mirroredByPeer(
  conn: Conn,
  from: Subscriptions,
  maxSize: number,
): Promise<{
  check(check: NonNullable<(typeof Check)["~type"]>): Promise<NonNullable<(typeof Answer)["~type"]>>;
  end(): void;
}> {
  const [checkTx, checks] = mpsc.channel(Check);
  const [answers, answerRx] = mpsc.channel(Answer);
  await conn.tx.send({ Mirror: { from, max_size: maxSize, checks, answers } });
  return {
    async check(check) {
      await checkTx.send(check);
      const answer = await answerRx.recv();
      if (answer === undefined) throw new Error("the peer ended");
      return answer;
    },
    end() {
      checkTx.close();
      answerRx.drop();
    },
  };
}

/** Mirrors of all. */
export function mirrorsOf(from: Subscriptions) {
  const options = { maxSize: MAX_SIZE };
  return {
    vec: from.vec.mirror(options),
    deque: from.deque.mirror(options),
    map: from.map.mirror(options),
    pairs: from.pairs.mirror(options),
    set: from.set.mirror(options),
    list: from.list?.mirror(options),
  };
}
