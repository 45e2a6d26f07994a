/** Keeps ARCHITECTURE.md true: every file, function and test that it names is there. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { read, root } from "./examples.ts";

const page = read("ARCHITECTURE.md");

/** The text from a heading of the second level to the next one. */
function part(title: string): string {
  const found = page.split(/^## /m).find((one) => one.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`no part "${title}"`);
  return found;
}

/** The names in backticks of a text. */
function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/** Whether a source defines a function or method of this name. */
function defines(source: string, name: string, isRust: boolean): boolean {
  const escaped = name.replaceAll(/[$#]/g, "\\$&");
  if (isRust) return new RegExp(`\\bfn ${escaped}\\b`).test(source);
  const method = `^ +(?:async |static |get )*${escaped}(?:<[^>\\n]*>)?\\([\\s\\S]{0,300}?\\{$`;
  return new RegExp(`\\bfunction ${escaped}\\b|${method}`, "m").test(source);
}

describe("the walk of one message", () => {
  const steps = [...part("A walk of one message").matchAll(/^(\d+)\. `([^`]+)` ([^:]+): /gm)].map(
    ([, number, file = "", names = ""]) => ({ number: Number(number), file, names: quoted(names) }),
  );

  test("has numbered steps without a gap", () => {
    expect(steps.length).toBeGreaterThan(40);
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, at) => at + 1));
  });

  test.each(steps)("step $number: $file", ({ file, names }) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(names.length).toBeGreaterThan(0);
    const source = read(file);
    expect(names.filter((name) => !defines(source, name, file.endsWith(".rs")))).toEqual([]);
  });
});

describe("the laws", () => {
  const laws = part("Laws")
    .split(/^\*\*(?=\d+\.)/m)
    .slice(1);
  const holders = laws.flatMap((law) => [...law.matchAll(/^\* `([^`]+)`: (.+)$/gm)]);

  test("are ten, and each names what holds it", () => {
    expect(laws).toHaveLength(10);
    expect(laws.filter((law) => !/^\* `/m.test(law))).toEqual([]);
  });

  test.each(holders.map(([, file = "", names = ""]) => ({ file, names: quoted(names) })))(
    "$file has what is named",
    ({ file, names }) => {
      expect(existsSync(join(root, file))).toBe(true);
      expect(names.length).toBeGreaterThan(0);
      const source = read(file);
      expect(names.filter((name) => !source.includes(name))).toEqual([]);
    },
  );
});

test("shows the rooms and arrows of scripts/check-arrows.mjs", () => {
  const table = /const rooms = (\{[\s\S]*?\n\});/.exec(read("scripts/check-arrows.mjs"))?.[1] ?? "";
  const rooms = [...table.matchAll(/^ {2}(\w+): \[(.*)\],$/gm)].map(([, room, from = ""]) => [
    room,
    from.replaceAll('"', ""),
  ]);
  const shown = [...part("Rooms and arrows").matchAll(/^\| (\w+) \| ([^|]*)\|/gm)].map(([, room, from = ""]) => [
    room,
    from.trim(),
  ]);
  expect(shown.filter(([room]) => room !== "room")).toEqual(rooms);
});

test("links only to files that exist", () => {
  const pages = ["ARCHITECTURE.md", "PROTOCOL.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
  const targets = pages.flatMap((name) =>
    [...read(name).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target),
  );
  expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
});
