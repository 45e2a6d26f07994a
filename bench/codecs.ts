/** Encoding and decoding beside the engine's JSON and other libraries: how many a second, and how many bytes. */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { shapes } from "./codecs/shapes.ts";
import { engine, subjects } from "./codecs/subjects.ts";
import type { Measured, Order } from "./codecs/worker.ts";
import { machine } from "./support/machine.ts";
import { type Row, report, row } from "./support/report.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 3;
const SPAN_MS = quick ? 10 : 100;

const only = process.argv
  .find((option) => option.startsWith("--only="))
  ?.slice("--only=".length)
  .split(",");
const names = subjects.map(({ name }) => name).filter((name) => only?.includes(name) ?? true);

const rows = machine();
// Programs use one codec, most of them: each has a thread of its own, whose engine knows no other.
const workers = new Map(
  names.map((name) => [name, new Worker(new URL("./codecs/worker.ts", import.meta.url), { workerData: name })]),
);
for (const shape of ["struct", "table", "bytes"] as const) rows.push(...(await compare(shape)));
await Promise.all([...workers.values()].map((worker) => worker.terminate()));
report("codecs", rows, { keep: !quick && only === undefined });

/** Each once in every round, one after the other. */
async function compare(shape: Order["shape"]): Promise<Row[]> {
  const results = new Map<string, Measured[]>(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, worker] of workers) {
      worker.postMessage({ shape, spanMs: SPAN_MS } satisfies Order);
      const [measured] = (await once(worker, "message")) as [Measured];
      results.get(name)?.push(measured);
    }
  }
  return [...results].flatMap(([name, measured]) => rowsOf(shape, name, measured));
}

function rowsOf(shape: Order["shape"], name: string, measured: readonly Measured[]): Row[] {
  const title = `${shapes[shape].name}, ${name}`;
  const goal = shape === "struct" && name.startsWith("cuttle") ? { goal: "<= 1.5" } : {};
  const of = (what: "encode" | "decode"): Row[] => {
    const rate = row(
      `${title}: ${what}`,
      "ops/s",
      measured.map((one) => one[what].rate),
    );
    if (name === engine.name) return [rate];
    const ratios = measured.map((one) => one[what].byJson);
    return [rate, row(`${title}: ${what}, time by JSON's`, "x", ratios, goal)];
  };
  return [...of("encode"), ...of("decode"), { name: title, value: measured[0]?.bytes ?? Number.NaN, unit: "bytes" }];
}
