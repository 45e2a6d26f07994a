/** What the Rust peers print when they play the page's role, and this library the peer's; for Node and browsers alike. */

import assert from "node:assert/strict";
import { assertRustRooms, COUNTER_REPORT, OBJECTS_REPORT } from "./calling-cases.ts";

/** One scenario. */
export interface Outcome {
  readonly scenario: string;
  /** Throws when `printed` is not what this library must have led to. */
  verify(printed: unknown): void;
}

/** Those that a release plays in a codec. */
export function outcomesOf(version: string, codec: string): Outcome[] {
  return outcomes.filter(
    ({ scenario }) =>
      !(version === "0.18.3" && since20.includes(scenario)) && !(codec === "json" && isLong.includes(scenario)),
  );
}

/** Scenarios that remoc 0.18 has not. */
const since20 = ["io", "rates", "lanes"];
/** Many bytes, of which JSON makes lists of numbers. */
const isLong = ["lanes"];

function exactly(scenario: string, printed: unknown): Outcome {
  return { scenario, verify: (got) => assert.deepEqual(got, printed) };
}

/** With its fields checked one by one. */
function checked<T>(scenario: string, verify: (printed: T) => void): Outcome {
  return { scenario, verify: verify as Outcome["verify"] };
}

function between(number: number, least: number, most: number): void {
  assert.ok(number >= least && number <= most, `${number} is not from ${least} to ${most}`);
}

interface Chunk {
  bytes: number;
  sum: number;
  cancelled: boolean;
}

/** Of four messages of rising bytes the third one was given up; when remoc 0.18 reads, the fourth one is lost behind it. */
function verifyChunks(messages: Chunk[]): void {
  const whole = messages.filter(({ cancelled }) => !cancelled);
  for (const { bytes, sum } of whole) {
    const all = Array.from({ length: bytes }, (_, at) => at % 256);
    assert.equal(
      sum,
      all.reduce((total, byte) => total + byte, 0),
    );
  }
  const lengths = whole.map(({ bytes }) => bytes).join();
  assert.ok(["6,100001,5", "6,100001"].includes(lengths) && messages.length <= 4, lengths);
}

interface Seldom {
  limit_ms: number;
  seen: number;
  last: number;
}

const outcomes: readonly Outcome[] = [
  exactly("count", { received: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }),
  exactly("request-count", { report: { ended: "end", received: [0, 1, 2, 3, 4] }, up_to: 5 }),
  exactly("echo", { echoed: 3 }),
  exactly("sink", { report: { bytes: 3_000_000, error: null, items: 300, sum: 382_430_656 } }),
  exactly("source", { items: 300 }),
  exactly("tree", { told: ["root", "root/child/tx", "42"] }),
  exactly("limit", {
    default: { ended: "end", received: [10, 100_000, 10, 1_000_000, 10] },
    // Our sender goes on after a string that is too large; stock remoc's ends.
    "200000": { ended: "end", received: [10, 100_000, 10, 10] },
  }),
  checked("stop", ({ stopped }: { stopped: { how: string; reason: string; read: number; sent: number }[] }) => {
    const [close, drop] = stopped;
    assert.deepEqual([close?.how, close?.reason, drop?.how, drop?.read], ["Close", "Some(Closed)", "Drop", 3]);
    assert.match(drop?.reason ?? "", /^Some\((Dropped|Failed)\)$/);
  }),
  exactly("bin", { sent: [0, 1, 100_000, 0, 1_000_000], offered: [0, 1, 100_000, 0, 1_000_000] }),
  checked("chunks", ({ told, gathered }: { told: Chunk[]; gathered: Chunk[] }) => {
    verifyChunks(told);
    verifyChunks(gathered);
  }),
  exactly("io", { lengths: [300_000, 300_000, 300_000, 300_000] }),
  exactly("lanes", { counts: Array(6).fill(300) }),
  checked("rates", ({ followed, driven, ...rest }: { followed: Seldom; driven: Seldom }) => {
    for (const { seen, last } of [followed, driven]) {
      between(seen, 2, 3);
      assert.equal(last, 100);
    }
    assert.deepEqual([followed.limit_ms, driven.limit_ms], [7, 9]);
    assert.deepEqual(rest, { paused: true, resumed: true, last: Array(9).fill(100) });
  }),
  exactly("lr", { sent: ["", "one", "grüße 🦑"], offered: ["", "one", "grüße 🦑"] }),
  exactly(
    "mixed",
    Object.fromEntries(
      ["json", "cbor", "message_pack", "slim", "postcard", "bincode", "bincode2"].map((name) => [
        name,
        ["", "one", "grüße 🦑"],
      ]),
    ),
  ),
  checked("watch", (printed: Record<string, [number, number]> & { reached: number }) => {
    // Newer values may come along with a receiver that is sent: it is owed the last one, not the first one.
    const { followed, offered, returned, ...rest } = printed;
    for (const [seen, first, last] of [
      [followed, 10, 60],
      [offered, 30, 80],
      [returned, 30, 90],
    ] as const) {
      between(seen?.[0] ?? -1, first, last);
      assert.equal(seen?.[1], last);
    }
    assert.deepEqual(rest, { driven: [20, 70], reached: 70 });
  }),
  exactly("broadcast", { listened: [100, 0], subscribed: [100, 0] }),
];

/** Calls of both directions, in the default codec. */
export const callingOutcomesOf = (version: "0.18.3" | "0.20.5"): readonly Outcome[] => [
  exactly("counter", COUNTER_REPORT),
  checked("use-counter", ({ first, seen, overflow, cancelled }: Record<string, unknown>) =>
    assert.deepEqual({ first, seen, overflow, cancelled }, { first: 0, seen: 20, overflow: 20, cancelled: 101 }),
  ),
  exactly("objects", OBJECTS_REPORT),
  checked("use-objects", ({ sum, locked, applied }: Record<string, unknown>) =>
    assert.deepEqual({ sum, locked, applied }, { sum: 3, locked: [7, 9, 9], applied: 34 }),
  ),
  checked("rooms", (report: { queued?: string }) => assertRustRooms(report, version)),
  checked("use-rooms", ({ greeted }: Record<string, unknown>) =>
    assert.deepEqual(greeted, ["mine: hello", "early: hello"]),
  ),
];
