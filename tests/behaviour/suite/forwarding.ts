import { expect, test } from "vitest";
import { type Codec, type Descriptor, mpsc, oneshot, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { type Pair, pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, outcome, until } from "../support/wait.ts";
import { all, numbersTo, sendAll } from "./values.ts";

/** Two connections in a row, and what `a` sends reaches `c` through the program in the middle. */
async function withChain<T>(
  kind: Kind,
  codec: Codec,
  type: Descriptor<T>,
  test: (chain: { first: Pair<T, null>; second: Pair<T, null>; forward(value: T): Promise<T> }) => Promise<void>,
  cuts: { first?: boolean; second?: boolean } = {},
): Promise<void> {
  const options = { toB: type, both: TINY };
  await withPair(kind, codec, { ...options, fails: cuts.first === true }, async (first) => {
    await withPair(kind, codec, { ...options, fails: cuts.second === true }, async (second) => {
      const forward = async (value: T): Promise<T> => pass(second.a, second.b, await pass(first.a, first.b, value));
      await test({ first, second, forward });
    });
  });
}

/** Halves that were received and are sent on over another connection. */
export function describeForwarding(kind: Kind, codec: Codec): void {
  test("a receiver that is sent on brings all values in order, and the end", async () => {
    await withChain(kind, codec, t.mpsc.receiver(t.u32), async ({ forward }) => {
      const [sender, half] = mpsc.channel(t.u32);
      const receiver = await forward(half);
      const sending = sendAll(sender, 100);
      expect(await all(receiver)).toEqual(numbersTo(100));
      await sending;
    });
  });

  test("a sender that is sent on takes all values in order, and the end", async () => {
    await withChain(kind, codec, t.mpsc.sender(t.u32), async ({ forward }) => {
      const [half, receiver] = mpsc.channel(t.u32);
      const sender = await forward(half);
      const sending = sendAll(sender, 100);
      expect(await all(receiver)).toEqual(numbersTo(100));
      await sending;
    });
  });

  test("oneshot halves that are sent on carry their value", async () => {
    const both = t.struct({ answer: t.oneshot.sender(t.str), hint: t.oneshot.receiver(t.str) });
    await withChain(kind, codec, both, async ({ forward }) => {
      const [answer, answered] = oneshot.channel(t.str);
      const [hinting, hint] = oneshot.channel(t.str);
      const got = await forward({ answer, hint });
      await hinting.send("hint");
      const text = await got.hint.recv();
      await got.answer.send(`${text}!`);
      expect(await answered.recv()).toBe("hint!");
    });
  });

  test("a receiver that was sent on pushes back through both connections", async () => {
    await withChain(kind, codec, t.mpsc.receiver(t.str), async ({ first, second, forward }) => {
      const [sender, half] = mpsc.channel(t.str);
      const receiver = await forward(half);
      let sent = 0;
      const sends = numbersTo(150).map(async () => {
        await sender.send("0123456789");
        sent += 1;
      });
      await first.quiet();
      await second.quiet();
      await first.quiet();
      expect(sent).toBeLessThan(80);
      sender.close();
      expect((await all(receiver)).length).toBe(150);
      await Promise.all(sends);
    });
  });

  test("closing and dropping a receiver that was sent on reach the first sender as what they are", async () => {
    await withChain(kind, codec, t.mpsc.receiver(t.u32), async ({ forward }) => {
      for (const how of ["close", "drop"] as const) {
        const [sender, half] = mpsc.channel(t.u32);
        const receiver = await forward(half);
        receiver[how]();
        expect(await sender.closed()).toBe(how === "close" ? "closed" : "dropped");
        receiver.drop();
      }
    });
  });

  test("closing and dropping the receiver reach a sender that was sent on as what they are", async () => {
    await withChain(kind, codec, t.mpsc.sender(t.u32), async ({ forward }) => {
      for (const how of ["close", "drop"] as const) {
        const [half, receiver] = mpsc.channel(t.u32);
        const sender = await forward(half);
        receiver[how]();
        expect(await sender.closed()).toBe(how === "close" ? "closed" : "dropped");
        receiver.drop();
      }
    });
  });

  test("an item that the middle cannot take reaches the end as one error, and the next item arrives", async () => {
    const limits = { ...TINY.limits, itemBytes: 200 };
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY, b: { limits } }, async (first) => {
      await withPair(kind, codec, { toB: t.mpsc.receiver(t.str), both: TINY }, async (second) => {
        const [sender, half] = mpsc.channel(t.str);
        const receiver = await pass(second.a, second.b, await pass(first.a, first.b, half));
        const sending = Promise.all(["before", "x".repeat(300), "after"].map((text) => sender.send(text)));
        expect(await receiver.recv()).toBe("before");
        expect(await codeOf(receiver.recv())).toBe("remote_failed");
        expect(await receiver.recv()).toBe("after");
        await sending;
        sender.close();
        expect(await receiver.recv()).toBeUndefined();
        receiver.drop();
      });
    });
  });

  test("the loss of the first connection reaches the receiver as an error after what was under way", async () => {
    await withChain(
      kind,
      codec,
      t.mpsc.receiver(t.u32),
      async ({ first, second, forward }) => {
        const [sender, half] = mpsc.channel(t.u32);
        const receiver = await forward(half);
        await sender.send(1);
        await first.quiet();
        await second.quiet();
        first.cut();
        expect(await receiver.recv()).toBe(1);
        expect(await codeOf(receiver.recv())).toBe("remote_failed");
        expect(await receiver.recv()).toBeUndefined();
        expect(await sender.closed()).toBe("failed");
      },
      { first: true },
    );
  });

  test("the loss of the first connection reaches a sender that was sent on", async () => {
    await withChain(
      kind,
      codec,
      t.mpsc.sender(t.u32),
      async ({ first, forward }) => {
        const [half, receiver] = mpsc.channel(t.u32);
        const sender = await forward(half);
        await sender.send(1);
        expect(await receiver.recv()).toBe(1);
        first.cut();
        expect(await sender.closed()).toBe("failed");
        expect(await codeOf(sender.send(2))).toBe("remote_failed");
        expect(await codeOf(receiver.recv())).toBe("transport_lost");
      },
      { first: true },
    );
  });

  test("the loss of the second connection reaches the first sender", async () => {
    await withChain(
      kind,
      codec,
      t.mpsc.receiver(t.u32),
      async ({ second, forward }) => {
        const [sender, half] = mpsc.channel(t.u32);
        const receiver = await forward(half);
        await sender.send(1);
        expect(await receiver.recv()).toBe(1);
        second.cut();
        expect(await sender.closed()).toBe("failed");
        expect(await codeOf(receiver.recv())).toBe("transport_lost");
      },
      { second: true },
    );
  });

  test("the loss of the second connection reaches a receiver whose sender was sent on", async () => {
    await withChain(
      kind,
      codec,
      t.mpsc.sender(t.u32),
      async ({ second, forward }) => {
        const [half, receiver] = mpsc.channel(t.u32);
        const sender = await forward(half);
        await sender.send(1);
        expect(await receiver.recv()).toBe(1);
        second.cut();
        expect(await codeOf(receiver.recv())).toBe("remote_failed");
        expect(await sender.closed()).toBe("failed");
        expect("error" in (await outcome(sender.send(2)))).toBe(true);
        receiver.drop();
      },
      { second: true },
    );
  });

  test("items that carry halves are sent on with them", async () => {
    const item = t.oneshot.sender(t.u32);
    await withChain(kind, codec, t.mpsc.receiver(item), async ({ first, second, forward }) => {
      const [sender, moved] = mpsc.channel(item);
      const receiver = await forward(moved);
      const channels = numbersTo(5).map(() => oneshot.channel(t.u32));
      const sending = Promise.all(channels.map(([half]) => sender.send(half)));
      for (const at of numbersTo(5)) await (await receiver.recv())?.send(at);
      expect(await Promise.all(channels.map(([, one]) => one.recv()))).toEqual(numbersTo(5));
      await sending;
      sender.close();
      expect(await receiver.recv()).toBeUndefined();
      receiver.drop();
      await until(
        () => [first.a, first.b, second.a, second.b].every((end) => end.stats().ports === 2),
        () => "all ports were free",
      );
    });
  });
}
