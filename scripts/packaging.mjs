/**
 * `npm run test:packaging`: packs the package, installs it into a new project of every consumer in
 * `tests/packaging/consumers.mjs` and lets it count with a server. Prints the matrix and ends with `N passed, N failed`.
 * `-- NAME …` runs only those whose name has one of the words; `-- --quick` those that are part of `npm test`.
 */

import { consumers } from "../tests/packaging/consumers.mjs";
import { NotHere, openProject, Packed } from "../tests/packaging/workshop.mjs";
import { chromiumOptions, ensureChromium } from "./toolchain.mjs";
import { atOnce, attempt, duration, ensureModules, main, projectNode, root, Trouble } from "./util.mjs";

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    await ensureModules();
    const words = process.argv.slice(2).filter((word) => word !== "--quick");
    const { passed, failed } = await packaging({ words, quick: process.argv.includes("--quick") });
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed === 0 ? 0 : 1);
  });
}

/** Runs the chosen consumers, two at a time, and resolves with `{ passed, failed }`. */
export async function packaging({ words = [], quick = false } = {}) {
  const asked = ({ name }) =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
  const chosen = consumers.filter((one) => asked(one) && (!quick || one.quick));
  if (chosen.length === 0) throw new Trouble(`No consumer has ${words.join(" or ")} in its name.`);
  const { code, output } = await attempt(projectNode, ["scripts/build.mjs"], { capture: true, cwd: root });
  if (code !== 0) throw new Trouble(`The package could not be built:\n${output}`);
  await ensureChromium();
  const [packed, browser] = await Promise.all([Packed.make(), launchChromium()]);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    await atOnce(2, chosen, async (consumer) => {
      const began = performance.now();
      const { verdict, reason } = await tried(consumer, { packed, browser });
      counts[verdict]++;
      const line = `${verdict.padEnd(8)} ${consumer.name.padEnd(44)} ${duration(performance.now() - began)}`;
      console.log(reason === undefined ? line : `${line}\n         ${reason.replaceAll("\n", "\n         ")}`);
    });
  } finally {
    await browser.close();
    packed.remove();
  }
  return counts;
}

/** In CI a consumer that is part of `npm test` must be there. */
async function tried(consumer, context) {
  try {
    const project = await openProject(consumer, context.packed);
    try {
      await consumer.judge(project, context);
    } finally {
      project.remove();
    }
    return { verdict: "passed" };
  } catch (error) {
    const isSkip = error instanceof NotHere && !(consumer.quick && process.env.CI !== undefined);
    const reason = error instanceof Trouble || error instanceof NotHere ? error.message : String(error?.stack ?? error);
    return { verdict: isSkip ? "skipped" : "failed", reason };
  }
}

async function launchChromium() {
  const { chromium } = await import("playwright");
  return await chromium.launch(await chromiumOptions());
}
