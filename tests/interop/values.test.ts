/** Random values of every shape, in every codec: written by Rust, read and written here, compared by Rust. */

import { spawn } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { values } from "../../scripts/peers.mjs";
import { codecs } from "../../ts/codec/test-support/codecs.ts";
import { valueTypes } from "./values-types.ts";

/** The same values in every run, so that a run never fails by chance. VALUES_SEED=… VALUES_COUNT=… tries others. */
const seed = process.env.VALUES_SEED ?? "2";
/** Of each type. Every codec carries at least 18 types, which makes more than 10,000 values for each. */
const count = process.env.VALUES_COUNT ?? "600";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

test("10,000 random values for each codec are the same values and bytes in Rust and here", async () => {
  console.log(`VALUES_SEED=${seed} VALUES_COUNT=${count}`);
  const child = spawn(process.env.CUTTLE_VALUES ?? (await values()), [seed, count], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const comparison = new Comparison();
  const verdict: string[] = [];
  let isWritten = false;
  for await (const lines of linesOf(child.stdout)) {
    const answers: string[] = [];
    for (const line of lines) {
      if (isWritten) verdict.push(line);
      else if (line === "") isWritten = true;
      else answers.push(comparison.answer(line));
    }
    if (answers.length > 0) child.stdin.write(answers.join(""));
    if (isWritten && !child.stdin.writableEnded) child.stdin.end();
  }
  expect(comparison.problems.slice(0, 10)).toEqual([]);
  const total = [...comparison.counts.values()].reduce((sum, one) => sum + one, 0);
  expect(verdict).toEqual([`checked ${total}, 0 differ`]);
  for (const { name } of codecs) expect(comparison.counts.get(name), name).toBeGreaterThanOrEqual(10_000);
}, 600_000);

/** Reads and writes what Rust wrote, and compares the codecs of one value. */
class Comparison {
  readonly problems: string[] = [];
  /** Values for each codec. */
  readonly counts: Map<string, number> = new Map();
  /** What the first codec of the present value gave. */
  #first: { name: string; value: unknown } | undefined;

  /** The line for Rust; empty when there is a problem. */
  answer(line: string): string {
    const [name, codecName, number, hex] = line.split(" ") as [string, string, string, string];
    const codec = codecs.find((known) => known.name === codecName);
    const type = valueTypes[name];
    if (codec === undefined || type === undefined) throw new Error(`nothing here is called so: ${line}`);
    this.counts.set(codecName, (this.counts.get(codecName) ?? 0) + 1);
    try {
      const value = codec.decode(type, Buffer.from(hex === "-" ? "" : hex, "hex"), context);
      this.#compare(`${name} ${number}`, value, line);
      const { issues } = type["~standard"].validate(value);
      if (issues) this.problems.push(`${line}: not valid, ${JSON.stringify(issues)}`);
      const written = Buffer.from(codec.encode(type, value, context)).toString("hex");
      return `${name} ${codecName} ${number} ${written || "-"}\n`;
    } catch (error) {
      this.problems.push(`${line}: ${String(error)}`);
      return "";
    }
  }

  #compare(name: string, value: unknown, line: string): void {
    if (this.#first?.name !== name) this.#first = { name, value };
    else if (!isDeepStrictEqual(value, this.#first.value))
      this.problems.push(`${line}: another value than in the first codec`);
  }
}

/** The whole lines of each piece of a stream. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of stream) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() as string;
    yield lines;
  }
}
