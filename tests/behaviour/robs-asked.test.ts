/** Parts of collections that the subscriber chooses: windows that it moves, and predicates that it sends. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Descriptor,
  ObservableMap,
  ObservableSet,
  ObservableVec,
  type Predicate,
  postbagSlim,
  t,
} from "../../ts/index.ts";
import type { VecEvent } from "../../ts/robs/events.ts";
import { batchType, vecEvent, type WireSubscription, wireSubscription } from "../../ts/robs/wire.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";
import { codeOf, until } from "./support/wait.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];
const Vec = t.observableVec.subscription(t.u32);
type VecSubscription = NonNullable<(typeof Vec)["~type"]>;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Runs the test with a way to take a subscription: in this program, or by a connection. */
const WAYS: {
  name: string;
  run(test: (take: (s: VecSubscription) => Promise<VecSubscription>) => Promise<void>): Promise<void>;
}[] = [
  { name: "in the same program", run: (test) => test(async (subscription) => subscription) },
  {
    name: "over a connection",
    run: (test) => withPair("memory", postbag, { toB: Vec }, ({ a, b }) => test((one) => pass(a, b, one))),
  },
];

describe.each(WAYS)("a window that its subscriber moves, $name", ({ run }) => {
  test("shows the places that were asked for, in one step, whatever is changed", async () => {
    const span = fc.record({ from: fc.nat({ max: 60 }), size: fc.nat({ max: 12 }) });
    const changes = fc.array(fc.record({ at: fc.nat({ max: 49 }), span }), { maxLength: 12 });
    await run(async (take) => {
      await fc.assert(
        fc.asyncProperty(changes, async (moves) => {
          const vec = new ObservableVec(numbers(50));
          const subscription = vec.subscribe({
            range: { from: 10, to: 20 },
            movable: 12,
            incremental: moves.length > 5,
          });
          const mirror = (await take(subscription)).mirror({ maxSize: 12 });
          await until(
            () => mirror.isComplete,
            () => "the first window is here",
          );
          expect(mirror.range).toEqual({ from: 10, to: 20 });
          const torn: unknown[] = [];
          mirror.listen("all", () => {
            const { from, to } = mirror.range ?? { from: -1, to: -1 };
            if (mirror.length !== vec.slice(from, to).length) torn.push([from, to, [...mirror]]);
          });
          for (const { at, span: to } of moves) {
            const wanted = { from: to.from, to: to.from + to.size };
            const isAt = () => mirror.range?.from === wanted.from && mirror.range.to === wanted.to;
            // There is no step of its own for a window that stays; the change comes as always.
            const stays = isAt();
            const shown = () => vec.slice(wanted.from, wanted.to);
            vec.set(at, at + 1_000);
            await mirror.move(wanted);
            await until(
              () => isAt() && (!stays || String([...mirror]) === String(shown())),
              () => `the window is at ${wanted.from} (${mirror.error})`,
            );
            expect([...mirror]).toEqual(shown());
          }
          expect([torn, vec.subscriberCount, mirror.error]).toEqual([[], 1, undefined]);
          vec.done();
          await until(
            () => mirror.isDone,
            () => "done came",
          );
        }),
        { numRuns: 15 },
      );
    });
  });

  test("keeps what it has in common with the old one, and is no larger than the source allows", async () => {
    await run(async (take) => {
      const vec = new ObservableVec(numbers(1_000));
      const mirror = (await take(vec.subscribe({ range: { from: 0, to: 50 }, movable: 60 }))).mirror({ maxSize: 60 });
      const events: unknown[] = [];
      mirror.listen("all", (step) => events.push(...step.events));
      await mirror.move({ from: 2, to: 52 });
      await until(
        () => mirror.range?.from === 2,
        () => "it was moved",
      );
      expect(events).toEqual([{ Remove: 0 }, { Remove: 0 }, { Insert: [48, 50] }, { Insert: [49, 51] }]);
      await mirror.move({ from: 100, to: 1_000 });
      await until(
        () => mirror.range?.from === 100,
        () => "it was moved",
      );
      expect([mirror.range, mirror.length]).toEqual([{ from: 100, to: 160 }, 60]);
      expect(await codeOf(mirror.move({ from: 5, to: 4 }))).toBe("local_misuse");
      expect(await codeOf(mirror.move({ from: -1, to: 4 }))).toBe("local_misuse");
      mirror.drop();
      await until(
        () => vec.subscriberCount === 0,
        () => "the source has no subscriber",
      );
    });
  });

  test("is moved only where the source allows it", async () => {
    await run(async (take) => {
      const vec = new ObservableVec(numbers(10));
      const mirror = (await take(vec.subscribe({ range: { from: 0, to: 5 } }))).mirror({ maxSize: 10 });
      expect([mirror.range, await codeOf(mirror.move({ from: 1, to: 2 }))]).toEqual([undefined, "local_misuse"]);
      mirror.drop();
      expect(() => vec.subscribe({ range: { from: 0, to: 1 }, movable: 0 })).toThrow("local_misuse");
    });
  });
});

test("a range that is none, from a peer, ends its requests and not what it follows", async () => {
  const types = { event: vecEvent(t.u32), item: t.u32, content: t.vec(t.u32) };
  const Raw = wireSubscription({ name: "VecSubscription", ...types, batch: batchType(types.event, types.item) });
  const ends = { toB: Vec, bReceives: Raw as Descriptor as typeof Vec };
  await withPair("memory", postbag, ends, async ({ a, b }) => {
    const vec = new ObservableVec(numbers(10));
    const got = await pass(a, b, vec.subscribe({ range: { from: 0, to: 5 }, movable: 5 }));
    const { moves, batches, events } = got as unknown as WireSubscription<VecEvent<number>, number, number[]>;
    expect(moves?.range).toEqual({ from: 0n, to: 5n });
    await moves?.tx.send({ from: 7n, to: 3n });
    expect(await moves?.tx.closed()).toBe("dropped");
    vec.set(0, 9);
    expect(await batches?.recv()).toEqual({ Events: [{ Set: [0n, 9] }] });
    batches?.drop();
    events?.drop();
  });
});

test("codecs without names carry a window that stays where it is", async () => {
  await withPair("memory", postbagSlim, { toB: Vec }, async ({ a, b }) => {
    const vec = new ObservableVec(numbers(10));
    const mirror = (await pass(a, b, vec.subscribe({ range: { from: 2, to: 5 }, movable: 5 }))).mirror({ maxSize: 10 });
    expect([[...mirror], mirror.range]).toEqual([[2, 3, 4], undefined]);
    expect(await codeOf(mirror.move({ from: 1, to: 2 }))).toBe("local_misuse");
    mirror.drop();
  });
});

const Row = t.struct("Row", { name: t.str, price: t.f64, tags: t.map(t.str, t.u64) });
const Rows = t.observableMap.subscription(t.u32, Row);

describe("a predicate", () => {
  test("travels, and the source brings what it asks for", async () => {
    const rows = new ObservableMap<number, NonNullable<(typeof Row)["~type"]>>(
      numbers(100).map(
        (at) => [at, { name: `row ${at}`, price: at / 2, tags: new Map([["rank", BigInt(at)]]) }] as const,
      ),
    );
    const types = { toB: Rows, toA: t.predicate };
    await withPair("memory", postbag, types as { toB: typeof Rows; toA: Descriptor<Predicate> }, async ({ a, b }) => {
      const asked: Predicate = {
        and: [
          { field: "price", op: ">=", value: 5 },
          {
            or: [
              { field: "name", op: "startsWith", value: "row 1" },
              { field: "name", op: "contains", value: "99" },
            ],
          },
          { not: { field: ["tags", "rank"], op: "==", value: 15n } },
          { field: "missing", op: "==", value: null },
          { op: "!=", value: true },
        ],
      };
      const filter = await pass(b, a, asked);
      const mirror = (await pass(a, b, rows.subscribe({ filter }))).mirror({ maxSize: 100 });
      expect([...mirror.keys()]).toEqual([10, 11, 12, 13, 14, 16, 17, 18, 19, 99]);
      rows.set(10, { name: "other", price: 9, tags: new Map() }).set(500, { name: "row 1", price: 6, tags: new Map() });
      rows.done();
      await until(
        () => mirror.isDone,
        () => "done came",
      );
      expect([...mirror.keys()]).toEqual([11, 12, 13, 14, 16, 17, 18, 19, 99, 500]);
    });
  });

  test.each([
    ["<", 5, [1, 2]],
    ["<=", 2n, [1, 2]],
    [">", 2, [7]],
    ["==", 7n, [7]],
    ["contains", "x", []],
    [">", "a", []],
  ] as const)("compares numbers and bigints as numbers, and nothing else: %s %s", (op, value, expected) => {
    const set = new ObservableSet([1, 2, 7]);
    expect([...(set.subscribe({ filter: { op, value } }).takeInitial() ?? [])]).toEqual(expected);
    set.close();
  });

  test("never sees what a row inherits", () => {
    const rows = new ObservableMap<string, object>([["a", { own: 1 }]]);
    for (const field of ["constructor", "__proto__", "toString"]) {
      const content = rows.subscribe({ filter: { not: { field, op: "==", value: null } } }).takeInitial();
      expect(content?.size).toBe(0);
    }
    rows.close();
  });

  const nested = (depth: number): Predicate => (depth === 0 ? { op: "==", value: 1 } : { not: nested(depth - 1) });
  test.each<[string, unknown, string]>([
    ["too deep", nested(10), "10 deep"],
    ["too large", { and: numbers(100).map((value) => ({ op: "==", value })) }, "100 tests"],
    ["a long path", { field: numbers(9).map(String), op: "==", value: 1 }, "8 fields"],
    ["a long text", { field: "a", op: "==", value: "x".repeat(1_001) }, "1000 characters"],
    ["an unknown comparison", { field: "a", op: "=~", value: "x" }, "op is one of"],
    ["no value", { field: "a", op: "==" }, "a value is"],
    ["no object", 7, "no object"],
    ["a part that is none", { and: [null] }, "no object"],
    ["no array", { or: 1 }, "an array"],
    ["a field that is none", { field: { at: 1 }, op: "==", value: 1 }, "a field is"],
  ])("that is %s is refused, here and from a peer", async (_, predicate, problem) => {
    const set = new ObservableSet([1]);
    expect(() => set.subscribe({ filter: predicate as Predicate })).toThrow(problem);
    expect(set.subscriberCount).toBe(0);
    await withPair("memory", postbag, { toB: t.predicate as Descriptor<Predicate> }, async ({ a }) => {
      expect(await codeOf(a.tx.send(predicate as Predicate))).toBe("local_encode");
    });
  });
});
