/**
 * Collections with stock remoc: sequences of random changes on one side, mirrors on the other, compared after each
 * sequence. Seeds are printed; `COLLECTIONS_SEED=n` repeats one.
 */

import { describe, expect, test } from "vitest";
import { type Codec, connect, oneshot, t } from "../../ts/index.ts";
import {
  CollectionsAsk,
  type Conn,
  MAX_SIZE,
  mirroredByPeer,
  mirrorsOf,
  ownedByPeer,
} from "../scenarios/collections.ts";
import {
  type Content,
  contentOf,
  type Op,
  Owner,
  randomOf,
  randomOps,
  Subscriptions,
} from "../scenarios/collections-ops.ts";
import { runCase } from "./cases.ts";
import { lagCase } from "./channel-cases.ts";
import { covers, coversCase } from "./covers.ts";
import { codecs, type RustPeer, useRustPeers, type Version, versions, watchEndings } from "./support.ts";

/** So many collections of each kind are changed at once, each by sequences one after the other. */
const LANES = 25;
/** Of one lane: in the four runs of a release and role 1 000 for each kind of collection. */
const SEQUENCES = 10;
/** Changes of each kind of collection before all sequences, and in a long one. */
const FIRST = 20;
const LONG = 100;

/** Random changes of each kind of collection: a few, and now and then so many that they do not go in one message. */
function sequence(random: (below: number) => number): Op[] {
  return randomOps(random, random(25) === 0 ? LONG : 1 + random(5));
}

const peerOf = useRustPeers();

/** Runs all lanes, each with random numbers of its own. */
async function inLanes(seed: number, run: (random: (below: number) => number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: LANES }, (_, lane) => run(randomOf(seed + lane))));
}

/** The seed of a run, printed. */
function seedFor(title: string): number {
  const seed = Number(process.env.COLLECTIONS_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${title}: COLLECTIONS_SEED=${seed}`);
  return seed;
}

/** Connects, runs, and checks that the peer and this side ended in an orderly way. */
async function withPeer(version: Version, codec: Codec, run: (conn: Conn) => Promise<void>): Promise<void> {
  const peer: RustPeer = peerOf(version);
  const endings = watchEndings(peer);
  const name = codec === codecs[0] ? "postbag" : "json";
  const conn = await connect(`${peer.url}/collections/${name}`, { codec, send: CollectionsAsk });
  await run(conn);
  conn.tx.close();
  expect(await conn.rx.recv()).toBe(undefined);
  conn.rx.drop();
  await conn.closed;
  expect(conn.stats()).toMatchObject({ ports: 0, bufferedBytes: 0 });
  expect(await endings()).toEqual(["ended orderly"]);
}

type All = ReturnType<typeof mirrorsOf>;
/** Over a hop through the peer there are no lists and no pairs. */
type Mirrors = Omit<All, "pairs" | "list"> & Partial<Pick<All, "pairs" | "list">>;

/** Waits until mirrors of this side hold this. */
async function holds(mirrors: Mirrors, expected: Content): Promise<void> {
  const all = Object.values(mirrors).filter((mirror) => mirror !== undefined);
  const now = (): Content =>
    contentOf({ ...mirrors, pairs: mirrors.pairs ?? expected.pairs, list: mirrors.list ?? expected.list });
  const wanted = JSON.stringify(expected);
  const signal = AbortSignal.timeout(30_000);
  while (JSON.stringify(now()) !== wanted && !signal.aborted && all.every(({ error }) => error === undefined)) {
    await Promise.race(all.map((mirror) => mirror.changed({ signal }))).catch(() => undefined);
  }
  expect(all.map(({ error }) => error)).toEqual(all.map(() => undefined));
  expect(now()).toEqual(expected);
}

async function done(mirrors: Mirrors): Promise<void> {
  for (const mirror of Object.values(mirrors)) {
    while (mirror !== undefined && !mirror.isDone) await mirror.changed();
    expect([mirror?.error, mirror?.isComplete ?? true]).toEqual([undefined, true]);
  }
}

describe.each(versions)("collections with remoc %s", (version) => {
  describe.each(codecs)("in $name", (codec) => {
    test.each([false, true])("of the peer are mirrored here (incremental: %s)", async (incremental) => {
      covers("OB-1 OB-2 OB-3 OB-4 OV-1 OD-1 OM-1 OT-1 OL-1 MI-1".split(" "), version);
      const seed = seedFor("of the peer");
      await withPeer(version, codec, (conn) =>
        inLanes(seed, async (random) => {
          const owner = await ownedByPeer(conn, { incremental, buffer: 10_000, start: randomOps(random, FIRST) });
          const mirrors = mirrorsOf(owner.from);
          for (let at = 0; at < SEQUENCES; at += 1) await holds(mirrors, await owner.change(sequence(random)));
          const last = await owner.change(["Done"]);
          await done(mirrors);
          await holds(mirrors, last);
          owner.end();
        }),
      );
    });

    test.each([false, true])("of this side are mirrored by the peer (incremental: %s)", async (incremental) => {
      covers("OB-1 OB-2 OB-3 OB-4 OV-1 OD-1 OM-1 OT-1 OL-1 MI-1".split(" "), version);
      const seed = seedFor("of this side");
      await withPeer(version, codec, (conn) =>
        inLanes(seed, async (random) => {
          const owner = new Owner();
          // The peer is to notice nothing of that.
          for (const one of [owner.vec, owner.deque, owner.map, owner.pairs, owner.set]) one.keepHistory(100);
          for (const op of randomOps(random, FIRST)) owner.apply(op);
          const mirrored = await mirroredByPeer(conn, owner.subscribe(incremental), MAX_SIZE);
          for (let at = 0; at < SEQUENCES; at += 1) {
            for (const op of sequence(random)) owner.apply(op);
            const { content, errors } = await mirrored.check({ Holds: contentOf(owner) });
            expect([content, errors]).toEqual([contentOf(owner), []]);
          }
          owner.apply("Done");
          const { content, done: count, complete } = await mirrored.check({ Done: 6 });
          expect([content, count, complete]).toEqual([contentOf(owner), 6, 6]);
          mirrored.end();
        }),
      );
    });

    test.each([false, true])(
      "of this side come back from mirrors of the peer (incremental: %s)",
      async (incremental) => {
        covers(["MI-2"], version);
        const random = randomOf(seedFor("over a hop"));
        await withPeer(version, codec, async (conn) => {
          const owner = new Owner();
          for (const op of randomOps(random, LONG)) owner.apply(op);
          const [reply, replied] = oneshot.channel(Subscriptions);
          const [endTx, end] = oneshot.channel(t.unit);
          // Not incremental: a remote subscriber of an incomplete mirror of remoc is disconnected.
          await conn.tx.send({ Relay: { from: owner.subscribe(false), incremental, end, reply } });
          const back = (await replied.recv()) as Subscriptions;
          // For JSON they are incremental, and what subscribed to the peer's mirror before it was complete is disconnected.
          back.pairs.drop();
          const { pairs, ...mirrors } = mirrorsOf({ ...back, pairs: owner.pairs.subscribe() });
          pairs.drop();
          for (let batch = 0; batch < 3; batch += 1) {
            for (const op of randomOps(random, LONG)) owner.apply(op);
            await holds(mirrors, contentOf(owner));
          }
          owner.apply("Done");
          await done(mirrors);
          await endTx.send(null);
        });
      },
    );
  });

  const [codec] = codecs as [Codec];

  test(lagCase.title, async () => {
    coversCase(lagCase, version);
    const peer = peerOf(version);
    const endings = watchEndings(peer);
    await runCase(lagCase, { connectTo: (path) => peer.url + path, codec }, version);
    expect(await endings()).toEqual(["ended orderly"]);
  });

  test("the peer's mirrors see lag, a closed source and a source that is too large", async () => {
    covers(["OB-5"], version);
    await withPeer(version, codec, async (conn) => {
      const lagging = new Owner();
      const lagged = await mirroredByPeer(conn, lagging.subscribe(false, 4), MAX_SIZE);
      for (let at = 0; at < 100; at += 1) for (const op of randomOps(randomOf(at), 1)) lagging.apply(op);
      // A list never lags; the set and the pairs may be told less than four things.
      expect((await lagged.check({ Failed: 5 })).errors.every((error) => error === "Lagged")).toBe(true);
      const large = new Owner();
      const limited = await mirroredByPeer(conn, large.subscribe(false), 3);
      for (let at = 0; at < 4; at += 1) {
        for (const op of [{ VecPush: at }, { DequePushBack: at }, { SetInsert: at }, { ListPush: at }]) {
          large.apply(op as Op);
        }
        large.apply({ MapInsert: [`${at}`, at] });
        large.apply({ PairsInsert: [[at, at], "x"] });
      }
      expect((await limited.check({ Failed: 6 })).errors).toEqual(Array(6).fill("MaxSizeExceeded(3)"));
      const closing = new Owner();
      const closed = await mirroredByPeer(conn, closing.subscribe(true), 3);
      for (const one of closing.all) one.close();
      expect((await closed.check({ Failed: 6 })).errors).toEqual(Array(6).fill("Closed"));
      for (const one of [lagged, limited, closed]) one.end();
      for (const one of [...lagging.all, ...large.all]) one.close();
    });
  });

  test("a source here notices that the peer's mirrors are gone", async () => {
    await withPeer(version, codec, async (conn) => {
      const owner = new Owner();
      const mirrored = await mirroredByPeer(conn, owner.subscribe(false), MAX_SIZE);
      await mirrored.check({ Holds: contentOf(owner) });
      expect(owner.vec.subscriberCount).toBe(1);
      mirrored.end();
      const end = performance.now() + 10_000;
      while (owner.vec.subscriberCount + owner.list.subscriberCount > 0 && performance.now() < end) {
        owner.apply({ VecPush: 1 });
        owner.apply({ ListPush: 1 });
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect([owner.vec.subscriberCount, owner.list.subscriberCount]).toEqual([0, 0]);
      for (const one of owner.all) one.close();
    });
  });
});
