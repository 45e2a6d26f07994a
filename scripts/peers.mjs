/**
 * The programs with the real remoc: the peers of tests/interop/peers, tests/interop/differential, which compares it with
 * the core, and tests/interop/values, which has its codecs. Builds them once per user, and starts the peers for tests and the demo.
 * `node scripts/peers.mjs` builds the peers and prints where they are.
 */

import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { attempt, cacheFolder, duration, hashFiles, listFiles, main, root, say, sha256, Trouble } from "./util.mjs";

/** The remoc releases and the programs built on them. */
const programs = { "0.18.3": "peer-0-18", "0.20.5": "peer-0-20" };

const workspace = join(root, "tests", "interop", "peers");
const comparison = join(root, "tests", "interop", "differential");
const codecs = join(root, "tests", "interop", "values");
const cache = join(cacheFolder(), "peers");
const suffix = process.platform === "win32" ? ".exe" : "";

/** remoc 0.20.5 needs it. */
const oldestRust = [1, 95];

/** A branch switch and back should not rebuild, yet each set is about 70 MB. */
const keptBuilds = 3;

/** Binding five loopback ports takes milliseconds; this is for a machine under heavy load. */
const readyTimeoutMs = 20_000;

/**
 * Resolves with the paths of the two programs by remoc version, building them if these sources were not built before.
 * Calling it from several processes at once is fine: cargo lets one build and the others find it done.
 * Rejects with a {@link Trouble} when Rust is missing or too old, or when the build fails.
 *
 * @param {{ log?: (line: string) => void }} [options] `log` gets the progress lines.
 * @returns {Promise<{ "0.18.3": string, "0.20.5": string }>}
 */
export async function peers({ log = say } = {}) {
  const names = Object.values(programs);
  const folder = await built({ what: "the remoc peers", workspace, sources: [workspace], prefix: "", names, log });
  return Object.fromEntries(Object.entries(programs).map(([version, name]) => [version, join(folder, name + suffix)]));
}

/**
 * Resolves with the path of the peer on remoc 0.20.5, optimized, for the benchmarks. As {@link peers}, and takes longer to
 * build.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>}
 */
export async function benchPeer({ log = say } = {}) {
  const [name, what, profile] = [programs["0.20.5"], "the remoc peer of the benchmarks", "bench-peer"];
  const folder = await built({ what, workspace, sources: [workspace], prefix: "bench-", profile, names: [name], log });
  return join(folder, name + suffix);
}

/**
 * Resolves with the path of the program that runs the same scripts on the core and on both releases of remoc. As
 * {@link peers}, of which it shares what is built; it is built anew when the core changed.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>}
 */
export async function differential({ log = say } = {}) {
  const [name, what] = ["differential", "the comparison with remoc"];
  const sources = [comparison, join(root, "wasm-core", "mux")];
  const folder = await built({ what, workspace: comparison, sources, prefix: `${name}-`, names: [name], log });
  return join(folder, name + suffix);
}

/**
 * Resolves with the path of the program that writes and checks random values in every codec. As {@link peers}, of which
 * it shares what is built.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>}
 */
export async function values({ log = say } = {}) {
  const [name, what] = ["values", "the codecs of remoc"];
  const folder = await built({ what, workspace: codecs, sources: [codecs], prefix: `${name}-`, names: [name], log });
  return join(folder, name + suffix);
}

/**
 * The folder of the programs `names` of a Cargo workspace, built unless it was from these `sources` already. It is named
 * by `prefix` and a hash.
 */
async function built({ what, workspace, sources, prefix, profile = "release", names, log }) {
  const rust = await rustVersion();
  const keep = (path) => !/(^|\/)target(\/|$)/.test(path);
  const hashes = sources.map((folder) => hashFiles(folder, listFiles(folder, keep)));
  const folder = join(cache, `${prefix}${sha256(`${hashes}\n${rust}`).slice(0, 16)}`);
  const isBuilt = await allExist(names.map((name) => join(folder, name + suffix)));
  if (!isBuilt) {
    await build({ what, workspace, folder, profile, names, log });
    await prune(prefix, folder);
  }
  await utimes(folder, new Date(), new Date());
  return folder;
}

/**
 * Starts `serve` and resolves once it listens.
 *
 * `info` is the line it printed: `{ remoc, ws, tcp }`; `url` is `info.ws`. `stderr()` is what it wrote to stderr so far,
 * one line for each connection's begin and end among it. `stop()` closes its stdin and resolves when it has exited; it
 * may be called more than once. The peer also ends by itself when this process ends.
 * Rejects with a {@link Trouble} when the program does not get ready.
 *
 * @param {string} path One of the paths from {@link peers}.
 */
export async function startPeer(path) {
  const child = spawn(path, ["serve"], { stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  child.stdin.on("error", () => {}); // It may have exited already; `exited` tells.
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`exited with ${signal ?? `code ${code}`}`));
  });
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  const timer = setTimeout(() => child.kill(), readyTimeoutMs);
  const ready = new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const line = await Promise.race([ready, exited.then((how) => ({ how }))]);
  clearTimeout(timer);
  if (typeof line !== "string") throw new Trouble(`${path} serve did not get ready: ${line.how}\n${stderr}`);
  const info = JSON.parse(line);
  return { info, url: info.ws, stderr: () => stderr, stop };
}

/** What identifies the compiler. */
async function rustVersion() {
  const hint = "The remoc peers need Rust 1.95 or newer from rustup (rustup update stable).";
  const { code, output } = await attempt("rustc", ["-vV"], { capture: true, cwd: workspace });
  if (code !== 0) throw new Trouble(`rustc could not be run. ${hint}\n${output}`);
  const [major, minor] = (/^release: (\d+)\.(\d+)/m.exec(output) ?? []).slice(1).map(Number);
  const isNewEnough = major > oldestRust[0] || (major === oldestRust[0] && minor >= oldestRust[1]);
  if (!isNewEnough) throw new Trouble(`${output.split("\n")[0]} is too old. ${hint}`);
  return output;
}

async function allExist(paths) {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return found.every((entry) => entry !== undefined);
}

async function build({ what, workspace, folder, profile, names, log }) {
  const target = join(cache, "target");
  const isFirst = !(await allExist([join(target, profile)]));
  const expectation = isFirst ? "first time only, about 3 minutes" : "the source changed, about 1 minute";
  log(`building ${what} (${expectation}) ...`);
  const began = performance.now();
  const env = { ...process.env, CARGO_TARGET_DIR: target, CARGO_INCREMENTAL: "0" };
  delete env.CARGO_BUILD_TARGET; // It would put the programs elsewhere.
  // Cargo takes the sources of another checkout, which built last, for these: it would find nothing to do.
  const packages = names.flatMap((name) => ["--package", name]);
  await attempt("cargo", ["clean", "--profile", profile, ...packages], { capture: true, cwd: workspace, env });
  const args = ["build", "--profile", profile, "--locked", ...packages];
  const { code, output } = await attempt("cargo", args, { capture: true, cwd: workspace, env });
  if (code !== 0) {
    throw new Trouble(
      `cargo ${args.join(" ")} failed with code ${code} in ${workspace}.\n` +
        `The first build downloads crates; if that is what failed, try again with a network.\n\n${output}`,
    );
  }
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    await copyAtomically(join(target, profile, name + suffix), join(folder, name + suffix));
  }
  log(`building ${what}: ${duration(performance.now() - began)}`);
}

/** Another process may be starting the program at this very moment. */
async function copyAtomically(from, to) {
  const temporary = `${to}.${process.pid}.tmp`;
  await copyFile(from, temporary);
  await chmod(temporary, 0o755);
  await rename(temporary, to);
}

/** Keeps the builds with this prefix that were used last. */
async function prune(prefix, current) {
  const isSameKind = (name) => name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length));
  const names = (await readdir(cache)).filter(isSameKind);
  const builds = await Promise.all(
    names.map(async (name) => {
      const folder = join(cache, name);
      return { folder, usedAtMs: folder === current ? Number.POSITIVE_INFINITY : (await stat(folder)).mtimeMs };
    }),
  );
  builds.sort((a, b) => b.usedAtMs - a.usedAtMs);
  for (const { folder } of builds.slice(keptBuilds)) await rm(folder, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    for (const [version, path] of Object.entries(await peers())) console.log(`${version}  ${path}`);
  });
}
