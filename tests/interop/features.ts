/**
 * The table of what was seen to work with stock remoc: one row for each feature id of PROTOCOL.md section 15. A test says
 * with `covers` which ids it showed, once it has passed; `printFeatures` prints what came together, and fails for ids that
 * are neither shown nor explained.
 */

import { afterAll, onTestFinished } from "vitest";
import type { Version } from "./support.ts";

/** Who plays which role. */
export type Role = "page" | "peer";

const shown = new Map<string, Set<string>>();

/** The running test shows these features with this release, this side playing `role`; counts when it passes. */
export function covers(ids: readonly string[], version: Version, role: Role): void {
  onTestFinished(({ task }) => {
    if (task.result?.state === "fail") return;
    for (const id of ids) columnsOf(id).add(columnOf(version, role));
  });
}

/** At the end of a file of tests: prints the rows, and fails for gaps that `reasons` does not explain. */
export function printFeatures(ids: readonly string[], reasons: Readonly<Record<string, string>>): void {
  afterAll(() => {
    const unexplained = ids.filter((id) => COLUMNS.some((column) => !columnsOf(id).has(column)) && !(id in reasons));
    console.log(featureTable(ids, reasons));
    if (unexplained.length > 0) throw new Error(`no test and no reason: ${unexplained.join(", ")}`);
  });
}

/** The table, as text. */
export function featureTable(ids: readonly string[], reasons: Readonly<Record<string, string>>): string {
  const header = ["feature", ...COLUMNS, "why not"];
  const rows = ids.map((id) => [
    id,
    ...COLUMNS.map((column) => (columnsOf(id).has(column) ? "yes" : "-")),
    COLUMNS.every((column) => columnsOf(id).has(column)) ? "" : (reasons[id] ?? "?"),
  ]);
  const widths = header.map((_, at) => Math.max(...[header, ...rows].map((row) => row[at]?.length ?? 0)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const COLUMNS = (["0.18.3", "0.20.5"] as const).flatMap((version) =>
  (["page", "peer"] as const).map((role) => columnOf(version, role)),
);

function columnOf(version: Version, role: Role): string {
  return `${version} ${role}`;
}

function columnsOf(id: string): Set<string> {
  let columns = shown.get(id);
  if (columns === undefined) {
    columns = new Set();
    shown.set(id, columns);
  }
  return columns;
}
