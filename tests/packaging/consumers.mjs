/**
 * Who consumes the package. `project` is the folder in `projects/` with its package.json, which names the exact version
 * of its tools; `quick` ones are part of `npm test`.
 */

import { equal, open, page, programs, putPlainFile, succeeds } from "./judges.mjs";
import { next, webTransport, workerd } from "./sites.mjs";

/** Every consumer, in the order in which they are run. */
export const consumers = [
  { name: "publint", project: "publint", judge: succeeds("start"), quick: true },
  { name: "are the types wrong", project: "attw", judge: succeeds("start"), quick: true },
  { name: "channels alone bring no calls along", project: "tree-shaking", judge: shaken, quick: true },
  { name: "npx cuttle", project: "no-bundler", judge: program, quick: true },
  { name: "a page without a bundler", project: "no-bundler", judge: bare, quick: true },
  { name: "Vite 8", project: "vite", judge: page({ html: false }), quick: true },
  { name: "esbuild", project: "esbuild", judge: page(), quick: true },
  { name: "webpack 5", project: "webpack", judge: page() },
  { name: "Rspack 2", project: "rspack", judge: page() },
  { name: "Rollup 4", project: "rollup", judge: page() },
  { name: "Rolldown 1", project: "rolldown", judge: page() },
  { name: "Parcel 2", project: "parcel", judge: page({ html: false }) },
  { name: "Next 16: page, route, edge route", project: "next", judge: next },
  { name: "Astro 7", project: "astro", judge: page({ html: false }) },
  { name: "SvelteKit 3", project: "sveltekit", judge: page({ folder: "build", html: false }) },
  ...["20.20.2", "22.23.3", "24.21.0"].map((version) => ({ ...node(version), quick: true })),
  node("26.10.0"),
  { name: "Bun", project: "bun", judge: programs("start") },
  { name: "workerd, by Wrangler 4", project: "workerd", judge: workerd },
  { name: "Deno", project: "deno", judge: programs("start") },
  { name: "T13: WebTransport, Chromium with Deno", project: "webtransport", judge: webTransport },
  { ...typescript("5.7.3"), quick: true },
  ...["5.8.3", "5.9.3", "6.0.3"].map(typescript),
  { ...typescript("7.0.2"), quick: true },
  { name: "Jest", project: "jest", judge: succeeds("start") },
  { name: "Vitest", project: "vitest", judge: succeeds("start") },
];

function node(version) {
  const name = `Node ${version}, import and require`;
  return { name, project: "node", tools: { node: version }, judge: programs("import", "require") };
}

function typescript(version) {
  const name = `TypeScript ${version}, moduleResolution bundler and node16`;
  return { name, project: "typescript", tools: { typescript: version }, judge: succeeds("bundler", "node16") };
}

/** Rooms that programs with channels alone do not need. */
const CALLING = ["object", "plain", "remote", "robs", "rtc", "webrtc"];

/** A program with channels alone contains no code of the rooms for calls, and one with calls does. */
async function shaken(project) {
  for (const line of (await project.run("start")).trim().split("\n")) {
    const [program, rooms] = line.split(": ");
    const there = rooms.split(" ").filter((room) => CALLING.includes(room));
    // esbuild keeps the whole of a namespace such as `t`, so calls may bring more along than they use.
    const expected = program.endsWith("channels.js") ? [] : ["object", "rtc"];
    equal(expected.every((room) => there.includes(room)) && (expected.length > 0 || there.length === 0), true, line);
  }
}

/** The package's program. */
async function program(project) {
  equal((await project.run("cli")).split("\n")[0], "usage: cuttle relay LISTEN TARGET [options]");
}

/** The page as it is, with the package's one file beside it. */
async function bare(project, context) {
  putPlainFile(context.packed, project);
  await open(context, project.path, "0 1 2 3 4");
}
