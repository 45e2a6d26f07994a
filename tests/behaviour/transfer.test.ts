/** Bytes that are given away with `transfer()`. */

import { expect, test } from "vitest";
import { bin, type Infer, postbag, t, transfer } from "../../ts/index.ts";
import { readTrace, Trace } from "../../ts/mux.ts";
import { KINDS, type Kind } from "./support/carriers.ts";
import { bytesCopied } from "./support/copies.ts";
import { type Pair, type PairOptions, withPair } from "./support/pair.ts";
import { outcome } from "./support/wait.ts";

const Load = t.struct({ rx: t.bin.receiver });
type LoadPair = Pair<Infer<typeof Load>, null>;
const KIB = 1024;

/** Connects, and gives the test a sender at `a` whose receiver is at `b`. */
async function withChannel(
  kind: Kind,
  options: PairOptions<Infer<typeof Load>, null>,
  body: (tx: bin.Sender, rx: bin.Receiver, pair: LoadPair) => Promise<void>,
): Promise<void> {
  await withPair(kind, postbag, { toB: Load, ...options }, async (pair) => {
    const [tx, near] = bin.channel();
    const sending = pair.a.tx.send({ rx: near });
    const got = await pair.b.rx.recv();
    await sending;
    await body(tx, got?.rx as bin.Receiver, pair);
    tx.close();
    got?.rx.drop();
  });
}

function filled(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at * 7 + (at >> 8);
  return bytes;
}

test.each([64 * KIB, 64 * KIB + 1, 1000 * KIB, 16 * KIB * KIB])(
  "a message of %i bytes that was given away is moved over a port and not copied",
  async (length) => {
    await withChannel("message-port", {}, async (tx, rx) => {
      const source = filled(length);
      const expected = source.slice();
      const given = transfer(source);
      expect(source.length, "of the source at once").toBe(0);
      expect(given.length).toBe(length);
      let got: Uint8Array | undefined;
      const copied = await bytesCopied(async () => {
        [got] = await Promise.all([rx.recv(), tx.send(given)]);
      });
      expect(given.length, "once it has left").toBe(0);
      expect(copied).toBeLessThan(16 * KIB);
      expect(got?.byteOffset).toBe(0);
      expect(got?.buffer.byteLength, "the very buffer").toBe(length);
      expect(Buffer.compare(got as Uint8Array, expected)).toBe(0);
    });
  },
);

test.each(KINDS)(
  "over %s bytes that were given away arrive, the source is empty, and they can be sent once",
  async (kind) => {
    await withChannel(kind, {}, async (tx, rx) => {
      const [source, small] = [filled(100 * KIB), filled(100)];
      const expected = source.slice();
      const given = transfer(source.buffer);
      expect(source.length).toBe(0);
      const sending = tx.send(given);
      const again = outcome(tx.send(given));
      expect(await rx.recv()).toEqual(expected);
      await sending;
      expect(await again).toMatchObject({ error: { code: "local_misuse" } });
      await tx.send(transfer(small));
      expect(await rx.recv()).toEqual(filled(100));
    });
  },
);

test("a view of a part is sent without what surrounds it, and what cannot be moved is refused", async () => {
  await withChannel("message-port", {}, async (tx, rx) => {
    const source = filled(200 * KIB);
    const part = source.subarray(10, 10 + 100 * KIB);
    const expected = part.slice();
    await Promise.all([tx.send(transfer(part)), rx.recv().then((got) => expect(got).toEqual(expected))]);
    expect(source.length).toBe(0);
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  for (const bytes of [new Uint8Array(memory.buffer), new Uint8Array(new SharedArrayBuffer(8))])
    expect(() => transfer(bytes)).toThrow(/^local_misuse: these bytes cannot be given away/);
  const detached = new Uint8Array(8);
  transfer(detached);
  expect(() => transfer(detached)).toThrow("local_misuse");
});

test("more than may be attached at once is copied, and all of it arrives in its channel", async () => {
  await withPair("message-port", postbag, { toB: t.vec(t.bin.receiver) }, async ({ a, b }) => {
    const pairs = Array.from({ length: 5 }, () => bin.channel());
    const sending = a.tx.send(pairs.map(([, rx]) => rx));
    const receivers = (await b.rx.recv()) ?? [];
    await sending;
    const messages = pairs.map((_, index) => filled(6 * KIB * KIB + index));
    const expected = messages.map((message) => message.slice());
    let got: (Uint8Array | undefined)[] = [];
    const copied = await bytesCopied(async () => {
      const sent = pairs.map(([tx], index) => tx.send(transfer(messages[index] as Uint8Array)));
      got = await Promise.all(receivers.map((rx) => rx.recv()));
      await Promise.all(sent);
    });
    for (const [index, message] of got.entries())
      expect(Buffer.compare(message as Uint8Array, expected[index] as Uint8Array)).toBe(0);
    // Two of them fit; the others are copied as ever, three times at most.
    expect(copied).toBeGreaterThan(3 * 6 * KIB * KIB);
    expect(copied).toBeLessThan(9.1 * 6 * KIB * KIB);
    for (const [tx] of pairs) tx.close();
    for (const rx of receivers) rx.drop();
  });
});

test("a transfer that is aborted in the middle is let go of, and the next ones arrive", async () => {
  await withChannel("message-port", {}, async (tx, rx) => {
    for (let round = 0; round < 4; round += 1) {
      const abort = new AbortController();
      const sending = outcome(tx.send(transfer(filled(5 * KIB * KIB)), { signal: abort.signal }));
      const piece = await rx.recvPiece();
      expect(piece).toMatchObject({ first: true, last: false });
      abort.abort(new Error("enough"));
      expect(await sending).toMatchObject({ error: { message: "enough" } });
      const next = filled(300 * KIB);
      const expected = next.slice();
      const [got] = await Promise.all([rx.recv(), tx.send(transfer(next))]);
      expect(got).toEqual(expected);
    }
  });
});

test("a trace sees the bytes: with one, nothing is moved", async () => {
  const trace = new Trace({ payloadBytes: 1000 * KIB });
  await withChannel("message-port", { both: { trace } }, async (tx, rx) => {
    const source = filled(100 * KIB);
    const expected = source.slice();
    const [got] = await Promise.all([rx.recv(), tx.send(transfer(source))]);
    expect(got).toEqual(expected);
    const sent = readTrace(trace.bytes()).frames.filter(
      ({ isPayload, direction }) => isPayload && direction === "sent",
    );
    expect(Buffer.concat(sent.map(({ bytes }) => bytes)).includes(Buffer.from(expected))).toBe(true);
  });
});
