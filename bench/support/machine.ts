import { cpus, loadavg } from "node:os";
import type { Row } from "./report.ts";
import { median } from "./statistics.ts";

/** What the numbers depend on: the machine in words, and its noise as rows. */
export function machine(): Row[] {
  const [processor] = cpus();
  const [load = Number.NaN] = loadavg();
  console.log(`${cpus().length} × ${processor?.model ?? "unknown"}, Node ${process.version}, ${process.platform}`);
  return [
    { name: "machine: processes that wanted to run, last minute", value: load, unit: "processes" },
    { name: "machine: a fixed loop, slowest of 40 by median (1 is a quiet machine)", value: noise(), unit: "x" },
  ];
}

function noise(): number {
  const times = Array.from({ length: 40 }, () => {
    const start = performance.now();
    let sum = 0;
    for (let index = 0; index < 5_000_000; index += 1) sum = (sum + index * 7) | 0;
    if (sum === 1) console.log(sum); // So that the loop is needed.
    return performance.now() - start;
  }).slice(5);
  return Math.max(...times) / median(times);
}
