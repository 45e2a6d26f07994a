/**
 * Holds the direction of imports: a room imports only from the rooms that the table allows, no file imports itself
 * around a corner, and what only one room may know (the wasm, Node, npm packages) stays in it.
 * Imports that are types only may form cycles within a room; they are gone when the program runs.
 */

import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { listFiles, programFiles, root } from "./util.mjs";

/** The rooms of ts/ in their order, and the rooms that each may import from beside itself. */
const rooms = {
  util: [],
  errors: ["util"],
  core: ["util", "errors"],
  transport: ["util", "errors"],
  mux: ["util", "errors", "core", "transport"],
  schema: ["util", "errors"],
  codec: ["util", "errors", "schema"],
  channel: ["util", "errors", "mux", "schema", "codec"],
  plain: ["util", "errors", "schema", "codec", "channel"],
  remote: ["util", "errors", "mux", "schema", "codec", "channel", "plain"],
  rtc: ["util", "errors", "mux", "schema", "codec", "channel"],
  object: ["util", "errors", "mux", "schema", "codec", "channel", "rtc"],
  robs: ["util", "errors", "mux", "schema", "codec", "channel"],
  screen: ["channel", "robs"],
  connect: ["util", "errors", "core", "transport", "mux", "schema", "codec", "channel", "remote", "rtc"],
  reconnect: ["util", "errors", "connect"],
  webrtc: ["util", "errors", "transport", "channel", "plain", "remote"],
  comlink: ["util", "errors", "transport", "channel", "plain", "connect"],
  testing: ["util", "errors", "transport"],
  node: ["util", "errors", "core", "transport", "mux", "schema", "codec", "channel", "remote", "rtc", "connect"],
  relay: ["util", "errors", "transport", "mux", "node"],
  import: ["util", "errors"],
};

/** Rooms that may import Node's modules and npm packages. */
const worldly = ["node", "relay", "import"];

/** The files of other rooms that each stand for one npm package. */
const adapters = {
  "screen/react.ts": "react",
  "screen/vue.ts": "vue",
  "screen/svelte.ts": "svelte/reactivity",
  "screen/solid.ts": "solid-js",
};

/** The only room that knows that wasm exists. */
const wasmRoom = "core";

/** Runs the check; `{ problems, notes }`. */
export function checkArrows() {
  const files = programFiles("ts");
  const problems = [];
  const graph = new Map();
  for (const room of new Set(files.map(roomOf))) {
    if (room !== undefined && !(room in rooms))
      problems.push(`ts/${room}: not in the table of scripts/check-arrows.mjs`);
  }
  for (const file of files) {
    const edges = [];
    for (const { target, typeOnly } of importsOf(readFileSync(join(root, "ts", file), "utf8"))) {
      const resolved = target.startsWith(".") ? posix.normalize(posix.join(dirname(file), target)) : undefined;
      const problem = judge(file, target, resolved);
      if (problem) problems.push(`ts/${file}: ${problem}`);
      const within = resolved !== undefined && roomOf(resolved) === roomOf(file);
      if (resolved && files.includes(resolved) && !(typeOnly && within)) edges.push(resolved);
    }
    graph.set(file, edges);
  }
  problems.push(...cycles(graph), ...checkCrates());
  return { problems, notes: [`${files.length} files of ts/, ${[...graph.values()].flat().length} imports`] };
}

function roomOf(file) {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : undefined;
}

/** What is wrong with `file` importing `target`, or undefined. */
function judge(file, target, resolved) {
  const from = roomOf(file);
  if (from === undefined || !(from in rooms)) return undefined;
  if (resolved === undefined) {
    return worldly.includes(from) || adapters[file] === target
      ? undefined
      : `imports "${target}"; only ${worldly.join(", ")} may use packages and Node`;
  }
  if (resolved.startsWith("../wasm-core/")) {
    return from === wasmRoom ? undefined : `imports "${target}"; only ${wasmRoom} knows the wasm`;
  }
  const to = roomOf(resolved);
  if (resolved.startsWith("../")) return `imports "${target}", which is outside ts/`;
  if (to === undefined) return `imports the entry "${target}"; rooms do not know the entries`;
  if (to === from || rooms[from].includes(to)) return undefined;
  return `imports from the room "${to}"; ${from} may use ${rooms[from].join(", ") || "no other room"}`;
}

/**
 * The imports of a TypeScript source, found by pattern: `import`, `export … from`, `import()` with a literal.
 * `import type` and `export type` are types only.
 */
export function importsOf(source) {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/("(?:\\.|[^"\\\n])*")|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g, (_, quoted) => quoted ?? "");
  const found = [];
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?"([^"]+)"/gm;
  for (const [, type, target] of code.matchAll(statement)) found.push({ target, typeOnly: type !== undefined });
  for (const [, target] of code.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) found.push({ target, typeOnly: false });
  return found;
}

/** One line per cycle among the files, each cycle once. */
function cycles(graph) {
  const problems = [];
  const state = new Map();
  const trail = [];
  const visit = (file) => {
    state.set(file, "open");
    trail.push(file);
    for (const next of graph.get(file) ?? []) {
      if (state.get(next) === "open")
        problems.push(`cycle: ${[...trail.slice(trail.indexOf(next)), next].join(" → ")}`);
      else if (!state.has(next)) visit(next);
    }
    trail.pop();
    state.set(file, "done");
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return problems;
}

/** wasm-core: abi may use mux; mux knows neither abi nor wasm-bindgen. */
function checkCrates() {
  const folder = join(root, "wasm-core", "mux");
  const files = listFiles(folder).filter((path) => path === "Cargo.toml" || path.endsWith(".rs"));
  return files
    .filter((path) =>
      /\b(cuttle[_-]abi|wasm[_-]bindgen)\b/.test(withoutComments(readFileSync(join(folder, path), "utf8"))),
    )
    .map((path) => `wasm-core/mux/${path}: names abi or wasm-bindgen; only abi knows them`);
}

function withoutComments(text) {
  return text.replace(/^\s*(\/\/|#[^![]).*$/gm, "");
}

if (process.argv[1] === import.meta.filename) {
  const { problems } = checkArrows();
  for (const problem of problems) console.error(problem);
  process.exit(problems.length > 0 ? 1 : 0);
}
