/** Calls: one after the other, and 64 waiting at any time; a number goes there and comes back. */

import { benchPeer, startPeer } from "../scripts/peers.mjs";
import type { RivalId } from "./rivals/index.ts";
import { chainOfObjects, chainOfTraits, LATENCY_MS } from "./support/chain.ts";
import type { Row } from "./support/report.ts";
import { row } from "./support/report.ts";
import { bench, bestRival, chosen, nameOf, rounds, type Session } from "./support/session.ts";
import { median } from "./support/statistics.ts";
import type { CallsResult } from "./tasks/calls.ts";
import type { StockCallsResult } from "./tasks/stock-calls.ts";

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
  if (chosen(["stock"]).length > 0) await againstStock(session);
  if (chosen(["chain"]).length > 0) await chains(session);
});

/** Calls of a trait of stock remoc 0.20.5, and what WebSocket lets through. */
async function againstStock({ quick, chromium, node, servers, rows }: Session): Promise<void> {
  const peer = await startPeer(await benchPeer());
  const place = await servers.url("raw");
  try {
    for (const host of [chromium, node]) {
      const results: StockCallsResult[] = [];
      const raw: number[] = [];
      for (let round = 0; round < (quick ? 1 : 5); round += 1) {
        const counts = { sequential: quick ? 100 : 2_000, parallel: quick ? 640 : 20_000 };
        results.push(await host.run("stockCalls", { url: peer.url, width: WIDTH, ...counts }));
        const load = { count: quick ? 2_000 : 50_000, channels: 1, direction: "up" as const };
        raw.push((await host.run("messages", { rival: "raw", place, ...load })) ?? Number.NaN);
      }
      rows.push(...stockRows(`${host.name} to remoc 0.20.5`, results, raw));
    }
  } finally {
    await peer.stop();
  }
}

function stockRows(title: string, results: readonly StockCallsResult[], raw: readonly number[]): Row[] {
  const rates = results.map((one) => one.parallelPerSecond);
  const sent = results.map((one) => one.sentPerCall.parallel);
  const one = results.map((result) => result.sentPerCall.sequential);
  const ofLimit = rates.map((rate, round) => (rate * (sent[round] ?? Number.NaN)) / (raw[round] ?? Number.NaN));
  // remoc compiled to wasm made 257 and 330 calls a second in the same browser.
  return [
    row(
      `${title}: one after the other`,
      "calls/s",
      results.map((one) => one.sequentialPerSecond),
      { goal: ">= 771" },
    ),
    row(`${title}: ${WIDTH} at a time`, "calls/s", rates, { goal: ">= 990" }),
    row(`${title}: messages sent for a call, one by one`, "messages", one, { goal: "<= 4" }),
    row(`${title}: messages sent for a call, ${WIDTH} at a time`, "messages", sent, { goal: "<= 4" }),
    row(`${title}: messages of the raw transport`, "messages/s", raw),
    row(`${title}: ${WIDTH} at a time, by what the transport carries`, "x", ofLimit, { rival: "raw", goal: ">= 0.8" }),
  ];
}

/** The time is virtual: no machine changes these. */
async function chains({ rows }: Session): Promise<void> {
  const title = `a chain of 5 calls at ${LATENCY_MS} ms`;
  rows.push(row(`${title}, traits`, "round trips", [await chainOfTraits()], { goal: "<= 1.1" }));
  rows.push(row(`${title}, plain objects`, "round trips", [await chainOfObjects()], { goal: "<= 1.1" }));
}

async function compare(session: Session, to: "Node" | "worker"): Promise<void> {
  const { quick, chromium } = session;
  const subjects = chosen(to === "worker" ? IN_WORKERS : OVER_SOCKETS);
  const results = await rounds(quick ? 1 : 5, subjects, async (rival) => {
    const place = to === "worker" ? to : await session.servers.url(rival);
    const [sequential, parallelMs] = quick ? [100, 100] : [2_000, 1_500];
    return await chromium.run("calls", { rival, place, width: WIDTH, sequential, parallelMs });
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
