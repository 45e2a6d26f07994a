import { describe, expect, test, vi } from "vitest";
import {
  broadcast,
  mpsc,
  ObservableList,
  ObservableMap,
  ObservableVec,
  type Step,
  t,
  type VecEvent,
} from "../../ts/index.ts";
import {
  batchType,
  listEvent,
  mapEvent,
  vecEvent,
  type WireSubscription,
  wireListSubscription,
  wireSubscription,
} from "../../ts/robs/wire.ts";
import { VirtualClock } from "./support/clock.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, until } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];

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
  await withPair("memory", postbag, { toB, bReceives: bReceives as never }, async ({ a, b }) => {
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
    await withPair("memory", postbag, { toB: WireList, bReceives: bReceives as never }, async ({ a, b }) => {
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

  test("cannot be changed by its holder", () => {
    const map = new ObservableMap([["a", 1]]).subscribe().mirror({ maxSize: 9 });
    expect(() => map.set("b", 2)).toThrow("local_misuse");
    expect(() => map.delete("a")).toThrow("local_misuse");
    expect(() => map.clear()).toThrow("local_misuse");
    expect(() => map.getOrInsert("b", 1)).toThrow("local_misuse");
    expect(map.getOrInsert("a", 5)).toBe(1);
    map.drop();
  });

  test("whose maxSize is no number takes nothing", () => {
    const mirror = new ObservableVec([1]).subscribe().mirror({ maxSize: Number.NaN });
    expect(mirror.error).toMatchObject({ code: "local_misuse" });
  });
});

test("R09: a subscriber that stops reading is told that it lags; memory is bounded and others see everything", async () => {
  await withPair("memory", postbag, { toB: Dict }, async (slow) => {
    await withPair("memory", postbag, { toB: Dict }, async (quick) => {
      const source = new ObservableMap<string, number>();
      const idle = await pass(slow.a, slow.b, source.subscribe({ buffer: 10 }));
      const mirror = (await pass(quick.a, quick.b, source.subscribe())).mirror({ maxSize: 100 });
      let most = 0;
      for (let round = 0; round < 20; round += 1) {
        for (let at = 0; at < 100; at += 1) source.set(`key ${at}`, round);
        await slow.quiet();
        most = Math.max(most, slow.b.stats().bufferedBytes);
      }
      await until(
        () => mirror.get("key 99") === 19,
        () => "the other followed",
      );
      expect([mirror.size, mirror.error]).toEqual([100, undefined]);
      expect(most).toBeLessThan(64 * 1024);
      idle.takeInitial();
      let code = "";
      while (code === "") code = await codeOf(idle.recv()).catch(() => "");
      expect(code).toBe("local_lagged");
      idle.drop();
      mirror.drop();
      source.close();
    });
  });
});

test("a mirror that lags subscribes again by itself, and shows the change in one step", async () => {
  await withPair("memory", postbag, { toB: Dict }, async ({ a, b }) => {
    const source = new ObservableMap<string, number>([["gone", 0]]);
    const reasons: string[] = [];
    const mirror = (await pass(a, b, source.subscribe({ buffer: 3 }))).mirror({
      maxSize: 1_000,
      resubscribe: async (reason) => {
        reasons.push(reason.code);
        return await pass(a, b, source.subscribe({ incremental: true }));
      },
    });
    const steps: Step<unknown>[] = [];
    const heard = { gone: 0 };
    mirror.listen("all", (step) => steps.push(step));
    mirror.listen({ key: "gone" }, () => {
      heard.gone += 1;
    });
    source.delete("gone");
    for (let at = 0; at < 200; at += 1) source.set(`key ${at}`, at);
    await until(
      () => mirror.size === 200,
      () => "it caught up",
    );
    expect([reasons, steps.some(({ isReset }) => isReset)]).toEqual([["local_lagged"], true]);
    expect([...mirror]).toEqual([...source]);
    source.set("later", 1);
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([mirror.get("later"), mirror.error]).toEqual([1, undefined]);
    expect(heard.gone).toBeGreaterThan(0);
  });
});

test("two mirrors of one source see the same steps", async () => {
  await withPair("memory", postbag, { toB: Dict }, async ({ a, b }) => {
    const source = new ObservableMap<string, number>();
    const one = (await pass(a, b, source.subscribe())).mirror({ maxSize: 1_000 });
    const other = (await pass(a, b, source.subscribe({ incremental: true }))).mirror({ maxSize: 1_000 });
    for (let at = 0; at < 300; at += 1) {
      if (at % 3 === 2) source.delete(`key ${at - 1}`);
      else source.set(`key ${at}`, at);
    }
    source.done();
    await until(
      () => one.isDone && other.isDone,
      () => "both are done",
    );
    expect([...one]).toEqual([...source]);
    expect([...other]).toEqual([...source]);
  });
});

test("keys that are objects are the same when they hold the same, here and there", async () => {
  const Point = t.struct({ x: t.u32, y: t.u32 });
  const type = t.observableMap.subscription(Point, t.str);
  await withPair("memory", postbag, { toB: type }, async ({ a, b }) => {
    const source = new ObservableMap([[{ x: 1, y: 2 }, "first"]]);
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10 });
    source.set({ y: 2, x: 1 }, "second");
    source.set({ x: 3, y: 4 }, "other");
    source.delete({ x: 3, y: 4 });
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([[...mirror], mirror.get({ x: 1, y: 2 })]).toEqual([[[{ x: 1, y: 2 }, "second"]], "second"]);
  });
});

test("__proto__, -0 and NaN are keys like others, over a connection too", async () => {
  const type = t.struct({
    names: t.observableMap.subscription(t.str, t.u32),
    numbers: t.observableMap.subscription(t.f64, t.u32),
  });
  await withPair("memory", postbag, { toB: type }, async ({ a, b }) => {
    const names = new ObservableMap<string, number>();
    const numbers = new ObservableMap([[-0, 1]]);
    const got = await pass(a, b, { names: names.subscribe(), numbers: numbers.subscribe() });
    const mirrors = { names: got.names.mirror({ maxSize: 9 }), numbers: got.numbers.mirror({ maxSize: 9 }) };
    names.set("__proto__", 7).set("constructor", 8);
    numbers.set(Number.NaN, 2).set(0, 3).set(Number.NaN, 4);
    names.done();
    numbers.done();
    await until(
      () => mirrors.names.isDone && mirrors.numbers.isDone,
      () => "both are done",
    );
    expect([...mirrors.names]).toEqual([...names]);
    expect([...mirrors.numbers]).toEqual([
      [0, 3],
      [Number.NaN, 4],
    ]);
    expect(({} as Record<string, unknown>)["7"]).toBe(undefined);
  });
});

test("a clock that jumps changes nothing", async () => {
  const clock = new VirtualClock();
  await withPair("memory", postbag, { toB: Vec, both: { clock } }, async ({ a, b }) => {
    const source = new ObservableVec<number>();
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 100 });
    const now = vi.spyOn(Date, "now");
    for (const jump of [1e12, -1e12, 0]) {
      now.mockReturnValue(1_700_000_000_000 + jump);
      source.push(jump === 0 ? 0 : 1);
      clock.advance(1_000);
      await until(
        () => mirror.length === source.length,
        () => "it came",
      );
    }
    now.mockRestore();
    source.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
  });
});

test("an event that is too large sheds its subscriber, others go on, and the source is told when nobody is left", async () => {
  const type = t.observableMap.subscription(t.str, t.str);
  await withPair("memory", postbag, { toB: type }, async ({ a, b }) => {
    const source = new ObservableMap<string, string>();
    const errors: string[] = [];
    source.setErrorHandler((error) => errors.push(error.code));
    const small = (await pass(a, b, source.subscribe({ maxItemBytes: 100 }))).mirror({ maxSize: 9 });
    const large = (await pass(a, b, source.subscribe())).mirror({ maxSize: 9 });
    source.set("key", "x".repeat(1_000));
    expect(await failed(small)).toMatchObject({ code: "remote_closed" });
    source.set("other", "y");
    await until(
      () => large.size === 2,
      () => "the other follows",
    );
    expect(errors).toEqual([]);
    large.drop();
    await until(
      () => {
        source.set("other", "z");
        return source.subscriberCount === 0;
      },
      () => "nobody is left",
    );
    source.close();
  });
});

test("a value that does not fit its descriptor ends the subscription to a peer and not the change", async () => {
  await withPair("memory", postbag, { toB: Dict }, async ({ a, b }) => {
    const source = new ObservableMap<string, number>();
    const errors: string[] = [];
    source.setErrorHandler((error) => errors.push(error.code));
    const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 9 });
    source.set("a", "no number" as unknown as number);
    expect(await failed(mirror)).toMatchObject({ code: "remote_closed" });
    source.set("b", 1);
    expect([errors, source.size]).toEqual([["local_encode"], 2]);
  });
});

test("a subscription that cannot be sent leaves nothing behind once it is dropped", async () => {
  const type = t.struct({ rows: Dict, number: t.u32 });
  await withPair("memory", postbag, { toB: type }, async ({ a }) => {
    const source = new ObservableMap([["a", 1]]);
    const list = new ObservableList([1]);
    const rows = source.subscribe({ incremental: true });
    expect(await codeOf(a.tx.send({ rows, number: -1 }))).toBe("local_encode");
    expect(source.subscriberCount).toBe(1);
    const mirror = rows.mirror({ maxSize: 9 });
    source.set("b", 2);
    await until(
      () => mirror.size === 2 && mirror.isComplete,
      () => "it is used here instead",
    );
    mirror.drop();
    await until(
      () => source.subscriberCount === 0,
      () => "it is gone",
    );
    const items = list.subscribe();
    expect(list.subscriberCount).toBe(1);
    items.drop();
    expect(list.subscriberCount).toBe(0);
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
  await withPair("memory", postbag, { toB: WireDict, bReceives: Dict as never }, async ({ a, b }) => {
    const [tx, rx] = broadcast.channel(odd);
    const raw = { initial: { Value: new Map() }, events: rx as never };
    const subscription = (await pass(a, b, raw)) as unknown as NonNullable<(typeof Dict)["~type"]>;
    const mirror = subscription.mirror({ maxSize: 9 });
    tx.send("InitialComplete");
    expect(await failed(mirror)).toMatchObject({ code: "peer_decode" });
    tx.close();
  });
});
