/** What every peer must do in every scenario; for the test runners of Node and of browsers alike. */

import assert from "node:assert/strict";
import type { CuttleError } from "../../ts/index.ts";
import * as scenarios from "../scenarios/index.ts";

/** Who plays the other role. `cuttle` is this library. */
export type PeerName = "0.18.3" | "0.20.5" | "cuttle";

/** Names of the scenario functions. */
export type ScenarioName = {
  [K in keyof typeof scenarios]: (typeof scenarios)[K] extends (...args: never[]) => Promise<unknown> ? K : never;
}[keyof typeof scenarios];

/** One run of a scenario and what must come of it. */
export interface Case {
  /** A sentence. */
  readonly title: string;
  readonly scenario: ScenarioName;
  readonly args: object;
  /** Throws when `result` is not what `peer` must have led to. */
  verify(result: unknown, peer: PeerName): void;
}

type Scenario<K extends ScenarioName> = (typeof scenarios)[K];
type Args<K extends ScenarioName> = Parameters<Scenario<K>> extends [unknown, infer A extends object] ? A : object;
type Result<K extends ScenarioName> = Awaited<ReturnType<Scenario<K>>>;

export function define<K extends ScenarioName>(
  title: string,
  scenario: K,
  args: Args<K>,
  verify: (result: Result<K>, peer: PeerName) => void,
): Case {
  return { title, scenario, args, verify: verify as Case["verify"] };
}

/** Runs a case here. */
export async function runCase({ scenario, args, verify }: Case, route: scenarios.Route, peer: PeerName): Promise<void> {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the cases name all of them.
  const run = scenarios[scenario] as (route: scenarios.Route, args: object) => Promise<unknown>;
  verify(await run(route, args), peer);
}

/** Every channel has ended, then both sides said Goodbye. */
export function assertEnded(ending: { state: string; ports: number; bufferedBytes: number }): void {
  const { state, ports, bufferedBytes } = ending;
  assert.deepEqual({ state, ports, bufferedBytes }, { state: "closed", ports: 0, bufferedBytes: 0 });
}

function numbers(upTo: number): number[] {
  return Array.from({ length: upTo }, (_, index) => index);
}

/** The README's example and what lies around it. */
const counting = [
  define("counts to 4, as in the first example", "count", { upTo: [4] }, ({ received, ending }) => {
    assert.deepEqual(received, [numbers(4)]);
    assertEnded(ending);
  }),
  define("counts to nothing, and to several numbers at once", "count", { upTo: [0, 1, 300, 2_000] }, (result) => {
    assert.deepEqual(result.received, [0, 1, 300, 2_000].map(numbers));
    assertEnded(result.ending);
  }),
  define("an unused connection ends when both let go of it", "count", { upTo: [] }, ({ received, ending }) => {
    assert.deepEqual(received, []);
    assertEnded(ending);
  }),
  define(
    "S06: a closed receiver still gets what was sent",
    "countStopped",
    { how: "close", after: 10 },
    (result, peer) => {
      assert.equal(result.inOrder, true);
      const { at, reason } = result.note?.Stopped ?? { at: -1, reason: "no note" };
      assert.equal(reason, "closed");
      // What remoc has in its local buffer when it hears of the close is lost there.
      const lost = at - result.received;
      assert.ok(lost >= 0 && lost <= (peer === "cuttle" ? 0 : 17), `${lost} values were lost`);
      assertEnded(result.ending);
    },
  ),
  define(
    "S05: a dropped receiver is told to the sender",
    "countStopped",
    { how: "drop", after: 10 },
    (result, peer) => {
      assert.equal(result.received, 10);
      // remoc says "failed" when it was just then waiting for credits.
      const reasons = peer === "cuttle" ? ["dropped"] : ["dropped", "failed"];
      assert.ok(reasons.includes(result.note?.Stopped.reason ?? ""), JSON.stringify(result.note));
      assert.ok((result.note?.Stopped.at ?? 0) >= 10);
      assertEnded(result.ending);
    },
  ),
  define("counts for the peer", "requestCount", { upTo: [0, 1, 1_000] }, ({ asked, reports, ending }) => {
    assert.deepEqual(asked, [5, 0, 1, 1_000]);
    assert.deepEqual(
      reports,
      asked.map((number) => ({ received: numbers(number), ended: "end" })),
    );
    assertEnded(ending);
  }),
];

const values = [
  define("a value of every shape comes back the same", "echo", {}, ({ differences, ending }) => {
    assert.deepEqual(differences, [[], [], [], []]);
    assertEnded(ending);
  }),
  define("halves work at any depth of a value", "tree", { depth: 3, width: 2 }, ({ halves, wrong, ending }) => {
    assert.deepEqual(wrong, []);
    assert.equal(halves, 50);
    assertEnded(ending);
  }),
];

const bulk = [
  define(
    "C04: an upload that nobody reads stops at the window",
    "sink",
    { items: 480, itemBytes: 10_000 },
    (result, peer) => {
      const { acceptedBeforeGo, peerWindowBytes, report, expectedSum, ending } = result;
      // What the peer's queue takes (16 and one in hand), and one item in hand here. The window: of 0.20 with its pool,
      // which it makes four times as large when less than half is left, and keeps from a port of which 1 MiB is unread.
      // What it says arrives in order: it has asked for that before it could hear that three of 4 MiB are used. The
      // window of cuttle is doubled at most twice by what the queue took at once.
      const more = { "0.18.3": 0, "0.20.5": 4 << 20, cuttle: 3 * peerWindowBytes }[peer];
      const bound = Math.ceil((peerWindowBytes + more) / 10_000) + 18;
      assert.ok(
        acceptedBeforeGo > 0 && acceptedBeforeGo <= bound,
        `${acceptedBeforeGo} of at most ${bound} were taken`,
      );
      assert.deepEqual(report, { items: 480, bytes: 4_800_000, sum: expectedSum, error: null });
      assertEnded(ending);
    },
  ),
  define("a download arrives whole and in order", "source", { items: 100, itemBytes: 33_333 }, (result) => {
    assert.deepEqual(result.differences, []);
    assert.equal(result.items, 100);
    assertEnded(result.ending);
  }),
  define("F09: empty items arrive", "source", { items: 500, itemBytes: 0 }, ({ items, differences, ending }) => {
    assert.deepEqual({ items, differences }, { items: 500, differences: [] });
    assertEnded(ending);
  }),
];

const stopping = [
  define("S06: a sender is told that its receiver closed", "stop", { how: "Close", after: 3 }, (result) => {
    const { sent, read, inOrder, closedReason, code, errorReason, ending } = result;
    assert.deepEqual(
      { inOrder, closedReason, code, errorReason },
      { inOrder: true, closedReason: "closed", code: "remote_closed", errorReason: "closed" },
    );
    // Every value that was taken was read: closing loses nothing.
    assert.equal(read, sent);
    assertEnded(ending);
  }),
  define("S05: a sender is told that its receiver is gone", "stop", { how: "Drop", after: 3 }, (result) => {
    const { sent, read, inOrder, closedReason, code, errorReason, ending } = result;
    assert.deepEqual(
      { read, inOrder, closedReason, code, errorReason },
      { read: 3, inOrder: true, closedReason: "dropped", code: "remote_closed", errorReason: "dropped" },
    );
    assert.ok(sent >= 3);
    assertEnded(ending);
  }),
];

const LENGTHS = [10, 100_000, 10, 1_000_000, 10];

const limits = [
  define("no limit of ours: all strings arrive", "limit", { maxItemBytes: undefined }, ({ received, ending }) => {
    assert.deepEqual(received, LENGTHS);
    assertEnded(ending);
  }),
  define("F13: the sender keeps to the limit of our half", "limit", { maxItemBytes: 200_000 }, (result, peer) => {
    // For stock remoc the first string that is too large is the end of the channel.
    assert.deepEqual(result.received, peer === "cuttle" ? [10, 100_000, 10, 10] : [10, 100_000, 10]);
    assertEnded(result.ending);
  }),
  define(
    "F13: an item above the limit fails here, the channel goes on",
    "limitedUpload",
    { maxItemBytes: 1_000, sizes: [10, 200, 1_001, 1_000_000, 20] },
    ({ errors, report, ending }) => {
      assert.deepEqual(errors, ["sent", "sent", "local_item_too_large", "local_item_too_large", "sent"]);
      assert.deepEqual(report, { items: 3, bytes: 230 });
      assertEnded(ending);
    },
  ),
  define(
    "F13: a value of the peer above our limit is skipped, the base channel goes on",
    "limitedReports",
    { itemBytes: 2_000, large: 2_000 },
    ({ code, sizeBytes, after, ending }) => {
      assert.equal(code, "peer_item_too_large" satisfies CuttleError["code"]);
      assert.ok(sizeBytes > 2_000);
      assert.deepEqual(after, [3, 0]);
      assertEnded(ending);
    },
  ),
];

const closing = [
  define("S06: we close an idle connection", "closeIdle", {}, ({ states, received, ending }) => {
    assert.deepEqual(
      { states, received, by: ending.by },
      { states: ["open", "closing"], received: false, by: "local" },
    );
    assertEnded(ending);
  }),
  define("S10: we close while the peer sends", "closeWhileCounting", { after: 50 }, ({ codes, ending }) => {
    assert.deepEqual(codes, { receive: "local_closed", baseSend: "local_closed", baseReceive: "end" });
    assert.equal(ending.by, "local");
    assertEnded(ending);
  }),
  define("S10: we close while we send", "closeWhileSending", {}, ({ sent, codes, ending }) => {
    assert.ok(sent > 0 && sent < 100);
    assert.deepEqual(codes, ["local_closed"]);
    assert.equal(ending.by, "local");
    assertEnded(ending);
  }),
  define("a half sent twice is refused, the first one works", "spentHalf", {}, (result) => {
    const { code, receivedByFirst, receivedByClone, ending } = result;
    assert.deepEqual(
      { code, receivedByFirst, receivedByClone },
      { code: "local_half_used", receivedByFirst: [0, 1, 2], receivedByClone: [0, 1] },
    );
    assertEnded(ending);
  }),
];

/** bin and lr, whose halves are ours or the peer's. */
const lines = (
  [
    ["binEcho", "bin"],
    ["lrEcho", "lr"],
  ] as const
).flatMap(([scenario, kind]) =>
  [false, true].flatMap((offered) => {
    const whose = offered ? "the peer's halves" : "our halves";
    return [
      define(`${kind}: everything comes back over ${whose}`, scenario, { offered }, (result) => {
        const { count, differences, reason, ending } = result;
        assert.deepEqual({ count, differences, reason }, { count: 7, differences: [], reason: undefined });
        assertEnded(ending);
      }),
      define(`${kind}: the peer closes, over ${whose}`, scenario, { offered, closeAfter: 3 }, (result) => {
        const { count, differences, reason, ending } = result;
        assert.deepEqual({ count, differences, reason }, { count: 3, differences: [], reason: "closed" });
        assertEnded(ending);
      }),
      define(`${kind}: we close, over ${whose}`, scenario, { offered, leave: "close" }, (result) => {
        const { count, differences, reason, ending } = result;
        // The peer sends nothing more, and lets go of its receiver when it notices.
        assert.deepEqual({ differences, reason }, { differences: [], reason: "dropped" });
        assert.ok(count === 1 || count === 2, `${count} values came back`);
        assertEnded(ending);
      }),
      define(`${kind}: we drop, over ${whose}`, scenario, { offered, leave: "drop" }, (result) => {
        const { count, differences, reason, ending } = result;
        assert.deepEqual({ count, differences, reason }, { count: 1, differences: [], reason: "dropped" });
        assertEnded(ending);
      }),
    ];
  }),
);

/** What is read of a message of rising bytes. */
function messageOf(length: number): unknown {
  const sum = Array.from({ length }, (_, at) => at % 256).reduce((total, byte) => total + byte, 0);
  return { bytes: BigInt(length), sum: BigInt(sum), cancelled: false };
}

const chunks = [
  define("bin: messages are written and read piece by piece", "binChunks", {}, ({ told, gathered, ending }) => {
    for (const messages of [told, gathered]) {
      // How much is seen of the one that is given up depends on when that is heard.
      const whole = messages.filter(({ cancelled }) => !cancelled);
      assert.deepEqual(whole, [6, 1_000_001, 5].map(messageOf));
      assert.ok(messages.length <= 4);
    }
    assertEnded(ending);
  }),
];

const mixed = [
  define("mpsc: channels have codecs of their own", "mixedEcho", {}, ({ echoed, ending }) => {
    const texts = ["", "one", "grüße 🦑"];
    const names = ["json", "cbor", "message_pack", "slim", "postcard", "bincode", "bincode2"];
    assert.deepEqual(echoed, Object.fromEntries(names.map((name) => [name, texts])));
    assertEnded(ending);
  }),
];

const watching = [
  define("watch: numbers over halves of either side", "watchNumbers", { first: 10, steps: 50 }, (result) => {
    const { ending, followed, offered, returned, ...seen } = result;
    assert.deepEqual(seen, { driven: { first: 10, last: 60, rising: true }, reached: 60 });
    // Who is sent a receiver looks when it gets to it, and newer values may come along with it: a watch channel owes it
    // the last value, not the first one.
    for (const { first, ...rest } of [followed, offered, returned]) {
      assert.ok(first !== undefined && first >= 10);
      assert.deepEqual(rest, { last: 60, rising: true });
    }
    assertEnded(ending);
  }),
  define("watch: the peer is told when nobody looks any more", "watchDropped", {}, (result) => {
    const { stoppedAt, reached, ending } = result;
    assert.ok(stoppedAt >= 5 && reached >= stoppedAt && reached < 4_000_000_000);
    assertEnded(ending);
  }),
];

const broadcasting = [
  define("broadcast: every number arrives", "broadcastNumbers", { count: 300, sendBuffer: 300 }, (result) => {
    const { ending, ...heard } = result;
    const all = { count: 300, lags: 0, rising: true };
    assert.deepEqual(heard, { listened: all, subscribed: all });
    assertEnded(ending);
  }),
  define("broadcast: a slow receiver lags", "broadcastNumbers", { count: 20_000, sendBuffer: 4 }, (result) => {
    const { listened, subscribed, ending } = result;
    // We send all in one task: what the buffer holds arrives, and one more where the request for the port has left before.
    assert.ok([4, 5].includes(listened.count), String(listened.count));
    assert.deepEqual(listened, { count: listened.count, lags: 1, rising: true });
    assert.ok(subscribed.rising && subscribed.count < 20_000 && subscribed.lags >= 1, JSON.stringify(subscribed));
    assertEnded(ending);
  }),
];

/** Every case. */
export const cases: readonly Case[] = [
  ...counting,
  ...values,
  ...bulk,
  ...stopping,
  ...limits,
  ...closing,
  ...lines,
  ...mixed,
  ...chunks,
  ...watching,
  ...broadcasting,
];
