import { expect, test } from "vitest";
import { type Codec, mpsc, oneshot, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, outcome, until } from "../support/wait.ts";
import { all, numbersTo } from "./values.ts";

/** Ends of channels: closed and dropped are told apart, and nothing that was sent is lost without need. */
export function describeEnds(kind: Kind, codec: Codec): void {
  test("closing a moved receiver tells its sender so, and what was sent before still arrives", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(a, b, half);
      for (const number of numbersTo(3)) await sender.send(number);
      receiver.close();
      expect(await sender.closed()).toBe("closed");
      expect([sender.closedReason, sender.isClosed]).toEqual(["closed", true]);
      expect(await codeOf(sender.send(9))).toBe("remote_closed");
      expect(await all(receiver)).toEqual(numbersTo(3));
    });
  });

  test("after the end of the values no sender is told that the receiver was dropped", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async (pair) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(pair.a, pair.b, half);
      await sender.send(1);
      sender.close();
      expect(await all(receiver)).toEqual([1]);
      await pair.quiet();
      expect(sender.closedReason).toBeUndefined();
    });
  });

  test("dropping a moved receiver tells its sender so", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(a, b, half);
      await sender.send(1);
      receiver.drop();
      expect(await sender.closed()).toBe("dropped");
      expect(await codeOf(sender.send(9))).toBe("remote_closed");
      expect(await codeOf(receiver.recv())).toBe("local_half_used");
    });
  });

  test("closing a receiver tells its moved sender so, and what was sent before still arrives", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = mpsc.channel(t.u32);
      const sender = await pass(a, b, half);
      for (const number of numbersTo(3)) await sender.send(number);
      receiver.close();
      expect(await sender.closed()).toBe("closed");
      expect(await codeOf(sender.send(9))).toBe("remote_closed");
      expect(await all(receiver)).toEqual(numbersTo(3));
    });
  });

  test("dropping a receiver tells its moved sender so", async () => {
    await withPair(kind, codec, { toB: t.mpsc.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = mpsc.channel(t.u32);
      const sender = await pass(a, b, half);
      receiver.drop();
      expect(await sender.closed()).toBe("dropped");
    });
  });

  test("sends that wait when the receiver is dropped reject with remote_closed", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY }, async (pair) => {
      const [sender, half] = mpsc.channel(t.str);
      const receiver = await pass(pair.a, pair.b, half);
      const sends = numbersTo(60).map(() => outcome(sender.send("0123456789")));
      await pair.quiet();
      receiver.drop();
      const codes = (await Promise.all(sends)).map((one) =>
        "error" in one ? (one.error as { code: string }).code : "sent",
      );
      expect(new Set(codes)).toEqual(new Set(["sent", "remote_closed"]));
    });
  });

  test("leaving the iteration of a moved receiver drops it", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(a, b, half);
      for (const number of numbersTo(3)) await sender.send(number);
      for await (const value of receiver) {
        expect(value).toBe(0);
        break;
      }
      expect(await sender.closed()).toBe("dropped");
    });
  });

  test("dropping a receiver that was closed before ends its port however much was under way", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32) }, async (pair) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await pass(pair.a, pair.b, half);
      const sends = numbersTo(200).map((number) => outcome(sender.send(number)));
      await until(
        () => pair.b.stats().bufferedBytes > 100,
        () => "much was under way",
      );
      receiver.close();
      receiver.drop();
      await Promise.all(sends);
      expect(await sender.closed()).toBe("closed");
    });
  });

  test("a sender that closes ends the iteration after its last value, and iterating again ends at once", async () => {
    await withPair(kind, codec, { toB: t.u32, both: TINY }, async ({ a, b }) => {
      const sends = numbersTo(20).map((number) => a.tx.send(number));
      a.tx.close();
      expect(await all(b.rx)).toEqual(numbersTo(20));
      expect(await all(b.rx)).toEqual([]);
      await Promise.all(sends);
      expect(await codeOf(a.tx.send(1))).toBe("local_closed");
    });
  });

  test("closing the base receiver still delivers what was sent, and then the sender's next value is refused", async () => {
    await withPair(kind, codec, { toB: t.u32, both: TINY }, async ({ a, b }) => {
      await Promise.all([a.tx.send(1), a.tx.send(2)]);
      b.rx.close();
      await a.tx.closed();
      expect(await codeOf(a.tx.send(3))).toBe("remote_closed");
      a.tx.close();
      expect([await b.rx.recv(), await b.rx.recv(), await b.rx.recv()]).toEqual([1, 2, undefined]);
    });
  });

  test("leaving the iteration of the base receiver tells the sender", async () => {
    await withPair(kind, codec, { toB: t.u32, both: TINY }, async ({ a, b }) => {
      await Promise.all([a.tx.send(1), a.tx.send(2)]);
      for await (const value of b.rx) {
        expect(value).toBe(1);
        break;
      }
      await a.tx.closed();
      expect(await codeOf(a.tx.send(3))).toBe("remote_closed");
    });
  });

  test("a oneshot sender hears that its value is not wanted any more", async () => {
    await withPair(kind, codec, { toB: t.oneshot.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = oneshot.channel(t.u32);
      const sender = await pass(a, b, half);
      receiver.drop();
      expect(await sender.closed()).toBe("dropped");
      expect(await codeOf(sender.send(1))).toBe("remote_closed");
    });
  });

  test("a oneshot receiver that was closed still gets the value that was under way", async () => {
    await withPair(kind, codec, { toB: t.oneshot.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [half, receiver] = oneshot.channel(t.u32);
      const sender = await pass(a, b, half);
      await sender.send(5);
      receiver.close();
      expect(await receiver.recv()).toBe(5);
    });
  });

  test("a receiver of one half is moved while a recv waits: the recv is not forgotten", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, half] = mpsc.channel(t.u32);
      const waiting = half.recv();
      const receiver = await pass(a, b, half);
      await sender.send(1);
      await sender.send(2);
      sender.close();
      expect(await waiting).toBe(1);
      expect(await all(receiver)).toEqual([2]);
    });
  });
}
