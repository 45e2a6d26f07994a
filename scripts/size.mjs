/**
 * `npm run size`: what a page that uses cuttle downloads, after minifying and gzip. Writes bench/results/size.json.
 * 1 kB = 1000 bytes.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ensureModules, main, root } from "./util.mjs";
import { pkg, readRecord } from "./wasm-record.mjs";

/** Goals in bytes after gzip; the second is also enforced by `npm run check`. */
const goals = { facade: 12_000, core: 18_000 };

const entry = join(root, "ts", "index.ts");

await main(async () => {
  await ensureModules();
  const page = pageEntry();
  const total = goals.facade + goals.core;
  const rows = [
    row("facade: connect and channels, without the core", await bundled(page, { withCore: false }), goals.facade),
    row("of it connect, mpsc and oneshot alone", await bundled(pageEntry(["mpsc", "oneshot"]), { withCore: false })),
    row("core: cuttle_core_bg.wasm", readRecord().wasm.gzipBytes, goals.core),
    row("connect and channels with the core inlined", await bundled(page, { withCore: true }), total),
    row("all exports with the core inlined", await bundled(entry, { withCore: true }), undefined),
  ];
  for (const { name, value, goal } of rows) {
    const verdict = goal === undefined ? "" : `${value <= goal ? "ok" : "OVER"}, goal ${goal}`;
    console.log(`${String(value).padStart(7)}  ${verdict.padEnd(18)} ${name}`);
  }
  const results = join(root, "bench", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "size.json"), `${JSON.stringify(rows, null, 2)}\n`);
});

/** One line of the result; without a goal it is there to be watched. */
function row(name, value, goal) {
  return { name, value, unit: "bytes gzip", ...(goal === undefined ? {} : { goal }) };
}

/** Writes what a page that only connects and uses channels imports: `connect` and these kinds of channels, or all. */
function pageEntry(kinds = channelKinds()) {
  const folder = join(root, "node_modules", ".cuttle");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `page-${kinds.join("-")}.ts`);
  writeFileSync(file, `export { ${["connect", ...kinds].join(", ")} } from "../../ts/index.ts";\n`);
  return file;
}

function channelKinds() {
  const exports = readFileSync(entry, "utf8").matchAll(/^export \* as (\w+) from "\.\/channel\//gm);
  return [...exports].map(([, name]) => name);
}

/** The size of a module and all it needs, bundled and minified. */
async function bundled(entry, { withCore }) {
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
      lib: { entry, formats: ["es"], fileName: "size" },
      // A library build keeps white space, so that others can still drop what they do not use; a page's does not.
      rolldownOptions: { output: { minify: true, codeSplitting: false } },
    },
  });
  const chunks = [result].flat().flatMap((one) => one.output);
  return gzipSync(chunks.map((chunk) => chunk.code ?? "").join(""), { level: 9 }).length;
}
