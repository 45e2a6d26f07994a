/**
 * Who consumes the package. `project` is the folder in `projects/` with its package.json, which names the exact version
 * of its tools; `quick` ones are part of `npm test`.
 */

import { page, programs, succeeds } from "./judges.mjs";

/** Every consumer, in the order in which they are run. */
export const consumers = [
  { name: "Vite 8", project: "vite", judge: page({ html: false }), quick: true },
  { name: "esbuild", project: "esbuild", judge: page(), quick: true },
  { name: "webpack 5", project: "webpack", judge: page() },
  { name: "Rspack 2", project: "rspack", judge: page() },
  { name: "Rollup 4", project: "rollup", judge: page() },
  { name: "Rolldown 1", project: "rolldown", judge: page() },
  { name: "Parcel 2", project: "parcel", judge: page({ html: false }) },
  { name: "Node 20, import and require", project: "node-20", judge: programs("start", "require"), quick: true },
  { name: "Node 22, import and require", project: "node-22", judge: programs("start", "require"), quick: true },
  { name: "Node 24, import and require", project: "node-24", judge: programs("start", "require"), quick: true },
  { name: "Node 26, import and require", project: "node-26", judge: programs("start", "require") },
  { name: "Bun", project: "bun", judge: programs("start") },
  { name: "Deno", project: "deno", judge: programs("start") },
  { name: "Jest", project: "jest", judge: succeeds("start") },
  { name: "Vitest", project: "vitest", judge: succeeds("start") },
];
