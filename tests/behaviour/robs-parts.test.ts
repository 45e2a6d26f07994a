/** Parts of collections, and mirrors that come back to a collection that remembers what happened. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Descriptor,
  ObservableList,
  ObservableMap,
  ObservableSet,
  ObservableVec,
  ObservableVecDeque,
  postbagSlim,
  type ResumePoint,
  t,
} from "../../ts/index.ts";
import { CODECS, pass, TINY, withPair } from "./support/pair.ts";
import { codeOf, until } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const Dict = t.observableMap.subscription(t.str, t.u32);

describe("a window", () => {
  const change = fc.record({
    kind: fc.constantFrom("push", "pop", "insert", "set", "remove", "swap", "truncate", "retain", "resize", "clear"),
    at: fc.nat({ max: 60 }),
    value: fc.nat({ max: 1_000 }),
  });

  test("of a vec shows what stands in its range, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 30 }),
        fc.nat({ max: 20 }),
        fc.array(change, { maxLength: 60 }),
        async (from, size, changes) => {
          const range = { from, to: from + size };
          const vec = new ObservableVec(Array.from({ length: 25 }, (_, at) => at));
          const mirror = vec.subscribe({ range }).mirror({ maxSize: size });
          for (const { kind, at, value } of changes) {
            const place = vec.length === 0 ? undefined : at % vec.length;
            if (kind === "push") vec.push(value);
            else if (kind === "pop") vec.pop();
            else if (kind === "insert") vec.insert(at % (vec.length + 1), value);
            else if (kind === "truncate") vec.truncate(at);
            else if (kind === "resize") vec.resize(at, value);
            else if (kind === "retain") vec.retain((item) => item % 7 !== value % 7);
            else if (kind === "clear" && value < 100) vec.clear();
            else if (place === undefined) continue;
            else if (kind === "set") vec.set(place, value);
            else if (kind === "remove") vec.remove(place);
            else if (kind === "swap") vec.swapRemove(place);
          }
          vec.done();
          while (!mirror.isDone) await mirror.changed();
          expect([mirror.error, [...mirror]]).toEqual([undefined, vec.slice(range.from, range.to)]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("of a deque is sent to a peer, and hears nothing of changes behind it", async () => {
    const type = t.observableVecDeque.subscription(t.u32);
    await withPair("memory", postbag, { toB: type }, async ({ a, b }) => {
      const deque = new ObservableVecDeque(Array.from({ length: 10_000 }, (_, at) => at));
      const subscription = deque.subscribe({ range: { from: 100, to: 104 } });
      const mirror = (await pass(a, b, subscription)).mirror({ maxSize: 4 });
      const events: unknown[] = [];
      mirror.listen("all", (step) => events.push(...step.events));
      for (let at = 0; at < 100; at += 1) deque.set(5_000 + at, 0);
      deque.pushFront(7);
      deque.set(101, 8);
      deque.transaction(() => {
        deque.popFront();
        deque.popFront();
      });
      deque.done();
      await until(
        () => mirror.isDone,
        () => "done came",
      );
      expect([...mirror]).toEqual(deque.slice(100, 104));
      expect(events).toHaveLength(8);
    });
  });
});

test("a filter brings the entries that pass, as they begin and cease to", async () => {
  const type = t.struct({ rows: Dict, items: t.observableSet.subscription(t.u32) });
  await withPair("memory", postbag, { toB: type }, async ({ a, b }) => {
    const rows = new ObservableMap<string, number>(
      Array.from({ length: 1_000 }, (_, at) => [`row ${at}`, at] as const),
    );
    const items = new ObservableSet([1, 2, 3, 4]);
    const got = await pass(a, b, {
      rows: rows.subscribe({ filter: (value, key) => value >= 990 && key !== "row 999", incremental: true }),
      items: items.subscribe({ filter: (item) => item % 2 === 0 }),
    });
    const mirror = got.rows.mirror({ maxSize: 20 });
    const even = got.items.mirror({ maxSize: 20 });
    rows.set("row 5", 995).set("row 6", 6).set("row 995", 1).set("row 7", 1_000).set("row 7", 0);
    rows.delete("row 990");
    rows.delete("row 1");
    items.add(6).add(7).delete(2);
    rows.done();
    items.done();
    await until(
      () => mirror.isDone && even.isDone,
      () => "both are done",
    );
    expect(mirror.borrow().size).toBe([...rows].filter(([key, value]) => value >= 990 && key !== "row 999").length);
    for (const [key, value] of mirror) expect([rows.get(key), value >= 990]).toEqual([value, true]);
    expect([...even]).toEqual([4, 6]);
  });
});

describe("a mirror that comes back", () => {
  /** A table and a mirror of it; the first connection is lost while both are quiet. */
  async function lostAndBack(
    history: number,
    whileAway: (table: ObservableMap<string, number>) => void,
    check: (result: {
      table: ObservableMap<string, number>;
      mirror: ReturnType<NonNullable<(typeof Dict)["~type"]>["mirror"]>;
      bytes: number;
      resets: number;
    }) => Promise<void>,
  ): Promise<void> {
    const table = new ObservableMap<string, number>(
      Array.from({ length: 1_000 }, (_, at) => [`row ${at}`, at] as const),
    );
    table.keepHistory(history);
    await withPair("memory", postbag, { toB: Dict }, async (second) => {
      let mirror: ReturnType<NonNullable<(typeof Dict)["~type"]>["mirror"]> | undefined;
      let resets = 0;
      let away: Promise<void> | undefined;
      await withPair("memory", postbag, { toB: Dict, fails: true }, async (first) => {
        mirror = (await pass(first.a, first.b, table.subscribe({ incremental: true }))).mirror({
          maxSize: 10_000,
          resubscribe: async (_, since) => {
            await away;
            return await pass(second.a, second.b, table.subscribe({ since: since as ResumePoint }));
          },
        });
        mirror.listen("all", ({ isReset }) => {
          if (isReset) resets += 1;
        });
        table.set("row 0", 1).set("row 1", 2);
        await until(
          () => mirror?.get("row 1") === 2,
          () => "it follows",
        );
        away = first.b.closed.then(
          () => undefined,
          () => whileAway(table),
        );
        first.cut();
      });
      if (mirror === undefined) throw new Error("no mirror");
      const followed = mirror;
      await until(
        () => followed.get("row 7") === 70,
        () => "it followed what it missed",
      );
      const bytes = (second.a.stats() as unknown as { bytesSent: number }).bytesSent;
      await check({ table, mirror: followed, bytes, resets });
      followed.drop();
      table.close();
    });
  }

  const missed = (table: ObservableMap<string, number>): void => {
    table.set("row 7", 70).set("new", 1);
    table.delete("row 8");
  };

  test("gets the changes that it missed and not the table", async () => {
    await lostAndBack(100, missed, async ({ table, mirror, bytes, resets }) => {
      expect([mirror.size, mirror.has("row 8"), mirror.get("new"), resets]).toEqual([1_000, false, 1, 0]);
      expect(bytes).toBeLessThan(1_000);
      table.set("later", 1);
      await until(
        () => mirror.get("later") === 1,
        () => "it goes on",
      );
      expect([...mirror]).toEqual([...table]);
      expect(mirror.resumePoint?.position).toBe(6n);
    });
  });

  test("gets the table when more has happened than is remembered", async () => {
    await lostAndBack(2, missed, async ({ table, mirror, bytes, resets }) => {
      expect([...mirror]).toEqual([...table]);
      expect([resets, bytes > 5_000]).toEqual([1, true]);
    });
  });

  test("gets the table when the connection is lost again while that was on its way", async () => {
    const table = new ObservableMap<string, number>(
      Array.from({ length: 1_000 }, (_, at) => [`row ${at}`, at] as const),
    );
    table.keepHistory(2);
    const options = { toB: Dict, fails: true };
    await withPair("memory", postbag, { toB: Dict }, async (third) => {
      let mirror!: ReturnType<NonNullable<(typeof Dict)["~type"]>["mirror"]>;
      await withPair("memory", postbag, { ...options, both: TINY }, async (second) => {
        await withPair("memory", postbag, options, async (first) => {
          const ways = [second, third];
          mirror = (await pass(first.a, first.b, table.subscribe())).mirror({
            maxSize: 10_000,
            resubscribe: async (_, since) => {
              if (ways.length === 2) missed(table);
              const way = ways.shift() ?? third;
              return await pass(way.a, way.b, table.subscribe({ incremental: true, since }));
            },
          });
          first.cut();
        });
        await until(
          () => second.b.stats().bytesReceived > 2_000,
          () => "some of the table came",
        );
        second.cut();
      });
      await until(
        () => mirror.get("row 7") === 70 || mirror.error !== undefined,
        () => "the table came",
      );
      expect([mirror.error, [...mirror]]).toEqual([undefined, [...table]]);
      mirror.drop();
      table.close();
    });
  });

  test("gets the table of a collection that is another one", async () => {
    const table = new ObservableVec([1]);
    table.keepHistory(10);
    const subscription = table.subscribe({ since: { source: "another", position: 0n } });
    expect(subscription.takeInitial()).toEqual([1]);
    subscription.drop();
    const ahead = table.subscribe({ since: { source: "another", position: 99n } });
    expect(ahead.takeInitial()).toEqual([1]);
    ahead.drop();
  });

  test("is told by its point nothing before its content is complete, or without a history", async () => {
    const plain = new ObservableVec([1]).subscribe().mirror({ maxSize: 9 });
    expect(plain.resumePoint).toBe(undefined);
    const table = new ObservableVec([1]);
    table.keepHistory(10);
    const mirror = table.subscribe({ incremental: true }).mirror({ maxSize: 9 });
    expect(mirror.resumePoint).toBe(undefined);
    table.push(2);
    while (mirror.length < 2) await mirror.changed();
    expect(mirror.resumePoint?.position).toBe(1n);
    plain.drop();
    mirror.drop();
  });

  test("needs a codec with names", async () => {
    await withPair("memory", postbagSlim, { toB: Dict }, async ({ a, b }) => {
      const table = new ObservableMap([["a", 1]]);
      table.keepHistory(10);
      const mirror = (await pass(a, b, table.subscribe())).mirror({ maxSize: 9 });
      expect([mirror.size, mirror.resumePoint]).toEqual([1, undefined]);
      const point = table.subscribe().mirror({ maxSize: 9 });
      const again = table.subscribe({ since: point.resumePoint });
      expect(await codeOf(a.tx.send(again))).toBe("local_encode");
      for (const one of [again, point, mirror]) one.drop();
      table.close();
    });
  });
});

test("a transaction is one step of a mirror elsewhere, however many events it has, in all codecs with names", async () => {
  for (const codec of CODECS) {
    await withPair("memory", codec, { toB: Dict }, async ({ a, b }) => {
      const source = new ObservableMap<string, number>();
      const mirror = (await pass(a, b, source.subscribe())).mirror({ maxSize: 10_000 });
      const sizes: number[] = [];
      mirror.listen("all", () => sizes.push(mirror.size));
      for (const round of [1, 2, 3]) {
        source.transaction(() => {
          for (let at = 0; at < 700; at += 1) source.set(`${round} ${at}`, at);
        });
        // Otherwise two of them may come together.
        await until(
          () => mirror.size === round * 700,
          () => "it came",
        );
      }
      expect(sizes).toEqual([700, 1_400, 2_100]);
      source.done();
      await until(
        () => mirror.isDone,
        () => "done came",
      );
    });
  }
});

test("a batch that is too large for one message is sent in parts", async () => {
  const type = t.observableMap.subscription(t.u32, t.str);
  await withPair("memory", postbag, { toB: type }, async ({ a, b }) => {
    const source = new ObservableMap<number, string>(
      Array.from({ length: 100 }, (_, at) => [at, "x".repeat(100)] as const),
    );
    const subscription = source.subscribe({ incremental: true, maxItemBytes: 1_000 });
    const mirror = (await pass(a, b, subscription)).mirror({ maxSize: 1_000 });
    source.transaction(() => {
      for (let at = 100; at < 200; at += 1) source.set(at, "y".repeat(100));
    });
    source.done();
    await until(
      () => mirror.isDone || mirror.error !== undefined,
      () => "done came",
    );
    expect([mirror.error, [...mirror]]).toEqual([undefined, [...source]]);
  });
});

test("a list is shared by its subscribers, each at its own pace", async () => {
  const type: Descriptor = t.observableList.subscription(t.u32);
  await withPair("memory", postbag, { toB: type as typeof List }, async ({ a, b }) => {
    const list = new ObservableList<number>();
    const slow = await pass(a, b, list.subscribe());
    const quick = (await pass(a, b, list.subscribe())).mirror({ maxSize: 300 });
    for (let at = 0; at < 300; at += 1) list.push(at);
    await until(
      () => quick.length === 300,
      () => "the quick one has all",
    );
    list.done();
    const items: unknown[] = [];
    for await (const event of slow) if (typeof event === "object") items.push(event.Push);
    expect(items).toEqual(list.toArray());
  });
});

const List = t.observableList.subscription(t.u32);
