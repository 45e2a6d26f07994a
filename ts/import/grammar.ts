/** The only file that knows where the parser comes from: tree-sitter with its grammar of Rust, both as WebAssembly. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Language, type Node, Parser } from "web-tree-sitter";

/** A node of a syntax tree; its kinds are those of tree-sitter's grammar of Rust 0.24. */
export type Syntax = Node;

/** Turns a Rust source into its syntax tree, also one with errors in it. */
export type Parse = (source: string) => Syntax;

/** Loads the parser, from files of this package alone. */
export async function loadParser(): Promise<Parse> {
  await Parser.init({ wasmBinary: await wasmOf("web-tree-sitter") });
  const parser = new Parser();
  parser.setLanguage(await Language.load(await wasmOf("tree-sitter-rust")));
  return (source) => {
    const tree = parser.parse(source);
    if (tree === null) throw new Error("the parser gave up");
    return tree.rootNode;
  };
}

/** In the installed package the build has put the files beside the program; in the checkout they are in their packages. */
async function wasmOf(name: string): Promise<Uint8Array> {
  const beside = join(dirname(fileURLToPath(import.meta.url)), "..", "grammar", `${name}.wasm`);
  if (existsSync(beside)) return await readFile(beside);
  return await readFile(createRequire(import.meta.url).resolve(`${name}/${name}.wasm`));
}
