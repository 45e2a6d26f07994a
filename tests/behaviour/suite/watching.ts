import { expect, test } from "vitest";
import { type Codec, mpsc, t, watch } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, errorOf, turns, until } from "../support/wait.ts";
import { all, numbersTo } from "./values.ts";

/** Channels that hold one value: the newest one arrives, and others may not. */
export function describeWatch(kind: Kind, codec: Codec): void {
  const either = { toB: t.watch.receiver(t.u32), toA: t.watch.sender(t.u32), both: TINY };

  test("watch: a receiver that is sent has the value at once, and gets newer ones and the end", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 300);
      const rx = await pass(a, b, half);
      expect([rx.borrow(), rx.hasChanged()]).toEqual([300, false]);
      for (const number of [301, 302]) {
        tx.send(number);
        expect(await rx.changed()).toBe(true);
        expect(rx.borrowAndUpdate()).toBe(number);
      }
      tx.send(303);
      tx.close();
      expect(await rx.changed()).toBe(true);
      expect(await rx.changed()).toBe(false);
      expect(rx.borrow()).toBe(303);
      rx.drop();
    });
  });

  test("watch: a sender that is sent has the value, and what it sends arrives here", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [half, rx] = watch.channel(t.u32, 5);
      const tx = await pass(b, a, half);
      expect([tx.borrow(), tx.receiverCount]).toEqual([5, 1]);
      tx.sendModify((value) => value + 1);
      expect(await rx.waitFor((value) => value === 6)).toBe(6);
      expect(tx.sendReplace(7)).toBe(6);
      tx.close();
      expect(await all(rx)).toEqual(expect.arrayContaining([7]));
    });
  });

  test("watch: a slow receiver sees the newest value and not every one before it", async () => {
    await withPair(kind, codec, { toB: t.watch.receiver(t.str), both: TINY }, async (pair) => {
      const [tx, half] = watch.channel(t.str, "first");
      const rx = await pass(pair.a, pair.b, half);
      for (const number of numbersTo(200)) {
        tx.send(`number ${number}, which takes more than one chunk`);
        if (number % 10 === 0) await turns(1);
      }
      tx.close();
      const seen = await all(rx);
      expect(seen.length).toBeLessThan(100);
      expect(seen.at(-1)).toBe("number 199, which takes more than one chunk");
      expect(pair.a.stats().framesSent).toBeLessThan(1_000);
    });
  });

  test("watch: values that are sent in one task leave as one", async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = watch.channel(t.u32, 0);
      const rx = await pass(pair.a, pair.b, half);
      await pair.quiet();
      const before = pair.a.stats().framesSent;
      for (const number of numbersTo(100)) tx.send(number);
      await pair.quiet();
      // Header and payload.
      expect(pair.a.stats().framesSent - before).toBeLessThanOrEqual(2);
      expect(rx.borrow()).toBe(99);
      rx.drop();
      await tx.closed();
    });
  });

  test("watch: a value that was sent while the receiver was under way arrives", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 1);
      const sending = a.tx.send(half);
      tx.send(2);
      const rx = await b.rx.recv();
      await sending;
      expect(await rx?.waitFor((value) => value === 2)).toBe(2);
      rx?.drop();
    });
  });

  test("watch: a sender knows when nobody looks any more, wherever the receivers are", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 1);
      const here = tx.subscribe();
      const there = await pass(a, b, half);
      const clone = there.clone();
      expect([tx.receiverCount, tx.isClosed]).toEqual([2, false]);
      here.drop();
      there.drop();
      tx.send(2);
      expect(await clone.waitFor((value) => value === 2)).toBe(2);
      clone.drop();
      await tx.closed();
      expect(tx.isClosed).toBe(true);
      expect(await codeOf((async () => tx.send(3))())).toBe("remote_closed");

      const [otherHalf, otherRx] = watch.channel(t.u32, 1);
      const otherTx = await pass(b, a, otherHalf);
      otherRx.drop();
      await otherTx.closed();
    });
  });

  test("watch: a value that cannot be sent ends that receiver alone, and check tells why", async () => {
    const types = { toB: t.watch.receiver(t.str), toA: t.watch.sender(t.str), both: TINY };
    await withPair(kind, codec, types, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.str, "first", { maxItemBytes: 30 });
      const here = tx.subscribe();
      const there = await pass(a, b, half);
      tx.send("x".repeat(31));
      expect(await there.changed()).toBe(false);
      expect(there.borrow()).toBe("first");
      expect(here.borrow().length).toBe(31);
      await until(
        () => tx.receiverCount === 1,
        () => "the receiver over there was gone",
      );
      expect(() => tx.check()).toThrow("local_item_too_large");
      tx.check();
      here.drop();
      there.drop();

      // The limit travels with a sender.
      const [otherHalf, otherRx] = watch.channel(t.str, "first", { maxItemBytes: 30 });
      const otherTx = await pass(b, a, otherHalf);
      otherTx.send("x".repeat(31));
      expect(await otherRx.changed()).toBe(false);
      expect(await codeOf((async () => otherTx.send("small"))())).toBe("local_item_too_large");
      otherRx.drop();
    });
  });

  test("watch: a value that cannot be received is an error until the next one comes", async () => {
    const b = { limits: { ...TINY.limits, itemBytes: 200 } };
    await withPair(kind, codec, { toB: t.watch.receiver(t.str), both: TINY, b }, async (pair) => {
      const [tx, half] = watch.channel(t.str, "first");
      const rx = await pass(pair.a, pair.b, half);
      tx.send("x".repeat(400));
      expect(await rx.changed()).toBe(true);
      expect(() => rx.borrow()).toThrow("peer_item_too_large");
      tx.send("small again");
      expect(await rx.changed()).toBe(true);
      expect(rx.borrow()).toBe("small again");
      rx.drop();
      await tx.closed();
    });
  });

  test("watch: iterating begins with the current value, ends with the sender, and leaving drops the receiver", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 1);
      const rx = await pass(a, b, half);
      const seen: number[] = [];
      for await (const value of rx) {
        seen.push(value);
        if (value === 3) break;
        tx.send(value + 1);
      }
      expect(seen).toEqual([1, 2, 3]);
      await tx.closed();
    });
  });

  test("watch: halves that are not sent after all stay usable", async () => {
    const both = t.struct({ rx: t.watch.receiver(t.u32), tx: t.watch.sender(t.u32), small: t.u8 });
    await withPair(kind, codec, { toB: both, both: TINY }, async ({ a, b }) => {
      const [there, rx] = watch.channel(t.u32, 1);
      const [tx, back] = watch.channel(t.u32, 2);
      expect(await codeOf(a.tx.send({ rx, tx, small: 300 }))).toBe("local_encode");
      there.send(3);
      tx.send(4);
      expect([rx.borrow(), back.borrow()]).toEqual([3, 4]);
      const got = await pass(a, b, { rx, tx, small: 3 });
      expect([got.rx.borrow(), got.tx.borrow()]).toEqual([3, 4]);
      got.tx.send(5);
      expect(await back.waitFor((value) => value === 5)).toBe(5);
      expect(() => rx.borrow()).toThrow("local_half_used");
      expect(() => tx.send(6)).toThrow("local_half_used");
      for (const half of [got.rx, back]) half.drop();
    });
  });

  test("watch: an aborted wait leaves the receiver usable", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 1);
      const rx = await pass(a, b, half);
      const controller = new AbortController();
      const { signal } = controller;
      const waits = [rx.changed({ signal }), rx.waitFor((value) => value === 9, { signal }), tx.closed({ signal })];
      controller.abort(new Error("enough"));
      for (const error of await Promise.all(waits.map(errorOf))) expect(String(error)).toContain("enough");
      tx.send(2);
      expect(await rx.changed()).toBe(true);
      rx.drop();
    });
  });

  test("watch: values carry halves of other channels", async () => {
    const item = t.struct({ number: t.u32, tx: t.mpsc.sender(t.u32) });
    await withPair(kind, codec, { toB: t.watch.receiver(item), both: TINY }, async ({ a, b }) => {
      const channels = numbersTo(2).map(() => mpsc.channel(t.u32));
      const value = (number: number) => ({ number, tx: channels[number]?.[0] as mpsc.Sender<number> });
      const [tx, half] = watch.channel(item, value(0));
      const rx = await pass(a, b, half);
      await rx.borrow().tx.send(10);
      rx.borrow().tx.close();
      tx.send(value(1));
      await rx.changed();
      await rx.borrow().tx.send(11);
      rx.borrow().tx.close();
      expect(await Promise.all(channels.map(([, one]) => all(one)))).toEqual([[10], [11]]);
      rx.drop();
    });
  });

  test("watch: an orderly end of the connection is told from an end of the channel", async () => {
    await withPair(kind, codec, { ...either, leavesOpen: true }, async ({ a, b }) => {
      const [, half] = watch.channel(t.u32, 1);
      const rx = await pass(a, b, half);
      await a.close();
      expect([await rx.changed(), await rx.changed()]).toEqual([true, false]);
      expect(() => rx.borrow()).toThrow("remote_connection_closed");
    });
  });

  test("watch: the loss of the connection is an error at the receiver, and tells the sender why nobody looks", async () => {
    await withPair(kind, codec, { ...either, fails: true }, async (pair) => {
      const [tx, half] = watch.channel(t.u32, 1);
      const rx = await pass(pair.a, pair.b, half);
      const [otherHalf, otherRx] = watch.channel(t.u32, 1);
      const otherTx = await pass(pair.b, pair.a, otherHalf);
      await pair.quiet();
      pair.cut();
      for (const one of [rx, otherRx]) {
        expect(await one.changed()).toBe(true);
        expect(() => one.borrow()).toThrow("transport_lost");
        expect(await one.changed()).toBe(false);
      }
      for (const one of [tx, otherTx]) {
        await one.closed();
        expect(await codeOf((async () => one.send(2))())).toBe("transport_lost");
      }
    });
  });

  test("watch: halves that are sent on carry values, the end and what nobody looks at over both connections", async () => {
    const halves = t.struct({ rx: t.watch.receiver(t.u32), tx: t.watch.sender(t.u32) });
    await withPair(kind, codec, { toB: halves, both: TINY }, async (first) => {
      await withPair(kind, codec, { toB: halves, both: TINY }, async (second) => {
        const [there, rx] = watch.channel(t.u32, 1);
        const [tx, back] = watch.channel(t.u32, 2);
        const got = await pass(second.a, second.b, await pass(first.a, first.b, { rx, tx }));
        expect([got.rx.borrow(), got.tx.borrow()]).toEqual([1, 2]);
        for (const number of [10, 20, 30]) {
          there.send(number);
          got.tx.send(number);
          await got.rx.waitFor((value) => value === number);
          await back.waitFor((value) => value === number);
        }
        there.close();
        expect(await all(got.rx)).toEqual([30]);
        back.drop();
        await got.tx.closed();
      });
    });
  });

  test("watch: what the middle cannot take reaches the end as an error, and the next value arrives", async () => {
    const limits = { ...TINY.limits, itemBytes: 200 };
    const types = { toB: t.watch.receiver(t.str), both: TINY };
    await withPair(kind, codec, { ...types, b: { limits } }, async (first) => {
      await withPair(kind, codec, types, async (second) => {
        const [tx, half] = watch.channel(t.str, "first");
        const rx = await pass(second.a, second.b, await pass(first.a, first.b, half));
        tx.send("x".repeat(400));
        expect(await rx.changed()).toBe(true);
        expect(() => rx.borrow()).toThrow("remote_failed");
        tx.send("small");
        expect(await rx.changed()).toBe(true);
        expect(rx.borrow()).toBe("small");
        rx.drop();
        await tx.closed();
      });
    });
  });

  test("watch: a value that the middle cannot pass on is told to the first sender", async () => {
    const types = { toB: t.watch.receiver(t.option(t.mpsc.sender(t.u32))), both: TINY };
    // Enough for the base channels and the watch channel.
    const limits = { ...TINY.limits, ports: 3 };
    await withPair(kind, codec, types, async (first) => {
      await withPair(kind, codec, { ...types, both: { limits } }, async (second) => {
        const [tx, half] = watch.channel(t.option(t.mpsc.sender(t.u32)), null);
        const middle = await pass(first.a, first.b, half);
        const here = middle.clone();
        const rx = await pass(second.a, second.b, middle);
        const [feeding, fed] = mpsc.channel(t.u32);
        tx.send(feeding);
        const told = (): unknown => {
          try {
            return tx.check();
          } catch (error) {
            return error;
          }
        };
        let error: unknown;
        await until(
          () => {
            error ??= told();
            return error !== undefined;
          },
          () => "the sender was told",
        );
        expect(String(error)).toContain("remote_failed");
        expect(await rx.changed()).toBe(false);
        expect(rx.borrow()).toBeNull();
        here.borrow()?.close();
        expect(await fed.recv()).toBeUndefined();
        here.drop();
        rx.drop();
      });
    });
  });
}
