import { expect, test } from "vitest";
import { bin, type Codec, type Descriptor, lr, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, outcome, until } from "../support/wait.ts";
import { all, numbersTo } from "./values.ts";

/** What bin and lr halves have in common, for values of type `T`. */
interface Sending<T> {
  send(value: T, options?: { signal?: AbortSignal }): Promise<void>;
  close(): void;
  closed(): Promise<string>;
}
interface Taking<T> extends AsyncIterable<T> {
  recv(options?: { signal?: AbortSignal }): Promise<T | undefined>;
  close(): void;
  drop(): void;
}

/** One of the two kinds. */
interface OneWay<T, S extends Sending<T>, R extends Taking<T>> {
  readonly name: string;
  channel(): [S, R];
  readonly sender: Descriptor<S>;
  readonly receiver: Descriptor<R>;
  /** A value that takes more than one chunk of the tiny ones. */
  value(at: number): T;
}

const encoder = new TextEncoder();

/** The kinds that use one direction of a port: bin and lr. */
export function describeOneWay(kind: Kind, codec: Codec): void {
  describeKind(kind, codec, {
    name: "bin",
    channel: () => bin.channel(),
    sender: t.bin.sender,
    receiver: t.bin.receiver,
    value: (at): Uint8Array => encoder.encode(`message ${at} of a bin channel`),
  });
  describeKind(kind, codec, {
    name: "lr",
    channel: () => lr.channel(t.str),
    sender: t.lr.sender(t.str),
    receiver: t.lr.receiver(t.str),
    value: (at) => `value ${at} of an lr channel`,
  });
}

function describeKind<T, S extends Sending<T>, R extends Taking<T>>(
  kind: Kind,
  codec: Codec,
  { name, channel, sender, receiver, value }: OneWay<T, S, R>,
): void {
  const values = (count: number): T[] => numbersTo(count).map(value);
  const sendAll = async (to: S, count: number): Promise<void> => {
    for (const one of values(count)) await to.send(one);
    to.close();
  };
  // Both base channels carry either half.
  const either = { toB: receiver, toA: sender, both: TINY };

  test(`${name}: a receiver that is sent brings all values in order, and the end`, async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = channel();
      const rx = await pass(a, b, half);
      const sending = sendAll(tx, 20);
      expect(await all(rx)).toEqual(values(20));
      await sending;
    });
  });

  test(`${name}: a sender that is sent takes all values in order, and the end`, async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [half, rx] = channel();
      const tx = await pass(b, a, half);
      const sending = sendAll(tx, 20);
      expect(await all(rx)).toEqual(values(20));
      await sending;
    });
  });

  test(`${name}: closing tells the sender so, and what was sent before still arrives`, async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = channel();
      const rx = await pass(pair.a, pair.b, half);
      await tx.send(value(0));
      rx.close();
      expect(await tx.closed()).toBe("closed");
      expect(await codeOf(tx.send(value(1)))).toBe("remote_closed");
      expect(await all(rx)).toEqual(values(1));

      const [otherHalf, otherRx] = channel();
      const otherTx = await pass(pair.b, pair.a, otherHalf);
      await otherTx.send(value(0));
      await pair.quiet();
      otherRx.close();
      expect(await otherTx.closed()).toBe("closed");
      expect(await all(otherRx)).toEqual(values(1));
    });
  });

  test(`${name}: dropping tells the sender so, and sends that wait reject`, async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = channel();
      const rx = await pass(pair.a, pair.b, half);
      const sends = values(30).map((one) => outcome(tx.send(one)));
      await pair.quiet();
      rx.drop();
      expect(await tx.closed()).toBe("dropped");
      const codes = (await Promise.all(sends)).map((one) =>
        "error" in one ? (one.error as { code: string }).code : "",
      );
      expect(new Set(codes)).toEqual(new Set(["", "remote_closed"]));

      const [otherHalf, otherRx] = channel();
      const otherTx = await pass(pair.b, pair.a, otherHalf);
      otherRx.drop();
      expect(await otherTx.closed()).toBe("dropped");
    });
  });

  test(`${name}: a receiver that is sent when its channel was closed or has ended already says so`, async () => {
    await withPair(kind, codec, either, async ({ a, b }) => {
      const [tx, half] = channel();
      tx.close();
      expect(await all(await pass(a, b, half))).toEqual([]);
      const [otherHalf, otherRx] = channel();
      otherRx.drop();
      expect(await (await pass(b, a, otherHalf)).closed()).toBe("dropped");
    });
  });

  test(`${name}: nobody reads, and the sender stops at the window until somebody does`, async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = channel();
      const rx = await pass(pair.a, pair.b, half);
      let sent = 0;
      const sends = values(60).map(async (one) => {
        await tx.send(one);
        sent += 1;
      });
      await pair.quiet();
      expect(sent).toBeLessThan(30);
      tx.close();
      expect(await all(rx)).toEqual(values(60));
      await Promise.all(sends);
    });
  });

  test(`${name}: an aborted send and an aborted recv leave the channel usable`, async () => {
    await withPair(kind, codec, either, async (pair) => {
      const [tx, half] = channel();
      const rx = await pass(pair.a, pair.b, half);
      const receiving = new AbortController();
      const waiting = rx.recv({ signal: receiving.signal });
      receiving.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
      const sends = values(30).map((one) => tx.send(one));
      await pair.quiet();
      const sending = new AbortController();
      const last = tx.send(value(99), { signal: sending.signal });
      sending.abort(new Error("too slow"));
      await expect(last).rejects.toThrow("too slow");
      tx.close();
      expect(await all(rx)).toEqual(values(30));
      await Promise.all(sends);
    });
  });

  test(`${name}: a value that is not sent gives its half back`, async () => {
    const both = t.struct({ half: receiver, small: t.u8 });
    await withPair(kind, codec, { toB: both, both: TINY }, async ({ a, b }) => {
      const [tx, half] = channel();
      expect(await codeOf(a.tx.send({ half, small: 300 }))).toBe("local_encode");
      const got = await pass(a, b, { half, small: 3 });
      const sending = sendAll(tx, 3);
      expect(await all(got.half)).toEqual(values(3));
      await sending;
      expect(await codeOf(half.recv())).toBe("local_half_used");
      expect(await codeOf(a.tx.send({ half, small: 3 }))).toBe("local_half_used");
    });
  });

  test(`${name}: the loss of the connection reaches both halves`, async () => {
    await withPair(kind, codec, { ...either, fails: true }, async (pair) => {
      const [tx, half] = channel();
      const rx = await pass(pair.a, pair.b, half);
      const [otherHalf, otherRx] = channel();
      const otherTx = await pass(pair.b, pair.a, otherHalf);
      pair.cut();
      expect(await codeOf(rx.recv())).toBe("transport_lost");
      expect(await codeOf(otherRx.recv())).toBe("transport_lost");
      expect([await tx.closed(), await otherTx.closed()]).toEqual(["failed", "failed"]);
    });
  });

  test(`${name}: an orderly end of the connection is told from an end of the channel`, async () => {
    await withPair(kind, codec, { ...either, leavesOpen: true }, async (pair) => {
      const [, half] = channel();
      const rx = await pass(pair.a, pair.b, half);
      await pair.a.close();
      expect(await codeOf(rx.recv())).toBe("remote_connection_closed");
    });
  });
}

/** What only bin does. */
export function describeBin(kind: Kind, codec: Codec): void {
  test("bin: empty messages and large ones keep their boundaries", async () => {
    const both = { limits: { chunkBytes: 1024, portWindowBytes: 4096 } };
    await withPair(kind, codec, { toB: t.bin.receiver, both }, async ({ a, b }) => {
      const [tx, half] = bin.channel();
      const rx = await pass(a, b, half);
      const messages = [0, 1, 0, 100_000, 1024, 0].map((length) => new Uint8Array(length).fill(length));
      const sending = (async () => {
        for (const message of messages) await tx.send(message);
        tx.close();
      })();
      const got = await all(rx);
      expect(got.map((one) => one.length)).toEqual(messages.map((one) => one.length));
      expect(got).toEqual(messages);
      await sending;
    });
  });

  test("bin: a message above the receiver's limit is skipped with an error, and the next one arrives", async () => {
    const b = { limits: { ...TINY.limits, itemBytes: 100 } };
    await withPair(kind, codec, { toB: t.bin.receiver, toA: t.bin.sender, both: TINY, b }, async (pair) => {
      const [tx, half] = bin.channel();
      const rx = await pass(pair.a, pair.b, half);
      const sends = [10, 101, 100].map((length) => tx.send(new Uint8Array(length)));
      expect((await rx.recv())?.length).toBe(10);
      expect(await codeOf(rx.recv())).toBe("peer_item_too_large");
      expect((await rx.recv())?.length).toBe(100);
      await Promise.all(sends);
      rx.drop();

      const [otherHalf, otherRx] = bin.channel({ maxMessageBytes: 50 });
      const otherTx = await pass(pair.b, pair.a, otherHalf);
      const [sent] = [otherTx.send(new Uint8Array(51)), otherTx.close()];
      expect(await codeOf(otherRx.recv())).toBe("peer_item_too_large");
      expect(await otherRx.recv()).toBeUndefined();
      await sent;
      otherRx.drop();
    });
  });

  test("bin: streams carry messages, and end as the halves do", async () => {
    await withPair(kind, codec, { toB: t.bin.receiver, both: TINY }, async ({ a, b }) => {
      const [tx, half] = bin.channel();
      const rx = await pass(a, b, half);
      const chunks = ["one", "", "three, which is longer than a chunk"].map((text) => encoder.encode(text));
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });
      const piped = source.pipeTo(tx.writable);
      const got: Uint8Array[] = [];
      for await (const chunk of rx.readable as unknown as AsyncIterable<Uint8Array>) got.push(chunk);
      expect(got).toEqual(chunks);
      await piped;
    });
  });

  test("bin: cancelling the readable stream drops the half, and writing to the other one fails", async () => {
    await withPair(kind, codec, { toB: t.bin.receiver, both: TINY }, async ({ a, b }) => {
      const [tx, half] = bin.channel();
      const rx = await pass(a, b, half);
      await rx.readable.cancel();
      expect(await tx.closed()).toBe("dropped");
      expect(await codeOf(tx.writable.getWriter().write(new Uint8Array(1)))).toBe("remote_closed");
    });
  });

  test("bin: halves that are sent on carry messages, ends and closes over both connections", async () => {
    const halves = t.struct({ rx: t.bin.receiver, tx: t.bin.sender });
    await withPair(kind, codec, { toB: halves, both: TINY }, async (first) => {
      await withPair(kind, codec, { toB: halves, both: TINY }, async (second) => {
        const forward = async () => {
          const [there, rx] = bin.channel();
          const [tx, back] = bin.channel();
          const got = await pass(second.a, second.b, await pass(first.a, first.b, { rx, tx }));
          return { there, back, ...got };
        };
        const { there, back, rx, tx } = await forward();
        const messages = numbersTo(30).map((at) => encoder.encode(`message ${at} over two connections`));
        const sending = Promise.all(
          [there, tx].map(async (one) => {
            for (const message of messages) await one.send(message);
            one.close();
          }),
        );
        expect(await Promise.all([all(rx), all(back)])).toEqual([messages, messages]);
        await sending;
        const stopped = await forward();
        stopped.rx.close();
        expect(await stopped.there.closed()).toBe("closed");
        stopped.back.drop();
        expect(await stopped.tx.closed()).toBe("dropped");
        stopped.rx.drop();
      });
    });
  });

  test("bin: a message above the limit of the middle passes through it, which never has the whole", async () => {
    const b = { limits: { ...TINY.limits, itemBytes: 100 } };
    await withPair(kind, codec, { toB: t.bin.receiver, both: TINY, b }, async (first) => {
      await withPair(kind, codec, { toB: t.bin.receiver, both: TINY }, async (second) => {
        const [tx, half] = bin.channel();
        const rx = await pass(second.a, second.b, await pass(first.a, first.b, half));
        const lengths = [50, 101, 1_000, 0];
        const sending = Promise.all(lengths.map((length) => tx.send(new Uint8Array(length).fill(length))));
        for (const length of lengths) expect(await rx.recv()).toEqual(new Uint8Array(length).fill(length));
        await sending;
        tx.close();
        expect(await rx.recv()).toBeUndefined();
        rx.drop();
      });
    });
  });

  test("bin: both halves of one channel are sent, and work over there", async () => {
    const halves = t.struct({ rx: t.bin.receiver, tx: t.bin.sender });
    await withPair(kind, codec, { toB: halves, both: TINY }, async ({ a, b }) => {
      const [tx, rx] = bin.channel();
      const got = await pass(a, b, { tx, rx });
      const sending = got.tx.send(encoder.encode("there and back again"));
      expect(await got.rx.recv()).toEqual(encoder.encode("there and back again"));
      await sending;
      got.tx.close();
      expect(await got.rx.recv()).toBeUndefined();
      got.rx.drop();
    });
  });
}

/** What only lr does. */
export function describeLr(kind: Kind, codec: Codec): void {
  test("lr: the second half and a received half cannot be sent, and stay usable", async () => {
    const halves = t.enum({ Rx: t.lr.receiver(t.u32), Tx: t.lr.sender(t.u32) });
    await withPair(kind, codec, { toB: halves, toA: halves, both: TINY }, async ({ a, b }) => {
      const [tx, rx] = lr.channel(t.u32);
      const got = await pass(a, b, { Rx: rx });
      if (!("Rx" in got)) throw new Error("wrong variant");
      expect(await codeOf(a.tx.send({ Tx: tx }))).toBe("local_half_used");
      expect(await codeOf(b.tx.send({ Rx: got.Rx }))).toBe("local_half_used");
      await tx.send(7);
      expect(await got.Rx.recv()).toBe(7);
      tx.close();
      expect(await got.Rx.recv()).toBeUndefined();
      got.Rx.drop();
    });
  });

  test("lr: a value above a limit concerns that value alone, on either side", async () => {
    await withPair(kind, codec, { toB: t.lr.sender(t.str), toA: t.lr.receiver(t.str), both: TINY }, async (pair) => {
      const [half, rx] = lr.channel(t.str, { maxItemBytes: 50 });
      const tx = await pass(pair.a, pair.b, half);
      expect(await codeOf(tx.send("x".repeat(51)))).toBe("local_item_too_large");
      await tx.send("small");
      expect(await rx.recv()).toBe("small");
      rx.drop();
      await tx.closed();
    });
  });

  test("lr: values carry halves of other channels", async () => {
    const item = t.bin.receiver;
    await withPair(kind, codec, { toB: t.lr.receiver(item), both: TINY }, async ({ a, b }) => {
      const [tx, half] = lr.channel(item);
      const rx = await pass(a, b, half);
      const [bytes, inner] = bin.channel();
      await tx.send(inner);
      const got = await rx.recv();
      const sending = bytes.send(encoder.encode("inside"));
      expect(await got?.recv()).toEqual(encoder.encode("inside"));
      await sending;
      bytes.close();
      tx.close();
      expect([await got?.recv(), await rx.recv()]).toEqual([undefined, undefined]);
      got?.drop();
      rx.drop();
      await until(
        () => [a, b].every((end) => end.stats().ports === 2),
        () => "all ports were free",
      );
    });
  });
}
