/** What a large transfer costs in tasks and answers: counts, which are the same on every machine. */

import { expect, test, vi } from "vitest";
import { bin, postbag, t, transfer } from "../../ts/index.ts";
import type { Transport } from "../../ts/transport/transport.ts";
import { carriers, KINDS, type Kind } from "./support/carriers.ts";
import { pass, withPair } from "./support/pair.ts";
import { turns } from "./support/wait.ts";

const MESSAGES = 64;
const MESSAGE_BYTES = 64 * 1024;

/** The id of GlobalCreditsReport, which answers what was asked and returns no credits. */
const REPORT = 17;

interface Cost {
  /** Flushes of the sender. */
  flushes: number;
  /** Frames but reports that the receiver sends. */
  answers: number;
  /** Messages that the carrier of each end was given. */
  sent: number;
  answered: number;
}

/** What 4 MiB in messages of 64 KiB cost, each of which `prepare` makes into what is sent. */
async function costOn(kind: Kind, prepare = (bytes: Uint8Array): Uint8Array => bytes): Promise<Cost> {
  const cost: Cost = { flushes: 0, answers: 0, sent: 0, answered: 0 };
  const below = await carriers(kind);
  const [sent, answered] = [below.a, below.b].map(messagesOf) as [() => number, () => number];
  await withPair(kind, postbag, { toB: t.bin.receiver, below }, async (pair) => {
    const [tx, here] = bin.channel();
    const rx = await pass(pair.a, pair.b, here);
    await pair.quiet();
    const before = [pair.a.stats().flushes, sent(), answered()] as const;
    pair.b.trace({
      frame(direction, frame) {
        if (direction === "sent" && frame[0] !== REPORT) cost.answers += 1;
      },
    });
    let [count, over] = [0, false];
    const receiving = (async () => {
      while ((await rx.recv()) !== undefined) {
        count += 1;
        // 640 MB/s.
        pair.clock.advance(0.1);
      }
      over = true;
    })();
    const passing = (async () => {
      // Time passes also while both ends wait.
      for (; !over; await turns(1)) pair.clock.advance(0.01);
    })();
    for (let index = 0; index < MESSAGES; index += 1) await tx.send(prepare(new Uint8Array(MESSAGE_BYTES)));
    tx.close();
    await Promise.all([receiving, passing]);
    await pair.quiet();
    expect(count).toBe(MESSAGES);
    pair.b.trace(undefined);
    cost.flushes = pair.a.stats().flushes - before[0];
    [cost.sent, cost.answered] = [sent() - before[1], answered() - before[2]];
  });
  return cost;
}

/** Counts the messages that a transport is given. */
function messagesOf(transport: Transport): () => number {
  const spies = [
    vi.spyOn(transport, "send"),
    ...(transport.give === undefined ? [] : [vi.spyOn(transport as Required<Transport>, "give")]),
  ];
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

test.each(KINDS)("%s: the window of a reader that keeps up grows until few credits have to come back", async (kind) => {
  // One for each message would be 64.
  expect((await costOn(kind)).answers).toBeLessThanOrEqual(20);
});

test("several messages of 64 KiB leave in one task and one message over a port", async () => {
  const copied = await costOn("message-port");
  expect(copied.flushes).toBeLessThanOrEqual(MESSAGES / 3);
  expect(copied.sent).toBeLessThanOrEqual(MESSAGES / 2);
  expect((await costOn("message-port", transfer)).sent).toBeLessThanOrEqual(MESSAGES / 3);
});

test("over a fast socket one message in a few is acknowledged", async () => {
  expect((await costOn("websocket")).answered).toBeLessThanOrEqual(MESSAGES / 2);
});
