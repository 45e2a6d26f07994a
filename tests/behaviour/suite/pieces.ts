import { expect, test } from "vitest";
import { bin, type Codec, t } from "../../../ts/index.ts";
import type { Kind } from "../support/carriers.ts";
import { pass, TINY, withPair } from "../support/pair.ts";
import { codeOf } from "../support/wait.ts";

/** Messages of bin channels that are written, passed on or read piece by piece. */
export function describeBinPieces(kind: Kind, codec: Codec): void {
  test("bin: a message is written and read piece by piece, here and over two connections", async () => {
    const one = { toB: t.bin.receiver, both: TINY };
    await withPair(kind, codec, one, async (first) => {
      await withPair(kind, codec, one, async (second) => {
        for (const isSent of [false, true]) {
          const [tx, half] = bin.channel({ maxMessageBytes: 10 });
          const rx = isSent ? await pass(second.a, second.b, await pass(first.a, first.b, half)) : half;
          const writing = writePieces(tx, [30, 200, 1]);
          const pieces = await piecesOf(rx);
          expect(pieces.map(({ first }) => first)).toEqual(pieces.map((_, at) => at === 0));
          expect(pieces.map(({ last }) => last)).toEqual(pieces.map((_, at) => at === pieces.length - 1));
          expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(Buffer.from(numbersTo(231)));
          await writing;
          rx.drop();
        }
      });
    });
  });

  test("bin: a message that its writer gives up never comes, and the next one does", async () => {
    await withPair(kind, codec, { toB: t.bin.receiver, both: TINY }, async ({ a, b }) => {
      const [tx, half] = bin.channel();
      const rx = await pass(a, b, half);
      const writer = tx.startMessage();
      const first = writer.send(new Uint8Array(40));
      expect(await codeOf(tx.send(new Uint8Array(1)))).toBe("local_misuse");
      expect(await rx.recvPiece()).toMatchObject({ first: true, last: false });
      await first;
      writer.cancel();
      expect(await codeOf(writer.end())).toBe("local_misuse");
      const second = tx.send(Uint8Array.of(7));
      // The rest of what was given up may come before.
      expect(await rx.recv()).toEqual(Uint8Array.of(7));
      await second;
      const last = tx.startMessage();
      const third = last.send(new Uint8Array(40));
      last.cancel();
      tx.close();
      expect(await rx.recv()).toBeUndefined();
      await third;
      rx.drop();
    });
  });

  test("bin: a recv that is given up in the middle of a message leaves it to the next one", async () => {
    await withPair(kind, codec, { toB: t.bin.receiver, toA: t.bin.receiver, both: TINY }, async (pair) => {
      const [tx, half] = bin.channel();
      const rx = await pass(pair.a, pair.b, half);
      const message = Uint8Array.from(numbersTo(250));
      const abort = new AbortController();
      const given = rx.recv({ signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) });
      const sending = tx.send(message);
      await expect(given).rejects.toThrow("enough");
      expect(await codeOf(pair.b.tx.send(rx))).toBe("local_misuse");
      expect(await Promise.all([rx.recv(), sending])).toEqual([message, undefined]);
      const again = tx.send(message);
      const fails = (): never => {
        throw new Error("the bar broke");
      };
      await expect(rx.recv({ onProgress: fails })).rejects.toThrow("the bar broke");
      expect(await Promise.all([rx.recv(), again])).toEqual([message, undefined]);
      tx.close();
      expect(await Promise.all([rx.recv(), rx.recv()])).toEqual([undefined, undefined]);
      rx.drop();
    });
  });

  test("bin: calls of recv that wait together get whole messages in order", async () => {
    await withPair(kind, codec, { toB: t.bin.receiver, both: TINY }, async ({ a, b }) => {
      const [tx, half] = bin.channel();
      const rx = await pass(a, b, half);
      const got = Promise.all([rx.recv(), rx.recv(), rx.recv()]);
      const lengths = [100, 3, 60];
      for (const length of lengths) await tx.send(new Uint8Array(length));
      expect((await got).map((message) => message?.length)).toEqual(lengths);
      tx.close();
      expect(await rx.recv()).toBeUndefined();
    });
  });

  test("bin: a stream of bytes is read into buffers of one's own, and fails when a message breaks off", async () => {
    await withPair(kind, codec, { toB: t.bin.receiver, both: TINY }, async ({ a, b }) => {
      const [tx, half] = bin.channel({ maxMessageBytes: 10 });
      const rx = await pass(a, b, half);
      const reader = rx.byteStream.getReader({ mode: "byob" });
      const writing = writePieces(tx, [100, 100], "open");
      let bytes = new Uint8Array(30);
      const got: number[] = [];
      while (got.length < 200) {
        const { value } = await reader.read(bytes);
        if (value === undefined) break;
        got.push(...value);
        expect(value.buffer.byteLength).toBe(30);
        bytes = new Uint8Array(value.buffer);
      }
      expect(got).toEqual(numbersTo(200));
      (await writing).cancel();
      tx.close();
      await expect(reader.read(bytes)).rejects.toThrow("remote_failed");
    });
  });
}

/** Writes one message of rising bytes in pieces of these lengths. */
async function writePieces(tx: bin.Sender, lengths: number[], end?: "open"): Promise<bin.MessageWriter> {
  const writer = tx.startMessage();
  let at = 0;
  for (const length of lengths) {
    await writer.send(Uint8Array.from({ length }, (_, i) => at + i));
    at += length;
  }
  if (end === undefined) await writer.end();
  return writer;
}

/** The pieces of one message. */
async function piecesOf(rx: bin.Receiver): Promise<bin.Piece[]> {
  const pieces: bin.Piece[] = [];
  for (;;) {
    const piece = await rx.recvPiece();
    if (piece === undefined) throw new Error("the message broke off");
    pieces.push(piece);
    if (piece.last) return pieces;
  }
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
