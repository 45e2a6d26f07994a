/** What is under way to stock remoc, which acknowledges nothing by itself. Times are in `bench/latency.ts`; here are counts. */

import { afterEach, expect, test, vi } from "vitest";
import { connect, type FrameTap, type Infer, mpsc, oneshot, t } from "../../ts/index.ts";
import { Sink, SinkReport } from "../scenarios/types.ts";
import { useRustPeers, type Version, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();
afterEach(() => void vi.unstubAllGlobals());

/** Ids of Ping; of GlobalCredits, which asks, and GlobalCreditsReport, which answers. */
const [PING, PORT_OPENED, ASKS, ANSWERS] = [3, 5, 16, 17];
const MIB = 1024 * 1024;

/** Gives a value to a sink, which tells what came. */
async function give(sink: { send(value: Infer<typeof Sink>): Promise<void> }, lengthBytes: number): Promise<void> {
  const [tx, rx] = mpsc.channel(t.bytes);
  const [proceed, go] = oneshot.channel(t.unit);
  const [report, reported] = oneshot.channel(SinkReport);
  await sink.send({ rx, go, report });
  await Promise.all([proceed.send(null), tx.send(new Uint8Array(lengthBytes))]);
  tx.close();
  expect(await reported.recv()).toMatchObject({ bytes: BigInt(lengthBytes), error: null });
}

/** Gives the peer one value of 8 MiB and many of one byte beside it; tells when it was asked, and whether all questions before were answered. */
async function upload(version: Version) {
  const peer = peerOf(version);
  const endings = watchEndings(peer);
  const asked: { readonly time: number; readonly isAlone: boolean }[] = [];
  let answers = 0;
  let [lastAsked, lastAnswered]: (number | undefined)[] = [];
  const trace: FrameTap = {
    frame(direction, frame, isPayload, now) {
      if (isPayload) return;
      // Both end with the number of the question.
      if (direction === "sent" && frame[0] === ASKS) {
        asked.push({ time: now, isAlone: lastAnswered === lastAsked });
        lastAsked = frame.at(-1);
      }
      if (direction === "received" && frame[0] === ANSWERS) {
        answers += 1;
        lastAnswered = frame.at(-1);
      }
    },
  };
  const conn = await connect(`${peer.url}/sink/postbag`, { send: Sink, trace });
  let isOver = false;
  const bulk = give(conn.tx, 8 * MIB).finally(() => {
    isOver = true;
  });
  do await give(conn.tx, 1);
  while (!isOver);
  await bulk;
  await conn.close();
  expect(await endings()).toEqual(["ended orderly"]);
  return { asked, answers };
}

test("remoc 0.20.5 is asked while a large value goes out, after an answer or 50 times a second, and answers", async () => {
  const { asked, answers } = await upload("0.20.5");
  expect(asked.length).toBeGreaterThan(1);
  for (const [at, { time, isAlone }] of asked.slice(1).entries()) {
    if (!isAlone) expect(time - (asked[at]?.time ?? 0)).toBeGreaterThanOrEqual(19.9);
  }
  // Each stands for a quarter of the least window at least.
  expect(asked.length).toBeLessThanOrEqual((8 * MIB) / (16 * 1024));
  // It may answer several at once.
  expect(answers).toBeGreaterThan(0);
  expect(answers).toBeLessThanOrEqual(asked.length);
});

test("remoc 0.18.3, which has no such messages, gets a large value and is asked nothing", async () => {
  expect(await upload("0.18.3")).toEqual({ asked: [], answers: 0 });
});

/** 0.18 keeps what it has for us as long as something comes every few milliseconds, up to 128 KiB. */
test.each(versions)("remoc %s answers somebody who asks every 10 ms", async (version) => {
  const peer = peerOf(version);
  const endings = watchEndings(peer);
  const conn = await connect(`${peer.url}/sink/postbag`, { send: Sink });
  let asked = 0;
  const answered: Promise<void>[] = [];
  const asking = setInterval(() => {
    asked += 1;
    answered.push(give(conn.tx, 1));
  }, 10);
  await expect.poll(() => answered.length).toBeGreaterThan(0);
  await answered[0];
  clearInterval(asking);
  // About 40, where it is given time after a quarter of a second; hundreds without that.
  expect(asked).toBeLessThan(100);
  await Promise.all(answered);
  await conn.close();
  expect(await endings()).toEqual(["ended orderly"]);
});

test.each([
  ["0.20.5", [ASKS], [ANSWERS]],
  ["0.18.3", [PING], []],
] as const)(
  "B08: stock remoc %s hears of a page that is online again, and answers if it can",
  async (version, sent, received) => {
    const online = new Set<() => void>();
    vi.stubGlobal("addEventListener", (_: "online", listener: () => void) => online.add(listener));
    vi.stubGlobal("removeEventListener", (_: "online", listener: () => void) => online.delete(listener));
    const peer = peerOf(version);
    const endings = watchEndings(peer);
    const seen: Record<"sent" | "received", (number | undefined)[]> = { sent: [], received: [] };
    const trace: FrameTap = {
      frame: (direction, frame, isPayload) => void (isPayload || seen[direction].push(frame[0])),
    };
    const conn = await connect(`${peer.url}/sink/postbag`, { send: Sink, trace });
    // The answer to its request is as good as a Ping, so it must have left.
    await expect.poll(() => seen.sent).toContain(PORT_OPENED);
    const since = { sent: seen.sent.length, received: seen.received.length };
    for (const listener of online) listener();
    const later = (direction: "sent" | "received"): unknown[] => seen[direction].slice(since[direction]);
    await expect.poll(() => later("sent")).toEqual(expect.arrayContaining([...sent]));
    await expect.poll(() => later("received")).toEqual(expect.arrayContaining([...received]));
    await conn.close();
    expect(online.size).toBe(0);
    expect(await endings()).toEqual(["ended orderly"]);
  },
);
