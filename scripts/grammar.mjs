/** The parser of `cuttle import` in the built package. */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./util.mjs";

/**
 * Copies the parser and its grammar into a build, with their licences, and has the program take them from there. They are no dependencies, because the package of
 * the grammar is 15 MB and runs a script when it is installed.
 */
export function copyGrammar(dist) {
  const modules = join(root, "node_modules");
  const to = join(dist, "grammar");
  mkdirSync(to, { recursive: true });
  copyFileSync(join(modules, "web-tree-sitter", "web-tree-sitter.js"), join(to, "web-tree-sitter.js"));
  for (const name of ["web-tree-sitter", "tree-sitter-rust"]) {
    copyFileSync(join(modules, name, `${name}.wasm`), join(to, `${name}.wasm`));
    copyFileSync(join(modules, name, "LICENSE"), join(to, `${name}.LICENSE`));
  }
  const file = join(dist, "import", "grammar.js");
  const code = readFileSync(file, "utf8");
  writeFileSync(file, code.replace('from "web-tree-sitter"', 'from "../grammar/web-tree-sitter.js"'));
}
