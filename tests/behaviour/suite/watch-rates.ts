import { expect, test } from "vitest";
import { type Codec, t, watch } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { type Pair, pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, turns, until } from "../support/wait.ts";

/** How often values of watch channels are sent. */
export function describeWatchRates(kind: Kind, codec: Codec): void {
  const either = { toB: t.watch.receiver(t.u32), toA: t.watch.sender(t.u32), both: TINY };

  /** Sends `count` numbers with `everyMs` between them, and what the receiver saw. */
  async function numbersSeen(
    pair: Pair<never, never>,
    { tx, rx }: { tx: watch.Sender<number>; rx: watch.Receiver<number> },
    { count, everyMs }: { count: number; everyMs: number },
  ): Promise<number[]> {
    const seen: number[] = [];
    const following = (async () => {
      while (await rx.changed()) seen.push(rx.borrow());
    })();
    for (let number = 1; number <= count; number += 1) {
      tx.send(number);
      await pair.quiet();
      pair.clock.advance(everyMs);
      await pair.quiet();
    }
    tx.close();
    await following;
    rx.drop();
    return seen;
  }

  test("watch: a sender's limit lets a value through when it is due, and the last one at the end", async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = watch.channel(t.u32, 0);
      tx.rateLimitMs = 100;
      const rx = await pass(pair.a, pair.b, half);
      const seen = await numbersSeen(pair as never, { tx, rx }, { count: 11, everyMs: 30 });
      // At 0, 120 (100 was between two values: the newest of then), 240 and at the end.
      expect(seen[0]).toBe(1);
      expect(seen.at(-1)).toBe(11);
      expect(seen.length).toBeLessThanOrEqual(5);
      expect(seen.length).toBeGreaterThanOrEqual(4);
    });
  });

  test("watch: a receiver asks for fewer values, and for all of them again", async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = watch.channel(t.u32, 0);
      half.rateLimitMs = 1_000;
      const rx = await pass(pair.a, pair.b, half);
      expect(rx.rateLimitMs).toBe(1_000);
      tx.send(1);
      await rx.changed();
      for (const number of [2, 3, 4]) tx.send(number);
      await pair.quiet();
      expect(rx.borrow()).toBe(1);
      rx.rateLimitMs = 0;
      expect(await rx.waitFor((value) => value === 4)).toBe(4);
      tx.send(5);
      expect(await rx.waitFor((value) => value === 5)).toBe(5);
      rx.drop();
    });
  });

  test("watch: limits travel with a sender, and the greater one of both sides counts", async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [half, rx] = watch.channel(t.u32, 0);
      half.rateLimitMs = 50;
      rx.rateLimitMs = 200;
      const tx = await pass(pair.b, pair.a, half);
      expect(tx.rateLimitMs).toBe(50);
      const seen = await numbersSeen(pair as never, { tx, rx }, { count: 6, everyMs: 60 });
      expect([seen[0], seen.at(-1), seen.length <= 3]).toEqual([1, 6, true]);
    });
  });

  test("watch: of several receivers behind one connection the one that asks for most counts", async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = watch.channel(t.u32, 0);
      const slow = await pass(pair.a, pair.b, half);
      const fast = slow.clone();
      slow.rateLimitMs = 10_000;
      await pair.quiet();
      for (const number of [1, 2, 3]) {
        tx.send(number);
        expect(await fast.waitFor((value) => value === number)).toBe(number);
      }
      fast.drop();
      await pair.quiet();
      tx.send(4);
      await pair.quiet();
      expect(slow.borrow()).toBe(3);
      tx.close();
      await slow.waitFor((value) => value === 4);
      slow.drop();
    });
  });

  test("watch: a strategy of one value at a time travels, and loses nothing of the last", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 0, { transferStrategy: "Single" });
      const rx = await pass(a, b, half);
      for (let number = 1; number <= 50; number += 1) {
        tx.send(number);
        if (number % 7 === 0) await turns(1);
      }
      expect(await rx.waitFor((value) => value === 50)).toBe(50);
      rx.drop();
      await tx.closed();
    });
  });

  test("watch: values are sent only when they change, and any source can be forwarded", async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.u32, 3);
      const rx = await pass(a, b, half);
      expect([
        tx.sendIfDifferent(3),
        tx.sendIfModified((value) => value),
        tx.sendIfModified((value) => value + 1),
      ]).toEqual([false, false, true]);
      expect(await rx.waitFor((value) => value === 4)).toBe(4);
      async function* source(): AsyncGenerator<number> {
        yield 5;
        yield 6;
      }
      await watch.forward(source(), tx);
      expect(await rx.waitFor((value) => value === 6)).toBe(6);
      rx.drop();
    });
  });

  test("watch: an error of an earlier value can be looked at and forgotten", async () => {
    await withPair(kind, codec, { toB: t.watch.receiver(t.str), both: TINY }, async ({ a, b }) => {
      const [tx, half] = watch.channel(t.str, "", { maxItemBytes: 40 });
      const rx = await pass(a, b, half);
      tx.send("x".repeat(100));
      await until(
        () => tx.error !== undefined,
        () => "the error was told",
      );
      expect(tx.error?.code).toBe("local_item_too_large");
      tx.clearError();
      tx.check();
      expect(await codeOf(Promise.resolve().then(() => tx.send("more")))).toBe("remote_closed");
      rx.drop();
    });
  });
}
