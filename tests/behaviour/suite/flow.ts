import { expect, test } from "vitest";
import { type Codec, mpsc, oneshot, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { errorOf, outcome, turns, until, watch } from "../support/wait.ts";
import { all, numbersTo, sendAll } from "./values.ts";

/** Twelve bytes in every codec. */
const TEN = "0123456789";

/** Back-pressure, and giving up. */
export function describeFlow(kind: Kind, codec: Codec): void {
  test("a base receiver that does not read stops the sender at its window, and lets it go on when it reads", async () => {
    await withPair(kind, codec, { toB: t.str, both: TINY }, async (pair) => {
      const { a, b } = pair;
      const sends = numbersTo(20).map(() => watch(a.tx.send(TEN)));
      const resolved = (): number => sends.filter((send) => send.settled).length;
      await pair.quiet();
      const itemBytes = codec.name === "json" ? 12 : 11;
      expect(resolved()).toBe(Math.floor(64 / itemBytes));
      expect(b.stats().bufferedBytes).toBeLessThanOrEqual(64);
      for (const _ of sends) expect(await b.rx.recv()).toBe(TEN);
      await until(
        () => resolved() === 20,
        () => `all were sent, not only ${resolved()}`,
      );
    });
  });

  test("a moved receiver that does not read stops the sender after its queue and its window are full", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY }, async (pair) => {
      const [sender, half] = mpsc.channel(t.str);
      const receiver = await pass(pair.a, pair.b, half);
      const sends = numbersTo(60).map(() => watch(sender.send(TEN)));
      const resolved = (): number => sends.filter((send) => send.settled).length;
      await pair.quiet();
      // 16 in the queue, one in the hand of the pump, and the window.
      expect(resolved()).toBeGreaterThanOrEqual(16);
      expect(resolved()).toBeLessThanOrEqual(16 + 1 + Math.ceil(64 / 10));
      expect(pair.b.stats().bufferedBytes).toBeLessThanOrEqual(64);
      sender.close();
      expect((await all(receiver)).length).toBe(60);
      expect(resolved()).toBe(60);
    });
  });

  test("MP-9: a receiver that came here keeps as many values as its descriptor says", async () => {
    const halves = t.struct({ usual: t.mpsc.receiver(t.u32), small: t.mpsc.receiver(t.u32, { capacity: 3 }) });
    await withPair(kind, codec, { toB: halves, both: TINY }, async (pair) => {
      const [[usualTx, usual], [smallTx, small]] = [mpsc.channel(t.u32), mpsc.channel(t.u32)];
      const got = await pass(pair.a, pair.b, { usual, small });
      const sending = [sendAll(usualTx, 100), sendAll(smallTx, 100)];
      await pair.quiet();
      // And one that waits for a place.
      expect([got.usual.length, got.small.length]).toEqual([16 + 1, 3 + 1]);
      expect([await all(got.usual), await all(got.small)]).toEqual([numbersTo(100), numbersTo(100)]);
      await Promise.all(sending);
    });
  });

  test("a moved sender waits for the receiver, too", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.str), both: TINY }, async (pair) => {
      const [half, receiver] = mpsc.channel(t.str, { capacity: 2 });
      const sender = await pass(pair.a, pair.b, half);
      const sends = numbersTo(40).map(() => watch(sender.send(TEN)));
      await pair.quiet();
      const resolved = sends.filter((send) => send.settled).length;
      expect(resolved).toBeLessThanOrEqual(2 + 1 + Math.ceil(64 / 10));
      sender.close();
      expect((await all(receiver)).length).toBe(40);
    });
  });

  test("no credit is lost on values that arrive before anybody asks for them", async () => {
    await withPair(kind, codec, { toB: t.str, both: TINY }, async ({ a, b }) => {
      for (const number of numbersTo(200)) {
        const text = "x".repeat(number % 55);
        const sending = a.tx.send(text);
        await turns(1);
        expect(await b.rx.recv()).toBe(text);
        await sending;
      }
    });
  });

  test("a channel that nobody reads stalls no other one", async () => {
    const halves = t.struct({ slow: t.mpsc.receiver(t.str), fast: t.mpsc.receiver(t.u32) });
    await withPair(kind, codec, { toB: halves, both: TINY }, async (pair) => {
      const [slowSender, slow] = mpsc.channel(t.str);
      const [fastSender, fast] = mpsc.channel(t.u32);
      const got = await pass(pair.a, pair.b, { slow, fast });
      const stuck = numbersTo(40).map(() => slowSender.send(TEN));
      const sending = numbersTo(200).map((number) => fastSender.send(number));
      fastSender.close();
      expect(await all(got.fast)).toEqual(numbersTo(200));
      await Promise.all(sending);
      slowSender.close();
      expect((await all(got.slow)).length).toBe(40);
      await Promise.all(stuck);
    });
  });

  test("a send that is aborted while it waits for credits rejects with the reason, and later values arrive intact", async () => {
    await withPair(kind, codec, { toB: t.str, both: TINY }, async (pair) => {
      const { a, b } = pair;
      const abort = new AbortController();
      const first = a.tx.send("first");
      const long = a.tx.send("x".repeat(300), { signal: abort.signal });
      const behind = outcome(a.tx.send("behind", { signal: abort.signal }));
      const last = a.tx.send("last");
      await pair.quiet();
      const reason = new Error("enough");
      abort.abort(reason);
      expect(await errorOf(long)).toBe(reason);
      // It may have been sent before its turn to be aborted came, but never both.
      const wasSent = "value" in (await behind);
      expect(await b.rx.recv()).toBe("first");
      if (wasSent) expect(await b.rx.recv()).toBe("behind");
      expect(await b.rx.recv()).toBe("last");
      await Promise.all([first, last]);
    });
  });

  test("a half in an aborted value can be sent again at once", async () => {
    const value = t.struct({ filler: t.str, half: t.oneshot.sender(t.u32) });
    await withPair(kind, codec, { toB: value, both: TINY }, async (pair) => {
      const { a, b } = pair;
      const [half, receiver] = oneshot.channel(t.u32);
      const abort = new AbortController();
      const aborted = a.tx.send({ filler: "x".repeat(300), half }, { signal: abort.signal });
      await pair.quiet();
      abort.abort(new Error("enough"));
      // No turn may pass between the rejection and the second attempt.
      await aborted.catch((error: unknown) => expect(error).toBe(abort.signal.reason));
      const got = await pass(a, b, { filler: "", half });
      await got.half.send(7);
      expect(await receiver.recv()).toBe(7);
    });
  });

  test("a send on a moved channel that is aborted while it waits for credits rejects with the reason", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY }, async (pair) => {
      const [sender, half] = mpsc.channel(t.str);
      const receiver = await pass(pair.a, pair.b, half);
      const abort = new AbortController();
      // Fills the queue over there, the pump and the window, so that the last one here cannot go on.
      const before = numbersTo(17).map((number) => sender.send(`${TEN}${number}`));
      await pair.quiet();
      const long = outcome(sender.send("x".repeat(300), { signal: abort.signal }));
      await pair.quiet();
      const behind = numbersTo(20).map((number) => sender.send(`${TEN}${17 + number}`));
      abort.abort(new Error("enough"));
      expect(await long).toEqual({ error: abort.signal.reason });
      sender.close();
      expect(await all(receiver)).toEqual(numbersTo(37).map((number) => `${TEN}${number}`));
      await Promise.all([...before, ...behind]);
    });
  });

  test("a send that is aborted before it starts sends nothing", async () => {
    await withPair(kind, codec, { toB: t.u32 }, async ({ a, b }) => {
      const signal = AbortSignal.abort(new Error("never"));
      expect(await errorOf(a.tx.send(1, { signal }))).toBe(signal.reason);
      expect(await pass(a, b, 2)).toBe(2);
    });
  });

  test("an aborted recv loses nothing", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(a, b, half);
      const got: number[] = [];
      const sending = (async () => {
        for (const number of numbersTo(30)) await sender.send(number);
        sender.close();
      })();
      for (let ended = false; !ended; ) {
        const abort = new AbortController();
        const receiving = receiver.recv({ signal: abort.signal });
        queueMicrotask(() => abort.abort(new Error("later")));
        try {
          const value = await receiving;
          if (value === undefined) ended = true;
          else got.push(value);
        } catch (error) {
          expect(error).toBe(abort.signal.reason);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      expect(got).toEqual(numbersTo(30));
      await sending;
      receiver.drop();
    });
  });
}
