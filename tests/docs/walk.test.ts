/** Keeps ARCHITECTURE.md true: every file, function and test that it names is there. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectNode } from "../../scripts/util.mjs";
import { read, root } from "./examples.ts";
import { lineOf, part, quoted, walkSteps } from "./walk.ts";

describe("the walk of one message", () => {
  const steps = walkSteps();

  test("has numbered steps without a gap", () => {
    expect(steps.length).toBeGreaterThan(40);
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, at) => at + 1));
  });

  test.each(steps)("step $number: $file", ({ file, names }) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(names.length).toBeGreaterThan(0);
    const source = read(file);
    const isThere = (name: string): boolean =>
      file.endsWith(".rs") ? new RegExp(`\\bfn ${name}\\b`).test(source) : lineOf(source, name) > 0;
    expect(names.filter((name) => !isThere(name))).toEqual([]);
  });

  // It starts a program of its own, which takes a loaded machine a while.
  test("is what happens, in this order", { timeout: 60_000 }, () => {
    const program = join(import.meta.dirname, "trace-walk.ts");
    const entered = execFileSync(projectNode, [program], { encoding: "utf8" }).trimEnd().split("\n");
    const expected = steps.filter(({ file, goesOn }) => file.endsWith(".ts") && !goesOn);
    let at = 0;
    for (const { number, file, names } of expected) {
      for (const name of names) {
        const found = entered.indexOf(`${file} ${name}`, at);
        expect(found, `step ${number}, ${name}; entered were\n${entered.join("\n")}`).toBeGreaterThanOrEqual(at);
        at = found + 1;
      }
    }
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
