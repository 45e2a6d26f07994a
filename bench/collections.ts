/**
 * Live collections: the first sync of a large map into a page, changes to ten copies, and what a row costs in memory. The
 * table is in a process of its own, its copies are in a page of Chromium or all together in one process of Node.
 */

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Answer, Order } from "./collections/source-process.ts";
import { type SubjectId, subjects } from "./collections/subjects.ts";
import { ended, type Host, nextMessage } from "./support/hosts.ts";
import { type Row, row } from "./support/report.ts";
import { bench, chosen, rounds } from "./support/session.ts";

const quick = process.argv.includes("--quick");
const ROWS = quick ? 5_000 : 100_000;
const CHANGES = quick ? 5_000 : 100_000;
const COPIES = 10;
const ROUNDS = quick ? 1 : 3;

/** The process that has the table of one library. */
class Source {
  readonly #child: ChildProcess;
  /** What opens a copy. */
  readonly place: { readonly subject: SubjectId; readonly url: string; readonly rows: number };

  private constructor(child: ChildProcess, subject: SubjectId, url: string) {
    this.#child = child;
    this.place = { subject, url, rows: ROWS };
  }

  static async start(subject: SubjectId): Promise<Source> {
    const script = join(import.meta.dirname, "collections", "source-process.ts");
    const child = fork(script, [subject, `${ROWS}`, `${2 * CHANGES}`], { execArgv: [] });
    const { url } = await nextMessage<{ url: string }>(child);
    return new Source(child, subject, url);
  }

  ask(order: Order): Promise<Answer> {
    this.#child.send(order);
    return nextMessage<Answer>(this.#child);
  }

  close(): Promise<void> {
    return ended(this.#child);
  }
}

/** What was measured of one library in one round. */
type Measured = Readonly<Record<string, number>>;

async function firstSync(source: Source, page: Host): Promise<Measured> {
  const { longestMs: coldMs } = await page.run("firstSync", source.place);
  const before = await source.ask("written");
  const { seconds, longestMs } = await page.run("firstSync", source.place);
  const after = await source.ask("written");
  return { rate: ROWS / seconds, longestMs, coldMs, bytes: (after.writtenBytes - before.writtenBytes) / ROWS };
}

async function changes(source: Source, node: Host, round: number): Promise<Measured> {
  await node.run("openCopies", { ...source.place, count: COPIES });
  const start = performance.now();
  const changed = source.ask({ changes: CHANGES, round });
  const { cpuMs } = await node.run("followChanges", { round });
  const seconds = (performance.now() - start) / 1000;
  const atSource = await changed;
  await node.run("closeCopies", null);
  return {
    rate: CHANGES / seconds,
    sourceUs: (atSource.cpuMs * 1000) / CHANGES,
    copyUs: (cpuMs * 1000) / (CHANGES * COPIES),
  };
}

async function memory(source: Source, node: Host): Promise<Measured> {
  const openOne = (): Promise<void> => node.run("openCopies", { ...source.place, count: 1 });
  // The code of the library counts for nobody.
  await openOne();
  await node.run("closeCopies", null);
  const before = await node.run("memory", null);
  await openOne();
  const after = await node.run("memory", null);
  await node.run("closeCopies", null);
  return { bytes: (after.bytes - before.bytes) / ROWS };
}

/** Measures in a host in which no library has left anything. */
async function apart(host: Host, measure: (fresh: Host) => Promise<Measured>): Promise<Measured> {
  const fresh = await host.another();
  return await measure(fresh).finally(() => fresh.close());
}

/** What is measured, and the goals that are cuttle's. */
const COLUMNS = {
  firstSync: [
    { key: "rate", name: `first sync of ${ROWS} rows into Chromium`, unit: "rows/s" },
    { key: "longestMs", name: "of that: longest time without a turn", unit: "ms", goal: "<= 16" },
    { key: "coldMs", name: "the same in a page in which nothing has run", unit: "ms" },
    { key: "bytes", name: "of that: written to the socket", unit: "bytes/row" },
  ],
  changes: [
    { key: "rate", name: `changes that ${COPIES} copies have made`, unit: "changes/s", goal: ">= 50000" },
    { key: "sourceUs", name: "of that: work of the source for each", unit: "µs of CPU" },
    { key: "copyUs", name: "of that: work of the copies for each and copy", unit: "µs of CPU" },
  ],
  memory: [{ key: "bytes", name: "memory of a copy and its connection", unit: "bytes/row" }],
};

function rowsOf(results: ReadonlyMap<SubjectId, readonly Measured[]>, columns: readonly Column[]): Row[] {
  return columns.flatMap(({ key, name, unit, goal }) =>
    [...results].map(([id, measured]) => {
      const values = measured.map((one) => one[key] ?? Number.NaN);
      return row(`${name}: ${subjects[id]}`, unit, values, id === "cuttle" && goal !== undefined ? { goal } : {});
    }),
  );
}

interface Column {
  readonly key: string;
  readonly name: string;
  readonly unit: string;
  readonly goal?: string;
}

await bench("collections", async ({ chromium, node, rows }) => {
  const ids = chosen(Object.keys(subjects) as SubjectId[]);
  const started = await Promise.all(ids.map(async (id) => [id, await Source.start(id)] as const));
  const source = Object.fromEntries(started) as Record<SubjectId, Source>;
  let round = 0;
  const measured = {
    firstSync: (id: SubjectId) => apart(chromium, (page) => firstSync(source[id], page)),
    changes: (id: SubjectId) => apart(node, (copies) => changes(source[id], copies, ++round)),
    memory: (id: SubjectId) => apart(node, (copy) => memory(source[id], copy)),
  };
  try {
    rows.push(...rowsOf(await rounds(ROUNDS, ids, measured.firstSync), COLUMNS.firstSync));
    rows.push(...rowsOf(await rounds(ROUNDS, ids, measured.changes), COLUMNS.changes));
    rows.push(...rowsOf(await rounds(1, ids, measured.memory), COLUMNS.memory));
  } finally {
    await Promise.all(started.map(([, one]) => one.close()));
  }
});
