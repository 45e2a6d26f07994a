/** How much of the raw carrier's throughput is left, and whether channels share it fairly. */

import type { RivalId } from "./rivals/index.ts";
import type { Host } from "./support/hosts.ts";
import { row } from "./support/report.ts";
import { bench, chosen, nameOf, rounds, type Session } from "./support/session.ts";
import { fairness, median, quantile } from "./support/statistics.ts";

await bench("throughput", async (session) => {
  const { chromium, node } = session;
  await compare(session, chromium, "Node", ">= 0.95");
  await compare(session, node, "Node", ">= 0.95");
  await compare(session, chromium, "worker", ">= 0.9");
  for (const host of [chromium, node]) await share(session, host);
});

/** One channel in each direction, then 64 channels at once upwards; all by the raw carrier in the same round. */
async function compare(session: Session, host: Host, to: "Node" | "worker", goal: string): Promise<void> {
  const { quick, rows } = session;
  const count = quick ? 160 : to === "worker" ? 32_000 : 3_200;
  const subjects = chosen<RivalId>(to === "worker" ? ["cuttle", "cuttleTransfer"] : ["cuttle", "qmux"]);
  const measure = async (rival: RivalId, direction: "up" | "down", channels: number): Promise<number> => {
    const place = to === "worker" ? to : await session.servers.url(rival);
    const rate = await host.run("bulk", { rival, place, count, direction, channels });
    if (rate === null) throw new Error("not able to");
    return rate;
  };
  for (const direction of ["up", "down"] as const) {
    const title = `${host.name} ${direction === "up" ? "to" : "from"} ${to}, 64 KiB messages`;
    const results = await rounds(quick ? 1 : 7, [...subjects, "raw"], (rival) => measure(rival, direction, 1));
    const raw = results.get("raw") ?? [];
    for (const [rival, rates] of results) {
      rows.push(row(`${title}, ${nameOf(rival)}`, "MB/s", rates));
      if (rival !== "raw")
        rows.push(byRaw(`${title}, ${nameOf(rival)}`, rates, raw, rival === "qmux" ? undefined : goal));
    }
  }
  if (!subjects.includes("cuttle")) return;
  const title = `${host.name} to ${to}, 64 KiB messages, cuttle over 64 channels at once`;
  const results = await rounds(quick ? 1 : 7, ["cuttle", "raw"], (rival) =>
    measure(rival, "up", rival === "cuttle" ? 64 : 1),
  );
  const rates = results.get("cuttle") ?? [];
  rows.push(row(title, "MB/s", rates), byRaw(title, rates, results.get("raw") ?? [], goal));
}

/** By round, so that both sides of the quotient met the same noise. */
function byRaw(title: string, rates: readonly number[], raw: readonly number[], goal: string | undefined) {
  const quotients = rates.map((rate, round) => rate / (raw[round] ?? Number.NaN));
  return row(`${title}: by raw`, "x", quotients, { rival: "raw", ...(goal === undefined ? {} : { goal }) });
}

/** Who gets how much when many channels are full. */
async function share({ quick, rows, servers }: Session, host: Host): Promise<void> {
  const place = await servers.url("cuttle");
  for (const { channels, busy } of [
    { channels: 64, busy: 64 },
    { channels: 1_000, busy: 10 },
  ]) {
    const title = `${host.name} to Node, ${busy} of ${channels} channels busy`;
    const args = { rival: "cuttle", place, channels, busy, windowMs: quick ? 200 : 1_000 } as const;
    const results = [];
    for (let round = 0; round < (quick ? 1 : 5); round += 1) results.push(await host.run("shares", args));
    const total = results.map(({ bytes }) => bytes.reduce((sum, one) => sum + one, 0) / args.windowMs / 1000);
    rows.push(
      row(
        `${title}: fairness (Jain) in ${args.windowMs} ms`,
        "",
        results.map(({ bytes }) => fairness(bytes)),
        {
          goal: ">= 0.99",
        },
      ),
      row(`${title}: together`, "MB/s", total),
      row(
        `${title}: small call meanwhile, p50`,
        "ms",
        results.map(({ callsMs }) => median(callsMs)),
      ),
      row(
        `${title}: small call meanwhile, p99`,
        "ms",
        results.map(({ callsMs }) => quantile(callsMs, 0.99)),
      ),
    );
  }
}
