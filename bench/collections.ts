/**
 * Live collections: the first sync of a large map, changes to ten mirrors, and what a row costs in memory. Source and
 * mirrors are ends of connections over WebSocket in one process, so both sides' work is in every number.
 */

import { setImmediate as turn } from "node:timers/promises";
import { type Connection, connect, type Descriptor, type MirroredMap, ObservableMap, t } from "../ts/index.ts";
import { serve } from "../ts/node/index.ts";
import { type Row, report } from "./support/report.ts";
import { median } from "./support/statistics.ts";

const quick = process.argv.includes("--quick");
const ROWS = quick ? 5_000 : 100_000;
const CHANGES = quick ? 5_000 : 100_000;
const MIRRORS = 10;
const ROUNDS = quick ? 1 : 3;

const Entry = t.struct("Row", { name: t.str, price: t.f64, count: t.u32 });
const Table = t.observableMap.subscription(t.u32, Entry);
type Table = NonNullable<(typeof Table)["~type"]>;
type Entry = NonNullable<(typeof Entry)["~type"]>;

const entry = (at: number): Entry => ({ name: `row number ${at}`, price: at / 4, count: at });
const table = new ObservableMap<number, Entry>(Array.from({ length: ROWS }, (_, at) => [at, entry(at)]));

/** What the pages get: one connection each. */
const server = await serve({ port: 0, path: "/" }, async (client) => {
  const conn = await client.connect({ send: Table as Descriptor<Table> });
  // Room for all changes of a round: it measures how fast they pass, not who is shed.
  await conn.tx.send(table.subscribe({ incremental: true, buffer: 2 * CHANGES }));
});

interface Page {
  readonly conn: Connection<null, Table>;
  readonly mirror: MirroredMap<number, Entry>;
}

async function openPage(): Promise<Page> {
  const conn = await connect<null, Table>(server.url, { receive: Table });
  const subscription = await conn.rx.recv();
  if (subscription === undefined) throw new Error("nothing came");
  return { conn, mirror: subscription.mirror({ maxSize: ROWS * 2 }) };
}

async function complete({ mirror }: Page): Promise<void> {
  while (!mirror.isComplete && mirror.error === undefined) await mirror.changed();
  if (mirror.error !== undefined) throw mirror.error;
}

async function closePage({ conn, mirror }: Page): Promise<void> {
  mirror.drop();
  await conn.close();
}

/** What {@link watched} has seen. */
interface Watched {
  readonly seconds: number;
  /** The longest time between two turns of the event loop, in milliseconds. */
  readonly longestMs: number;
  /** The most that this process worked between two turns: on a busy machine much of the time is that of others. */
  readonly longestCpuMs: number;
  /** That it worked in all. */
  readonly cpuMs: number;
}

/** Runs `work` and watches it. */
async function watched(work: () => Promise<void>): Promise<Watched> {
  let isOver = false;
  let longestMs = 0;
  let longestCpuMs = 0;
  const cpuBefore = cpuMs();
  const watching = (async () => {
    let last = performance.now();
    let lastCpu = cpuMs();
    while (!isOver) {
      await turn();
      const [now, cpu] = [performance.now(), cpuMs()];
      longestMs = Math.max(longestMs, now - last);
      longestCpuMs = Math.max(longestCpuMs, cpu - lastCpu);
      [last, lastCpu] = [now, cpu];
    }
  })();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  isOver = true;
  await watching;
  return { seconds, longestMs, longestCpuMs, cpuMs: cpuMs() - cpuBefore };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function firstSync(): Promise<Row[]> {
  const [rates, blocked, worked, bytes]: number[][] = [[], [], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    let page: Page | undefined;
    const { seconds, longestMs, longestCpuMs } = await watched(async () => {
      page = await openPage();
      await complete(page);
    });
    if (page === undefined) throw new Error("no page");
    rates?.push(ROWS / seconds);
    blocked?.push(longestMs);
    worked?.push(longestCpuMs);
    bytes?.push(page.conn.stats().bytesReceived / ROWS);
    await closePage(page);
  }
  const title = `first sync of ${ROWS} rows`;
  return [
    { name: title, value: median(rates ?? []), unit: "rows/s" },
    { name: `${title}, longest time without a turn`, value: median(blocked ?? []), unit: "ms", goal: "<= 16" },
    { name: `${title}, most work of this process without a turn`, value: median(worked ?? []), unit: "ms of CPU" },
    { name: `${title}, received`, value: median(bytes ?? []), unit: "bytes/row" },
  ];
}

async function changes(): Promise<Row[]> {
  const pages = await Promise.all(Array.from({ length: MIRRORS }, openPage));
  await Promise.all(pages.map(complete));
  const rates: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const last = round + 1;
    const { seconds, cpuMs } = await watched(async () => {
      for (let at = 0; at < CHANGES; at += 1) {
        table.set(at % ROWS, { name: "changed", price: at, count: last });
        // A program that changes so much does so in tasks: what is more than the buffer in one makes subscribers lag.
        if (at % 100 === 99) await turn();
      }
      table.set(0, { name: "last", price: last, count: last });
      for (const { mirror } of pages) {
        while (mirror.get(0)?.name !== "last" || mirror.get(0)?.count !== last) {
          if (mirror.error !== undefined) throw mirror.error;
          await mirror.changed();
        }
      }
    });
    rates.push(CHANGES / seconds);
    costs.push((cpuMs * 1000) / (CHANGES * MIRRORS));
  }
  await Promise.all(pages.map(closePage));
  return [
    { name: `changes that ${MIRRORS} mirrors have applied`, value: median(rates), unit: "changes/s", goal: ">= 50000" },
    { name: "the same, work for each change and mirror", value: median(costs), unit: "µs of CPU" },
  ];
}

async function memory(): Promise<Row[]> {
  const before = await heap();
  const page = await openPage();
  await complete(page);
  const bytes = (await heap()) - before;
  const plain = new Map(page.mirror);
  const copied = (await heap()) - before - bytes;
  const rows = [
    { name: "memory of a mirror and its connection", value: bytes / ROWS, unit: "bytes/row" },
    { name: "of this: the Map alone, rows shared", value: copied / plain.size, unit: "bytes/row" },
  ];
  await closePage(page);
  return rows;
}

async function heap(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    (globalThis as { gc?: () => void }).gc?.();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

report("collections", [...(await firstSync()), ...(await changes()), ...(await memory())], { keep: !quick });
await server.close();
