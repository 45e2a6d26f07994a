/** The browser tests in every engine. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { timed } from "./times.mjs";
import { ensureChromium, ensureFirefox, ensureShell, ensureWebkit } from "./toolchain.mjs";
import { attempt, freePort, projectNode, root, say, Trouble } from "./util.mjs";

/**
 * Runs them, with reports in the folder `results`: those in Chromium beside those in the other engines, which take less
 * long; `onChromiumAlone` is called when they are done. Resolves with `{ passed, failed, names, cells, problem }`, `names`
 * those of failed tests, `cells` for the matrix.
 */
export async function browsers(results, onChromiumAlone) {
  await ensureChromium();
  await ensureShell();
  const hasFirefox = await isHere("Firefox", ensureFirefox);
  const hasWebkit = await isHere("WebKit", ensureWebkit);
  const others = async () => [
    hasFirefox ? await timed("Firefox", () => playwright("Firefox", { results, port: 8801 })) : nothing,
    hasWebkit ? await timed("WebKit", () => webkit(join(results, "webkit.json"))) : nothing,
  ];
  const chromium = timed("Chromium", () => playwright("Chromium", { results, port: 8791 }));
  const all = (await Promise.all([chromium, others().finally(onChromiumAlone)])).flat();
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    names: all.flatMap(({ names }) => names),
    cells: all.flatMap(({ cells }) => cells),
    problem:
      all
        .map(({ problem }) => problem)
        .filter(Boolean)
        .join("; ") || undefined,
  };
}

const nothing = { passed: 0, failed: 0, cells: [], names: [] };

/** Installs an engine where that is possible. Elsewhere its tests are left out, but not in CI. */
async function isHere(name, ensure) {
  try {
    await ensure();
    return true;
  } catch (error) {
    if (!(error instanceof Trouble) || process.env.CI !== undefined) throw error;
    say(`${name} is skipped. ${error.message}`);
    return false;
  }
}

/** The tests that Playwright drives in an engine, with a server at a free port from `port` on. */
async function playwright(engine, { results, port }) {
  const file = join(results, `${engine}.json`);
  const env = {
    ...process.env,
    CUTTLE_BROWSER_PORT: String(await freePort(port)),
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  };
  const cli = join(root, "node_modules", "@playwright", "test", "cli.js");
  const args = ["test", `--project=${engine}`, `--output=test-results/${engine}`, "--reporter=list,json"];
  const { code } = await attempt(projectNode, [cli, ...args], { env });
  const report = readReport(file);
  const { expected = 0, unexpected = 0 } = report?.stats ?? {};
  const specs = specsIn(report?.suites);
  const names = specs.filter(({ ok }) => !ok).map(({ suite, title }) => [engine, suite, title].join(" › "));
  const cells = specs.map(({ suite, ok }) => ({ engine, suite, passed: Number(ok), failed: Number(!ok) }));
  const problem = [
    code !== 0 && unexpected === 0 && `Playwright failed in ${engine}, see above`,
    code === 0 && expected === 0 && `${engine} ran no test`,
  ];
  return { passed: expected, failed: unexpected, cells, names, problem: problem.find(Boolean) || undefined };
}

/** The tests in a report of Playwright, each with the suite that it is in. */
function specsIn(suites = []) {
  return suites.flatMap(({ title: suite, specs = [], suites: inner }) => [
    ...specs.map(({ title, ok }) => ({ suite, title, ok })),
    ...specsIn(inner),
  ]);
}

async function webkit(file) {
  const { code } = await attempt(projectNode, [join(root, "tests", "browser", "webkit.ts"), file]);
  const cells = (readReport(file) ?? []).map((row) => ({ engine: "WebKit", ...row }));
  const [passed, failed] = ["passed", "failed"].map((kind) => cells.reduce((sum, cell) => sum + cell[kind], 0));
  const names = cells.flatMap((cell) => cell.failures.map((title) => `WebKit › ${cell.suite} › ${title}`));
  const problem = code !== 0 && failed === 0 ? "the tests in WebKit could not be run, see above" : undefined;
  return { passed, failed, cells, names, problem };
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
