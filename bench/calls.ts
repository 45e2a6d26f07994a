/** Calls: one after the other, and 64 waiting at any time; a number goes there and comes back. */

import type { RivalId } from "./rivals/index.ts";
import type { Row } from "./support/report.ts";
import { row } from "./support/report.ts";
import { bench, bestRival, chosen, nameOf, rounds, type Session } from "./support/session.ts";
import { median } from "./support/statistics.ts";
import type { CallsResult } from "./tasks/calls.ts";

const OVER_SOCKETS: readonly RivalId[] = [
  "cuttle",
  "cuttlePlain",
  "qmux",
  "capnweb",
  "trpc",
  "socketio",
  "birpc",
  "raw",
];
const IN_WORKERS: readonly RivalId[] = ["cuttle", "cuttlePlain", "capnweb", "birpc", "comlink", "raw"];
const WIDTH = 64;

await bench("calls", async (session) => {
  await compare(session, "Node");
  await compare(session, "worker");
});

async function compare(session: Session, to: "Node" | "worker"): Promise<void> {
  const { quick, chromium } = session;
  const subjects = chosen(to === "worker" ? IN_WORKERS : OVER_SOCKETS);
  const results = await rounds(quick ? 1 : 5, subjects, async (rival) => {
    const place = to === "worker" ? to : await session.servers.url(rival);
    const counts = { sequential: quick ? 100 : 2_000, parallel: quick ? 640 : 20_000 };
    return await chromium.run("calls", { rival, place, width: WIDTH, ...counts });
  });
  report(session, to, results);
}

function report({ rows }: Session, to: "Node" | "worker", results: ReadonlyMap<RivalId, readonly CallsResult[]>) {
  const rates = new Map([...results].map(([rival, all]) => [rival, all.map((one) => one.parallelPerSecond)]));
  const latencies = new Map([...results].map(([rival, all]) => [rival, all.map((one) => median(one.sequentialMs))]));
  const best =
    to === "worker" ? { id: "comlink" as const, value: median(rates.get("comlink") ?? []) } : bestRival(rates);
  const raw = latencies.get("raw") ?? [];
  for (const [rival, all] of results) {
    if (all.length === 0) continue;
    const title = `Chromium to ${to}, ${nameOf(rival)}`;
    const isOurs = rival.startsWith("cuttle");
    rows.push(
      row(`${title}: one after the other, p50`, "ms", latencies.get(rival) ?? []),
      row(`${title}: ${WIDTH} at a time`, "calls/s", rates.get(rival) ?? []),
    );
    if (all[0]?.sentPerCall.sequential !== 0) rows.push(...messageRows(title, all));
    if (!isOurs) continue;
    const byRaw = (latencies.get(rival) ?? []).map((one, round) => one / (raw[round] ?? Number.NaN));
    rows.push(row(`${title}: one after the other, by raw`, "x", byRaw, { rival: "raw", goal: "<= 1.15" }));
    if (best === undefined) continue;
    rows.push({
      name: `${title}: ${WIDTH} at a time, by the best that carries values`,
      value: median(rates.get(rival) ?? []) / best.value,
      unit: "x",
      rival: nameOf(best.id),
      goal: to === "Node" ? ">= 10" : ">= 5",
    });
  }
}

function messageRows(title: string, all: readonly CallsResult[]): Row[] {
  const name = `${title}: messages sent for a call`;
  const sequential = all.map(({ sentPerCall }) => sentPerCall.sequential);
  const parallel = all.map(({ sentPerCall }) => sentPerCall.parallel);
  return [row(`${name}, one by one`, "messages", sequential), row(`${name}, ${WIDTH} at a time`, "messages", parallel)];
}
