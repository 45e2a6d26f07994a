/** What a large transfer costs in tasks and answers: counts, which are the same on every machine. */

import { expect, test } from "vitest";
import { bin, postbag, t } from "../../ts/index.ts";
import { KINDS, type Kind } from "./support/carriers.ts";
import { pass, withPair } from "./support/pair.ts";

const MESSAGES = 64;
const MESSAGE_BYTES = 64 * 1024;

/** The id of GlobalCreditsReport, which answers what was asked and returns no credits. */
const REPORT = 17;

/** Flushes of whoever sends 4 MiB in messages of 64 KiB, and frames but reports that the receiver sends for it. */
async function costOn(kind: Kind): Promise<{ flushes: number; answers: number }> {
  let cost = { flushes: 0, answers: 0 };
  await withPair(kind, postbag, { toB: t.bin.receiver }, async (pair) => {
    const [tx, here] = bin.channel();
    const rx = await pass(pair.a, pair.b, here);
    await pair.quiet();
    const before = pair.a.stats().flushes;
    let answers = 0;
    pair.b.trace({
      frame(direction, frame) {
        if (direction === "sent" && frame[0] !== REPORT) answers += 1;
      },
    });
    let count = 0;
    const receiving = (async () => {
      while ((await rx.recv()) !== undefined) {
        count += 1;
        // 640 MB/s.
        pair.clock.advance(0.1);
      }
    })();
    for (let sent = 0; sent < MESSAGES; sent += 1) await tx.send(new Uint8Array(MESSAGE_BYTES));
    tx.close();
    await receiving;
    await pair.quiet();
    expect(count).toBe(MESSAGES);
    pair.b.trace(undefined);
    cost = { flushes: pair.a.stats().flushes - before, answers };
  });
  return cost;
}

test.each(KINDS)("%s: the window of a reader that keeps up grows until few credits have to come back", async (kind) => {
  // One for each message would be 64.
  expect((await costOn(kind)).answers).toBeLessThanOrEqual(20);
});

test("several messages of 64 KiB leave in one task over a port", async () => {
  expect((await costOn("message-port")).flushes).toBeLessThanOrEqual(MESSAGES / 2);
});
