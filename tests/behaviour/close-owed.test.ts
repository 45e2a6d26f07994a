/** What a channel took while its receiver was here goes out, although the connection is closed right after. */

import { expect, test } from "vitest";
import { bin, lr, mpsc, oneshot, postbag, t } from "../../ts/index.ts";
import { KINDS } from "./support/carriers.ts";
import { CODECS, TINY, withPair } from "./support/pair.ts";
import { codeOf, turns } from "./support/wait.ts";

const Halves = t.struct({
  numbers: t.mpsc.receiver(t.u32),
  one: t.oneshot.receiver(t.str),
  bytes: t.bin.receiver,
});

for (const kind of KINDS) {
  for (const codec of CODECS) {
    test(`values that were taken before the receiver moved arrive: ${kind}, ${codec.name}`, async () => {
      await withPair(kind, codec, { toB: Halves, both: TINY, leavesOpen: true }, async ({ a, b }) => {
        const [numbersTx, numbers] = mpsc.channel(t.u32);
        const [oneTx, one] = oneshot.channel(t.str);
        const [bytesTx, bytes] = bin.channel();
        for (const number of [1, 2, 3, 4]) await numbersTx.send(number);
        const permit = await numbersTx.reserve();
        permit.send(5);
        await oneTx.send("the only one, longer than a chunk");
        await bytesTx.send(new Uint8Array(50));
        const receiving = b.rx.recv();
        await a.tx.send({ numbers, one, bytes });
        const closing = a.close();
        const got = await receiving;
        const seen: number[] = [];
        for (let at = 0; at < 5; at += 1) seen.push((await got?.numbers.recv()) ?? -1);
        expect(seen).toEqual([1, 2, 3, 4, 5]);
        expect(await got?.one.recv()).toBe("the only one, longer than a chunk");
        expect((await got?.bytes.recv())?.length).toBe(50);
        await closing;
        expect(await codeOf(Promise.resolve(got?.numbers.recv()))).toBe("remote_connection_closed");
      });
    });
  }
}

const Lines = t.struct({ numbers: t.mpsc.receiver(t.u32), lines: t.lr.receiver(t.str), bytes: t.bin.receiver });

test.each(KINDS)(
  "a channel that is closed right before its connection ends as one that was closed: %s",
  async (kind) => {
    await withPair(kind, postbag, { toB: Lines, both: TINY, leavesOpen: true }, async ({ a, b }) => {
      const [numbersTx, numbers] = mpsc.channel(t.u32);
      const [linesTx, lines] = lr.channel(t.str);
      const [bytesTx, bytes] = bin.channel();
      const receiving = b.rx.recv();
      await a.tx.send({ numbers, lines, bytes });
      const got = await receiving;
      await Promise.all([numbersTx.send(1), linesTx.send("one"), bytesTx.send(Uint8Array.of(1))]);
      for (const tx of [numbersTx, linesTx, bytesTx]) tx.close();
      const closing = a.close();
      expect([await got?.numbers.recv(), await got?.numbers.recv()]).toEqual([1, undefined]);
      expect([await got?.lines.recv(), await got?.lines.recv()]).toEqual(["one", undefined]);
      expect([(await got?.bytes.recv())?.length, await got?.bytes.recv()]).toEqual([1, undefined]);
      await closing;
    });
  },
);

test("a peer that does not read keeps a connection open for a second, and for no longer", async () => {
  await withPair(
    "memory",
    CODECS[0] as (typeof CODECS)[number],
    { toB: Halves, both: TINY, leavesOpen: true },
    async (pair) => {
      const [tx, numbers] = mpsc.channel(t.u32, { capacity: 100 });
      for (let number = 0; number < 100; number += 1) await tx.send(number);
      const [, one] = oneshot.channel(t.str);
      const [, bytes] = bin.channel();
      const receiving = pair.b.rx.recv();
      await pair.a.tx.send({ numbers, one, bytes });
      await receiving;
      let isClosed = false;
      void pair.a.close().then(() => {
        isClosed = true;
      });
      await pair.quiet();
      pair.clock.advance(999);
      await turns(5);
      expect([pair.a.state, isClosed]).toEqual(["closing", false]);
      pair.clock.advance(1);
      await pair.a.closed;
    },
  );
});
