/** Values of many megabytes: cut on the way, beside everything else, with progress, and given up in the middle. */

import { expect, test } from "vitest";
import {
  bin,
  type Codec,
  connect,
  json,
  memoryPair,
  mpsc,
  type Progress,
  postbag,
  postbagSlim,
  t,
} from "../../ts/index.ts";
import type { Kind } from "./support/carriers.ts";
import { pass, withPair } from "./support/pair.ts";
import { until } from "./support/wait.ts";

const MIB = 1024 * 1024;
const BIG = 6 * MIB;
const LIMITS = { limits: { itemBytes: 64 * MIB } };

const Holder = t.struct("Holder", { name: t.str, data: t.bytes, after: t.u32 });
const OPTIONS = { maxItemBytes: 64 * MIB };

function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new Uint32Array(bytes.buffer).forEach((_, at, all) => {
    all[at] = at * 2_654_435_761;
  });
  return bytes;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}

const kinds: Kind[] = ["memory", "message-port", "websocket", "tcp"];
const codecs: Codec[] = [postbag, postbagSlim];

for (const kind of kinds) {
  for (const codec of codecs) {
    test(`a struct with a large byte array, over ${kind} with ${codec.name}`, async () => {
      const both = t.mpsc.receiver(Holder);
      await withPair(kind, codec, { toB: both, both: LIMITS }, async ({ a, b }) => {
        const data = pattern(BIG);
        const [tx, half] = mpsc.channel(Holder, OPTIONS);
        const rx = await pass(a, b, half);
        const [told, heard]: [Progress[], Progress[]] = [[], []];
        const receiving = rx.recv({ onProgress: (progress) => heard.push(progress) });
        await tx.send({ name: "big", data, after: 7 }, { onProgress: (progress) => told.push(progress) });
        const got = await receiving;
        expect([got?.name, got?.after, isSame(got?.data, data)]).toEqual(["big", 7, true]);
        const { totalBytes = 0 } = told.at(-1) ?? {};
        expect(totalBytes).toBeGreaterThan(BIG);
        expect(told.at(-1)?.doneBytes).toBe(totalBytes);
        expect(told.length).toBeGreaterThan(5);
        expect(heard.at(-1)).toEqual({ doneBytes: totalBytes, totalBytes: undefined });
        expect(heard.length).toBeGreaterThan(5);
        tx.close();
        expect(await rx.recv()).toBeUndefined();
      });
    });
  }
}

test("while a large value comes, the queues keep what has come of it and at most four chunks that nobody reads", async () => {
  const chunkBytes = 16 * 1024;
  const b = { limits: { ...LIMITS.limits, chunkBytes, portWindowBytes: 4 * chunkBytes } };
  const type = t.struct({ data: t.bytes, unread: t.option(t.bin.receiver) });
  await withPair("tcp", postbag, { toB: type, both: LIMITS, b }, async (pair) => {
    const [tx, half] = bin.channel({ maxMessageBytes: 64 * MIB });
    const unread = (await pass(pair.a, pair.b, { data: new Uint8Array(), unread: half })).unread;
    const first = unread?.recv();
    await tx.send(Uint8Array.of(1));
    expect(await first).toEqual(Uint8Array.of(1));
    const unsent = tx.send(pattern(BIG));
    unsent.catch(() => {});
    const beside: number[] = [];
    const receiving = pair.b.rx.recv({
      onProgress: ({ doneBytes }) => beside.push(pair.b.stats().bufferedBytes - doneBytes),
    });
    await pair.a.tx.send({ data: pattern(BIG), unread: null });
    expect((await receiving)?.data.length).toBe(BIG);
    expect(Math.max(...beside)).toBeGreaterThan(0);
    expect(Math.max(...beside)).toBeLessThanOrEqual(4 * chunkBytes);
    unread?.drop();
    await expect(unsent).rejects.toMatchObject({ code: "remote_closed" });
  });
});

test("the array of the caller is neither copied nor changed, and may be changed once the send resolved", async () => {
  await withPair(
    "memory",
    postbag,
    { toB: Holder, both: { limits: { portWindowBytes: 4 * MIB } } },
    async ({ a, b }) => {
      // Large enough to be referred to, and small enough for credits to be there for all of it.
      const data = pattern(300 * 1024);
      const copy = data.slice();
      const receiving = b.rx.recv();
      await a.tx.send({ name: "", data, after: 1 });
      data.fill(0);
      expect(isSame((await receiving)?.data, copy)).toBe(true);
    },
  );
});

test("an array that is transferred before it has left ends the connection, and no wrong bytes arrive", async () => {
  const pair = memoryPair();
  const options = { limits: { itemBytes: 64 * MIB } };
  const [a, b] = await Promise.all([
    connect(pair.a, { send: Holder, ...options }),
    connect(pair.b, { receive: Holder, ...options }),
  ]);
  const receiving = b.rx.recv();
  receiving.catch(() => {});
  const data = pattern(BIG);
  const sending = a.tx.send({ name: "", data, after: 1 });
  structuredClone(data.buffer, { transfer: [data.buffer] });
  await expect(sending).rejects.toThrow("resized or transferred");
  await expect(receiving).rejects.toThrow();
  await expect(a.closed).rejects.toMatchObject({ code: "local_encode" });
});

test("a value above what may be kept is no trouble for who waits for it", async () => {
  const b = { limits: { itemBytes: 64 * MIB, bufferedBytes: MIB } };
  await withPair("memory", postbag, { toB: t.mpsc.receiver(t.bytes), b }, async (pair) => {
    const [tx, half] = mpsc.channel(t.bytes, OPTIONS);
    const rx = await pass(pair.a, pair.b, half);
    const receiving = rx.recv();
    await tx.send(pattern(BIG));
    expect((await receiving)?.length).toBe(BIG);
    tx.close();
    expect(await rx.recv()).toBeUndefined();
  });
});

test("a recv of the base channel that is given up in the middle leaves the value to the next one", async () => {
  await withPair("tcp", postbag, { toB: t.bytes, both: LIMITS }, async ({ a, b }) => {
    const abort = new AbortController();
    const onProgress = (): void => abort.abort(new Error("enough"));
    const given = b.rx.recv({ signal: abort.signal, onProgress });
    const sending = a.tx.send(pattern(BIG));
    await expect(given).rejects.toThrow("enough");
    expect((await b.rx.recv())?.length).toBe(BIG);
    await sending;
  });
});

test("small values of other channels pass a large one", async () => {
  const types = t.struct({ big: t.mpsc.receiver(t.bytes), small: t.mpsc.receiver(t.u32) });
  await withPair("message-port", postbag, { toB: types, both: LIMITS }, async ({ a, b }) => {
    const [bigTx, bigHalf] = mpsc.channel(t.bytes, OPTIONS);
    const [smallTx, smallHalf] = mpsc.channel(t.u32);
    const { big, small } = await pass(a, b, { big: bigHalf, small: smallHalf });
    const data = pattern(BIG);
    let isThere = false;
    const receiving = big.recv().then((got) => {
      isThere = true;
      return got;
    });
    const sending = bigTx.send(data);
    let passed = 0;
    while (!isThere) {
      await smallTx.send(passed);
      expect(await small.recv()).toBe(passed);
      passed += 1;
    }
    await sending;
    expect(isSame(await receiving, data)).toBe(true);
    expect(passed).toBeGreaterThan(5);
    for (const tx of [bigTx, smallTx]) tx.close();
    for (const rx of [big, small]) expect(await rx.recv()).toBeUndefined();
  });
});

test("a value that is given up in the middle never arrives, and the next one does", async () => {
  await withPair("tcp", postbag, { toB: t.mpsc.receiver(t.bytes), both: LIMITS }, async ({ a, b }) => {
    const [tx, half] = mpsc.channel(t.bytes, OPTIONS);
    const rx = await pass(a, b, half);
    const abort = new AbortController();
    const receiving = rx.recv();
    const onProgress = ({ doneBytes }: Progress): void => {
      if (doneBytes > MIB) abort.abort(new Error("enough"));
    };
    await expect(tx.send(pattern(BIG), { signal: abort.signal, onProgress })).rejects.toThrow("enough");
    await tx.send(Uint8Array.of(1, 2, 3));
    expect(await receiving).toEqual(Uint8Array.of(1, 2, 3));
    tx.close();
    expect(await rx.recv()).toBeUndefined();
  });
});

test("what onProgress throws ends the transfer on its side alone", async () => {
  await withPair("tcp", postbag, { toB: Holder, both: LIMITS }, async ({ a, b }) => {
    const value = { name: "x", data: pattern(4 * MIB), after: 1 };
    const fail = (): never => {
      throw new Error("the bar broke");
    };
    const receiving = b.rx.recv();
    await expect(a.tx.send(value, { onProgress: fail })).rejects.toThrow("the bar broke");
    const again = a.tx.send(value);
    expect((await receiving)?.data.length).toBe(4 * MIB);
    await again;
    const third = a.tx.send(value);
    await expect(b.rx.recv({ onProgress: fail })).rejects.toThrow("the bar broke");
    expect((await b.rx.recv())?.data.length).toBe(4 * MIB);
    await third;
  });
});

test("a large message of a bin channel tells its progress on both sides", async () => {
  const both = { toB: t.bin.receiver, both: LIMITS };
  await withPair("websocket", postbag, both, async ({ a, b }) => {
    const [tx, half] = bin.channel({ maxMessageBytes: 64 * MIB });
    const rx = await pass(a, b, half);
    let [told, heard] = [0, 0];
    const receiving = rx.recv({ onProgress: ({ doneBytes }) => (heard = doneBytes) });
    await tx.send(pattern(BIG), { onProgress: ({ doneBytes }) => (told = doneBytes) });
    expect((await receiving)?.length).toBe(BIG);
    await until(
      () => told === BIG && heard === BIG,
      () => `all was told (${told}, ${heard})`,
    );
    tx.close();
    expect(await rx.recv()).toBeUndefined();
  });
});

test("a codec that writes arrays as numbers sends large ones as well", async () => {
  await withPair("memory", json, { toB: t.bytes, both: { limits: { itemBytes: 4 * MIB } } }, async ({ a, b }) => {
    const data = pattern(MIB / 2);
    const receiving = b.rx.recv();
    await a.tx.send(data);
    expect(isSame(await receiving, data)).toBe(true);
  });
});
