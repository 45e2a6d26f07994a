import { expect, test } from "vitest";
import { broadcast, type Codec, cbor, json, lr, mpsc, oneshot, postcard, t, watch } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";

/** The codec of `of` that is not that of the connection. */
function other(codec: Codec): Codec {
  return codec === json ? postcard : json;
}

/** Channels whose values are written by another codec than those of the connection. */
export function describeCodecs(kind: Kind, codec: Codec): void {
  const alien = { codec: other(codec) };

  test("MP-9: every kind of channel can have a codec of its own, and they mix in one value", async () => {
    const halves = t.struct({
      rx: t.mpsc.receiver(t.str, alien),
      tx: t.mpsc.sender(t.str, { codec: cbor }),
      one: t.oneshot.receiver(t.str, alien),
      level: t.watch.receiver(t.u32, alien),
      news: t.broadcast.receiver(t.str, alien),
      line: t.lr.receiver(t.str, alien),
      plain: t.mpsc.receiver(t.str),
    });
    await withPair(kind, codec, { toB: halves, both: TINY }, async ({ a, b }) => {
      const [there, rx] = mpsc.channel(t.str);
      const [tx, back] = mpsc.channel(t.str);
      const [answer, one] = oneshot.channel(t.str);
      const [dial, level] = watch.channel(t.u32, 1);
      const [crier, news] = broadcast.channel(t.str);
      const [caller, line] = lr.channel(t.str);
      const [usual, plain] = mpsc.channel(t.str);
      const got = await pass(a, b, { rx, tx, one, level, news, line, plain });
      const sending = [there.send("there"), got.tx.send("back"), answer.send("one"), caller.send("line")];
      sending.push(usual.send("plain"));
      dial.send(2);
      crier.send("news");
      expect([await got.rx.recv(), await back.recv(), await got.one.recv()]).toEqual(["there", "back", "one"]);
      expect(await got.level.waitFor((value) => value === 2)).toBe(2);
      expect([await got.news.recv(), await got.line.recv(), await got.plain.recv()]).toEqual(["news", "line", "plain"]);
      await Promise.all(sending);
      for (const sender of [there, got.tx, dial, crier, caller, usual]) sender.close();
      for (const receiver of [got.rx, back, got.level, got.news, got.line, got.plain]) receiver.drop();
    });
  });

  test("halves inside such values work, with a codec of their own or without", async () => {
    const inner = t.struct({ usual: t.mpsc.receiver(t.str), same: t.mpsc.receiver(t.str, alien) });
    await withPair(kind, codec, { toB: t.mpsc.receiver(inner, alien), both: TINY }, async ({ a, b }) => {
      const [outerTx, outer] = mpsc.channel(inner);
      const rx = await pass(a, b, outer);
      const [usualTx, usual] = mpsc.channel(t.str);
      const [sameTx, same] = mpsc.channel(t.str);
      const got = await pass({ tx: outerTx }, { rx }, { usual, same });
      const sending = [usualTx.send("usual"), sameTx.send("same")];
      expect([await got.usual.recv(), await got.same.recv()]).toEqual(["usual", "same"]);
      await Promise.all(sending);
      for (const sender of [outerTx, usualTx, sameTx]) sender.close();
      for (const receiver of [rx, got.usual, got.same]) receiver.drop();
    });
  });

  test("another codec at one of the ends is an error of each value, which suggests it", async () => {
    const options = { toB: t.mpsc.receiver(t.str, alien), bReceives: t.mpsc.receiver(t.str), both: TINY };
    await withPair(kind, codec, options, async ({ a, b }) => {
      const [tx, half] = mpsc.channel(t.str);
      const rx = await pass(a, b, half);
      const sending = tx.send("text");
      await expect(rx.recv()).rejects.toMatchObject({ code: "peer_decode", message: expect.stringContaining("codec") });
      await sending;
      tx.close();
      expect(await rx.recv()).toBeUndefined();
    });
  });
}
