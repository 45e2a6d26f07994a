/** The thread of one subject, beside the engine's JSON: measures one shape whenever it is told to. */

import { deepStrictEqual } from "node:assert/strict";
import { parentPort, workerData } from "node:worker_threads";
import type { Bytes } from "../../ts/util/pieces.ts";
import { median } from "../support/statistics.ts";
import { type Shape, shapes } from "./shapes.ts";
import { engine, type Subject, subjects } from "./subjects.ts";

/** What is to be measured. */
export interface Order {
  readonly shape: keyof typeof shapes;
  /** How long each measurement takes, in milliseconds. */
  readonly spanMs: number;
}

/** Medians. */
export interface Measured {
  /** Of the encoded value. */
  readonly bytes: number;
  readonly encode: Rate;
  readonly decode: Rate;
}

export interface Rate {
  /** Operations in a second. */
  readonly rate: number;
  /** The time that one takes by what JSON takes next to it. */
  readonly byJson: number;
}

const subject = subjects.find(({ name }) => name === workerData) ?? engine;
parentPort?.on("message", (order: Order) => parentPort?.postMessage(measure(order)));

function measure({ shape: name, spanMs }: Order): Measured {
  const shape = shapes[name];
  const [written, text] = [checked(subject, shape), checked(engine, shape)];
  const measured = {
    encode: compare(
      () => subject.encode(shape),
      () => engine.encode(shape),
      spanMs,
    ),
    decode: compare(
      () => subject.decode(shape, written),
      () => engine.decode(shape, text),
      spanMs,
    ),
  };
  return { bytes: typeof written === "string" ? Buffer.byteLength(written) : (written as Bytes).length, ...measured };
}

/** What `subject` makes of the value, when it reads it back as it was. */
function checked(subject: Subject, shape: Shape): unknown {
  const encoded = subject.encode(shape) as string | Bytes;
  // Ours may stand in several places, and some libraries use their buffer again.
  const kept = typeof encoded === "string" ? encoded : new Uint8Array(encoded.subarray(0, encoded.length));
  const value = subject.decode(shape, kept);
  deepStrictEqual(value instanceof Uint8Array ? new Uint8Array(value) : value, shape.value);
  return kept;
}

/** The two take turns of about a millisecond, so that whatever disturbs the machine disturbs both. */
function compare(own: () => unknown, json: () => unknown, spanMs: number): Rate {
  // Until the engine has made fast code of them.
  const [count, jsonCount] = [countFor(own, spanMs / 2), countFor(json, spanMs / 2)];
  const [times, ratios]: [number[], number[]] = [[], []];
  const start = performance.now();
  do {
    const time = timeOf(own, count);
    times.push(time);
    ratios.push(time / timeOf(json, jsonCount));
  } while (performance.now() - start < spanMs * 2);
  return { rate: 1000 / median(times), byJson: median(ratios) };
}

/** Runs `step` for some time; how often it runs in a millisecond, at least once. */
function countFor(step: () => unknown, spanMs: number): number {
  let time = Number.POSITIVE_INFINITY;
  const start = performance.now();
  do time = Math.min(time, timeOf(step, 1));
  while (performance.now() - start < spanMs);
  return Math.max(1, Math.round(1 / time));
}

/** In milliseconds for one. */
function timeOf(step: () => unknown, count: number): number {
  const start = performance.now();
  for (let index = 0; index < count; index += 1) step();
  return (performance.now() - start) / count;
}
