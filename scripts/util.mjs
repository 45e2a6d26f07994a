/** What every script needs: the checkout's folders, child processes, durations, hashes. Node built-ins only. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that the project's TypeScript runs in: the one that package.json pins, which strips types by itself. */
export const projectNode = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");

/** Where things that are too large or too slow for every checkout live, one per user. */
export function cacheFolder() {
  return process.env.CUTTLE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "cuttle");
}

/**
 * The environment in which cargo builds the core for tests: what others wrote is compiled once for all checkouts, and
 * nothing with what only a debugger reads.
 */
export function coreEnvironment() {
  const target = join(cacheFolder(), "core");
  return { ...process.env, CARGO_TARGET_DIR: target, CARGO_PROFILE_DEV_DEBUG: "line-tables-only" };
}

/** Prints one line of a script about itself. */
export function say(line) {
  console.log(`• ${line}`);
}

/** `1.2 s`, `3 min 20 s`. */
export function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** A failure that the person at the keyboard can mend; its message is all there is to show. */
export class Trouble extends Error {}

/** Runs a script's main function; a {@link Trouble} is shown without its stack. Exits 1 on failure. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Trouble ? `\n${error.message}` : error);
    process.exit(1);
  }
}

const children = new Set();
let stopping = false;
process.on("exit", () => {
  for (const child of children) child.kill("SIGTERM");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    process.exit(signal === "SIGINT" ? 130 : 143);
  });
}

/** Starts a child that ends when this process ends. `options` are those of `child_process.spawn`. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], ...options });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

/**
 * Runs a command to its end and resolves with `{ code, output }`; never rejects, a command that cannot be started
 * has code 127. `output` holds stdout and stderr when `capture` is true (then nothing is shown) or `"tee"`.
 */
export function attempt(command, args, { capture = false, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = capture ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"];
    const child = start(command, args, { stdio, ...options });
    let output = "";
    const keep = (stream, shown) =>
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (capture === "tee") shown.write(text);
      });
    keep(child.stdout, process.stdout);
    keep(child.stderr, process.stderr);
    child.once("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Like {@link attempt}, but throws a {@link Trouble} unless the command succeeds; resolves with the output. */
export async function run(command, args, options = {}) {
  const { code, output } = await attempt(command, args, options);
  if (code === 0) return output;
  const shown = options.capture === true ? `\n${output}` : "";
  throw new Trouble(`${[command, ...args].join(" ")} failed with code ${code}.${shown}`);
}

/** Runs `body`, saying before it what is being done and after it how long that took. */
export async function step(what, body) {
  say(`${what} …`);
  const began = performance.now();
  const result = await body();
  say(`${what}: ${duration(performance.now() - began)}`);
  return result;
}

/** Runs `work` on every item, on `count` of them at a time, and resolves with what it resolved with, in their order. */
export async function atOnce(count, items, work) {
  const results = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [at, item] of waiting) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
  return results;
}

/** The first port from `from` on that nobody listens on. */
export async function freePort(from) {
  for (let port = from; port < from + 100; port++) if (await isFree(port)) return port;
  throw new Trouble(`No port from ${from} to ${from + 99} is free.`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}

/** sha256 of a string or bytes, as hex. */
export function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * All files below `folder` that `keep(path, isFolder)` accepts, as sorted paths with `/`, relative to `folder`.
 * A folder that is not there has no files.
 */
export function listFiles(folder, keep = () => true) {
  const found = [];
  const visit = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const full = join(directory, entry.name);
      const path = relative(folder, full).split(sep).join("/");
      if (entry.name === "node_modules" || !keep(path, entry.isDirectory())) continue;
      if (entry.isDirectory()) visit(full);
      else if (entry.isFile()) found.push(path);
    }
  };
  if (existsSync(folder)) visit(folder);
  return found.sort();
}

/**
 * The TypeScript files below `folder` of the checkout, relative to it, that are part of the program: no tests, and
 * no suites that tests share, which are known by their import of vitest.
 */
export function programFiles(folder) {
  const isProgram = (path) =>
    !path.endsWith(".test.ts") && !readFileSync(join(root, folder, path), "utf8").includes('from "vitest"');
  return listFiles(join(root, folder)).filter((path) => /\.tsx?$/.test(path) && isProgram(path));
}

/** One hash over the names and contents of `paths`, relative to `folder`. */
export function hashFiles(folder, paths) {
  const lines = paths.map((path) => `${sha256(readFileSync(join(folder, path)))}  ${path}\n`);
  return sha256(lines.join(""));
}

/**
 * Runs `npm ci` unless node_modules already holds what package-lock.json asks for. A stamp inside node_modules
 * remembers the lock's hash; without one, a lock older than npm's own record of the installation counts as installed.
 */
export async function ensureModules() {
  const lock = join(root, "package-lock.json");
  const stamp = join(root, "node_modules", ".cuttle-lock");
  const wanted = `${sha256(readFileSync(lock))} ${process.platform}-${process.arch}\n`;
  if (existsSync(stamp)) {
    if (readFileSync(stamp, "utf8") === wanted && existsSync(projectNode)) return;
  } else {
    const record = join(root, "node_modules", ".package-lock.json");
    if (existsSync(record) && existsSync(projectNode) && statSync(record).mtimeMs >= statSync(lock).mtimeMs) {
      writeFileSync(stamp, wanted);
      return;
    }
  }
  await step("npm ci (packages into node_modules; about 15 s)", async () => {
    const env = { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" };
    await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], { env });
    writeFileSync(stamp, wanted);
  });
}

/** Runs the npm that runs this script, or else the one on PATH. `options` and result are those of {@link run}. */
export async function npm(args, options) {
  return await run(...npmCommand(args), options);
}

/** The command and arguments with which {@link npm} runs it. */
export function npmCommand(args) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith("npm-cli.js")) return [process.execPath, [cli, ...args]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", args];
}
