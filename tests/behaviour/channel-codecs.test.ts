/** A channel with a codec of its own, inside values of another one, over one hop and two. */

import { expect, test } from "vitest";
import { broadcast, type Codec, cbor, json, lr, mpsc, oneshot, postbag, t, watch } from "../../ts/index.ts";
import { pass, TINY, withPair } from "./support/pair.ts";

const Halves = t.struct({
  mpsc: t.mpsc.receiver(t.str, { codec: json }),
  oneshot: t.oneshot.sender(t.str, { codec: cbor }),
  watch: t.watch.receiver(t.str, { codec: json }),
  broadcast: t.broadcast.receiver(t.str, { codec: cbor }),
  lr: t.lr.receiver(t.str, { codec: json }),
  plain: t.mpsc.receiver(t.str),
});

/** Every kind of half, and what was written by a codec is known by its spy. */
function spied(codec: Codec, seen: string[]): Codec {
  return {
    ...codec,
    encodePieces(descriptor, value, context) {
      seen.push(JSON.stringify(value));
      return codec.encode(descriptor, value, context);
    },
  };
}

test("items are written by the codec of their channel, whatever that of the value is", async () => {
  const [inner, outer]: [string[], string[]] = [[], []];
  const type = t.mpsc.receiver(t.str, { codec: spied(json, inner) });
  await withPair("memory", spied(postbag, outer), { toB: type, both: TINY }, async ({ a, b }) => {
    const [tx, half] = mpsc.channel(t.str);
    const rx = await pass(a, b, half);
    await tx.send("in JSON");
    expect(await rx.recv()).toBe("in JSON");
    expect(inner).toEqual(['{"Ok":"in JSON"}']);
    expect(outer.some((value) => value.includes("in JSON"))).toBe(false);
    tx.close();
    expect(await rx.recv()).toBeUndefined();
  });
});

test("every kind takes a codec of its own, and keeps to it when it is sent on", async () => {
  await withPair("memory", postbag, { toB: Halves, both: TINY }, async (first) => {
    await withPair("message-port", cbor, { toB: Halves, both: TINY }, async (second) => {
      const channels = { mpsc: mpsc.channel(t.str), plain: mpsc.channel(t.str), lr: lr.channel(t.str) };
      const [answer, answered] = oneshot.channel(t.str);
      const [watched, watching] = watch.channel(t.str, "before");
      const [shout, hearing] = broadcast.channel(t.str);
      const [localTx, localRx] = lr.channel(t.str);
      const middle = await pass(first.a, first.b, {
        mpsc: channels.mpsc[1],
        plain: channels.plain[1],
        oneshot: answer,
        watch: watching,
        broadcast: hearing,
        lr: channels.lr[1],
      });
      // Halves of lr cannot be sent on.
      await channels.lr[0].send("lr");
      expect(await middle.lr.recv()).toBe("lr");
      const end = await pass(second.a, second.b, { ...middle, lr: localRx });
      await localTx.send("lr again");
      expect(await end.lr.recv()).toBe("lr again");
      await channels.mpsc[0].send("mpsc");
      await channels.plain[0].send("plain");
      expect([await end.mpsc.recv(), await end.plain.recv()]).toEqual(["mpsc", "plain"]);
      await end.oneshot.send("oneshot");
      expect(await answered.recv()).toBe("oneshot");
      watched.send("after");
      expect(await end.watch.waitFor((value) => value === "after")).toBe("after");
      shout.send("broadcast");
      expect(await end.broadcast.recv()).toBe("broadcast");
      for (const half of [end.mpsc, end.plain, end.watch, end.broadcast, end.lr, middle.lr]) half.drop();
    });
  });
});
