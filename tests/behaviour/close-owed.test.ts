/** What a channel took while its receiver was here goes out, although the connection is closed right after. */

import { expect, test } from "vitest";
import { bin, mpsc, oneshot, t } from "../../ts/index.ts";
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
