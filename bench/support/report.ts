import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "./statistics.ts";

/** One line of a bench's result. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  /** What the value is compared with, measured in the same run. */
  rival?: string;
  /** What the project aims at, for instance `"<= 1.5"`. */
  goal?: string;
  /** Lowest and highest of the rounds whose median `value` is. */
  range?: [number, number];
}

/** A row with the median of the rounds and their range. */
export function row(name: string, unit: string, values: readonly number[], extra: Partial<Row> = {}): Row {
  const range: [number, number] = [Math.min(...values), Math.max(...values)];
  return { name, value: median(values), unit, ...extra, range };
}

/** Prints the rows as a table and writes `bench/results/NAME.json`, unless the numbers are not worth keeping. */
export function report(name: string, rows: readonly Row[], { keep = true }: { keep?: boolean } = {}): void {
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const { name: label, value, unit, goal, rival, range } of rows) {
    const notes = [
      range && range[0] !== range[1] && `${short(range[0])} to ${short(range[1])}`,
      rival && `against ${rival}`,
      goal && `goal ${goal}${verdict(value, goal)}`,
    ].filter(Boolean);
    const note = notes.length > 0 ? `  (${notes.join(", ")})` : "";
    console.log(`${label.padEnd(width)}  ${value.toFixed(2).padStart(10)} ${unit}${note}`);
  }
  if (!keep) return;
  const folder = join(import.meta.dirname, "..", "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(rows, null, 2)}\n`);
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** Says whether a goal of the form `<= 1.5` or `>= 0.9` is met. */
function verdict(value: number, goal: string): string {
  const [, sign, limit] = /^([<>]=?) ([\d.]+)/.exec(goal) ?? [];
  if (sign === undefined) return "";
  const met = sign.startsWith("<") ? value <= Number(limit) : value >= Number(limit);
  return met ? ": met" : ": MISSED";
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
