/** Halves three connections away: another carrier, codec, dialect and window for each hop, and the way home. */

import { describe, expect, test } from "vitest";
import {
  bin,
  broadcast,
  type Codec,
  cbor,
  type Descriptor,
  type Infer,
  io,
  json,
  type LinkOptions,
  mpsc,
  oneshot,
  postbag,
  t,
  watch,
} from "../../ts/index.ts";
import { all, numbersTo, sendAll } from "./suite/values.ts";
import type { Kind } from "./support/carriers.ts";
import { type Pair, pass, TINY, withPair } from "./support/pair.ts";
import { codeOf, outcome, until } from "./support/wait.ts";

interface Hop {
  readonly kind: Kind;
  readonly codec: Codec;
  /** Without capabilities a hop speaks as remoc 0.18 does, with all as 0.20. */
  readonly both: LinkOptions;
}

const old: Hop = { kind: "message-port", codec: json, both: { ...TINY, capabilities: [] } };
const current: Hop = { kind: "tcp", codec: postbag, both: { limits: { portWindowBytes: 300, chunkBytes: 100 } } };
const between: Hop = {
  kind: "websocket",
  codec: cbor,
  both: { capabilities: ["port_side", "pre_connect", "varint", "compact_transported"] },
};

interface Chain<T> {
  /** Sends a half over all hops. */
  carry(half: T): Promise<T>;
  /** Sends it back over all of them. */
  home(half: T): Promise<T>;
  readonly middle: Pair<T, T>;
}

/** Three connections in a row, whose ends nothing is left at; `fails` when the test cuts the one in the middle. */
async function withChain<T>(
  [first, second, third]: readonly Hop[],
  type: Descriptor<T>,
  test: (chain: Chain<T>) => Promise<void>,
  fails = false,
): Promise<void> {
  const hop = (options: Hop | undefined, breaks: boolean, inside: (pair: Pair<T, T>) => Promise<void>) => {
    if (options === undefined) throw new Error("there are three hops");
    const { kind, codec, both } = options;
    return withPair<T, T>(kind, codec, { toB: type, toA: type, both, fails: breaks }, inside);
  };
  await hop(first, false, (one) =>
    hop(second, fails, (middle) =>
      hop(third, false, async (last) => {
        const there = [one, middle, last];
        const carry = async (half: T): Promise<T> => {
          let moved = half;
          for (const { a, b } of there) moved = await pass(a, b, moved);
          return moved;
        };
        const home = async (half: T): Promise<T> => {
          let moved = half;
          for (const { a, b } of there.toReversed()) moved = await pass(b, a, moved);
          return moved;
        };
        await test({ carry, home, middle });
      }),
    ),
  );
}

const bytes = Uint8Array.from({ length: 3_000 }, (_, at) => at * 7);

async function written(tx: io.Sender): Promise<void> {
  await tx.send(bytes);
  await tx.close();
}

const orders: { order: string; hops: readonly Hop[] }[] = [
  { order: "0.18, 0.20, something between", hops: [old, current, between] },
  { order: "0.20, something between, 0.18", hops: [current, between, old] },
];

describe.each(orders)("over three connections ($order)", ({ hops }) => {
  test("mpsc: a receiver brings all values and the end, a sender takes them, and both come home", async () => {
    const both = t.struct({ tx: t.mpsc.sender(t.u32), rx: t.mpsc.receiver(t.u32) });
    await withChain(hops, both, async ({ carry, home }) => {
      for (const comesHome of [false, true]) {
        const [tx, back] = mpsc.channel(t.u32);
        const [there, rx] = mpsc.channel(t.u32);
        const moved = await carry({ tx, rx });
        const got = comesHome ? await home(moved) : moved;
        const sending = [sendAll(there, 60), sendAll(got.tx, 60)];
        expect(await Promise.all([all(got.rx), all(back)])).toEqual([numbersTo(60), numbersTo(60)]);
        await Promise.all(sending);
      }
    });
  });

  test("mpsc: closing and dropping are told as what they are, over all of them", async () => {
    for (const [how, reason] of [
      ["close", "closed"],
      ["drop", "dropped"],
    ] as const) {
      await withChain(hops, t.mpsc.receiver(t.u32), async ({ carry }) => {
        const [tx, half] = mpsc.channel(t.u32);
        const rx = await carry(half);
        rx[how]();
        expect(await tx.closed()).toBe(reason);
        rx.drop();
      });
      await withChain(hops, t.mpsc.sender(t.u32), async ({ carry }) => {
        const [half, rx] = mpsc.channel(t.u32);
        const tx = await carry(half);
        rx[how]();
        expect(await tx.closed()).toBe(reason);
        rx.drop();
      });
    }
  });

  test("oneshot: both halves carry their value, and come home", async () => {
    const both = t.struct({ tx: t.oneshot.sender(t.str), rx: t.oneshot.receiver(t.str) });
    await withChain(hops, both, async ({ carry, home }) => {
      for (const comesHome of [false, true]) {
        const [tx, answered] = oneshot.channel(t.str);
        const [asking, rx] = oneshot.channel(t.str);
        const there = await carry({ tx, rx });
        const got = comesHome ? await home(there) : there;
        await asking.send("question");
        await got.tx.send(`${await got.rx.recv()} answered`);
        expect(await answered.recv()).toBe("question answered");
      }
      const [tx, lost] = oneshot.channel(t.str);
      const [asking, rx] = oneshot.channel(t.str);
      const got = await carry({ tx, rx });
      got.tx.close();
      got.rx.drop();
      expect(await codeOf(lost.recv())).toBe("remote_closed");
      expect(await asking.closed()).toBe("dropped");
    });
  });

  test("watch: a receiver sees the last value and the end, a sender drives, and both come home", async () => {
    const both = t.struct({ tx: t.watch.sender(t.u32), rx: t.watch.receiver(t.u32) });
    await withChain(hops, both, async ({ carry, home }) => {
      for (const comesHome of [false, true]) {
        const [tx, driven] = watch.channel(t.u32, 1);
        const [dial, rx] = watch.channel(t.u32, 2);
        const there = await carry({ tx, rx });
        const got = comesHome ? await home(there) : there;
        expect([got.tx.borrow(), got.rx.borrow()]).toEqual([1, 2]);
        for (const number of numbersTo(40)) {
          dial.send(number);
          got.tx.send(number);
        }
        dial.close();
        got.tx.close();
        expect((await all(got.rx)).at(-1)).toBe(39);
        expect((await all(driven)).at(-1)).toBe(39);
      }
      const [tx, driven] = watch.channel(t.u32, 1);
      const [dial, rx] = watch.channel(t.u32, 2);
      const got = await carry({ tx, rx });
      got.rx.drop();
      driven.drop();
      await dial.closed();
      await got.tx.closed();
      got.tx.close();
    });
  });

  test("broadcast: a receiver gets every value, comes home, and is not counted once it was dropped", async () => {
    await withChain(hops, t.broadcast.receiver(t.u32), async ({ carry, home }) => {
      const tx = new broadcast.Sender(t.u32);
      const there = await carry(tx.subscribe({ sendBuffer: 100 }));
      const here = await home(await carry(tx.subscribe({ sendBuffer: 100 })));
      const gone = await carry(tx.subscribe());
      gone.drop();
      await until(
        () => tx.receiverCount === 2,
        () => "the one that was dropped is known",
      );
      for (const number of numbersTo(60)) tx.send(number);
      tx.close();
      expect(await Promise.all([all(there), all(here)])).toEqual([numbersTo(60), numbersTo(60)]);
    });
  });

  test("bin: messages keep their boundaries both ways, halves come home, and a close is told", async () => {
    const both = t.struct({ tx: t.bin.sender, rx: t.bin.receiver });
    await withChain(hops, both, async ({ carry, home }) => {
      for (const comesHome of [false, true]) {
        const [tx, back] = bin.channel();
        const [there, rx] = bin.channel();
        const moved = await carry({ tx, rx });
        const got = comesHome ? await home(moved) : moved;
        const messages = [bytes, new Uint8Array(0), Uint8Array.of(1)];
        const sending = (async () => {
          for (const message of messages) await there.send(message);
          there.close();
        })();
        for await (const message of got.rx) await got.tx.send(message);
        got.tx.close();
        await sending;
        expect(await all(back)).toEqual(messages);
      }
      const [tx, back] = bin.channel();
      const [there, rx] = bin.channel();
      const got = await carry({ tx, rx });
      got.rx.drop();
      back.close();
      expect([await there.closed(), await got.tx.closed()]).toEqual(["dropped", "closed"]);
      got.tx.close();
      back.drop();
    });
  });

  test("io: bytes arrive with their sizes, halves come home, and a stream that is given up is no end", async () => {
    const both = t.struct({ tx: t.io.sender, rx: t.io.receiver });
    await withChain(hops, both, async ({ carry, home }) => {
      for (const comesHome of [false, true]) {
        const [tx, back] = io.sized(bytes.length);
        const [there, rx] = io.channel();
        const moved = await carry({ tx, rx });
        const got = comesHome ? await home(moved) : moved;
        expect([got.tx.size, got.rx.size]).toEqual([bytes.length, undefined]);
        const sending = [written(there), written(got.tx)];
        expect(await Promise.all([got.rx.readAll(), back.readAll()])).toEqual([bytes, bytes]);
        await Promise.all(sending);
        expect(got.rx.size).toBe(bytes.length);
      }
      const [tx, back] = io.channel();
      const [there, rx] = io.sized(5);
      const got = await carry({ tx, rx });
      there.abort();
      got.tx.abort();
      expect([await codeOf(got.rx.recv()), await codeOf(back.recv())]).toEqual(["remote_failed", "remote_failed"]);
    });
  });

  test("the loss of the connection in the middle is an error at both ends of every kind, and no end", async () => {
    const halves = t.struct({
      numbers: t.mpsc.receiver(t.u32),
      answer: t.oneshot.receiver(t.u32),
      level: t.watch.receiver(t.u32),
      news: t.broadcast.receiver(t.u32),
      file: t.io.receiver,
      messages: t.bin.receiver,
    });
    const lost = async ({ carry, middle }: Chain<Infer<typeof halves>>): Promise<void> => {
      const [numbers, answer] = [mpsc.channel(t.u32), oneshot.channel(t.u32)];
      const [level, news] = [watch.channel(t.u32, 0), broadcast.channel(t.u32)];
      const [file, messages] = [io.channel(), bin.channel()];
      const got = await carry({
        numbers: numbers[1],
        answer: answer[1],
        level: level[1],
        news: news[1],
        file: file[1],
        messages: messages[1],
      });
      got.level.markUnchanged();
      middle.cut();
      const codes = [got.numbers.recv(), got.answer.recv(), got.news.recv(), got.file.recv()].map(codeOf);
      expect(await Promise.all(codes)).toEqual(["remote_failed", "remote_failed", "remote_failed", "remote_failed"]);
      await until(
        () => got.level.hasChanged(),
        () => "the watch knows",
      );
      expect(await codeOf((async () => got.level.borrow())())).toBe("remote_failed");
      // A bin channel has no word for an error.
      expect(await outcome(got.messages.recv())).toEqual({ value: undefined });
      expect([await numbers[0].closed(), await answer[0].closed()]).toEqual(["failed", "failed"]);
      await Promise.all([level[0].closed(), file[0].closed(), messages[0].closed()]);
      await until(
        () => news[0].receiverCount === 0,
        () => "the broadcast has no receiver",
      );
      for (const one of [got.numbers, got.news, got.level, got.file, got.messages]) one.drop();
    };
    await withChain(hops, halves, lost, true);
  });
});
