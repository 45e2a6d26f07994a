import { expect, test } from "vitest";
import { bin, type LinkOptions, postbag, t } from "../../ts/index.ts";
import { pass, withPair } from "./support/pair.ts";

const KIB = 1024;

/** Frames that the sender of one message of 64 KiB hands over, between ends with these options. */
async function framesOf(options: { both?: LinkOptions; b?: LinkOptions }): Promise<number> {
  let frames = 0;
  // A port has no window that follows the delay, so chunks are as large as both ends allow.
  await withPair("message-port", postbag, { toB: t.bin.receiver, ...options }, async (pair) => {
    const [tx, here] = bin.channel();
    const rx = await pass(pair.a, pair.b, here);
    await pair.quiet();
    const before = pair.a.stats().framesSent;
    const [, got] = await Promise.all([tx.send(new Uint8Array(64 * KIB).fill(7)), rx.recv()]);
    await pair.quiet();
    frames = pair.a.stats().framesSent - before;
    expect(got).toEqual(new Uint8Array(64 * KIB).fill(7));
    tx.close();
    rx.drop();
  });
  return frames;
}

test("a message of 64 KiB is one chunk between two ends of cuttle: a header and a payload", async () => {
  expect(await framesOf({})).toBeLessThanOrEqual(3);
});

test("an end that asked for chunks below the usual 16 KiB gets no larger ones", async () => {
  const small = { limits: { chunkBytes: 8 * KIB } };
  expect(await framesOf({ b: small })).toBeGreaterThanOrEqual(2 * 8);
  expect(await framesOf({ both: small })).toBeGreaterThanOrEqual(2 * 8);
});
