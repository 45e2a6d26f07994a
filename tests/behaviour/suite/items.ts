import { expect, test } from "vitest";
import { type Codec, mpsc, oneshot, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf } from "../support/wait.ts";

const LONG = "x".repeat(60);

/** Single values that cannot be sent or received: the channel goes on. */
export function describeItems(kind: Kind, codec: Codec): void {
  test("a base value larger than the sender's limit is refused here, and the next one arrives", async () => {
    const both = { limits: { itemBytes: 40, chunkBytes: 16, portWindowBytes: 64 } };
    await withPair(kind, codec, { toB: t.str, both }, async ({ a, b }) => {
      expect(await codeOf(a.tx.send(LONG))).toBe("local_item_too_large");
      expect(await pass(a, b, "short")).toBe("short");
    });
  });

  test("an item larger than the channel's limit is refused by a local sender, and the next one arrives", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.str, { maxItemBytes: 30 });
      const receiver = await pass(a, b, half);
      await Promise.all([sender.send("before"), receiver.recv()]);
      expect(await codeOf(sender.send(LONG))).toBe("local_item_too_large");
      await sender.send("short");
      expect(await receiver.recv()).toBe("short");
      sender.close();
      expect(await receiver.recv()).toBeUndefined();
      receiver.drop();
    });
  });

  test("an item larger than the channel's limit is refused by a moved sender, and the next one arrives", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.str), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = mpsc.channel(t.str, { maxItemBytes: 30 });
      const sender = await pass(a, b, half);
      expect(await codeOf(sender.send(LONG))).toBe("local_item_too_large");
      await sender.send("short");
      expect(await receiver.recv()).toBe("short");
      sender.close();
      expect(await receiver.recv()).toBeUndefined();
    });
  });

  test("a base value larger than the receiver's limit is skipped and reported, and the next one arrives", async () => {
    await withPair(
      kind,
      codec,
      { toB: t.str, both: TINY, b: { limits: { ...TINY.limits, itemBytes: 40 } } },
      async (pair) => {
        const { a, b } = pair;
        const sending = Promise.all([a.tx.send(LONG), a.tx.send("short")]);
        await expect(b.rx.recv()).rejects.toMatchObject({
          code: "peer_item_too_large",
          data: { sizeBytes: expect.any(Number), limitBytes: 40 },
        });
        expect(await b.rx.recv()).toBe("short");
        await sending;
      },
    );
  });

  test("an item larger than the receiver's limit is skipped and reported, and the next one arrives", async () => {
    const options = { toB: t.mpsc.receiver(t.str), both: TINY, b: { limits: { ...TINY.limits, itemBytes: 200 } } };
    await withPair(kind, codec, options, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.str);
      const receiver = await pass(a, b, half);
      const sending = Promise.all([sender.send("x".repeat(300)), sender.send("short")]);
      expect(await codeOf(receiver.recv())).toBe("peer_item_too_large");
      expect(await receiver.recv()).toBe("short");
      await sending;
      sender.close();
      expect(await receiver.recv()).toBeUndefined();
      receiver.drop();
    });
  });

  test("an item that cannot be decoded is reported, and the next one arrives", async () => {
    const sent = t.mpsc.receiver(t.enum({ Known: t.unit, Unknown: t.unit }));
    const expected = t.mpsc.receiver(t.enum({ Known: t.unit })) as unknown as typeof sent;
    await withPair(kind, codec, { toB: sent, bReceives: expected, both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.enum({ Known: t.unit, Unknown: t.unit }));
      const receiver = await pass(a, b, half);
      await sender.send("Unknown");
      await sender.send("Known");
      expect(await codeOf(receiver.recv())).toBe("peer_decode");
      expect(await receiver.recv()).toBe("Known");
      sender.close();
      expect(await receiver.recv()).toBeUndefined();
      receiver.drop();
    });
  });

  test("a base value that cannot be decoded is reported, its halves are refused, and the next one arrives", async () => {
    const sent = t.struct({ half: t.oneshot.sender(t.u32), what: t.enum({ Known: t.unit, Unknown: t.unit }) });
    const expected = t.struct({ half: t.oneshot.sender(t.u32), what: t.enum({ Known: t.unit }) });
    const bReceives = expected as unknown as typeof sent;
    await withPair(kind, codec, { toB: sent, bReceives, both: TINY }, async ({ a, b }) => {
      const [lost, lostReceiver] = oneshot.channel(t.u32);
      const [half, receiver] = oneshot.channel(t.u32);
      const sending = Promise.all([a.tx.send({ half: lost, what: "Unknown" }), a.tx.send({ half, what: "Known" })]);
      expect(await codeOf(b.rx.recv())).toBe("peer_decode");
      const got = await b.rx.recv();
      await sending;
      await got?.half.send(3);
      expect(await receiver.recv()).toBe(3);
      expect(await codeOf(lostReceiver.recv())).toBe("remote_rejected");
    });
  });

  test("a half that was sent cannot be sent again, and goes on working over there", async () => {
    await withPair(kind, codec, { toB: t.oneshot.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = oneshot.channel(t.u32);
      const got = await pass(a, b, half);
      expect(await codeOf(a.tx.send(half))).toBe("local_half_used");
      expect(await codeOf(half.send(1))).toBe("local_half_used");
      await got.send(2);
      expect(await receiver.recv()).toBe(2);
    });
  });

  test("a half that stands twice in one value is refused, and is usable afterwards", async () => {
    await withPair(kind, codec, { toB: t.vec(t.oneshot.sender(t.u32)), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = oneshot.channel(t.u32);
      expect(await codeOf(a.tx.send([half, half]))).toBe("local_half_used");
      const [got] = await pass(a, b, [half]);
      await got?.send(2);
      expect(await receiver.recv()).toBe(2);
    });
  });

  test("a value that fails to encode leaves its halves usable", async () => {
    const value = t.struct({ sender: t.mpsc.sender(t.u32), receiver: t.mpsc.receiver(t.u32), small: t.u8 });
    await withPair(kind, codec, { toB: value, both: TINY }, async ({ a, b }) => {
      const [sender, back] = mpsc.channel(t.u32);
      const [forth, receiver] = mpsc.channel(t.u32);
      expect(await codeOf(a.tx.send({ sender, receiver, small: 300 }))).toBe("local_encode");
      const got = await pass(a, b, { sender, receiver, small: 3 });
      await Promise.all([got.sender.send(1), forth.send(2)]);
      expect([await back.recv(), await got.receiver.recv()]).toEqual([1, 2]);
      got.sender.close();
      forth.close();
      expect([await back.recv(), await got.receiver.recv()]).toEqual([undefined, undefined]);
      got.receiver.drop();
    });
  });

  test("an item of a channel that fails to encode leaves its halves usable, and the channel goes on", async () => {
    const item = t.struct({ half: t.oneshot.sender(t.u32), small: t.u8 });
    await withPair(kind, codec, { toB: t.mpsc.receiver(item), both: TINY }, async (pair) => {
      const [sender, moved] = mpsc.channel(item);
      const receiver = await pass(pair.a, pair.b, moved);
      await pair.quiet();
      const [half, answered] = oneshot.channel(t.u32);
      expect(await codeOf(sender.send({ half, small: 300 }))).toBe("local_encode");
      const sending = sender.send({ half, small: 3 });
      const got = await receiver.recv();
      await sending;
      await got?.half.send(9);
      expect(await answered.recv()).toBe(9);
      sender.close();
      expect(await receiver.recv()).toBeUndefined();
      receiver.drop();
    });
  });

  test("a oneshot sender that was moved can send another value after one that does not fit", async () => {
    await withPair(kind, codec, { toB: t.oneshot.sender(t.u8), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = oneshot.channel(t.u8);
      const sender = await pass(a, b, half);
      expect(await codeOf(sender.send(300))).toBe("local_encode");
      await sender.send(3);
      expect(await receiver.recv()).toBe(3);
    });
  });

  test("a value for which there are not enough ports here leaves its halves usable", async () => {
    const both = { limits: { ports: 5 } };
    await withPair(kind, codec, { toB: t.vec(t.oneshot.sender(t.u32)), both }, async ({ a, b }) => {
      const channels = [0, 1, 2, 3].map(() => oneshot.channel(t.u32));
      const halves = channels.map(([half]) => half);
      expect(await codeOf(a.tx.send(halves))).toBe("local_limit");
      for (const [half, receiver] of channels) {
        const [got] = await pass(a, b, [half]);
        await got?.send(1);
        expect(await receiver.recv()).toBe(1);
      }
    });
  });

  test("a value for which there are not enough ports over there is reported there, and all its halves fail here", async () => {
    const options = { toB: t.vec(t.oneshot.sender(t.u32)), b: { limits: { ports: 4 } } };
    await withPair(kind, codec, options, async ({ a, b }) => {
      const channels = [0, 1, 2, 3].map(() => oneshot.channel(t.u32));
      const sending = a.tx.send(channels.map(([half]) => half));
      expect(await codeOf(b.rx.recv())).toBe("local_limit");
      await sending;
      for (const [, receiver] of channels) {
        expect(["remote_rejected", "remote_closed"]).toContain(await codeOf(receiver.recv()));
        receiver.drop();
      }
      const [half, receiver] = oneshot.channel(t.u32);
      const [got] = await pass(a, b, [half]);
      await got?.send(1);
      expect(await receiver.recv()).toBe(1);
    });
  });
}
