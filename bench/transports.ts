/**
 * What cuttle costs on each carrier of Node, by the raw carrier in the same run, and what an idle connection keeps on a
 * server. Both ends of a carrier are in this process, so each pays for both. `--only=NAME` measures one, `--only=idle`
 * the server.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { bin, connectionOf, t, transfer } from "../ts/index.ts";
import { connect, consume, provide } from "../ts/node/index.ts";
import { asItIs, type Prepare, readAll, sendBulk } from "./rivals/cuttle.ts";
import { BULK_BYTES } from "./rivals/rival.ts";
import { carriers, type Ends } from "./support/carriers.ts";
import { machine } from "./support/machine.ts";
import { type Row, report } from "./support/report.ts";
import { median } from "./support/statistics.ts";

const quick = process.argv.includes("--quick");
const MESSAGES = quick ? 200 : 3_200;
const CALLS = quick ? 100 : 2_000;
const ROUNDS = quick ? 1 : 7;
const IDLE = quick ? 200 : 10_000;

/** Where the project has a goal of its own. */
const goals: Record<string, string> = {
  "WebSocket, cuttle": ">= 0.95",
  "MessagePort, cuttle with transfer": ">= 0.9",
  "WebRTC data channel, cuttle": ">= 0.9",
};

/** How cuttle is given bulk on a carrier: as it is everywhere, and given away where buffers can be. */
function waysOn(name: string): Record<string, Prepare> {
  return { cuttle: asItIs, ...(name === "MessagePort" ? { "cuttle with transfer": transfer } : {}) };
}

const rows: Row[] = machine();
const only = process.argv.find((arg) => arg.startsWith("--only="))?.slice("--only=".length);
for (const [name, make] of Object.entries(carriers)) if (only === undefined || only === name) await measure(name, make);
if (only === undefined || only === "idle") await measureIdle();
report("transports", rows, { keep: !quick && only === undefined });

async function measure(name: string, make: () => Promise<Ends>): Promise<void> {
  const raw: number[] = [];
  const ways = Object.entries(waysOn(name)).map(([way, prepare]) => ({ way, prepare, rates: [] as number[] }));
  const calls: Record<string, number[]> = { raw: [], cuttle: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    raw.push(await withEnds(make, rawBulk));
    for (const { prepare, rates } of ways) rates.push(await withEnds(make, (ends) => cuttleBulk(ends, prepare)));
    calls.raw?.push(await withEnds(make, rawCalls));
    calls.cuttle?.push(await withEnds(make, cuttleCalls));
  }
  push(`${name}, 64 KiB messages, raw`, "MB/s", raw);
  for (const { way, rates } of ways) {
    const goal = goals[`${name}, ${way}`];
    push(`${name}, 64 KiB messages, ${way}`, "MB/s", rates);
    push(`${name}, 64 KiB messages, ${way} by raw`, "x", byRaw(rates, raw), {
      rival: "raw",
      ...(goal ? { goal } : {}),
    });
  }
  push(`${name}, call of an object`, "us", calls.cuttle);
  push(`${name}, raw round trip of 16 bytes`, "us", calls.raw);
  push(`${name}, call by raw round trip`, "x", byRaw(calls.cuttle, calls.raw), { rival: "raw" });
}

/** By round, so that both sides of the quotient met the same noise. */
function byRaw(cuttle: number[] = [], raw: number[] = []): number[] {
  return cuttle.map((value, round) => value / (raw[round] ?? Number.NaN));
}

function push(name: string, unit: string, values: number[] = [], extra: Partial<Row> = {}): void {
  rows.push({ name, value: median(values), unit, ...extra, range: [Math.min(...values), Math.max(...values)] });
}

async function withEnds(make: () => Promise<Ends>, task: (ends: Ends) => Promise<number>): Promise<number> {
  const ends = await make();
  try {
    return await task(ends);
  } finally {
    ends.close();
  }
}

/** MB/s. */
function rate(startedAt: number): number {
  return (MESSAGES * BULK_BYTES) / 1_000 / (performance.now() - startedAt);
}

async function rawBulk(ends: Ends): Promise<number> {
  const [near, far] = ends.raw();
  let left = MESSAGES * BULK_BYTES;
  const all = new Promise<void>((resolve) => {
    far.listen((lenBytes) => {
      left -= lenBytes;
      if (left === 0) resolve();
    });
  });
  // What raw needs of the other direction: acknowledgements of a port.
  near.listen(() => {});
  const startedAt = performance.now();
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    await near.room();
    near.send(new Uint8Array(BULK_BYTES));
  }
  await all;
  return rate(startedAt);
}

async function cuttleBulk({ targets: [near, far] }: Ends, prepare: Prepare): Promise<number> {
  const [a, b] = await Promise.all([
    connect(near, { send: t.bin.receiver }),
    connect(far, { receive: t.bin.receiver }),
  ]);
  const [tx, rx] = bin.channel();
  await a.tx.send(rx);
  const received = await b.rx.recv();
  const startedAt = performance.now();
  const sending = sendBulk(tx, MESSAGES, prepare);
  const count = received === undefined ? 0 : await readAll(received);
  if (count !== MESSAGES) throw new Error(`${count} of ${MESSAGES} messages came`);
  const result = rate(startedAt);
  await sending;
  await Promise.all([a.close(), b.close()]);
  return result;
}

/** Microseconds of one, after as many to warm up. */
async function rawCalls(ends: Ends): Promise<number> {
  const [near, far] = ends.raw();
  let back = (): void => {};
  far.listen(() => far.send(new Uint8Array(16)));
  near.listen(() => back());
  const call = async (): Promise<void> => {
    await near.room();
    const answered = new Promise<void>((resolve) => {
      back = resolve;
    });
    near.send(new Uint8Array(16));
    await answered;
  };
  return await perCall(call);
}

async function cuttleCalls({ targets: [near, far] }: Ends): Promise<number> {
  const api = { next: (n: number): number => n + 1 };
  const [connection, remote] = await Promise.all([provide(api, { to: far }), consume<typeof api>(near)]);
  const result = await perCall(async () => void (await remote.next(1)));
  await connectionOf(remote).close();
  await connection.closed;
  return result;
}

async function perCall(call: () => Promise<void>): Promise<number> {
  for (let made = 0; made < CALLS; made += 1) await call();
  const startedAt = performance.now();
  for (let made = 0; made < CALLS; made += 1) await call();
  return ((performance.now() - startedAt) * 1_000) / CALLS;
}

/** What connections that do nothing keep on a server. It and its clients have processes of their own, and their own limits of open files. */
async function measureIdle(): Promise<void> {
  const server = forked("idle-server.ts");
  const children = [server];
  const [{ url }] = (await once(server, "message")) as [{ url: string }];
  const memory = async (): Promise<Record<"connections" | "rss" | "heapUsed" | "external", number>> => {
    server.send("memory");
    return (await once(server, "message"))[0];
  };
  const open = async (count: number): Promise<void> => {
    const clients = forked("idle-clients.ts", url, String(count));
    children.push(clients);
    await once(clients, "message");
  };
  await open(IDLE / 10); // Code and buffers that are made once.
  const before = await memory();
  const startedAt = performance.now();
  for (let part = 0; part < 3; part++) await open((3 * IDLE) / 10);
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await memory();
  const added = after.connections - before.connections;
  const each = (what: "rss" | "heapUsed" | "external"): number => (after[what] - before[what]) / added / 1_000;
  rows.push(
    { name: "idle server: connections", value: after.connections, unit: "connections", goal: `>= ${IDLE}` },
    { name: "idle server: memory of the process, each connection", value: each("rss"), unit: "kB" },
    { name: "idle server: of it JS heap", value: each("heapUsed"), unit: "kB" },
    { name: "idle server: of it buffers and wasm", value: each("external"), unit: "kB" },
    { name: "idle server: connections made", value: added / seconds, unit: "/s" },
  );
  for (const child of children) child.kill();
}

function forked(file: string, ...args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, "support", file), args, { execArgv: ["--expose-gc"] });
}
