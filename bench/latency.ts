/**
 * How long a small call takes while a value of 20 MiB is on its way over a slow link, on the same connection.
 * `idle` is the call on a connection that does nothing else.
 */

import { peers, startPeer } from "../scripts/peers.mjs";
import type { RivalId } from "./rivals/index.ts";
import type { Host } from "./support/hosts.ts";
import { row } from "./support/report.ts";
import { bench, chosen, nameOf, rounds, type Session } from "./support/session.ts";
import { quantile } from "./support/statistics.ts";
import { openLink } from "./support/throttle.ts";
import type { LatencyResult } from "./tasks/latency.ts";

/** A link, and what is expected of cuttle on it. */
interface Route {
  name: string;
  bytesPerSecond: number;
  queueBytes: number;
  delayMs: number;
  /** Worth a goal on this link. */
  fast: boolean;
}

const MIB = 1024 * 1024;

const ROUTES: readonly Route[] = [
  { name: "5 MB/s", bytesPerSecond: 5_000_000, queueBytes: 64 * 1024, delayMs: 10, fast: true },
  { name: "10 Mbit/s", bytesPerSecond: 1_250_000, queueBytes: 64 * 1024, delayMs: 0, fast: false },
];

/** Everything that runs over a WebSocket to Node. */
const SUBJECTS: readonly RivalId[] = ["cuttle", "cuttlePlain", "qmux", "capnweb", "trpc", "socketio", "birpc", "raw"];

await bench("latency", async (session) => {
  const { chromium, node } = session;
  for (const route of ROUTES) for (const host of [chromium, node]) await compare(session, host, route);
  if (chosen(["stock"]).length > 0)
    for (const release of ["0.20.5", "0.18.3"] as const) await againstStock(session, release);
});

async function compare(session: Session, host: Host, route: Route): Promise<void> {
  const { quick, rows } = session;
  const uploadBytes = quick ? 2 * MIB : 20 * MIB;
  const results = await rounds(quick ? 1 : 3, chosen(SUBJECTS), async (rival) => {
    const port = await session.servers.port(rival);
    const link = await openLink({ ...route, toPort: port });
    try {
      const place = `ws://127.0.0.1:${link.port}/`;
      return await host.run("latency", { rival, place, uploadBytes, everyMs: 10, idleCalls: quick ? 5 : 30 });
    } finally {
      await link.close();
    }
  });
  for (const [rival, ofRival] of results) {
    const isOurs = rival === "cuttle" || rival === "cuttlePlain";
    const title = `${host.name} to Node, ${route.name}, ${nameOf(rival)}`;
    const goals = isOurs ? goalsOf(route, host === session.chromium) : {};
    rows.push(...rowsOf(title, ofRival, goals));
    const goodput = ofRival.map(({ uploadMs }) => uploadBytes / (uploadMs / 1000) / route.bytesPerSecond);
    if (goodput.length > 0) rows.push(row(`${title}: goodput`, "of the link", goodput, goalIf(goals.goodput)));
  }
}

interface Goals {
  p50?: string;
  p95?: string;
  p99?: string;
  max?: string;
  ratio?: string;
  goodput?: string;
}

function goalsOf(route: Route, inChromium: boolean): Goals {
  if (route.fast) return { ratio: "<= 1.5", max: "< 100" };
  return inChromium ? { p50: "<= 25", p95: "<= 60", goodput: ">= 0.9" } : {};
}

function rowsOf(title: string, results: readonly LatencyResult[], goals: Goals): Session["rows"] {
  if (results.length === 0) return [];
  const part = (of: "idleMs" | "loadedMs", at: number): number[] => results.map((one) => quantile(one[of], at));
  return [
    row(`${title}: idle p50`, "ms", part("idleMs", 0.5)),
    row(`${title}: p50`, "ms", part("loadedMs", 0.5), goalIf(goals.p50)),
    row(
      `${title}: p50 by idle`,
      "x",
      results.map((one) => quantile(one.loadedMs, 0.5) / quantile(one.idleMs, 0.5)),
      goalIf(goals.ratio),
    ),
    row(`${title}: p95`, "ms", part("loadedMs", 0.95), goalIf(goals.p95)),
    row(`${title}: p99`, "ms", part("loadedMs", 0.99), goalIf(goals.p99)),
    row(`${title}: max`, "ms", part("loadedMs", 1), goalIf(goals.max)),
  ];
}

function goalIf(goal: string | undefined): { goal?: string } {
  return goal === undefined ? {} : { goal };
}

/** Stock remoc on the other side. */
async function againstStock(
  { quick, chromium, node, rows }: Session,
  release: keyof Awaited<ReturnType<typeof peers>>,
): Promise<void> {
  const peer = await startPeer((await peers())[release]);
  try {
    const toPort = Number(new URL(peer.url).port);
    const bytes = quick ? 2 * MIB : 20 * MIB;
    for (const route of ROUTES) {
      for (const host of [chromium, node]) {
        for (const direction of ["down", "up"] as const) {
          const results: LatencyResult[] = [];
          for (let round = 0; round < (quick ? 1 : 3); round += 1) {
            const link = await openLink({ ...route, toPort });
            const url = `ws://127.0.0.1:${link.port}`;
            const args = { url, direction, bytes, everyMs: 10, idleCalls: quick ? 5 : 30 };
            results.push(await host.run("stock", args).finally(() => link.close()));
          }
          const what = direction === "down" ? "it sends over a channel" : "we send one value";
          const title = `${host.name} to remoc ${release}, ${route.name}, ${what}`;
          rows.push(...rowsOf(title, results, { p50: "<= 60", p99: "<= 120" }));
          const goodput = results.map(({ uploadMs }) => bytes / (uploadMs / 1000) / route.bytesPerSecond);
          rows.push(row(`${title}: goodput`, "of the link", goodput));
        }
      }
    }
  } finally {
    await peer.stop();
  }
}
