/** What following a collection costs, counted. */

import { expect, test } from "vitest";
import { type Codec, type Descriptor, ObservableMap, postbagSlim, t } from "../../ts/index.ts";
import { CODECS, type Pair, pass, withPair } from "./support/pair.ts";
import { turn, until } from "./support/wait.ts";

const [postbag] = CODECS as [Codec];
const Row = t.struct("Row", { price: t.f64, note: t.str });
const Table = t.observableMap.subscription(t.u32, Row);
type Subscription = NonNullable<(typeof Table)["~type"]>;
type Row = NonNullable<(typeof Row)["~type"]>;

/** A row that tells when it is read, as encoding does. */
function watchedRow(price: number, onRead: () => void, note = ""): Row {
  return {
    note,
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

test("a thousand changes that wait together are encoded once for ten subscribers and go in some messages to each", async () => {
  await withPairs(5, postbag, async (pairs) => {
    const table = new ObservableMap<number, Row>();
    const mirrors: ReturnType<Subscription["mirror"]>[] = [];
    for (const { a, b } of [...pairs, ...pairs]) {
      mirrors.push((await pass(a, b, table.subscribe())).mirror({ maxSize: 1_000 }));
    }
    for (const { quiet } of pairs) await quiet();
    const before = pairs.map(({ a }) => a.stats().framesSent);
    let reads = 0;
    const onRead = (): void => {
      reads += 1;
    };
    for (let at = 0; at < 1_000; at += 1) table.set(at, watchedRow(at, onRead));
    await until(
      () => mirrors.every(({ size }) => size === 1_000),
      () => "all mirrors have the changes",
    );
    expect(reads).toBe(1_000);
    // A header and a payload for each of four messages to each of two, and what else the connection has to say.
    for (const [at, { a }] of pairs.entries())
      expect(a.stats().framesSent - Number(before[at])).toBeLessThanOrEqual(40);
    for (const mirror of mirrors) mirror.drop();
  });
});

test("changes that are large are few in one message", async () => {
  const note = "x".repeat(4_096);
  await withPairs(1, postbag, async ([pair]) => {
    const { a, b, quiet } = pair as Pair<Subscription, null>;
    const table = new ObservableMap<number, Row>();
    const mirror = (await pass(a, b, table.subscribe())).mirror({ maxSize: 200 });
    await quiet();
    let reads = 0;
    const onRead = (): void => {
      reads += 1;
    };
    for (let at = 0; at < 200; at += 1) table.set(at, watchedRow(at, onRead, note));
    const most = await mostInOneTurn(
      () => reads,
      until(
        () => mirror.size === 200,
        () => "all came",
      ),
    );
    expect(reads).toBe(200);
    // As many as a window lets leave at once.
    expect(most).toBeLessThanOrEqual(64);
    mirror.drop();
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

/** How many frames a first sync of `count` rows took, and how many rows were read in one turn of the event loop. */
async function firstSync(
  codec: Codec,
  count: number,
  row: (onRead: () => void) => Row,
): Promise<{ frames: number; reads: number; most: number }> {
  let [frames, reads, most] = [0, 0, 0];
  await withPairs(1, codec, async ([pair]) => {
    const { a, b } = pair as Pair<Subscription, null>;
    const read = row(() => {
      reads += 1;
    });
    const table = new ObservableMap(Array.from({ length: count }, (_, at) => [at, read] as const));
    const mirror = (await pass(a, b, table.subscribe({ incremental: true }))).mirror({ maxSize: count });
    const before = a.stats().framesSent;
    most = await mostInOneTurn(() => reads, completed(mirror));
    frames = a.stats().framesSent - before;
    expect(mirror.size).toBe(count);
    table.done();
    await until(
      () => mirror.isDone,
      () => "done came",
    );
  });
  return { frames, reads, most };
}

test.each([
  ["between two sides of cuttle", postbag, 1_024],
  ["as remoc's peers get it", postbagSlim, 256],
])("a large content is encoded once and some hundred rows at a time: %s", async (_, codec, together) => {
  const { reads, most } = await firstSync(codec, ROWS, (onRead) => watchedRow(1, onRead));
  expect(reads).toBe(ROWS);
  expect(most).toBeLessThanOrEqual(together);
});

test("a thousand small rows of a large content are about one message between two sides of cuttle", async () => {
  const { frames } = await firstSync(postbag, ROWS, () => ({ price: 1, note: "" }));
  // A header and a payload for each of eight messages of rows, and what else the connection has to say.
  expect(frames).toBeLessThanOrEqual(40);
});

test("messages of rows wait as they came until they are taken, however many are here", async () => {
  let decoded = 0;
  const counting: Codec = {
    ...postbag,
    decode(...given) {
      decoded += 1;
      return postbag.decode(...given);
    },
  };
  await withPairs(1, counting, async ([pair]) => {
    const { a, b, quiet } = pair as Pair<Subscription, null>;
    const table = new ObservableMap<number, Row>(
      Array.from({ length: ROWS }, (_, at) => [at, { price: at, note: "" }]),
    );
    const subscription = await pass(a, b, table.subscribe({ incremental: true }));
    const before = decoded;
    await quiet();
    expect(decoded - before).toBeLessThanOrEqual(1);
    const mirror = subscription.mirror({ maxSize: ROWS });
    expect(await mostInOneTurn(() => decoded, completed(mirror))).toBeLessThanOrEqual(2);
    expect([mirror.size, decoded - before > 5]).toEqual([ROWS, true]);
    mirror.drop();
    table.close();
  });
});

test("large rows of a content are few in one message, so that no turn of the event loop is long", async () => {
  const note = "x".repeat(4_096);
  const { reads, most } = await firstSync(postbag, 200, (onRead) => watchedRow(1, onRead, note));
  expect(reads).toBe(200);
  expect(most).toBeLessThanOrEqual(16);
});
