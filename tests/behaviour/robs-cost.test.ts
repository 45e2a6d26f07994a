/** What following a collection costs, counted. */

import { expect, test } from "vitest";
import { type Codec, type Descriptor, ObservableMap, postbagSlim, t } from "../../ts/index.ts";
import { CODECS, type Pair, pass, withPair } from "./support/pair.ts";
import { turn, until } from "./support/wait.ts";

const [postbag] = CODECS as [Codec];
const Row = t.struct("Row", { price: t.f64 });
const Table = t.observableMap.subscription(t.u32, Row);
type Subscription = NonNullable<(typeof Table)["~type"]>;
type Row = NonNullable<(typeof Row)["~type"]>;

/** A row that tells when it is read, as encoding does. */
function watchedRow(price: number, onRead: () => void): Row {
  return {
    get price() {
      onRead();
      return price;
    },
  };
}

/** As many pairs of connected ends as wanted. */
async function withPairs(
  count: number,
  codec: Codec,
  test: (pairs: Pair<Subscription, null>[]) => Promise<void>,
  pairs: Pair<Subscription, null>[] = [],
): Promise<void> {
  if (pairs.length === count) return await test(pairs);
  const toB = Table as Descriptor<Subscription>;
  await withPair("memory", codec, { toB }, (pair) => withPairs(count, codec, test, [...pairs, pair]));
}

test.each([
  ["between two sides of cuttle", postbag],
  ["as remoc's peers follow it", postbagSlim],
])("a change is encoded once for ten subscribers: %s", async (_, codec) => {
  await withPairs(5, codec, async (pairs) => {
    const table = new ObservableMap<number, Row>();
    const mirrors: ReturnType<Subscription["mirror"]>[] = [];
    for (const { a, b } of [...pairs, ...pairs]) {
      mirrors.push((await pass(a, b, table.subscribe())).mirror({ maxSize: 100 }));
    }
    for (const { quiet } of pairs) await quiet();
    for (const price of [1, 2, 3]) {
      let reads = 0;
      table.set(
        1,
        watchedRow(price, () => {
          reads += 1;
        }),
      );
      await until(
        () => mirrors.every((mirror) => mirror.get(1)?.price === price),
        () => "all mirrors have the change",
      );
      expect(reads).toBe(1);
    }
    table.done();
    await until(
      () => mirrors.every(({ isDone }) => isDone),
      () => "all mirrors are done",
    );
  });
});

/** The most that `counter` grew by within one turn of the event loop, until `work` is over. */
async function mostInOneTurn(counter: () => number, work: Promise<void>): Promise<number> {
  let isOver = false;
  void work.then(() => {
    isOver = true;
  });
  let most = 0;
  for (let before = counter(); !isOver; before = counter()) {
    await turn();
    most = Math.max(most, counter() - before);
  }
  await work;
  return most;
}

async function completed(mirror: { readonly isComplete: boolean; changed(): Promise<void> }): Promise<void> {
  while (!mirror.isComplete) await mirror.changed();
}

const ROWS = 5_000;

test("a mirror in the same program takes some hundred rows of a large content in one turn of the event loop", async () => {
  const table = new ObservableMap(Array.from({ length: ROWS }, (_, at) => [at, { price: at }] as const));
  const mirror = table.subscribe({ incremental: true }).mirror({ maxSize: ROWS });
  const most = await mostInOneTurn(() => mirror.size, completed(mirror));
  expect(mirror.size).toBe(ROWS);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(1_025);
  mirror.drop();
});

/** A clock that says `times` one after the other, over and over, and counts how often it is asked. */
function clockOf(...times: number[]): { now(): number; asked: number } {
  return {
    asked: 0,
    now() {
      return times[this.asked++ % times.length] as number;
    },
  };
}

test("a mirror on a slow machine takes fewer rows in one turn of the event loop", async () => {
  const table = new ObservableMap(Array.from({ length: ROWS }, (_, at) => [at, { price: at }] as const));
  let asked = 0;
  // A row takes a millisecond: it asks after each, and once when it begins.
  const clock = { now: () => asked++ };
  const mirror = table.subscribe({ incremental: true }).mirror({ maxSize: ROWS, clock });
  expect(await mostInOneTurn(() => asked, completed(mirror))).toBeLessThanOrEqual(6);
  expect([asked > ROWS, [...mirror]]).toEqual([true, [...table]]);
  mirror.drop();
});

test("a mirror follows whatever its clock says", async () => {
  for (const clock of [clockOf(5), clockOf(9e15, -9e15, 0), clockOf(Number.NaN)]) {
    const table = new ObservableMap(Array.from({ length: ROWS }, (_, at) => [at, { price: at }] as const));
    const mirror = table.subscribe({ incremental: true }).mirror({ maxSize: ROWS, clock });
    const most = await mostInOneTurn(() => mirror.size, completed(mirror));
    expect([mirror.size, most <= 1_025, clock.asked > 0]).toEqual([ROWS, true, true]);
    mirror.drop();
  }
});

test.each([
  ["between two sides of cuttle", postbag],
  ["as remoc's peers get it", postbagSlim],
])("a large content is encoded some hundred rows at a time: %s", async (_, codec) => {
  await withPairs(1, codec, async ([pair]) => {
    const { a, b } = pair as Pair<Subscription, null>;
    let reads = 0;
    const onRead = (): void => {
      reads += 1;
    };
    const table = new ObservableMap(Array.from({ length: ROWS }, (_, at) => [at, watchedRow(at, onRead)] as const));
    const mirror = (await pass(a, b, table.subscribe({ incremental: true }))).mirror({ maxSize: ROWS });
    const most = await mostInOneTurn(() => reads, completed(mirror));
    expect(mirror.size).toBe(ROWS);
    // A slice for each of the two ways in which the content is offered.
    expect(most).toBeLessThanOrEqual(512);
    table.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
  });
});
