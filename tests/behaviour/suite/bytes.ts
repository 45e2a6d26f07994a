import { expect, test } from "vitest";
import { type Codec, io, type Progress, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf, until } from "../support/wait.ts";

/** Windows that a few pieces of 64 KiB exceed. */
const SMALL = { limits: { portWindowBytes: 40_000, chunkBytes: 10_000 } };

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 7);
}

async function written(tx: io.Sender, bytes: Uint8Array): Promise<void> {
  await tx.send(bytes);
  await tx.close();
}

/** Streams of bytes, with and without a size. */
export function describeIo(kind: Kind, codec: Codec): void {
  const both = { toB: t.io.receiver, toA: t.io.sender };

  test("io: a stream of known size arrives whole, with progress on both sides", async () => {
    await withPair(kind, codec, { ...both, both: SMALL }, async ({ a, b }) => {
      const bytes = pattern(200_000);
      const [tx, half] = io.sized(bytes.length);
      const rx = await pass(a, b, half);
      expect([rx.size, rx.remaining, tx.remaining]).toEqual([200_000, 200_000, 200_000]);
      const [told, heard]: [number[], number[]] = [[], []];
      const sending = tx.send(bytes, { onProgress: ({ doneBytes }) => told.push(doneBytes) }).then(() => tx.close());
      const onProgress = ({ doneBytes, totalBytes }: Progress): unknown => heard.push(doneBytes / (totalBytes ?? 0));
      expect(await rx.readAll({ onProgress })).toEqual(bytes);
      await sending;
      expect(told).toEqual([65_536, 131_072, 196_608, 200_000]);
      expect([heard.length > 2, heard.at(-1)]).toEqual([true, 1]);
      expect([tx.bytesWritten, rx.bytesReceived, rx.remaining]).toEqual([200_000, 200_000, 0]);
    });
  });

  test("io: a stream of unknown size tells it at its end, which is checked", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async ({ a, b }) => {
      const [half, rx] = io.channel();
      const tx = await pass(b, a, half);
      expect([tx.size, rx.size]).toEqual([undefined, undefined]);
      const sending = written(tx, pattern(1_000));
      expect(await rx.readAll()).toEqual(pattern(1_000));
      await sending;
      expect([rx.size, rx.bytesReceived]).toEqual([1_000, 1_000]);
      expect(await rx.recv()).toBeUndefined();
    });
  });

  test("io: a sender that gives up makes the receiver fail, whether there is a size or not", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async ({ a, b }) => {
      for (const [tx, half] of [io.channel(), io.sized(100)]) {
        const rx = await pass(a, b, half);
        const sending = tx.send(pattern(99)).then(() => tx.abort());
        expect(await codeOf(rx.readAll())).toBe("remote_failed");
        await sending;
      }
    });
  });

  test("io: more or fewer bytes than the size are refused where they are written", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async ({ a, b }) => {
      const [tx, half] = io.sized(10);
      const rx = await pass(a, b, half);
      const reading = codeOf(rx.readAll());
      await tx.send(pattern(4));
      expect(await codeOf(tx.send(pattern(7)))).toBe("local_misuse");
      expect(await codeOf(tx.close())).toBe("local_misuse");
      expect(await reading).toBe("remote_failed");
    });
  });

  test("io: a receiver that is dropped stops the sender", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async ({ a, b }) => {
      const [tx, half] = io.channel();
      const rx = await pass(a, b, half);
      const sending = codeOf(tx.send(pattern(3_000_000)));
      await rx.recv();
      rx.drop();
      expect(await sending).toBe("remote_closed");
      expect(await tx.closed()).toBe("dropped");
      await tx.close();
    });
  });

  test("io: Web Streams, also into buffers of one's own, and an aborted writer is no end", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async ({ a, b }) => {
      const [tx, half] = io.channel();
      const rx = await pass(a, b, half);
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const part of [pattern(300), new Uint8Array(0), pattern(20)]) controller.enqueue(part);
          controller.close();
        },
      });
      const piped = source.pipeTo(tx.writable);
      const reader = rx.readable.getReader({ mode: "byob" });
      let got = 0;
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(64));
        got += value?.length ?? 0;
        if (done) break;
      }
      await piped;
      expect(got).toBe(320);

      const [otherTx, otherHalf] = io.channel();
      const other = await pass(a, b, otherHalf);
      await otherTx.writable.abort("no more");
      expect(await codeOf(other.recv())).toBe("remote_failed");
    });
  });

  test("io: halves that are sent on carry bytes, sizes and failures over both connections", async () => {
    const halves = t.struct({ rx: t.io.receiver, tx: t.io.sender });
    await withPair(kind, codec, { toB: halves, both: TINY }, async (first) => {
      await withPair(kind, codec, { toB: halves, both: SMALL }, async (second) => {
        const [there, rx] = io.channel();
        const [tx, back] = io.sized(70_000);
        const middle = await pass(first.a, first.b, { rx, tx });
        const end = await pass(second.a, second.b, middle);
        const sending = [written(there, pattern(5_000)), written(end.tx, pattern(70_000))];
        expect(await end.rx.readAll()).toEqual(pattern(5_000));
        expect(await back.readAll()).toEqual(pattern(70_000));
        await Promise.all(sending);
      });
    });
  });

  test("io: a receiver that was read from is sent on with what is left, where the size is known", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async ({ a, b }) => {
      const [tx, half] = io.sized(20);
      await tx.send(pattern(5));
      expect((await half.recv())?.length).toBe(5);
      const rx = await pass(a, b, half);
      expect(rx.size).toBe(15);
      const sending = written(tx, pattern(15));
      expect(await rx.readAll()).toEqual(pattern(15));
      await sending;

      const [unsized, unsizedHalf] = io.channel();
      await unsized.send(pattern(5));
      await unsizedHalf.recv();
      expect(await codeOf(a.tx.send(unsizedHalf))).toBe("local_half_used");
      unsizedHalf.drop();
    });
  });

  test("io: a value that is not sent gives its half back, and a closed sender arrives closed", async () => {
    const odd = t.struct({ half: t.io.sender, small: t.u8 });
    await withPair(kind, codec, { toB: odd, both: TINY }, async ({ a, b }) => {
      const [half, rx] = io.channel();
      expect(await codeOf(a.tx.send({ half, small: 300 }))).toBe("local_encode");
      const got = await pass(a, b, { half, small: 3 });
      const sending = written(got.half, pattern(3));
      expect(await rx.readAll()).toEqual(pattern(3));
      await sending;
      const [closed, rest] = io.channel();
      await written(closed, pattern(2));
      const there = await pass(a, b, { half: closed, small: 3 });
      expect([there.half.isClosed, there.half.bytesWritten]).toEqual([true, 2]);
      expect(await codeOf(there.half.send(pattern(1)))).toBe("remote_closed");
      expect(await rest.readAll()).toEqual(pattern(2));
    });
  });

  test("io: nobody reads, and the sender stops at the window until somebody does", async () => {
    await withPair(kind, codec, { ...both, both: TINY }, async (pair) => {
      const [tx, half] = io.channel();
      const rx = await pass(pair.a, pair.b, half);
      const sending = written(tx, pattern(300_000));
      await pair.quiet();
      expect(tx.bytesWritten).toBeLessThan(3 * 65_536);
      const reading = rx.readAll();
      await until(
        () => tx.bytesWritten === 300_000,
        () => "everything was written",
      );
      await Promise.all([reading, sending]);
    });
  });
}
