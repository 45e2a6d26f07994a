/** The committed artefact: made from these sources with these flags, importing nothing unexpected, small enough. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { sha256 } from "./util.mjs";
import { flags, pkg, readRecord, sourceHash } from "./wasm-record.mjs";

/** In bytes after gzip. */
const ceiling = 22_500;

/** What wasm-bindgen's glue gives a module that never calls out: a way to throw, and its table of references. */
const expectedImports = [/^__wbg___wbindgen_throw_[0-9a-f]+$/, /^__wbindgen_init_externref_table$/];

/** Runs the check; resolves with `{ problems, notes }`. */
export async function checkWasm() {
  const record = readRecord();
  const path = join(pkg, "cuttle_core_bg.wasm");
  if (record === undefined || !existsSync(path))
    return { problems: ["wasm-core/pkg/ is missing: run npm run build:wasm"], notes: [] };
  const problems = [];
  const require = (holds, problem) => holds || problems.push(problem);

  const bytes = readFileSync(path);
  const size = gzipSync(bytes, { level: 9 }).length;
  require(record.sources.sha256 ===
    sourceHash(), "the sources changed since the artefact was built: run npm run build:wasm");
  require(JSON.stringify(record.flags) === JSON.stringify(flags), "the build flags changed: run npm run build:wasm");
  require(record.wasm.sha256 ===
    sha256(bytes), "cuttle_core_bg.wasm is not the file that BUILD.json describes: run npm run build:wasm");
  require(size <= ceiling, `the wasm has ${size} bytes after gzip, the ceiling is ${ceiling}`);

  for (const { module, name, kind } of WebAssembly.Module.imports(new WebAssembly.Module(bytes))) {
    const expected = kind === "function" && expectedImports.some((pattern) => pattern.test(name));
    require(expected, `the wasm imports ${module} ${name}; the core calls nobody`);
  }

  const { wasmBytes } = await import(pathToFileURL(join(pkg, "inline.js")).href);
  require(bytes.equals(
    wasmBytes(),
  ), "inline.js does not hold the bytes of cuttle_core_bg.wasm: run npm run build:wasm");
  const glue = readFileSync(join(pkg, "cuttle_core.js"), "utf8");
  require(!glue.includes("import.meta"), "the glue refers to import.meta, which breaks bundlers");
  return { problems, notes: [`${size} of ${ceiling} bytes after gzip`] };
}
