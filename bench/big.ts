/** A value of 200 MiB over TCP: what memory it takes on both sides, and how long a small item takes beside it. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { MIB, type Told } from "./big/protocol.ts";
import { machine } from "./support/machine.ts";
import { type Row, report, row } from "./support/report.ts";
import { quantile } from "./support/statistics.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 5;
const SIZE_MIB = quick ? 20 : 200;

const rounds: { sender: Told; receiver: Told }[] = [];
const rows = machine();
for (let round = 0; round < ROUNDS; round += 1) rounds.push(await transfer());
report("big", [...rows, ...results()], { keep: !quick });

/** One value between two new processes. */
async function transfer(): Promise<{ sender: Told; receiver: Told }> {
  const receiver = start("receiver");
  const [address] = (await once(receiver, "message")) as [{ port: number }];
  const sender = start("sender", String(address.port), String(SIZE_MIB));
  try {
    const [[received], [sent]] = (await Promise.all([once(receiver, "message"), once(sender, "message")])) as [
      [Told],
      [Told],
    ];
    return { sender: sent, receiver: received };
  } finally {
    for (const child of [sender, receiver]) if (child.connected) child.disconnect();
  }
}

function start(role: "sender" | "receiver", ...args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, "big", `${role}.ts`), args, { execArgv: ["--expose-gc"] });
}

function results(): Row[] {
  const of = (tell: (round: { sender: Told; receiver: Told }) => number): number[] => rounds.map(tell);
  const beside = (part: number): number[] => of(({ sender }) => quantile(sender.besideMs ?? [], part));
  const name = `${SIZE_MIB} MiB as one value`;
  return [
    row(
      `${name}: receiver's peak by the value`,
      "x",
      of(({ receiver }) => receiver.peakBytes / (SIZE_MIB * MIB)),
      {
        goal: "<= 1.1",
      },
    ),
    row(
      `${name}: sender's peak beyond the value`,
      "MiB",
      of(({ sender }) => sender.peakBytes / MIB),
      { goal: "<= 20" },
    ),
    row(
      `${name}: throughput`,
      "MB/s",
      of(({ sender }) => (SIZE_MIB * MIB) / 1000 / (sender.valueMs ?? Number.NaN)),
    ),
    row(
      "small item and its answer, idle: p50",
      "ms",
      of(({ sender }) => quantile(sender.idleMs ?? [], 0.5)),
    ),
    row("small item and its answer, beside the value: p50", "ms", beside(0.5)),
    row("small item and its answer, beside the value: p99", "ms", beside(0.99), { goal: "<= 100" }),
    row("small item and its answer, beside the value: max", "ms", beside(1)),
  ];
}
