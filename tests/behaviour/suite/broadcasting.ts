import { expect, test } from "vitest";
import { broadcast, type Codec, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, turns, until } from "../support/wait.ts";
import { all, numbersTo } from "./values.ts";

/** What a receiver heard: values, and where it lagged. */
async function heard(rx: broadcast.Receiver<number>): Promise<(number | "lagged")[]> {
  const got: (number | "lagged")[] = [];
  for (;;) {
    try {
      const value = await rx.recv();
      if (value === undefined) return got;
      got.push(value);
    } catch (error) {
      expect(String(error)).toContain("local_lagged");
      got.push("lagged");
    }
  }
}

/** Channels whose every receiver gets every value, unless it is too slow. */
export function describeBroadcast(kind: Kind, codec: Codec): void {
  const types = { toB: t.broadcast.receiver(t.u32), both: TINY };

  test("broadcast: receivers here and there get every value, and the end", async () => {
    await withPair(kind, codec, types, async ({ a, b }) => {
      const [tx, here] = broadcast.channel(t.u32);
      const there = await Promise.all([pass(a, b, tx.subscribe())]);
      const more = await pass(a, b, tx.subscribe());
      expect(tx.receiverCount).toBe(3);
      const got = Promise.all([here, ...there, more].map(heard));
      for (const number of numbersTo(60)) {
        expect(tx.send(number)).toBe(3);
        if (number % 20 === 0) await turns(2);
      }
      tx.close();
      expect(await got).toEqual([numbersTo(60), numbersTo(60), numbersTo(60)]);
      expect(await codeOf((async () => tx.send(1))())).toBe("local_closed");
      for (const one of [here, ...there, more]) one.drop();
    });
  });

  test("broadcast: a receiver that does not read lags once, goes on later, and holds nobody up", async () => {
    await withPair(kind, codec, types, async (pair) => {
      const [tx, fast] = broadcast.channel(t.u32, { sendBuffer: 1_000 });
      const slow = await pass(pair.a, pair.b, tx.subscribe({ sendBuffer: 4 }));
      const fastHeard = heard(fast);
      for (const number of numbersTo(200)) {
        tx.send(number);
        await turns(1);
      }
      await pair.quiet();
      const slowHeard = heard(slow);
      await until(
        () => pair.b.stats().bufferedBytes === 0,
        () => "the slow one caught up",
      );
      await pair.quiet();
      tx.send(1_000);
      tx.close();
      expect(await fastHeard).toEqual([...numbersTo(200), 1_000]);
      const got = await slowHeard;
      expect(got.filter((one) => one === "lagged")).toEqual(["lagged"]);
      expect(got.at(-1)).toBe(1_000);
      const at = got.indexOf("lagged");
      expect(got.slice(0, at)).toEqual(numbersTo(at));
      expect(at).toBeGreaterThan(4);
      fast.drop();
      slow.drop();
    });
  });

  test("broadcast: a receiver that is dropped is no receiver any more", async () => {
    await withPair(kind, codec, types, async ({ a, b }) => {
      const tx = new broadcast.Sender(t.u32);
      expect(tx.send(1)).toBe(0);
      const rx = await pass(a, b, tx.subscribe());
      expect(tx.send(2)).toBe(1);
      expect(await rx.recv()).toBe(2);
      rx.drop();
      await until(
        () => tx.receiverCount === 0,
        () => "the sender knew",
      );
      expect(tx.send(3)).toBe(0);
    });
  });

  test("broadcast: a value that cannot be sent ends that receiver, and the next send says why", async () => {
    await withPair(kind, codec, types, async ({ a, b }) => {
      const [tx, here] = broadcast.channel(t.u32);
      const there = await pass(a, b, tx.subscribe());
      tx.send(-1);
      expect(await here.recv()).toBe(-1);
      expect(await there.recv()).toBeUndefined();
      await until(
        () => tx.receiverCount === 1,
        () => "the sender knew",
      );
      expect(await codeOf((async () => tx.send(1))())).toBe("local_encode");
      expect(tx.send(2)).toBe(1);
      expect(await here.recv()).toBe(2);
      here.drop();
      there.drop();
    });
  });

  test("broadcast: iterating throws when the receiver lags, else ends with the sender", async () => {
    await withPair(kind, codec, types, async ({ a, b }) => {
      const [tx, half] = broadcast.channel(t.u32);
      const rx = await pass(a, b, half);
      const got = all(rx);
      for (const number of numbersTo(10)) tx.send(number);
      tx.close();
      expect(await got).toEqual(numbersTo(10));
      const [other, lagging] = broadcast.channel(t.u32, { sendBuffer: 1 });
      for (const number of numbersTo(3)) other.send(number);
      expect(await codeOf(all(lagging))).toBe("local_lagged");
      expect(other.receiverCount).toBe(0);
    });
  });

  test("broadcast: a receiver that is sent on gets every value and lags are passed on", async () => {
    await withPair(kind, codec, types, async (first) => {
      await withPair(kind, codec, types, async (second) => {
        const [tx, half] = broadcast.channel(t.u32, { sendBuffer: 3 });
        for (const number of numbersTo(5)) tx.send(number);
        const rx = await pass(second.a, second.b, await pass(first.a, first.b, half));
        expect([await rx.recv(), await rx.recv(), await rx.recv()]).toEqual([0, 1, 2]);
        expect(await codeOf(rx.recv())).toBe("local_lagged");
        tx.send(9);
        tx.close();
        expect([await rx.recv(), await rx.recv()]).toEqual([9, undefined]);
        rx.drop();
      });
    });
  });

  test("broadcast: feeders publish from the other side until nobody listens", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [tx, one] = broadcast.channel(t.u32);
      const other = tx.subscribe();
      const feeder = await pass(a, b, tx.feeder());
      for (const number of numbersTo(5)) await feeder.send(number);
      for (const rx of [one, other]) for (const number of numbersTo(5)) expect(await rx.recv()).toBe(number);
      one.drop();
      other.drop();
      await feeder.send(9);
      expect(await feeder.closed()).toBe("dropped");
    });
  });

  test("broadcast: halves that are not sent after all stay usable", async () => {
    const both = t.struct({ rx: t.broadcast.receiver(t.u32), small: t.u8 });
    await withPair(kind, codec, { toB: both, both: TINY }, async ({ a, b }) => {
      const [tx, rx] = broadcast.channel(t.u32);
      tx.send(1);
      expect(await codeOf(a.tx.send({ rx, small: 300 }))).toBe("local_encode");
      expect(await rx.recv()).toBe(1);
      tx.send(2);
      const got = await pass(a, b, { rx, small: 3 });
      expect(await got.rx.recv()).toBe(2);
      got.rx.close();
      await until(
        () => tx.receiverCount === 0,
        () => "the sender knew",
      );
      expect(await got.rx.recv()).toBeUndefined();
      got.rx.drop();
    });
  });

  test("broadcast: the loss of the connection ends one receiver and no other", async () => {
    await withPair(kind, codec, { ...types, fails: true }, async (pair) => {
      const [tx, here] = broadcast.channel(t.u32);
      const there = await pass(pair.a, pair.b, tx.subscribe());
      pair.cut();
      expect(await codeOf(there.recv())).toBe("transport_lost");
      await until(
        () => tx.receiverCount === 1,
        () => "the sender knew",
      );
      expect(tx.send(1)).toBe(1);
      expect(await here.recv()).toBe(1);
      here.drop();
    });
  });
}
