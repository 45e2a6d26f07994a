/** Of several changes of one place that wait together, the last one alone is sent where the source says so. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  broadcast,
  type Descriptor,
  mpsc,
  ObservableMap,
  ObservableSet,
  ObservableVec,
  postbagSlim,
  t,
} from "../../ts/index.ts";
import { mapEvent, wireSubscription } from "../../ts/robs/wire.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { until } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const Dict = t.observableMap.subscription(t.tuple(t.u32), t.u32);
const Types = t.struct({
  map: Dict,
  set: t.observableSet.subscription(t.u32),
  vec: t.observableVec.subscription(t.u32),
});

const change = fc.record({
  kind: fc.constantFrom("set", "set", "set", "remove", "remove", "clear", "push"),
  at: fc.nat({ max: 6 }),
  value: fc.nat({ max: 1_000 }),
});

test("a mirror has the same content in the same order, whatever was left out", async () => {
  await withPair("memory", postbag, { toB: Types }, async ({ a, b }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 6 }), async (steps) => {
        const source = {
          map: new ObservableMap<[number], number>([[[1], 1]]),
          set: new ObservableSet([1]),
          vec: new ObservableVec([1, 2, 3]),
        };
        const { map, set, vec } = source;
        const collapse = true;
        const got = await pass(a, b, {
          map: map.subscribe({ collapse }),
          set: set.subscribe({ collapse }),
          vec: vec.subscribe({ collapse }),
        });
        const options = { maxSize: 100 };
        const mirrors = { map: got.map.mirror(options), set: got.set.mirror(options), vec: got.vec.mirror(options) };
        for (const changes of steps) {
          map.transaction(() => {
            for (const { kind, at, value } of changes) {
              if (kind === "set") map.set([at], value);
              else if (kind === "remove") map.delete([at]);
              else if (kind === "clear" && value < 200) map.clear();
            }
          });
          for (const { kind, at, value } of changes) {
            if (kind === "set") set.add(at);
            else if (kind === "remove") set.delete(at);
            else if (kind === "clear" && value < 200) set.clear();
            if (kind === "push") vec.push(value);
            else if (vec.length === 0) continue;
            else if (kind === "set") vec.set(at % vec.length, value);
            else if (kind === "remove") vec.remove(at % vec.length);
            else if (kind === "clear" && value < 200) vec.clear();
          }
          if (changes.length > 6) await Promise.resolve();
        }
        for (const one of [map, set, vec]) one.done();
        await until(
          () => Object.values(mirrors).every(({ isDone }) => isDone),
          () => `all are done (${Object.values(mirrors).map(({ error }) => error)})`,
        );
        expect([...mirrors.map]).toEqual([...map]);
        expect([...mirrors.set]).toEqual([...set]);
        expect([...mirrors.vec]).toEqual([...vec]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a thousand changes of one key", () => {
  const Prices = t.observableMap.subscription(t.str, t.u32);

  async function eventsOf(codec: (typeof CODECS)[number], collapse: boolean): Promise<number> {
    let events = 0;
    await withPair("memory", codec, { toB: Prices }, async ({ a, b, quiet }) => {
      const prices = new ObservableMap<string, number>([["ACME", 0]]);
      const mirror = (await pass(a, b, prices.subscribe({ collapse }))).mirror({ maxSize: 1 });
      await quiet();
      mirror.listen("all", (step) => {
        events += step.events.length;
      });
      for (let price = 1; price <= 1_000; price += 1) prices.set("ACME", price);
      prices.done();
      await until(
        () => mirror.isDone,
        () => "done came",
      );
      expect(mirror.get("ACME")).toBe(1_000);
    });
    return events;
  }

  test("are one, between two sides of cuttle", async () => {
    expect(await eventsOf(postbag, true)).toBe(2);
  });

  test("are a thousand where nobody asked for less, and in codecs without names", async () => {
    expect([await eventsOf(postbag, false), await eventsOf(postbagSlim, true)]).toEqual([1_001, 1_001]);
  });

  test("are a thousand for who comes back: the mirror knows how many it did not see", async () => {
    await withPair("memory", postbag, { toB: Prices }, async ({ a, b, quiet }) => {
      const prices = new ObservableMap<string, number>([["ACME", 0]]);
      prices.keepHistory(10);
      const mirror = (await pass(a, b, prices.subscribe({ collapse: true }))).mirror({ maxSize: 1 });
      await quiet();
      for (let price = 1; price <= 1_000; price += 1) prices.set("ACME", price);
      await until(
        () => mirror.get("ACME") === 1_000,
        () => "the last price came",
      );
      expect(mirror.resumePoint?.position).toBe(1_000n);
      mirror.drop();
    });
  });
});

test("a source that left out less than nothing is at fault", async () => {
  const event = mapEvent(t.tuple(t.u32), t.u32);
  const batch = t.enum("Batch", { Collapsed: t.struct("Collapsed", { events: t.vec(event), count: t.u64 }) });
  const item = t.tuple<[[number], number]>(t.tuple(t.u32), t.u32);
  const content = t.map(t.tuple(t.u32), t.u32);
  const Raw = wireSubscription({ name: "HashMapSubscription", event, item, content, batch: batch as never });
  await withPair("memory", postbag, { toB: Raw as Descriptor as typeof Dict, bReceives: Dict }, async ({ a, b }) => {
    const [tx, rx] = mpsc.channel(batch as Descriptor as Descriptor<unknown>);
    const [events, first] = broadcast.channel(event);
    const raw = { initial: { Value: new Map() }, events: first, resume: null, batches: rx };
    const mirror = (await pass(a, b, raw as unknown as NonNullable<(typeof Dict)["~type"]>)).mirror({ maxSize: 5 });
    await tx.send({ Collapsed: { events: [{ Set: [[1], 1] }], count: 0n } });
    await until(
      () => mirror.error !== undefined,
      () => "the mirror has failed",
    );
    expect([mirror.error?.code, mirror.size]).toEqual(["peer_decode", 0]);
    tx.close();
    events.close();
  });
});
