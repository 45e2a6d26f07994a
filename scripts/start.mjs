/**
 * `npm start`: from a fresh clone to the demo in the browser. Needs Node 20 and nothing else; the wasm is committed.
 * `--rust` (`npm run demo:rust`) also builds and starts the Rust peers and tells the demo server where they listen.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import {
  ensureModules,
  freePort,
  hashFiles,
  listFiles,
  main,
  projectNode,
  root,
  run,
  say,
  start,
  step,
  Trouble,
} from "./util.mjs";

await main(async () => {
  await ensureModules();
  await buildDemo();
  const env = { ...process.env, PORT: process.env.PORT || String(await freePort(8080)) };
  if (process.argv.includes("--rust")) env.CUTTLE_RUST_PEERS = JSON.stringify(await startRustPeers());
  await serve(env);
});

/** Builds the demo unless it was built from the very same files before. */
async function buildDemo() {
  const stamp = join(root, "node_modules", ".cuttle", "demo");
  const inputs = listFiles(root, (path, isFolder) => (isFolder ? isDemoFolder(path) : isDemoInput(path)));
  const wanted = hashFiles(root, inputs);
  const built = existsSync(join(root, "demo", "dist", "index.html"));
  if (built && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await step("building the demo", () => {
    const vite = join(root, "node_modules", "vite", "bin", "vite.js");
    return run(projectNode, [vite, "build", "--logLevel", "warn"]);
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function isDemoFolder(path) {
  return /^(demo|ts|wasm-core|wasm-core\/pkg)$|^(demo|ts)\//.test(path) && path !== "demo/dist";
}

function isDemoInput(path) {
  if (path.endsWith(".test.ts")) return false;
  return /^(demo|ts|wasm-core\/pkg)\//.test(path) || ["vite.config.ts", "package-lock.json"].includes(path);
}

async function startRustPeers() {
  const { peers, startPeer } = await import("./peers.mjs");
  const paths = await step("building the Rust peers (minutes the first time)", () => peers());
  const addresses = {};
  for (const [version, path] of Object.entries(paths)) {
    const peer = await startPeer(path);
    process.once("exit", () => peer.stop());
    addresses[version] = peer.url;
    say(`remoc ${version} listens at ${peer.url}`);
  }
  return addresses;
}

/** Runs the demo server until it ends; shows its address once it says that it is ready. */
async function serve(env) {
  const server = start(projectNode, ["demo/server.ts"], { env, stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: server.stdout }).on("line", (line) => {
    if (line.startsWith("ready ")) console.log(`\ncuttle demo: http://localhost:${env.PORT}/   (Ctrl-C ends it)\n`);
    else console.log(line);
  });
  const code = await new Promise((resolve) => server.once("close", resolve));
  throw new Trouble(`The demo server ended with code ${code}.`);
}
