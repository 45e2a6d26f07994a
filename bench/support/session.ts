/** What every benchmark against other libraries begins with and ends with. */

import { type RivalId, rivals } from "../rivals/index.ts";
import { chromiumHost, type Host, nodeHost } from "./hosts.ts";
import { machine } from "./machine.ts";
import { type Row, report } from "./report.ts";
import { Servers } from "./servers.ts";
import { median } from "./statistics.ts";

/** Hosts, servers and rows of one benchmark. */
export interface Session {
  /** Few and short rounds, to see that everything runs; the numbers mean nothing. */
  readonly quick: boolean;
  readonly chromium: Host;
  readonly node: Host;
  readonly servers: Servers;
  readonly rows: Row[];
}

/** Runs a benchmark, reports its rows even when it fails half-way, and lets go of everything. */
export async function bench(name: string, body: (session: Session) => Promise<void>): Promise<void> {
  const quick = process.argv.includes("--quick");
  const rows = machine();
  const session: Session = { quick, chromium: await chromiumHost(), node: nodeHost(), servers: new Servers(), rows };
  try {
    await body(session);
  } finally {
    await Promise.all([session.chromium.close(), session.node.close(), session.servers.close()]);
    report(name, rows, { keep: !quick });
  }
}

/** Those of `names` that `--only=a,b` names; all without it. */
export function chosen<Name extends string>(names: readonly Name[]): Name[] {
  const option = process.argv.find((one) => one.startsWith(ONLY));
  const only = option?.slice(ONLY.length).split(",");
  return names.filter((name) => only === undefined || only.includes(name));
}

const ONLY = "--only=";

/** As people write it. */
export function nameOf(rival: RivalId): string {
  return rivals[rival].name;
}

/**
 * Measures each library once in every round, so that what disturbs the machine disturbs all of them alike. A library
 * that fails is reported on stderr, left out of its round, and makes the benchmark fail in the end.
 */
export async function rounds<Id extends string, T>(
  count: number,
  ids: readonly Id[],
  measure: (id: Id) => Promise<T>,
): Promise<Map<Id, T[]>> {
  const results = new Map<Id, T[]>(ids.map((id) => [id, []]));
  for (let round = 0; round < count; round += 1) {
    for (const id of ids) {
      try {
        results.get(id)?.push(await measure(id));
      } catch (error) {
        console.error(`${id} failed:`, error);
        process.exitCode = 1;
      }
    }
  }
  return results;
}

/** The best of the libraries that carry values, other than cuttle: what a goal of so many times is measured by. */
export function bestRival(
  results: ReadonlyMap<RivalId, readonly number[]>,
): { id: RivalId; value: number } | undefined {
  const candidates = [...results]
    .filter(([id, values]) => rivals[id].level === "value" && !id.startsWith("cuttle") && values.length > 0)
    .map(([id, values]) => ({ id, value: median(values) }));
  return candidates.sort((a, b) => b.value - a.value)[0];
}
