import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const demo = join(root, "demo");

/** Every page of the demo: the HTML files directly in its folder. */
function pages(): string[] {
  if (!existsSync(demo)) return [];
  return readdirSync(demo)
    .filter((file) => file.endsWith(".html"))
    .map((file) => join(demo, file));
}

/** The demo; `npm start` serves what it makes. */
const demoBuild = {
  root: demo,
  worker: { format: "es" as const },
  build: {
    outDir: join(demo, "dist"),
    emptyOutDir: true,
    target: "es2022",
    // Nobody who wants to see the demo wants to know what slows its build down.
    rolldownOptions: { input: pages(), checks: { bundlerTimings: false } },
  },
};

/** How long something may take before it hangs: much longer than it takes, because machines are busy. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000, interval: 20 } } };

/** Files often wait, for peers above all: a processor for each, where Vitest would keep one free. */
const parallel = { maxWorkers: "100%" };

const units = ["ts/**/*.test.ts", "tests/**/*.test.ts"];
const others = ["tests/interop/**", "tests/browser/**"];

/** What changes or measures more than its own: mocks, spies, globals, listeners of the process, its memory. */
const TOUCHES_PROCESS =
  /\bvi\.(?!waitFor|waitUntil)\w+\(|\bprocess\.(on|once|env|memoryUsage)\b|\bgc\(|\bheap|\bnode:v8\b|\.prototype\.\w+ = /i;

/** Tests that need a process of their own. The others start in one that has loaded and compiled the library. */
const alone = globSync(units, { cwd: root, exclude: others }).filter((file) =>
  TOUCHES_PROCESS.test(readFileSync(join(root, file), "utf8")),
);

export default defineConfig(({ mode }) => ({
  ...(mode === "test" ? {} : demoBuild),
  test: {
    root,
    projects: [
      {
        root,
        test: {
          name: "unit",
          include: units,
          exclude: [...others, ...alone],
          isolate: false,
          ...patient,
          ...parallel,
        },
      },
      {
        root,
        test: { name: "unit-alone", include: alone, ...patient, ...parallel },
      },
      {
        root,
        test: {
          name: "interop",
          include: ["tests/interop/**/*.test.ts"],
          ...patient,
          // They wait for peers half of the time. Files that run on so many workers are a group of their own.
          maxWorkers: Math.ceil(availableParallelism() * 1.5),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
}));
