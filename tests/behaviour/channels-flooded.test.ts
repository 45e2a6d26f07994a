/** Peers that flood, that do not read, and that leave in the middle of a value: nobody else notices. */

import { expect, test } from "vitest";
import { broadcast, CuttleError, mpsc, postbag, t, watch } from "../../ts/index.ts";
import { pass, TINY, withPair } from "./support/pair.ts";
import { outcome, turns } from "./support/wait.ts";

const MIB = 1024 * 1024;
const LIMITS = { limits: { itemBytes: 64 * MIB } };
const Holder = t.struct("Holder", { name: t.str, data: t.bytes });

test("a receiver that is dropped while a big value is half sent fails that send alone", async () => {
  const Halves = t.struct({ big: t.mpsc.receiver(Holder), small: t.mpsc.receiver(t.u32) });
  await withPair("memory", postbag, { toB: Halves, both: LIMITS }, async ({ a, b }) => {
    const [big, bigHalf] = mpsc.channel(Holder, { maxItemBytes: 64 * MIB });
    const [small, smallHalf] = mpsc.channel(t.u32);
    const [, halves] = await Promise.all([a.tx.send({ big: bigHalf, small: smallHalf }), b.rx.recv()]);
    if (halves === undefined) throw new Error("no halves came");
    let dropped = 0;
    const receiving = outcome(
      halves.big.recv({
        onProgress: ({ doneBytes }) => {
          if (dropped === 0) halves.big.drop();
          dropped ||= doneBytes;
        },
      }),
    );
    const sending = await outcome(big.send({ name: "big", data: new Uint8Array(6 * MIB) }));
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(6 * MIB);
    expect("error" in sending && CuttleError.is(sending.error, "remote_closed")).toBe(true);
    await receiving;
    await small.send(5);
    expect(await halves.small.recv()).toBe(5);
    small.close();
    expect(await halves.small.recv()).toBeUndefined();
  });
});

test("a connection that is lost while a big value is half sent fails both ends of it", async () => {
  await withPair("memory", postbag, { toB: t.mpsc.receiver(Holder), both: LIMITS, fails: true }, async (pair) => {
    const [tx, half] = mpsc.channel(Holder, { maxItemBytes: 64 * MIB });
    const rx = await pass(pair.a, pair.b, half);
    let isCut = false;
    const receiving = outcome(
      rx.recv({
        onProgress: () => {
          if (!isCut) pair.cut();
          isCut = true;
        },
      }),
    );
    const sending = await outcome(tx.send({ name: "big", data: new Uint8Array(6 * MIB) }));
    expect(isCut).toBe(true);
    expect("error" in sending && CuttleError.is(sending.error, "transport_lost")).toBe(true);
    const received = await receiving;
    expect("error" in received && CuttleError.is(received.error, "transport_lost")).toBe(true);
  });
});

test("R11: a flood of values of a watch, which nobody reads, costs no more than the newest ones", async () => {
  const Halves = t.struct({ flood: t.watch.receiver(t.str), calm: t.mpsc.receiver(t.u32) });
  await withPair("memory", postbag, { toB: Halves, both: TINY }, async ({ a, b }) => {
    const [flood, floodHalf] = watch.channel(t.str, "first");
    const [calm, calmHalf] = mpsc.channel(t.u32);
    const [, halves] = await Promise.all([a.tx.send({ flood: floodHalf, calm: calmHalf }), b.rx.recv()]);
    if (halves === undefined) throw new Error("no halves came");
    for (let i = 0; i < 20_000; i++) {
      flood.send(`value ${i}, which takes more than one chunk`);
      if (i % 100 === 0) await turns(1);
    }
    await calm.send(5);
    expect(await halves.calm.recv()).toBe(5);
    expect(b.stats().bufferedBytes).toBeLessThan(1024);
    // It takes what came meanwhile, and then knows the newest.
    flood.close();
    let last = "";
    for await (const value of halves.flood) last = value;
    expect(last).toBe("value 19999, which takes more than one chunk");
    calm.close();
    expect(await halves.calm.recv()).toBeUndefined();
  });
});

test("R09: a subscriber of a broadcast that never reads misses values, and holds up neither the sender nor others", async () => {
  const Halves = t.struct({ idle: t.broadcast.receiver(t.u32), keen: t.broadcast.receiver(t.u32) });
  await withPair("memory", postbag, { toB: Halves, both: TINY }, async ({ a, b }) => {
    const tx = broadcast.channel(t.u32)[0];
    const [idleHalf, keenHalf] = [tx.subscribe(), tx.subscribe()];
    const [, halves] = await Promise.all([a.tx.send({ idle: idleHalf, keen: keenHalf }), b.rx.recv()]);
    if (halves === undefined) throw new Error("no halves came");
    const seen: number[] = [];
    for (let i = 0; i < 200; i++) {
      tx.send(i);
      seen.push((await halves.keen.recv()) as number);
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(b.stats().bufferedBytes).toBeLessThan(1024);
    tx.close();
    expect(await halves.keen.recv()).toBeUndefined();
    const outcomes: unknown[] = [];
    for (;;) {
      const got = await outcome(halves.idle.recv());
      if ("error" in got) outcomes.push((got.error as CuttleError).code);
      else if (got.value === undefined) break;
    }
    expect(outcomes).toContain("local_lagged");
  });
});
