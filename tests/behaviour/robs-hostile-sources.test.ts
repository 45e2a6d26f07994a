/** Sources that do not keep to the rules, as their mirrors take them. */

import { describe, expect, test } from "vitest";
import { broadcast, mpsc, t, type VecEvent } from "../../ts/index.ts";
import {
  batchType,
  listEvent,
  mapEvent,
  vecEvent,
  type WireSubscription,
  wireListSubscription,
  wireSubscription,
} from "../../ts/robs/wire.ts";
import { withBystander } from "./support/bystander.ts";
import { pass } from "./support/pair.ts";
import { until } from "./support/wait.ts";

const Vec = t.observableVec.subscription(t.u32);
const Dict = t.observableMap.subscription(t.str, t.u32);

/** A subscription of a vec as a source that does not keep to the rules sends it. */
const WireVec = wireSubscription({
  name: "VecSubscription",
  event: vecEvent(t.u32),
  item: t.u32,
  content: t.vec(t.u32),
  batch: batchType(vecEvent(t.u32), t.u32),
});
type RawVec = WireSubscription<VecEvent<number>, number, number[]>;

/** Sends `raw` to a side that expects a vec, and checks that another channel still works after `run`. */
async function fromHostile(
  raw: RawVec,
  run: (subscription: NonNullable<(typeof Vec)["~type"]>, stillWorks: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const toB = t.struct({ subscription: WireVec, other: t.mpsc.receiver(t.str) });
  const bReceives = t.struct({ subscription: Vec, other: t.mpsc.receiver(t.str) });
  await withBystander({ toB, bReceives: bReceives as never }, async ({ a, b }) => {
    const [tx, rx] = mpsc.channel(t.str);
    const got = (await pass(a, b, { subscription: raw, other: rx })) as unknown as NonNullable<
      (typeof bReceives)["~type"]
    >;
    await run(got.subscription, async () => {
      await tx.send("still works");
      expect(await got.other.recv()).toBe("still works");
    });
    got.subscription.drop();
    tx.close();
    got.other.drop();
  });
}

async function failed(mirror: { readonly error: unknown }): Promise<unknown> {
  await until(
    () => mirror.error !== undefined,
    () => "the mirror failed",
  );
  return mirror.error;
}

describe("R10: a mirror", () => {
  test("does not take content that is larger than its limit", async () => {
    const [tx, rx] = broadcast.channel(vecEvent(t.u32));
    await fromHostile({ initial: { Value: [1, 2, 3, 4, 5, 6] }, events: rx }, async (subscription, stillWorks) => {
      const mirror = subscription.mirror({ maxSize: 5 });
      expect(mirror.error).toMatchObject({ code: "local_limit", data: { maxSize: 5 } });
      expect([mirror.length, mirror.isComplete, mirror.detach()]).toEqual([0, false, []]);
      await stillWorks();
    });
    tx.close();
  });

  test("does not begin with content that is announced to be larger than its limit", async () => {
    const [tx, rx] = mpsc.channel(t.u32);
    const raw = { initial: { Incremental: { len: 2n ** 63n, rx } }, events: null };
    await fromHostile(raw, async (subscription, stillWorks) => {
      expect(subscription.mirror({ maxSize: 10_000_000 }).error).toMatchObject({ code: "local_limit" });
      await stillWorks();
    });
    tx.close();
  });

  const growing: VecEvent<number>[] = [
    { Push: 1 },
    { Insert: [0, 1] },
    { Resize: [1_000_000_000, 1] },
    { Resize: [4, 1] },
  ];
  test.each(growing)("does not grow beyond its limit with %o", async (event) => {
    const [tx, rx] = broadcast.channel(vecEvent(t.u32));
    await fromHostile({ initial: { Value: [1, 2, 3] }, events: rx }, async (subscription, stillWorks) => {
      const mirror = subscription.mirror({ maxSize: 3 });
      tx.send(event);
      expect(await failed(mirror)).toMatchObject({ code: "local_limit" });
      expect(() => mirror.borrow()).toThrow("local_limit");
      expect(mirror.detach()).toEqual([1, 2, 3]);
      await stillWorks();
    });
    tx.close();
  });

  const misplaced: VecEvent<number>[] = [
    { Insert: [4, 1] },
    { Set: [3, 1] },
    { Remove: 3 },
    { SwapRemove: 3 },
    { Set: [Number.MAX_SAFE_INTEGER, 1] },
  ];
  test.each(misplaced)("ends at an event for a place that does not exist: %o", async (event) => {
    const [tx, rx] = broadcast.channel(vecEvent(t.u32));
    await fromHostile({ initial: { Value: [1, 2, 3] }, events: rx }, async (subscription, stillWorks) => {
      const mirror = subscription.mirror({ maxSize: 10 });
      tx.send({ Push: 4 });
      tx.send("Pop");
      tx.send(event);
      tx.send("Clear");
      expect(await failed(mirror)).toMatchObject({ code: "peer_decode", data: { kind: "InvalidIndex" } });
      expect(mirror.detach()).toEqual([1, 2, 3]);
      await stillWorks();
    });
    tx.close();
  });

  test("takes pops, truncations and retentions of what is not there as remoc does", async () => {
    const [tx, rx] = broadcast.channel(vecEvent(t.u32));
    await fromHostile({ initial: { Value: [1] }, events: rx }, async (subscription) => {
      const mirror = subscription.mirror({ maxSize: 10 });
      const harmless = ["Pop", "Pop", { Truncate: 9 }, { Retain: new Set([5]) }, { RetainNot: new Set([7]) }, "Clear"];
      for (const event of harmless) tx.send(event as VecEvent<number>);
      tx.send({ Push: 2 });
      tx.send("Done");
      await until(
        () => mirror.isDone,
        () => "done came",
      );
      expect([...mirror]).toEqual([2]);
    });
    tx.close();
  });

  test("applies a Retain with a million places", async () => {
    const [tx, rx] = broadcast.channel(vecEvent(t.u32));
    await fromHostile({ initial: { Value: [1, 2, 3] }, events: rx }, async (subscription, stillWorks) => {
      const mirror = subscription.mirror({ maxSize: 10 });
      tx.send({ Retain: new Set(Array.from({ length: 1_000_000 }, (_, at) => at + 1)) });
      // However long it takes to read a million numbers here.
      await mirror.changed();
      expect([mirror.error, [...mirror]]).toEqual([undefined, [2, 3]]);
      await stillWorks();
    });
    tx.close();
  }, 60_000);

  test("of a list that announces less than it has brought already is complete at once", async () => {
    const WireList = wireListSubscription(t.u32, batchType(listEvent(t.u32), t.u32));
    const bReceives = t.observableList.subscription(t.u32);
    await withBystander({ toB: WireList, bReceives: bReceives as never }, async ({ a, b }) => {
      const [tx, rx] = mpsc.channel(listEvent(t.u32));
      const raw = { initial_len: 1, len: 2n ** 60n, events: rx };
      const subscription = (await pass(a, b, raw)) as unknown as NonNullable<(typeof bReceives)["~type"]>;
      const mirror = subscription.mirror({ maxSize: 1 });
      await tx.send({ Push: 1 });
      await tx.send({ Push: 2 });
      expect(await failed(mirror)).toMatchObject({ code: "local_limit" });
      expect([mirror.isComplete, mirror.detach()]).toEqual([true, [1]]);
      tx.close();
    });
  });
});

test("events that remoc never sends are refused as unreadable", async () => {
  const odd = t.enum("HashMapEvent", { InitialComplete: t.unit });
  const WireDict = wireSubscription({
    name: "HashMapSubscription",
    event: odd as unknown as ReturnType<typeof mapEvent<string, number>>,
    item: t.tuple<[string, number]>(t.str, t.u32),
    content: t.map(t.str, t.u32),
    batch: batchType(mapEvent(t.str, t.u32), t.tuple<[string, number]>(t.str, t.u32)),
  });
  await withBystander({ toB: WireDict, bReceives: Dict as never }, async ({ a, b }) => {
    const [tx, rx] = broadcast.channel(odd);
    const raw = { initial: { Value: new Map() }, events: rx as never };
    const subscription = (await pass(a, b, raw)) as unknown as NonNullable<(typeof Dict)["~type"]>;
    const mirror = subscription.mirror({ maxSize: 9 });
    tx.send("InitialComplete");
    expect(await failed(mirror)).toMatchObject({ code: "peer_decode" });
    tx.close();
  });
});
