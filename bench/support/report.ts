import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One line of a bench's result. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  /** What the value is compared with, measured in the same run. */
  rival?: string;
  /** What the project aims at, for instance `"<= 1.5"`. */
  goal?: string;
}

/** Prints the rows as a table and writes `bench/results/NAME.json`. */
export function report(name: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const { name: label, value, unit, goal, rival } of rows) {
    const notes = [rival && `against ${rival}`, goal && `goal ${goal}`].filter(Boolean).join(", ");
    console.log(`${label.padEnd(width)}  ${value.toFixed(2).padStart(10)} ${unit}${notes ? `  (${notes})` : ""}`);
  }
  const folder = join(import.meta.dirname, "..", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(rows, null, 2)}\n`);
}

/** Median of the time of one `step`, in microseconds, over `rounds` rounds of `perRound` steps after a warm-up. */
export async function timed(
  rounds: number,
  perRound: number,
  step: (count: number) => void | Promise<void>,
): Promise<number> {
  await step(perRound);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await step(perRound);
    times.push(((performance.now() - start) * 1000) / perRound);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] ?? Number.NaN;
}
