/**
 * Files and functions that a head can hold: names those over the soft limits, fails on those over the hard ones.
 * Tests are not measured.
 *
 * Functions are found by matching braces in a text whose comments and strings are blanked out; no parser is
 * involved. A brace opens a function when `=>` or a parameter list with a name that is no keyword stands before it
 * (TypeScript), or when it is the first one after `fn name` (Rust). A return type that itself contains braces hides
 * its function.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, programFiles, root } from "./util.mjs";

/** In lines. */
const limits = { file: { soft: 400, hard: 500 }, function: { soft: 60, hard: 120 } };

/** What may be longer than the hard limits, `path` or `path:function`, with the reason. */
const allowed = new Map([]);

/** Runs the check; `{ problems, notes }`. */
export function checkSizes() {
  const problems = [];
  const notes = [];
  const judge = (kind, key, lines) => {
    const { soft, hard } = limits[kind];
    if (lines <= soft) return;
    const line = `${key}: ${lines} lines`;
    if (lines > hard && !allowed.has(key)) problems.push(`${line}; a ${kind} has at most ${hard}`);
    else notes.push(line);
  };
  for (const path of sources()) {
    const text = withoutTests(path, blank(readFileSync(join(root, path), "utf8"), path.endsWith(".rs")));
    judge("file", path, text.trimEnd().split("\n").length);
    for (const { name, lines } of functions(text, path)) judge("function", `${path}:${name}`, lines);
  }
  return { problems, notes };
}

function sources() {
  const below = (folder, paths) => paths.map((path) => `${folder}/${path}`);
  const aside = /(^|\/)(target|pkg|tests|benches|fuzz)$/;
  const rust = listFiles(join(root, "wasm-core"), (path) => !aside.test(path));
  return [
    ...["ts", "demo", "bench"].flatMap((folder) => below(folder, programFiles(folder))),
    ...below("scripts", listFiles(join(root, "scripts"))),
    ...below(
      "wasm-core",
      rust.filter((path) => path.endsWith(".rs") && !/(^|[/_])tests\.rs$/.test(path)),
    ),
  ];
}

/** A Rust file without the test module at its end. */
function withoutTests(path, text) {
  if (!path.endsWith(".rs")) return text;
  const at = text.search(/^#\[cfg\(test\)\]\s*mod \w+ \{/m);
  return at < 0 ? text : text.slice(0, at);
}

/** `text` with the contents of comments, strings and regular expressions replaced by spaces; lines stay. */
export function blank(text, isRust) {
  const pieces = isRust
    ? /\/\/[^\n]*|\/\*[\s\S]*?\*\/|r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n]{1,8}?|[^'\\\n])'/g
    : /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:?!&|;{}[]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\//g;
  return text.replace(pieces, (piece) => piece.replace(/[^\n]/g, " "));
}

/** `{ name, lines }` of every function in a blanked text. */
export function functions(text, path) {
  return path.endsWith(".rs") ? rustFunctions(text) : scriptFunctions(text);
}

function rustFunctions(text) {
  const found = [];
  for (const head of text.matchAll(/\bfn (\w+)/g)) {
    const open = text.slice(head.index).search(/[{;]/) + head.index;
    if (text[open] === "{") found.push({ name: head[1], lines: lineCount(text, head.index, closing(text, open)) });
  }
  return found;
}

const keywords = new Set(["if", "for", "while", "switch", "catch", "with", "return", "await", "of"]);

function scriptFunctions(text) {
  const found = [];
  for (const { index } of text.matchAll(/\{/g)) {
    const before = text.slice(Math.max(0, index - 600), index).trimEnd();
    const name = before.endsWith("=>") ? arrowName(before) : methodName(before);
    if (name !== undefined) found.push({ name, lines: lineCount(text, index, closing(text, index)) });
  }
  return found;
}

/** The name that an arrow function is given on its line, or "=>". */
function arrowName(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return /(?:const|let)?\s*([\w$]+)\s*[:=][^=]/.exec(line)?.[1] ?? "=>";
}

/** The name before the parameter list that ends `before`, if there is one and it is not a keyword's. */
function methodName(before) {
  const list = /\)(\s*:\s*[^(){};=]+(?:\([^()]*\)[^(){};=]*)?)?$/.exec(before);
  if (!list) return undefined;
  let depth = 0;
  for (let at = list.index; at >= 0; at--) {
    if (before[at] === ")") depth++;
    else if (before[at] === "(" && --depth === 0) {
      const name = /([\w$#]+)\s*(?:<[^()]*>)?\s*$/.exec(before.slice(0, at))?.[1];
      return name === undefined || keywords.has(name) ? undefined : name;
    }
  }
  return undefined;
}

/** The place of the brace that closes the one at `open`, or the end of the text. */
function closing(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return text.length;
}

function lineCount(text, from, to) {
  return text.slice(from, to).split("\n").length;
}
