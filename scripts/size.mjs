/**
 * `npm run size`: what a page that uses cuttle downloads, after minifying and gzip. Writes bench/results/size.json.
 * 1 kB = 1000 bytes.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensureModules, main, root } from "./util.mjs";
import { pkg, readRecord } from "./wasm-record.mjs";

/** Goals in bytes after gzip; the second is also enforced by `npm run check`. */
const goals = { facade: 12_000, core: 18_000 };

await main(async () => {
  await ensureModules();
  const facade = await bundled({ withCore: false });
  const everything = await bundled({ withCore: true });
  const rows = [
    { name: "facade: connect and channels, without the core", value: facade, unit: "bytes gzip", goal: goals.facade },
    { name: "core: cuttle_core_bg.wasm", value: readRecord().wasm.gzipBytes, unit: "bytes gzip", goal: goals.core },
    {
      name: "default entry: facade with the core inlined",
      value: everything,
      unit: "bytes gzip",
      goal: goals.facade + goals.core,
    },
  ];
  for (const { name, value, goal } of rows) {
    console.log(
      `${String(value).padStart(7)} of ${String(goal).padEnd(6)} ${value <= goal ? "ok     " : "OVER   "} ${name}`,
    );
  }
  const results = join(root, "bench", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "size.json"), `${JSON.stringify(rows, null, 2)}\n`);
});

/** The size of all that `ts/index.ts` exports, bundled and minified. */
async function bundled({ withCore }) {
  const { build } = await import("vite");
  const stub = {
    name: "without-core",
    enforce: "pre",
    load: (id) =>
      id === join(pkg, "inline.js") ? "export function wasmBytes() { return new Uint8Array(0); }" : undefined,
  };
  const result = await build({
    configFile: false,
    root,
    logLevel: "warn",
    plugins: withCore ? [] : [stub],
    build: {
      write: false,
      target: "es2022",
      minify: true,
      lib: { entry: join(root, "ts", "index.ts"), formats: ["es"], fileName: "size" },
      // A library build keeps white space, so that others can still drop what they do not use; a page's does not.
      rolldownOptions: { output: { minify: true, codeSplitting: false } },
    },
  });
  const chunks = [result].flat().flatMap((one) => one.output);
  return gzipSync(chunks.map((chunk) => chunk.code ?? "").join(""), { level: 9 }).length;
}
