/**
 * What wasm-core/pkg/ was made from: the sources that can change the artefact, the flags, and BUILD.json, the record
 * that stands beside the artefact.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hashFiles, listFiles, root } from "./util.mjs";

/** The Rust workspace. */
export const workspace = join(root, "wasm-core");

/** Where the artefact is committed. */
export const pkg = join(workspace, "pkg");

/** How the artefact is built; the same on every machine. */
export const flags = {
  // Level 2 that inlines, unrolls and vectorises next to nothing is smaller after gzip than level "z", by 9 %, and
  // faster. So is a module in which functions with one caller stay functions, and only those are inlined that are
  // hardly longer than a call. Nothing lives below address 1024, where the stack ends.
  rustc: [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Cllvm-args=-inline-threshold=10",
    "-Cllvm-args=-inlinehint-threshold=10",
    "-Cllvm-args=-unroll-count=1",
    "-Cno-vectorize-loops",
    "-Cno-vectorize-slp",
  ],
  cargo: ["--locked", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"],
  wasmOpt: [
    "--one-caller-inline-max-function-size=0",
    "--always-inline-max-function-size=6",
    "--low-memory-unused",
    "-Oz",
    "--converge",
    "--enable-reference-types",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
  ],
};

/** Files of the workspace that cargo may read: all but build output. */
export function workspaceFiles() {
  return listFiles(workspace, (path) => path !== "pkg" && path !== "target");
}

/** The files that can change the artefact: manifests, lock, cargo's configuration and code that is no test. */
export function sourceFiles() {
  const aside = /(^|\/)(tests|benches|examples|fuzz|simulate|proptest-regressions)\/|(^|[/_])tests\.rs$/;
  const read = /(\.rs|(^|\/)Cargo\.(toml|lock)|^\.cargo\/config\.toml)$/;
  return workspaceFiles().filter((path) => read.test(path) && !aside.test(path));
}

/** One hash over {@link sourceFiles}. */
export function sourceHash() {
  return hashFiles(workspace, sourceFiles());
}

/** BUILD.json, or undefined when there is no artefact. */
export function readRecord() {
  const path = join(pkg, "BUILD.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
