import { expect, test } from "vitest";
import { type Codec, type Descriptor, mpsc, oneshot, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf } from "../support/wait.ts";

/** Values, and channel halves anywhere inside them. */
export function describeValues(kind: Kind, codec: Codec): void {
  test("values go both ways at once over the base channel, in order", async () => {
    await withPair(kind, codec, { toB: t.u32, toA: t.str, both: TINY }, async ({ a, b }) => {
      const numbers = Array.from({ length: 50 }, (_, at) => at);
      const sending = Promise.all([
        ...numbers.map((number) => a.tx.send(number)),
        ...numbers.map((number) => b.tx.send(`text ${number}`)),
      ]);
      for (const number of numbers) {
        expect(await b.rx.recv()).toBe(number);
        expect(await a.rx.recv()).toBe(`text ${number}`);
      }
      await sending;
    });
  });

  test("an item of 1 MiB arrives whole through chunks of 1 KiB and a window of 4 KiB", async () => {
    const both = { limits: { chunkBytes: 1024, portWindowBytes: 4096 } };
    await withPair(kind, codec, { toB: t.str, both }, async ({ a, b }) => {
      const text = "0123456789abcdef".repeat(65_536);
      const sending = a.tx.send(text);
      expect(await b.rx.recv()).toBe(text);
      await sending;
    });
  });

  test("empty items arrive, one by one", async () => {
    await withPair(kind, codec, { toB: t.unit, toA: t.struct({}), both: TINY }, async ({ a, b }) => {
      const sending = [a.tx.send(null), a.tx.send(null), b.tx.send({})];
      expect([await b.rx.recv(), await b.rx.recv(), await a.rx.recv()]).toEqual([null, null, {}]);
      await Promise.all(sending);
      a.tx.close();
      expect(await b.rx.recv()).toBeUndefined();
    });
  });

  test("a sender inside a struct brings values back", async () => {
    const request = t.struct({ upTo: t.u32, replies: t.mpsc.sender(t.u32) });
    await withPair(kind, codec, { toB: request, both: TINY }, async ({ a, b }) => {
      const [replies, received] = mpsc.channel(t.u32);
      const asked = await pass(a, b, { upTo: 40, replies });
      const sending = sendAll(asked.replies, asked.upTo);
      expect(await all(received)).toEqual(numbersTo(40));
      await sending;
    });
  });

  test("a receiver inside a struct takes values along", async () => {
    const request = t.struct({ values: t.mpsc.receiver(t.u32) });
    await withPair(kind, codec, { toB: request, both: TINY }, async ({ a, b }) => {
      const [sender, values] = mpsc.channel(t.u32);
      const asked = await pass(a, b, { values });
      const sending = sendAll(sender, 40);
      expect(await all(asked.values)).toEqual(numbersTo(40));
      await sending;
    });
  });

  test("halves travel inside options, vecs, tuples, enums, maps and records", async () => {
    const half = t.mpsc.sender(t.str);
    const everywhere = t.struct({
      some: t.option(half),
      none: t.option(half),
      list: t.vec(half),
      pair: t.tuple(t.u8, half),
      variant: t.enum({ Sender: half, Struct: t.struct({ half }), Nothing: t.unit }),
      other: t.enum({ Sender: half, Struct: t.struct({ half }), Nothing: t.unit }),
      map: t.map(t.str, half),
      record: t.record(half),
    });
    await withPair(kind, codec, { toB: everywhere, both: TINY }, async ({ a, b }) => {
      const [sender, receiver] = mpsc.channel(t.str);
      const got = await pass(a, b, {
        some: sender.clone(),
        none: null,
        list: [sender.clone(), sender.clone()],
        pair: [1, sender.clone()],
        variant: { Sender: sender.clone() },
        other: { Struct: { half: sender.clone() } },
        map: new Map([["key", sender.clone()]]),
        record: { key: sender },
      });
      if (got.some === null) throw new Error("no half");
      if (typeof got.variant === "string" || !("Sender" in got.variant)) throw new Error("wrong variant");
      if (typeof got.other === "string" || !("Struct" in got.other)) throw new Error("wrong variant");
      const named: [string, mpsc.Sender<string> | undefined][] = [
        ["some", got.some],
        ["list 0", got.list[0]],
        ["list 1", got.list[1]],
        ["pair", got.pair[1]],
        ["variant", got.variant.Sender],
        ["other", got.other.Struct.half],
        ["map", got.map.get("key")],
        ["record", got.record["key"]],
      ];
      const sending = named.map(async ([name, one]) => {
        await one?.send(name);
        one?.close();
      });
      expect((await all(receiver)).sort()).toEqual(named.map(([name]) => name).sort());
      await Promise.all(sending);
      expect(got.none).toBeNull();
    });
  });

  test("a channel carries halves of other channels, to any depth", async () => {
    const inner = t.mpsc.receiver(t.u32);
    const middle = t.mpsc.receiver(inner);
    await withPair(kind, codec, { toB: middle, both: TINY }, async ({ a, b }) => {
      const [outerSender, outerReceiver] = mpsc.channel(inner);
      const outer = await pass(a, b, outerReceiver);
      const sending = Promise.all(
        [10, 20, 30].map(async (first) => {
          const [sender, receiver] = mpsc.channel(t.u32);
          await outerSender.send(receiver);
          await sender.send(first);
          await sender.send(first + 1);
          sender.close();
        }),
      ).then(() => outerSender.close());
      const got: number[][] = [];
      for await (const one of outer) got.push(await all(one));
      expect(got).toEqual([
        [10, 11],
        [20, 21],
        [30, 31],
      ]);
      await sending;
    });
  });

  test("a type that contains senders of itself works like a conversation", async () => {
    interface Turn {
      text: string;
      answer: oneshot.Sender<Turn> | null;
    }
    const turnType: Descriptor<Turn> = t.struct({
      text: t.str,
      answer: t.option(t.oneshot.sender(t.lazy(() => turnType))),
    });
    await withPair(kind, codec, { toB: turnType, both: TINY }, async ({ a, b }) => {
      const ask = async (to: (turn: Turn) => Promise<void>, text: string): Promise<Turn> => {
        const [answer, receiver] = oneshot.channel(turnType);
        await to({ text, answer });
        return await receiver.recv();
      };
      const served = (async () => {
        const first = await b.rx.recv();
        const second = await ask((turn) => first?.answer?.send(turn) ?? Promise.resolve(), `${first?.text} 2`);
        await second.answer?.send({ text: `${second.text} 4`, answer: null });
      })();
      const second = await ask((turn) => a.tx.send(turn), "1");
      const last = await ask((turn) => second.answer?.send(turn) ?? Promise.resolve(), `${second.text} 3`);
      expect(last.text).toBe("1 2 3 4");
      await served;
    });
  });

  test("clones of a sender, here and there, feed one receiver, which ends when all are closed", async () => {
    await withPair(kind, codec, { toB: t.vec(t.mpsc.sender(t.u32)), both: TINY }, async ({ a, b }) => {
      const [sender, receiver] = mpsc.channel(t.u32);
      const [first, second] = await pass(a, b, [sender.clone(), sender.clone()]);
      const third = first?.clone();
      const sending = Promise.all(
        [first, second, third, sender].map(async (one, by) => {
          for (let at = 0; at < 10; at += 1) await one?.send(by * 100 + at);
          one?.close();
        }),
      );
      const got = await all(receiver);
      await sending;
      expect(got.length).toBe(40);
      for (const by of [0, 1, 2, 3]) {
        expect(got.filter((value) => Math.floor(value / 100) === by)).toEqual(numbersTo(10).map((at) => by * 100 + at));
      }
    });
  });

  test("a oneshot sender and a oneshot receiver carry one value each", async () => {
    const both = t.struct({ answer: t.oneshot.sender(t.str), hint: t.oneshot.receiver(t.str) });
    await withPair(kind, codec, { toB: both, both: TINY }, async ({ a, b }) => {
      const [answer, answered] = oneshot.channel(t.str);
      const [hinting, hint] = oneshot.channel(t.str);
      const got = await pass(a, b, { answer, hint });
      const sent = hinting.send("the hint, which is longer than a chunk");
      const text = await got.hint.recv();
      await sent;
      await got.answer.send(`${text}!`);
      expect(await answered.recv()).toBe("the hint, which is longer than a chunk!");
    });
  });

  test("a oneshot sender that is closed without a value lets the receiver fail with remote_closed", async () => {
    await withPair(kind, codec, { toB: t.oneshot.sender(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, receiver] = oneshot.channel(t.u32);
      (await pass(a, b, sender)).close();
      expect(await codeOf(receiver.recv())).toBe("remote_closed");
      receiver.drop();
    });
  });

  test("values that were sent before their receiver moved arrive first", async () => {
    await withPair(kind, codec, { toB: t.mpsc.receiver(t.u32), both: TINY }, async ({ a, b }) => {
      const [sender, receiver] = mpsc.channel(t.u32);
      for (const number of numbersTo(10)) await sender.send(number);
      const moved = await pass(a, b, receiver);
      const sending = (async () => {
        for (const number of numbersTo(10)) await sender.send(10 + number);
        sender.close();
      })();
      expect(await all(moved)).toEqual(numbersTo(20));
      await sending;
    });
  });

  test("one value opens more channels than one list of ports can name", async () => {
    await withPair(kind, codec, { toB: t.vec(t.oneshot.sender(t.u8)), both: TINY }, async ({ a, b }) => {
      const channels = Array.from({ length: 60 }, () => oneshot.channel(t.u8));
      const senders = await pass(
        a,
        b,
        channels.map(([sender]) => sender),
      );
      await Promise.all(senders.map((sender, at) => sender.send(at)));
      expect(await Promise.all(channels.map(([, receiver]) => receiver.recv()))).toEqual(numbersTo(60));
    });
  });
}

/** Sends the numbers below `count`, then closes. */
export async function sendAll(sender: mpsc.Sender<number>, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await sender.send(at);
  sender.close();
}

/** Everything until the end. */
export async function all<T>(receiver: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const value of receiver) got.push(value);
  return got;
}

/** The numbers from 0 on. */
export function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
