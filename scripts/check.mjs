/** `npm run check`: everything that can be said about the code without running it. No network, under a minute. */

import { join } from "node:path";
import { checkArrows } from "./check-arrows.mjs";
import { checkDocs } from "./check-docs.mjs";
import { checkSizes } from "./check-sizes.mjs";
import { checkWasm } from "./check-wasm.mjs";
import { attempt, duration, ensureModules, main, projectNode, root, Trouble } from "./util.mjs";

const checks = {
  "format and lint": () =>
    program("@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "--max-diagnostics=60", "."]),
  types: () => program("typescript/bin/tsc", ["--noEmit", "-p", "tsconfig.json"]),
  arrows: checkArrows,
  sizes: checkSizes,
  "docs on exports": checkDocs,
  "wasm shape": checkWasm,
};

await main(async () => {
  await ensureModules();
  const began = performance.now();
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    const start = performance.now();
    const { problems, notes } = await check();
    if (problems.length > 0) failed.push(name);
    const verdict = problems.length > 0 ? "FAILED" : "ok";
    console.log(`${verdict.padEnd(7)} ${name.padEnd(17)} ${duration(performance.now() - start)}`);
    for (const line of [...problems, ...notes]) console.log(`          ${line}`);
  }
  const took = duration(performance.now() - began);
  if (failed.length > 0) throw new Trouble(`check: ${failed.join(", ")} failed (${took})`);
  console.log(`check: all ${Object.keys(checks).length} passed in ${took}`);
});

/** Runs a tool of node_modules; its output is the problems. */
async function program(path, args) {
  const { code, output } = await attempt(projectNode, [join(root, "node_modules", path), ...args], { capture: true });
  return { problems: code === 0 ? [] : output.trimEnd().split("\n"), notes: [] };
}
