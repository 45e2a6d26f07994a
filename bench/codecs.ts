/** Encoding and decoding beside the engine's JSON and other libraries: how many a second, and how many bytes. */

import { deepStrictEqual } from "node:assert/strict";
import type { Bytes } from "../ts/util/pieces.ts";
import * as shapes from "./codecs/shapes.ts";
import { engine, type Subject, subjects } from "./codecs/subjects.ts";
import { machine } from "./support/machine.ts";
import { type Row, report, row } from "./support/report.ts";
import { median } from "./support/statistics.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 2 : 9;
/** Of one measurement, in milliseconds. */
const SPAN_MS = quick ? 2 : 25;

const only = process.argv.find((option) => option.startsWith("--only="))?.slice("--only=".length);
const chosen = subjects.filter(({ name }) => only === undefined || `JSON,${only}`.split(",").includes(name));
report("codecs", [...machine(), ...[shapes.struct, shapes.table, shapes.bytes].flatMap(compare)], {
  keep: !quick && only === undefined,
});

function compare(shape: shapes.Shape): Row[] {
  const written = new Map(chosen.map((subject) => [subject, checked(subject, shape)]));
  const rates = { encode: new Map<Subject, number[]>(), decode: new Map<Subject, number[]>() };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const subject of chosen) {
      const bytes = written.get(subject);
      const encoding = rate(() => subject.encode(shape));
      const decoding = rate(() => subject.decode(shape, bytes));
      // The first round warms up.
      if (round === 0) continue;
      append(rates.encode, subject, encoding);
      append(rates.decode, subject, decoding);
    }
  }
  return chosen.flatMap((subject) => [
    ...rows(shape, "encode", subject, rates.encode),
    ...rows(shape, "decode", subject, rates.decode),
    { name: `${shape.name}, ${subject.name}`, value: sizeOf(written.get(subject)), unit: "bytes" },
  ]);
}

/** What `subject` makes of the value, when it reads it back as it was. */
function checked(subject: Subject, shape: shapes.Shape): unknown {
  // Some libraries use their buffer again.
  const encoded = subject.encode(shape);
  const kept = typeof encoded === "string" ? encoded : new Uint8Array(whole(encoded as Bytes));
  const value = subject.decode(shape, kept);
  deepStrictEqual(value instanceof Uint8Array ? new Uint8Array(value) : value, shape.value);
  return kept;
}

/** All of the bytes, which our codecs leave in several places. */
function whole(bytes: Bytes): Uint8Array {
  return bytes.subarray(0, bytes.length);
}

function sizeOf(encoded: unknown): number {
  return typeof encoded === "string" ? Buffer.byteLength(encoded) : (encoded as Uint8Array).length;
}

/** How often `step` runs in a second. */
function rate(step: () => unknown): number {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  for (let batch = 1; elapsed < SPAN_MS; batch *= 2) {
    for (let index = 0; index < batch; index += 1) step();
    count += batch;
    elapsed = performance.now() - start;
  }
  return (count * 1000) / elapsed;
}

function append(rates: Map<Subject, number[]>, subject: Subject, value: number): void {
  const values = rates.get(subject) ?? [];
  values.push(value);
  rates.set(subject, values);
}

/** The rate, and what one takes by what JSON takes, round by round. */
function rows(
  shape: shapes.Shape,
  what: "encode" | "decode",
  subject: Subject,
  rates: ReadonlyMap<Subject, readonly number[]>,
): Row[] {
  const name = `${shape.name}, ${subject.name}: ${what}`;
  const own = rates.get(subject) ?? [];
  const rate = row(name, "ops/s", own);
  if (subject === engine) return [rate];
  const times = (rates.get(engine) ?? []).map((value, round) => value / (own[round] ?? Number.NaN));
  const goal = shape === shapes.struct && subject.name.startsWith("cuttle") ? { goal: "<= 1.5" } : {};
  return [rate, { name: `${name}, time by JSON's`, value: median(times), unit: "x", ...goal }];
}
