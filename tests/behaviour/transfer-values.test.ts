/** Bytes inside values that are given away with `transfer()`. */

import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import {
  type Codec,
  cbor,
  connectionOf,
  consume,
  type Infer,
  messagePack,
  mpsc,
  postbag,
  postcard,
  t,
  transfer,
  watch,
} from "../../ts/index.ts";
import { KINDS } from "./support/carriers.ts";
import { bytesCopied } from "./support/copies.ts";
import { objects } from "./support/objects.ts";
import { withPair } from "./support/pair.ts";
import type { Api } from "./support/turning-worker.ts";
import { outcome } from "./support/wait.ts";

const KIB = 1024;

function filled(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at * 7 + (at >> 8);
  return bytes;
}

function isSame(one: Uint8Array | null | undefined, other: Uint8Array): boolean {
  return one instanceof Uint8Array && Buffer.compare(one, other) === 0;
}

const Picture = t.struct({ name: t.str, pixels: t.bytes, alpha: t.option(t.bytes), width: t.u32 });

test.each([
  ["cbor", cbor],
  ["messagePack", messagePack],
  ["postcard", postcard],
] as const)("arrays in values of a channel with %s are moved over a port and not copied", async (_, codec: Codec) => {
  await withPair("message-port", codec, { toB: t.mpsc.receiver(Picture) }, async ({ a, b }) => {
    const [tx, near] = mpsc.channel(Picture);
    const [, rx] = await Promise.all([a.tx.send(near), b.rx.recv()]);
    const [pixels, alpha] = [filled(300 * KIB), filled(64 * KIB)];
    const expected = { name: "hill", pixels: pixels.slice(), alpha: alpha.slice(), width: 3 };
    const value = { ...expected, pixels: transfer(pixels), alpha: transfer(alpha) };
    let got: Infer<typeof Picture> | undefined;
    const copied = await bytesCopied(async () => {
      [got] = await Promise.all([rx?.recv(), tx.send(value)]);
    });
    expect([pixels.length, value.pixels.length, value.alpha.length], "once they have left").toEqual([0, 0, 0]);
    expect(copied).toBeLessThan(16 * KIB);
    expect(got?.pixels.buffer.byteLength, "the very buffer").toBe(300 * KIB);
    expect(isSame(got?.pixels, expected.pixels) && isSame(got?.alpha, expected.alpha)).toBe(true);
    expect([got?.name, got?.width]).toEqual(["hill", 3]);
    tx.close();
    rx?.drop();
  });
});

test("in plain values arguments, results and items are moved, in whatever shape they have", async () => {
  const service = {
    async turn(job: { pixels: Uint8Array; floats: Float32Array; raw: ArrayBuffer; extra: Promise<number> }) {
      expect(job.floats[1]).toBe(1.5);
      expect(job.raw.byteLength).toBe(70 * KIB);
      return { done: await job.extra, pixels: transfer(job.pixels), again: [transfer(job.raw)] };
    },
    async items() {
      const [tx, rx] = mpsc.channel<{ n: number; bytes: Uint8Array }>(t.unit as never);
      const send = async (): Promise<void> => {
        for (let n = 0; n < 3; n += 1) await tx.send({ n, bytes: transfer(filled(200 * KIB + n)) });
        tx.close();
      };
      void send();
      return rx;
    },
    async count() {
      return 7;
    },
  };
  const { remote, end } = await objects("message-port", service);
  const floats = Float32Array.from({ length: 25 * KIB }, (_, at) => at * 1.5);
  const job = {
    pixels: transfer(filled(1000 * KIB)),
    floats: new Float32Array(transfer(floats.buffer).buffer),
    raw: transfer(filled(70 * KIB)).buffer,
  };
  const copied = await bytesCopied(async () => {
    // The argument names a result that is not there yet, so the call is sent in the other of its two forms.
    const result = await remote.turn({ ...job, extra: remote.count() as Promise<number> });
    expect(result.done).toBe(7);
    expect(result.again[0]?.length).toBe(70 * KIB);
    expect(result.pixels.buffer.byteLength).toBe(1000 * KIB);
    expect(Buffer.compare(result.pixels, filled(1000 * KIB))).toBe(0);
    const lengths: number[] = [];
    for await (const { n, bytes } of await remote.items()) lengths.push(n, bytes.length, bytes.buffer.byteLength);
    const size = 200 * KIB;
    expect(lengths).toEqual([0, size, size, 1, size + 1, size + 1, 2, size + 2, size + 2]);
  });
  expect(copied).toBeLessThan(16 * KIB);
  expect([job.pixels.length, job.floats.length, job.raw.byteLength]).toEqual([0, 0, 0]);
  await end();
});

test("between threads the array that comes back is the one that left, without a copy on this side", async () => {
  const worker = new Worker(new URL("./support/turning-worker.ts", import.meta.url));
  const remote = await consume<Api>(worker, { handshakeTimeoutMs: 60_000 });
  const pixels = transfer(filled(1000 * KIB));
  let got: { pixels: Uint8Array } | undefined;
  const copied = await bytesCopied(async () => {
    got = await remote.turn({ pixels });
  });
  expect(copied).toBeLessThan(16 * KIB);
  expect([pixels.length, got?.pixels.buffer.byteLength]).toEqual([0, 1000 * KIB]);
  expect(Buffer.compare(got?.pixels ?? pixels, filled(1000 * KIB))).toBe(0);
  await connectionOf(remote).close();
  await worker.terminate();
});

test.each(KINDS)("over %s values with such arrays arrive in every codec, also where they are copied", async (kind) => {
  for (const codec of [postbag, cbor, postcard]) {
    await withPair(kind, codec, { toB: t.vec(Picture) }, async ({ a, b }) => {
      const expected = [1, 2].map((width) => ({ name: "", pixels: filled(70 * KIB + width), alpha: null, width }));
      const given = expected.map((one) => ({ ...one, pixels: transfer(one.pixels.slice()) }));
      const [got] = await Promise.all([b.rx.recv(), a.tx.send(given)]);
      for (const [at, { pixels, ...rest }] of expected.entries()) {
        expect(got?.[at]).toMatchObject(rest);
        expect(isSame(got?.[at]?.pixels, pixels)).toBe(true);
      }
    });
  }
});

test("an array that was given away is sent once: a second time the value is refused, and the channel goes on", async () => {
  await withPair("message-port", cbor, { toB: t.vec(t.bytes) }, async ({ a, b }) => {
    const array = transfer(filled(500 * KIB));
    await expect(a.tx.send([array, array])).rejects.toThrow(/local_encode: .*is here twice/);
    const sending = a.tx.send([array]);
    await expect(a.tx.send([array])).rejects.toMatchObject({ code: "local_misuse" });
    expect((await b.rx.recv())?.[0]?.length).toBe(500 * KIB);
    await sending;
    await Promise.all([a.tx.send([Uint8Array.of(1)]), b.rx.recv()]);
  });
});

test("a value that is kept is copied: several receivers of a watch see it", async () => {
  await withPair("message-port", cbor, { toB: t.vec(t.watch.receiver(t.bytes)) }, async ({ a, b }) => {
    const value = transfer(filled(300 * KIB));
    const [tx, rx] = watch.channel(t.bytes, value);
    const [, got] = await Promise.all([a.tx.send([rx, rx.clone()]), b.rx.recv()]);
    for (const one of got ?? []) expect((await one.borrow()).length).toBe(300 * KIB);
    expect(value.length).toBe(300 * KIB);
    tx.close();
    for (const one of got ?? []) one.drop();
  });
});

test("a value that is aborted between its parts is never seen, and those behind it arrive", async () => {
  await withPair("message-port", cbor, { toB: t.mpsc.receiver(t.vec(t.bytes)) }, async ({ a, b }) => {
    const [tx, near] = mpsc.channel(t.vec(t.bytes), { capacity: 1 });
    const [, rx] = await Promise.all([a.tx.send(near), b.rx.recv()]);
    // Nobody reads: of this value no more than a window leaves.
    const abort = new AbortController();
    const first = outcome(
      tx.send([transfer(filled(200 * KIB)), transfer(filled(5000 * KIB))], { signal: abort.signal }),
    );
    const second = tx.send([Uint8Array.of(2), transfer(filled(100 * KIB))]);
    abort.abort(new Error("enough"));
    expect(await first).toMatchObject({ error: { message: "enough" } });
    const [got] = await Promise.all([rx?.recv(), second]);
    expect(got?.map(({ length }) => length)).toEqual([1, 100 * KIB]);
    tx.close();
    expect(await rx?.recv()).toBeUndefined();
  });
});

test("what was sent before the sender closed arrives whole, with the halves in it", async () => {
  const Both = t.struct({ bytes: t.bytes, tx: t.mpsc.sender(t.u32), more: t.bytes });
  await withPair("message-port", cbor, { toB: Both }, async ({ a, b }) => {
    const [tx, rx] = mpsc.channel(t.u32);
    const sending = a.tx.send({ bytes: transfer(filled(2000 * KIB)), tx, more: Uint8Array.of(1, 2) });
    a.tx.close();
    const [got] = await Promise.all([b.rx.recv(), sending]);
    expect(got?.bytes.length).toBe(2000 * KIB);
    await got?.tx.send(5);
    got?.tx.close();
    expect(await rx.recv()).toBe(5);
    expect(await rx.recv()).toBeUndefined();
    expect(await b.rx.recv()).toBeUndefined();
  });
});

test("progress counts all parts of such a value", async () => {
  await withPair("message-port", cbor, { toB: t.vec(t.bytes) }, async ({ a, b }) => {
    const told: number[] = [];
    let total: number | undefined;
    const sending = a.tx.send([filled(1), transfer(filled(300 * KIB)), transfer(filled(100 * KIB))], {
      onProgress({ doneBytes, totalBytes }) {
        told.push(doneBytes);
        total = totalBytes;
      },
    });
    const [got] = await Promise.all([b.rx.recv(), sending]);
    expect(got?.length).toBe(3);
    expect(told).toEqual([...told].sort((x, y) => x - y));
    expect(told.at(-1)).toBe(total);
  });
});
