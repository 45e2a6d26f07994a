/** Lists between two sides of cuttle: in batches, shared, and from where a mirror was. */

import { describe, expect, test } from "vitest";
import { type ListSubscription, type MirroredList, ObservableList, postbagSlim, type Step, t } from "../../ts/index.ts";
import { CODECS, type Pair, pass, TINY, withPair } from "./support/pair.ts";
import { codeOf, until, watch } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const List = t.observableList.subscription(t.u32);
type Ends = Pair<ListSubscription<number>, null>;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

async function hasLength(mirror: MirroredList<number>, length: number): Promise<void> {
  await until(
    () => mirror.length === length || mirror.error !== undefined,
    () => `${mirror.length} items became ${length}`,
  );
}

test.each(CODECS)("a transaction of a list is one step of a mirror elsewhere, in $name", async (codec) => {
  await withPair("memory", codec, { toB: List }, async ({ a, b }) => {
    const list = new ObservableList([1, 2]);
    const mirror = (await pass(a, b, list.subscribe())).mirror({ maxSize: 5_000 });
    await until(
      () => mirror.isComplete,
      () => "the content came",
    );
    const lengths: number[] = [];
    mirror.listen("all", () => lengths.push(mirror.length));
    list.push(...numbers(3_000));
    await hasLength(mirror, 3_002);
    list.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([lengths, [...mirror]]).toEqual([[3_002, 3_002], [...list]]);
  });
});

test("what is pushed while a subscription travels, before it is sent or read, comes once and in order", async () => {
  await withPair("memory", postbag, { toB: List }, async ({ a, b }) => {
    const list = new ObservableList(numbers(1_000));
    const subscription = list.subscribe();
    list.push(1_000);
    const sent = pass(a, b, subscription);
    list.push(1_001);
    const got = await sent;
    list.push(1_002);
    expect([await got.recvItem(), got.remaining]).toEqual([0, 999]);
    const mirror = got.mirror({ maxSize: 2_000 });
    await hasLength(mirror, 1_002);
    list.push(1_003);
    list.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([...mirror]).toEqual([...list].slice(1));
  });
});

test("a subscription of a list that was read in part is passed on with the rest", async () => {
  await withPair("memory", postbag, { toB: List }, async (first) => {
    await withPair("memory", postbag, { toB: List }, async (second) => {
      const list = new ObservableList(numbers(600));
      const half = await pass(first.a, first.b, list.subscribe());
      for (const item of numbers(300)) expect(await half.recvItem()).toBe(item);
      const rest = await pass(second.a, second.b, half);
      list.push(600);
      list.done();
      const items: number[] = [];
      for (let item = await rest.recvItem(); item !== undefined; item = await rest.recvItem()) items.push(item);
      expect(items).toEqual([...list].slice(300));
    });
  });
});

test("two hundred changes in one go are as many frames for each subscriber as one, and encoded once for all", async () => {
  let reads = 0;
  const Item = t.struct("Item", { n: t.u32 });
  const item = (n: number): { n: number } => ({
    get n() {
      reads += 1;
      return n;
    },
  });
  const Items = t.observableList.subscription(Item);
  await withPair("memory", postbag, { toB: Items }, async (one) => {
    await withPair("memory", postbag, { toB: Items }, async (other) => {
      const list = new ObservableList<{ n: number }>();
      const pairs = [one, other, one, other] as const;
      const mirrors = await Promise.all(
        pairs.map(async ({ a, b }) => (await pass(a, b, list.subscribe())).mirror({ maxSize: 1_000 })),
      );
      const framesFor = async (count: number): Promise<number> => {
        for (const { quiet } of [one, other]) await quiet();
        const before = one.a.stats().framesSent;
        const length = list.length + count;
        for (let at = 0; at < count; at += 1) list.push(item(at % 100));
        await until(
          () => mirrors.every((mirror) => mirror.length === length),
          () => "all have them",
        );
        return one.a.stats().framesSent - before;
      };
      await framesFor(1);
      const alone = await framesFor(1);
      reads = 0;
      expect([await framesFor(200), reads]).toEqual([alone, 200]);
      list.done();
      await until(
        () => mirrors.every(({ isDone }) => isDone),
        () => "all are done",
      );
    });
  });
});

describe("a mirror of a list that comes back", () => {
  /** Runs `test` with a mirror whose connection is lost; it subscribes to what `again` gives. */
  async function lostAndBack(
    list: ObservableList<number>,
    again: () => ObservableList<number>,
    test: (mirror: MirroredList<number>, steps: Step<unknown>[], ends: Ends) => Promise<void>,
  ): Promise<void> {
    await withPair("memory", postbag, { toB: List }, async (second) => {
      let mirror!: MirroredList<number>;
      const steps: Step<unknown>[] = [];
      await withPair("memory", postbag, { toB: List, fails: true }, async (first) => {
        mirror = (await pass(first.a, first.b, list.subscribe())).mirror({
          maxSize: 5_000,
          resubscribe: (_, since) => pass(second.a, second.b, again().subscribe({ since })),
        });
        list.push(1_000);
        await hasLength(mirror, 1_001);
        mirror.listen("all", (step) => steps.push(step));
        first.cut();
      });
      await test(mirror, steps, second);
      mirror.drop();
    });
  }

  test("gets the items that it missed and not the list", async () => {
    const list = new ObservableList(numbers(1_000));
    const missed = (): ObservableList<number> => {
      list.push(7, 8);
      return list;
    };
    await lostAndBack(list, missed, async (mirror, steps, { a }) => {
      await hasLength(mirror, 1_003);
      expect(a.stats().bytesSent).toBeLessThan(1_000);
      expect(steps.map(({ events, isReset }) => [events, isReset])).toEqual([[[{ Push: 7 }, { Push: 8 }], false]]);
      list.push(9);
      await hasLength(mirror, 1_004);
      expect([mirror.error, [...mirror], mirror.resumePoint?.position]).toEqual([undefined, [...list], 1_004n]);
      list.close();
    });
  });

  test("goes on from where it was also when its first content had not come", async () => {
    const list = new ObservableList(numbers(3_000));
    await withPair("memory", postbag, { toB: List }, async (second) => {
      let mirror!: MirroredList<number>;
      const completed: number[] = [];
      let before = 0;
      await withPair("memory", postbag, { toB: List, fails: true, both: TINY }, async (first) => {
        mirror = (await pass(first.a, first.b, list.subscribe())).mirror({
          maxSize: 5_000,
          resubscribe: (_, since) => {
            before = mirror.length;
            expect([since?.position, mirror.isComplete]).toEqual([BigInt(before), false]);
            list.push(1, 2);
            return pass(second.a, second.b, list.subscribe({ since }));
          },
        });
        mirror.listen("all", ({ events }) => {
          if (events.includes("InitialComplete")) completed.push(mirror.length);
        });
        await until(
          () => mirror.length > 100,
          () => "some came",
        );
        first.cut();
      });
      await until(
        () => mirror.isComplete,
        () => "the rest came",
      );
      expect([mirror.error, [...mirror], completed]).toEqual([undefined, [...list], [3_002]]);
      expect(before).toBeLessThan(3_000);
      // Smaller numbers take a byte or two, others two; all of them would be 6 kB.
      expect(second.a.stats().bytesSent).toBeLessThan((3_002 - before) * 2 + 1_000);
      mirror.drop();
      list.close();
    });
  });

  test("gets another list as a whole, in one step", async () => {
    const other = new ObservableList(numbers(2_000));
    await lostAndBack(
      new ObservableList(numbers(1_000)),
      () => other,
      async (mirror, steps) => {
        await hasLength(mirror, 2_000);
        expect(steps.map(({ isReset }) => isReset)).toEqual([true]);
        expect([...mirror]).toEqual([...other]);
        other.close();
      },
    );
  });

  test("begins anew for those who mirror it: they lose their source instead of getting items of two lists", async () => {
    const other = new ObservableList(numbers(2_000));
    let hop: MirroredList<number> | undefined;
    let local: MirroredList<number> | undefined;
    await withPair("memory", postbag, { toB: List }, async ({ a, b }) => {
      const list = new ObservableList([5, 6]);
      const near = list.subscribe().mirror({ maxSize: 5_000, resubscribe: () => other.subscribe() });
      hop = (await pass(a, b, near.subscribe())).mirror({ maxSize: 5_000 });
      local = near.subscribe().mirror({ maxSize: 5_000 });
      await hasLength(hop, 2);
      await hasLength(local, 2);
      list.close();
      await hasLength(near, 2_000);
      for (const mirror of [hop, local]) {
        await until(
          () => mirror.error !== undefined,
          () => "it lost its source",
        );
        expect([mirror.error?.code, mirror.detach()]).toEqual(["remote_closed", [5, 6]]);
      }
      near.drop();
    });
  });

  test("needs a codec with names", async () => {
    await withPair("memory", postbagSlim, { toB: List }, async ({ a, b }) => {
      const list = new ObservableList([1]);
      const mirror = (await pass(a, b, list.subscribe())).mirror({ maxSize: 9 });
      await hasLength(mirror, 1);
      expect(mirror.resumePoint).toBe(undefined);
      const near = list.subscribe().mirror({ maxSize: 9 });
      await hasLength(near, 1);
      const again = list.subscribe({ since: near.resumePoint });
      expect(await codeOf(a.tx.send(again))).toBe("local_encode");
      for (const one of [again, near, mirror]) one.drop();
      list.close();
    });
  });
});

test("a list is closed when nobody follows it, or all have everything", async () => {
  await withPair("memory", postbag, { toB: List }, async ({ a, b }) => {
    const list = new ObservableList<number>();
    expect(list.isClosed).toBe(true);
    await list.closed();
    const mirror = (await pass(a, b, list.subscribe())).mirror({ maxSize: 1_000 });
    const dropped = list.subscribe();
    const closed = watch(list.closed());
    list.push(...numbers(600));
    await hasLength(mirror, 600);
    dropped.drop();
    expect([list.isClosed, closed.settled]).toEqual([false, false]);
    list.done();
    await until(
      () => closed.settled,
      () => "it is closed",
    );
    await until(
      () => mirror.isDone,
      () => "done came",
    );
    expect([list.isClosed, mirror.length]).toEqual([true, 600]);
  });
});

test.each([
  ["in batches", postbag],
  ["as remoc's peers get it", postbagSlim],
])("an item that does not fit its descriptor ends the subscription and not the list: %s", async (_, codec) => {
  await withPair("memory", codec, { toB: List }, async ({ a, b }) => {
    const list = new ObservableList([1]);
    const errors: string[] = [];
    list.setErrorHandler((error) => errors.push(error.code));
    const mirror = (await pass(a, b, list.subscribe())).mirror({ maxSize: 9 });
    await hasLength(mirror, 1);
    list.push("no number" as unknown as number);
    expect(await codeOf(mirror.done())).toBe("remote_closed");
    list.push(3);
    await list.closed();
    expect([errors, list.length, mirror.detach()]).toEqual([["local_encode"], 3, [1]]);
  });
});

test("done() of a mirror resolves when the list is done and all of it is here", async () => {
  const list = new ObservableList([1]);
  const mirror = list.subscribe().mirror({ maxSize: 9 });
  const done = watch(mirror.done());
  list.push(2);
  await hasLength(mirror, 2);
  expect(done.settled).toBe(false);
  list.done();
  await mirror.done();
  expect([done.settled, done.error, [...mirror]]).toEqual([true, undefined, [1, 2]]);
});
