/**
 * `npm test`: installs whatever is missing, runs every test of the project and ends with `N passed, N failed`.
 * `npm test -- rust ts interop browser packaging fuzz` runs only those named; fuzz is left out otherwise, but in CI. Whatever was
 * installed or built is used again.
 */

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { printFeatures } from "./features.mjs";
import { carriersWithout, nodeCells, printMatrix } from "./matrix.mjs";
import { printTimes, timed } from "./times.mjs";
import { ensureCargo, findProgram } from "./toolchain.mjs";
import { attempt, coreEnvironment, ensureModules, main, projectNode, root, say, Trouble } from "./util.mjs";

/**
 * What can be run, in this order. Each resolves with `{ passed, failed }`, or throws when it could not be run. What it is
 * given is to be called when half of the machine is free: then the next one begins.
 */
const runners = { rust, ts, interop, browser, packaging, fuzz };
/** Run when nothing is named. */
const usual = Object.keys(runners).filter((name) => name !== "fuzz" || process.env.CI !== undefined);

/** The runners whose tests note what works with stock remoc, and where those run. */
const runtimes = { interop: "Node", browser: "Chromium" };

const results = join(root, "node_modules", ".cuttle", "test-results");
const modules = join(root, "node_modules");

await main(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !(name in runners));
  if (unknown !== undefined)
    throw new Trouble(`There is no test runner "${unknown}"; there are ${Object.keys(runners).join(", ")}.`);

  await timed("packages", ensureModules);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const outcomes = [];
  if (asked.length === 0) outcomes.push(await outcome("check", check));
  const names = asked.length > 0 ? asked : usual;
  const running = [];
  for (const name of names) running.push(await begin(name));
  outcomes.push(...(await Promise.all(running.map(({ result }) => result))));
  const cells = outcomes.flatMap((one) => one.cells ?? []);
  if (cells.length > 0) printMatrix(cells);
  if (names.some((name) => name in runtimes)) outcomes.push(await outcome("features", () => features(names)));
  summary(outcomes);
  process.exit(outcomes.every((one) => one.problem === undefined && one.failed === 0) ? 0 : 1);
});

/** Starts a runner; resolves, with the promise of its outcome in an object, when the next one may begin. */
async function begin(name) {
  return await new Promise((resolve) => {
    const result = outcome(name, () => runners[name](() => resolve({ result })));
    void result.then(() => resolve({ result }));
  });
}

/** Runs one runner; what stops it is a problem of that runner and does not stop the others. */
async function outcome(name, runner) {
  console.log(`\n━━ ${name}`);
  const counts = { passed: 0, failed: 0 };
  try {
    Object.assign(counts, await timed(name, runner));
    const isEmpty = name in runners && counts.passed + counts.failed === 0;
    return { name, ...counts, problem: isEmpty ? "ran no test" : counts.problem };
  } catch (error) {
    return { name, ...counts, problem: error instanceof Trouble ? error.message : String(error?.stack ?? error) };
  }
}

/** The last line has its form for machines: a runner that could not count counts as one failure. */
function summary(outcomes) {
  console.log("\n━━ result");
  printTimes();
  let passed = 0;
  let failed = 0;
  for (const one of outcomes) {
    const counts = `${one.passed} passed, ${one.failed} failed`;
    const verdict = one.name in runners ? counts : one.problem ? "" : "passed";
    say(`${one.name}: ${[verdict, one.problem].filter(Boolean).join("; ")}`);
    for (const name of one.names ?? []) say(`  failed: ${name}`);
    passed += one.passed;
    failed += one.failed + (one.problem !== undefined && one.failed === 0 ? 1 : 0);
  }
  console.log(`${passed} passed, ${failed} failed`);
}

/** What works with stock remoc. A feature that was seen nowhere is a problem once all who could have seen it were run. */
function features(names) {
  const ran = Object.keys(runtimes).filter((name) => names.includes(name));
  const { missing, unknown } = printFeatures(ran.map((name) => runtimes[name]));
  const problems = [
    unknown.length > 0 && `not in scripts/features.mjs: ${unknown.join(", ")}`,
    names.includes("interop") && missing.length > 0 && `shown by no test, and not explained: ${missing.join(", ")}`,
  ];
  return { problem: problems.filter(Boolean).join("; ") || undefined };
}

async function check() {
  const { code } = await attempt(projectNode, [join(root, "scripts", "check.mjs")]);
  return { problem: code === 0 ? undefined : "npm run check failed, see above" };
}

async function rust() {
  await timed("rust toolchain", ensureCargo);
  const cwd = join(root, "wasm-core");
  const env = coreEnvironment();
  const problems = [];
  const lint = async (name, args) => {
    const { code } = await timed(name, () => attempt("cargo", args, { cwd, env }));
    if (code !== 0) problems.push(`${name} failed`);
  };
  await lint("cargo fmt", ["fmt", "--check"]);
  await lint("clippy", ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]);
  const { counts, code } = await timed("cargo tests", () => cargoTests(cwd, env));
  if (code !== 0 && counts.failed === 0) problems.push("the tests could not be built or run");
  return { ...counts, problem: problems.length > 0 ? problems.join(", ") : undefined };
}

async function cargoTests(cwd, env) {
  const hasNextest = findProgram("cargo-nextest") !== undefined;
  const chosen = hasNextest
    ? ["nextest", "run", "--no-fail-fast", "--status-level", "fail"]
    : ["test", "--no-fail-fast", "--lib", "--tests"];
  const args = [...chosen, "--workspace", "--locked"];
  const { code, output } = await attempt("cargo", args, { cwd, env, capture: "tee" });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character.
  const text = output.replace(/\x1b\[[0-9;]*m/g, "");
  const names = Array.from(
    text.matchAll(/^ +(?:FAIL|TIMEOUT|SIG\w+) \[.*?\] +(?:\(.*?\) +)?(.*)$/gm),
    ([, name]) => name,
  );
  return { code, counts: { ...(hasNextest ? nextestCounts(text) : libtestCounts(text)), names: [...new Set(names)] } };
}

function nextestCounts(text) {
  const line = /^\s*Summary \[.*$/m.exec(text)?.[0] ?? "";
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed") + count("timed out") };
}

function libtestCounts(text) {
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return counts;
}

async function ts() {
  const counts = await vitest("unit", process.env, "unit*");
  const missing = carriersWithout(counts.cells);
  return {
    ...counts,
    problem: counts.problem ?? (missing.length > 0 ? `no test over ${missing.join(", ")}` : undefined),
  };
}

async function interop() {
  const { differential, peers, values } = await import("./peers.mjs");
  const paths = await timed("rust peers", () => peers());
  const codecs = await timed("rust codecs", () => values());
  const env = { ...process.env, CUTTLE_PEERS: JSON.stringify(paths), CUTTLE_VALUES: codecs };
  const counts = await vitest("interop", env);
  const program = await timed("comparison with remoc, build", () => differential());
  const agrees = await timed("comparison with remoc", () => compare(program));
  return { ...counts, passed: counts.passed + Number(agrees), failed: counts.failed + Number(!agrees) };
}

/** Whether the core and the real remoc let applications see the same; counts as one test. */
async function compare(program) {
  const { code, output } = await attempt(program, ["--scripts", "1000"], { capture: true });
  console.log(output.trimEnd());
  return code === 0;
}

/** Runs the projects of `vite.config.ts` that `projects` matches; the report is called `name`. */
async function vitest(name, env, projects = name) {
  const file = join(results, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const args = [join(modules, "vitest", "vitest.mjs"), "run", "--project", projects, ...reporters];
  const { code } = await attempt(projectNode, args, { env });
  const report = readReport(file);
  const tests = report?.testResults?.flatMap((one) => one.assertionResults) ?? [];
  const names = tests.filter((one) => one.status === "failed").map((one) => one.fullName);
  const [passed, failed] = [report?.numPassedTests ?? 0, report?.numFailedTests ?? 0];
  const counts = { passed, failed, names, cells: nodeCells(tests) };
  // Files that cannot be loaded and errors outside of tests fail the run without a failed test.
  return { ...counts, problem: code !== 0 && counts.failed === 0 ? "vitest failed, see above" : undefined };
}

async function browser(onHalfFree) {
  const { browsers } = await import("./browsers.mjs");
  return await browsers(results, onHalfFree);
}

async function packaging() {
  const { packaging } = await import("./packaging.mjs");
  return await packaging({ quick: true });
}

async function fuzz() {
  const { fuzz } = await import("./fuzz.mjs");
  const { passed, findings } = await fuzz();
  return { passed, failed: findings.length, problem: findings.join("\n") || undefined };
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
