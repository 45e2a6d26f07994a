/**
 * `npm run fuzz -- [TARGET…] [--seconds N]`: builds the fuzz targets of wasm-core/fuzz and runs each for N seconds, 30
 * unless told otherwise. What they learnt is kept per user, so a later run goes on where this one stopped.
 *
 * libFuzzer asks for counters that the compiler puts into the code. cargo-fuzz turns them on with a nightly Rust; the
 * flags below do the same with a stable one. The sanitizers are left out: the core has no unsafe code.
 */

import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureCargo } from "./toolchain.mjs";
import { atOnce, attempt, cacheFolder, main, root, run, step, Trouble } from "./util.mjs";

/** The targets, and the kind of simulation that shrinks what they found. */
const targets = { decode: undefined, handshake: undefined, frames: "hostile", operations: "pair" };

const workspace = join(root, "wasm-core", "fuzz");
const cache = join(cacheFolder(), "fuzz");
const coverage = [
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "-Ccodegen-units=1",
  "--cfg=fuzzing",
];

/** Long enough for a hundred operations. */
const longestInputBytes = 2_048;

/**
 * Builds the targets and runs those `names`, or all, for so many seconds each. Resolves with how many passed and what the
 * others found.
 *
 * @param {{ names?: string[], seconds?: number }} [options]
 */
export async function fuzz({ names = Object.keys(targets), seconds = 30 } = {}) {
  await ensureCargo();
  const triple = await hostTriple();
  await step("building the fuzz targets (when the core changed, 1 to 2 minutes)", () => build(triple));
  // Each has one thread, and no machine that builds this has fewer than two.
  const found = await atOnce(2, names, (name) =>
    step(`${name} for ${seconds} s`, () => runTarget(name, triple, seconds)),
  );
  const findings = found.filter((finding) => finding !== undefined);
  return { passed: names.length - findings.length, findings };
}

function parse(args) {
  const at = args.indexOf("--seconds");
  const [seconds] = at < 0 ? [30] : args.splice(at, 2).slice(1).map(Number);
  if (!(seconds > 0)) throw new Trouble("--seconds needs a number.");
  const unknown = args.find((name) => !(name in targets));
  if (unknown !== undefined)
    throw new Trouble(`There is no fuzz target "${unknown}"; there are ${Object.keys(targets).join(", ")}.`);
  return { names: args.length > 0 ? args : undefined, seconds };
}

/** Named, so that the flags are not applied to the build scripts. */
async function hostTriple() {
  const output = await run("rustc", ["-vV"], { capture: true });
  return /^host: (.+)$/m.exec(output)[1];
}

async function build(triple) {
  const env = {
    ...process.env,
    CARGO_TARGET_DIR: join(cache, "target"),
    CARGO_ENCODED_RUSTFLAGS: coverage.join("\x1f"),
  };
  await run("cargo", ["build", "--release", "--locked", "--target", triple], { cwd: workspace, env, capture: true });
}

/** What to do about a finding, or undefined. */
async function runTarget(name, triple, seconds) {
  const corpus = join(cache, "corpus", name);
  const findings = join(root, "wasm-core", "target", "findings");
  for (const folder of [corpus, findings]) mkdirSync(folder, { recursive: true });
  const options = [`-max_total_time=${seconds}`, `-max_len=${longestInputBytes}`, "-len_control=0", "-timeout=10"];
  const program = join(cache, "target", triple, "release", name);
  const args = [...options, `-artifact_prefix=${join(findings, `${name}-`)}`, corpus];
  const { code, output } = await attempt(program, args, { capture: true });
  const lines = output.trimEnd().split("\n");
  if (code === 0) {
    console.log(`  ${lines.findLast((line) => line.includes("DONE"))?.trim() ?? ""}`);
    return undefined;
  }
  const path = /Test unit written to (.+)$/m.exec(output)?.[1];
  const kind = targets[name];
  const hint = kind && path ? `\nShrink it: npm run simulate -- --kind ${kind} --file ${path}` : "";
  return `${name} found ${path ? relative(root, path) : "something"}:\n${lines.slice(-40).join("\n")}${hint}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { findings } = await fuzz(parse(process.argv.slice(2)));
    if (findings.length > 0) throw new Trouble(findings.join("\n"));
  });
}
