/**
 * Builds wasm-core/abi into wasm-core/pkg/: wasm, glue, the inlined variant and BUILD.json.
 *
 *   node scripts/build-wasm.mjs             build and write
 *   node scripts/build-wasm.mjs --if-stale  only when the sources or flags differ from the record
 *   node scripts/build-wasm.mjs --check     build elsewhere and compare with what is committed, byte by byte
 *
 * The build does not run in the checkout but on a copy in the per-user cache, and all paths in it are remapped:
 * the same sources give the same bytes whatever the folders are called, and the standard library is built once.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { inlineDeclaration, inlineModule } from "./ascii-escape.mjs";
import { ensureWasmCompiler, ensureWasmOpt, ensureWasmTools, lockedWasmBindgen, versions } from "./toolchain.mjs";
import { attempt, cacheFolder, listFiles, main, run, say, sha256, step, Trouble } from "./util.mjs";
import { flags, pkg, readRecord, sourceHash, workspace, workspaceFiles } from "./wasm-record.mjs";

const name = "cuttle_core";

await main(async () => {
  const asked = process.argv.slice(2);
  if (asked.includes("--check")) return check();
  if (asked.includes("--if-stale") && isFresh()) return say("wasm-core/pkg/ is up to date");
  const files = await build(await ensureWasmCompiler());
  rmSync(pkg, { recursive: true, force: true });
  mkdirSync(pkg, { recursive: true });
  for (const [path, content] of files) writeFileSync(join(pkg, path), content);
  const { wasm } = JSON.parse(files.get("BUILD.json"));
  say(`wasm-core/pkg/ written: ${wasm.bytes} bytes of wasm, ${wasm.gzipBytes} after gzip`);
});

function isFresh() {
  const record = readRecord();
  const wasm = join(pkg, `${name}_bg.wasm`);
  return (
    record?.sources.sha256 === sourceHash() &&
    JSON.stringify(record.flags) === JSON.stringify(flags) &&
    existsSync(wasm) &&
    sha256(readFileSync(wasm)) === record.wasm.sha256
  );
}

async function check() {
  const record = readRecord();
  if (record === undefined) throw new Trouble("wasm-core/pkg/ is missing: run npm run build:wasm.");
  if (!isFresh()) throw new Trouble("wasm-core/pkg/ is older than its sources or flags: run npm run build:wasm.");
  const compiler = await ensureWasmCompiler(record.toolchain.kind);
  const available = compiler && toolchainOf(compiler);
  if (JSON.stringify(available) !== JSON.stringify(record.toolchain)) {
    say(`wasm-core/pkg/ was built with ${JSON.stringify(record.toolchain)}`);
    say(`this machine has ${available ? JSON.stringify(available) : `no "${record.toolchain.kind}" toolchain`}`);
    return say("hence only the hash of the sources was compared: equal");
  }
  const rebuilt = await build(compiler);
  const committed = listFiles(pkg);
  const names = [...new Set([...committed, ...rebuilt.keys()])];
  const different = names.filter((path) => !isSame(path, rebuilt.get(path)));
  if (different.length > 0) {
    throw new Trouble(`A rebuild of wasm-core/pkg/ differs in ${different.join(", ")}: run npm run build:wasm.`);
  }
  say(`wasm-core/pkg/: a rebuild gives the same bytes in all ${names.length} files`);
}

function isSame(path, rebuilt) {
  const committed = join(pkg, path);
  if (rebuilt === undefined || !existsSync(committed)) return false;
  if (path !== "BUILD.json") return readFileSync(committed).equals(Buffer.from(rebuilt));
  // Another zlib may compress a little differently.
  const comparable = (text) => text.toString().replace(/"gzipBytes": \d+/g, "");
  return comparable(readFileSync(committed)) === comparable(rebuilt);
}

function toolchainOf(compiler) {
  const { wasmBindgen, wasmPack, binaryen } = versions;
  return { kind: compiler.kind, rust: compiler.description, wasmBindgen, wasmPack, binaryen };
}

/** Resolves with the files of pkg/ by name. */
async function build(compiler) {
  if (lockedWasmBindgen() !== versions.wasmBindgen) {
    throw new Trouble(
      `wasm-core/Cargo.lock has wasm-bindgen ${lockedWasmBindgen()}, scripts/toolchain.mjs ${versions.wasmBindgen}.`,
    );
  }
  const wasmOpt = await ensureWasmOpt();
  const tools = await ensureWasmTools();
  const id = sha256(JSON.stringify([compiler.description, flags])).slice(0, 12);
  const work = join(cacheFolder(), "wasm-build", `${compiler.kind}-${id}`);
  return withLock(work, async () => {
    copySources(join(work, "src"));
    const hash = sourceHash();
    await step("wasm-pack build (15 s; the first time also the standard library, 1 to 2 minutes)", () =>
      wasmPack(work, compiler, tools),
    );
    const out = join(work, "pkg");
    const raw = join(out, `${name}_bg.wasm`);
    const optimised = join(work, `${name}.wasm`);
    await step("wasm-opt", () => run(process.execPath, [wasmOpt, ...flags.wasmOpt, raw, "-o", optimised]));
    const { wasm, shortened } = await shortenMethods(readFileSync(optimised), wasmOpt);
    return collect({ out, wasm, shortened, compiler, hash });
  });
}

async function wasmPack(work, compiler, tools) {
  const [src, out, target] = ["src", "pkg", "target"].map((folder) => join(work, folder));
  rmSync(out, { recursive: true, force: true });
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const remapped = [`${src}=/cuttle`, `${target}=/target`, `${cargoHome}=/cargo`];
  const rustflags = [...compiler.rustflags, ...flags.rustc, ...remapped.map((pair) => `--remap-path-prefix=${pair}`)];
  const env = { ...process.env, ...compiler.env, CARGO_TARGET_DIR: target, RUSTC_BOOTSTRAP: "1" };
  for (const name of ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"]) delete env[name];
  env.PATH = [...tools, env.PATH ?? process.env.PATH].join(delimiter);
  const options = ["--target", "web", "--release", "--no-pack", "--no-gitignore", "--no-opt", "--mode", "force"];
  const names = ["--out-dir", out, "--out-name", name];
  // As configuration and not in the environment: that would be split at the spaces of folder names.
  const config = `target.wasm32-unknown-unknown.rustflags=${JSON.stringify(rustflags)}`;
  const args = ["build", join(src, "abi"), ...options, ...names, "--", ...flags.cargo, "--config", config];
  const { code, output } = await attempt("wasm-pack", args, { cwd: src, env, capture: true });
  if (code !== 0) throw new Trouble(`wasm-pack failed:\n${output}`);
}

/** Makes `to` hold what the workspace holds; files that are the same keep their time, so cargo rebuilds little. */
function copySources(to) {
  const wanted = workspaceFiles();
  for (const path of listFiles(to)) if (!wanted.includes(path)) rmSync(join(to, path));
  for (const path of wanted) {
    const content = readFileSync(join(workspace, path));
    const copy = join(to, path);
    if (existsSync(copy) && readFileSync(copy).equals(content)) continue;
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, content);
  }
}

/**
 * The module with short names for the exported methods, which only the glue knows: names are a good part of the wasm.
 * Resolves with it and a function that puts the short names into a text.
 */
async function shortenMethods(wasm, wasmOpt) {
  const { default: binaryen } = await import(pathToFileURL(join(wasmOpt, "..", "..", "index.js")).href);
  const module = binaryen.readBinary(wasm);
  const exported = Array.from({ length: module.getNumExports() }, (_, index) =>
    binaryen.getExportInfo(module.getExportByIndex(index)),
  );
  const short = new Map();
  for (const { name, value } of exported.filter(({ name }) => name.startsWith("mux_"))) {
    short.set(name, `m${short.size.toString(36)}`);
    module.removeExport(name);
    module.addFunctionExport(value, short.get(name));
  }
  const shortened = (text) => text.replace(/\bmux_\w+\b/g, (name) => short.get(name) ?? name);
  return { wasm: Buffer.from(module.emitBinary()), shortened };
}

function collect({ out, wasm, shortened, compiler, hash }) {
  const textOf = (file) => shortened(readFileSync(join(out, file), "utf8"));
  const glue = textOf(`${name}.js`);
  if (glue.includes("import.meta.url")) {
    throw new Trouble(
      "The glue refers to import.meta.url, which breaks bundlers. wasm-core/abi/Cargo.toml needs\n" +
        "[package.metadata.wasm-pack.profile.release.wasm-bindgen]\nomit-default-module-path = true",
    );
  }
  const inline = inlineModule(wasm);
  const record = {
    about: "Made by scripts/build-wasm.mjs; do not edit.",
    toolchain: toolchainOf(compiler),
    flags,
    sources: { sha256: hash },
    wasm: { sha256: sha256(wasm), ...sizes(wasm) },
    glue: sizes(glue),
    inline: sizes(inline),
  };
  return new Map([
    [`${name}_bg.wasm`, wasm],
    [`${name}_bg.wasm.d.ts`, textOf(`${name}_bg.wasm.d.ts`)],
    [`${name}.js`, glue],
    [`${name}.d.ts`, textOf(`${name}.d.ts`)],
    ["inline.js", inline],
    ["inline.d.ts", inlineDeclaration],
    ["BUILD.json", `${JSON.stringify(record, null, 2)}\n`],
  ]);
}

function sizes(content) {
  return { bytes: Buffer.byteLength(content), gzipBytes: gzipSync(content, { level: 9 }).length };
}

/** Runs `body` while no other process builds in `folder`; a lock whose owner is gone does not count. */
async function withLock(folder, body) {
  const lock = join(folder, "lock");
  mkdirSync(folder, { recursive: true });
  for (let told = false; !takeLock(lock); told = true) {
    if (!told) say("another build is running; waiting for it");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await body();
  } finally {
    process.off("exit", release);
    release();
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (ownerIsGone(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function ownerIsGone(lock) {
  if (!existsSync(lock)) return false;
  const owner = Number(readFileSync(lock, "utf8"));
  // Between its creation and the writing of the number the file is empty.
  if (owner === 0) return Date.now() - statSync(lock).mtimeMs > 5_000;
  try {
    process.kill(owner, 0);
    return false;
  } catch {
    return true;
  }
}
