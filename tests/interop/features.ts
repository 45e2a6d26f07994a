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

/** Why a feature is not shown in a column; undefined for a gap that nobody explains. */
export type Reason = (id: string, version: Version, role: Role) => string | undefined;

/**
 * At the end of a file of tests: prints the rows, and fails for gaps that `reason` does not explain. A run of a part of the
 * tests shows a part of the table, and fails, too.
 */
export function printFeatures(ids: readonly string[], reason: Reason): void {
  afterAll(() => {
    console.log(featureTable(ids, reason));
    const gaps = ids.flatMap((id) =>
      COLUMNS.filter((column) => cellOf(id, column, reason) === "?").map(({ title }) => `${id} ${title}`),
    );
    if (gaps.length > 0) throw new Error(`neither shown nor explained: ${gaps.join(", ")}`);
  });
}

/** The table, as text: "yes", or a number that names the reason below it. */
export function featureTable(ids: readonly string[], reason: Reason): string {
  const notes: string[] = [];
  const short = (cell: string): string => {
    if (cell === "yes" || cell === "?") return cell;
    if (!notes.includes(cell)) notes.push(cell);
    return String(notes.indexOf(cell) + 1);
  };
  const rows = ids.map((id) => [id, ...COLUMNS.map((column) => short(cellOf(id, column, reason)))]);
  const all = [["feature", ...COLUMNS.map(({ title }) => title)], ...rows];
  const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0))) ?? [];
  const lines = all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, ...notes.map((note, at) => `${at + 1}: ${note}`)].join("\n");
}

function cellOf(id: string, { title, version, role }: Column, reason: Reason): string {
  return columnsOf(id).has(title) ? "yes" : (reason(id, version, role) ?? "?");
}

interface Column {
  readonly title: string;
  readonly version: Version;
  readonly role: Role;
}

const COLUMNS: readonly Column[] = (["0.18.3", "0.20.5"] as const).flatMap((version) =>
  (["page", "peer"] as const).map((role) => ({ title: columnOf(version, role), version, role })),
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
