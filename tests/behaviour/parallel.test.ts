/** mpsc channels whose values take turns over several ports. */

import { expect, test } from "vitest";
import { mpsc, postbag, t } from "../../ts/index.ts";
import { all } from "./suite/values.ts";
import { pass, TINY, withPair } from "./support/pair.ts";
import { codeOf } from "./support/wait.ts";

const either = { toB: t.mpsc.receiver(t.str), toA: t.mpsc.sender(t.str), both: TINY };

/** Texts of which every third one needs several chunks. */
const texts = Array.from({ length: 40 }, (_, at) => `${at}`.repeat(at % 3 === 0 ? 30 : 1));

async function sendAll(tx: mpsc.Sender<string>): Promise<void> {
  for (const text of texts) await tx.send(text);
  tx.close();
}

for (const parallel of [1, 2, 5]) {
  test(`values over ${parallel} ports more arrive in order, whichever half is sent, with the end`, async () => {
    await withPair("memory", postbag, either, async ({ a, b }) => {
      const before = a.stats().ports;
      const [tx, half] = mpsc.channel(t.str, { parallel });
      const rx = await pass(a, b, half);
      expect(a.stats().ports - before).toBe(1 + parallel);
      const sending = sendAll(tx);
      expect(await all(rx)).toEqual(texts);
      await sending;

      const [otherHalf, otherRx] = mpsc.channel(t.str, { parallel });
      const otherTx = await pass(b, a, otherHalf);
      const otherSending = sendAll(otherTx);
      expect(await all(otherRx)).toEqual(texts);
      await otherSending;
    });
  });
}

test("a half that came with several ports takes as many along when it is sent on", async () => {
  await withPair("memory", postbag, either, async ({ a, b }) => {
    await withPair("message-port", postbag, either, async (next) => {
      const before = next.a.stats().ports;
      const [tx, half] = mpsc.channel(t.str, { parallel: 3 });
      const rx = await pass(next.a, next.b, await pass(a, b, half));
      expect(next.a.stats().ports - before).toBe(4);
      const sending = sendAll(tx);
      expect(await all(rx)).toEqual(texts);
      await sending;
    });
  });
});

test("a value that is not sent gives a half with several ports back", async () => {
  const both = t.struct({ half: t.mpsc.receiver(t.str), small: t.u8 });
  await withPair("memory", postbag, { toB: both, both: TINY }, async ({ a, b }) => {
    const [tx, half] = mpsc.channel(t.str, { parallel: 2 });
    expect(await codeOf(a.tx.send({ half, small: 300 }))).toBe("local_encode");
    const { half: rx } = await pass(a, b, { half, small: 3 });
    const sending = sendAll(tx);
    expect(await all(rx)).toEqual(texts);
    await sending;
  });
});

test("a receiver with several ports that is closed or dropped says so, and loses nothing before", async () => {
  await withPair("memory", postbag, either, async (pair) => {
    const [tx, half] = mpsc.channel(t.str, { parallel: 2 });
    const rx = await pass(pair.a, pair.b, half);
    for (const text of ["1", "2", "3", "4"]) await tx.send(text);
    rx.close();
    expect(await tx.closed()).toBe("closed");
    expect(await all(rx)).toEqual(["1", "2", "3", "4"]);
    const [otherTx, otherHalf] = mpsc.channel(t.str, { parallel: 2 });
    (await pass(pair.a, pair.b, otherHalf)).drop();
    expect(await otherTx.closed()).toBe("dropped");
  });
});

test("a number of ports that is none is refused", () => {
  for (const parallel of [-1, 1.5, Number.NaN]) {
    expect(() => mpsc.channel(t.str, { parallel })).toThrow("local_misuse");
  }
});
