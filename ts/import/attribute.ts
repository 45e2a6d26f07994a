/** Attributes and doc comments, which stand before what they belong to. */

import type { Syntax } from "./grammar.ts";

/** `path`, `path = "value"` or `path(list)`, as an attribute or inside one. */
export interface Meta {
  /** As written, without spaces: `rename`, `rtc::remote`. */
  readonly path: string;
  /** The value after `=`, the text of a string literal. */
  readonly value: string | undefined;
  /** What stands in parentheses. */
  readonly list: readonly Meta[] | undefined;
  readonly node: Syntax;
}

/** A node with what stands before it. */
export interface Annotated {
  readonly node: Syntax;
  readonly docs: string;
  readonly attributes: readonly Meta[];
}

/** The named children that are no comments and attributes, each with those before it. */
export function annotated(parent: Syntax): Annotated[] {
  const found: Annotated[] = [];
  let docs: string[] = [];
  let attributes: Meta[] = [];
  for (const node of parent.namedChildren.flatMap(unwrapped)) {
    if (node.type === "attribute_item") {
      const meta = attributeOf(node);
      if (meta.path === "doc" && meta.value !== undefined) docs.push(meta.value);
      else attributes.push(meta);
    } else if (isComment(node)) {
      docs.push(...docOf(node));
    } else if (node.type !== "visibility_modifier" && node.type !== "inner_attribute_item") {
      found.push({ node, docs: docs.join("\n").trim(), attributes });
      docs = [];
      attributes = [];
    }
  }
  return found;
}

/** The grammar takes one attribute of a parameter; it has the others as an error, of which this knows better. */
export function isAttributes(node: Syntax): boolean {
  return (
    node.isError && node.parent?.type === "parameters" && node.children.every(({ type }) => type === "attribute_item")
  );
}

function unwrapped(node: Syntax): Syntax[] {
  return isAttributes(node) ? node.namedChildren : [node];
}

/** The first child of this kind. */
export function childOf(node: Syntax, ...types: readonly string[]): Syntax | undefined {
  return node.namedChildren.find((child) => types.includes(child.type));
}

/** Whether a node is a comment, of documentation or not. */
export function isComment(node: Syntax): boolean {
  return node.type === "line_comment" || node.type === "block_comment";
}

/** The metas of a path in all attributes, for instance all that stands in `#[serde(...)]`. */
export function listed(attributes: readonly Meta[], path: string): Meta[] {
  return attributes.filter((meta) => meta.path === path).flatMap((meta) => meta.list ?? []);
}

/** The text of a literal of a string; undefined for anything else. */
export function literalOf(node: Syntax): string | undefined {
  if (node.type !== "string_literal" && node.type !== "raw_string_literal") return undefined;
  const text = node.namedChildren.map((child) =>
    child.type === "escape_sequence" ? unescaped(child.text) : child.text,
  );
  return text.join("");
}

/** The lines of an outer doc comment, without the space that usually begins them; none for other comments. */
function docOf(comment: Syntax): string[] {
  if (childOf(comment, "outer_doc_comment_marker") === undefined) return [];
  const text = childOf(comment, "doc_comment")?.text ?? "";
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return lines.map((line) => line.replace(comment.type === "block_comment" ? /^\s*\* ?/ : /^ /, "").trimEnd());
}

function attributeOf(item: Syntax): Meta {
  const attribute = childOf(item, "attribute") ?? item;
  const [path] = attribute.namedChildren;
  const value = attribute.childForFieldName("value");
  const list = attribute.childForFieldName("arguments");
  return {
    path: pathText(path ?? attribute),
    value: value === null ? undefined : (literalOf(value) ?? value.text),
    list: list === null ? undefined : metasOf(list.children.slice(1, -1)),
    node: item,
  };
}

/** The metas among the tokens between parentheses. */
function metasOf(tokens: readonly Syntax[]): Meta[] {
  const parts: Syntax[][] = [[]];
  for (const token of tokens) {
    if (token.type === ",") parts.push([]);
    else if (!isComment(token)) parts.at(-1)?.push(token);
  }
  return parts.flatMap(([first, ...rest]) => (first === undefined ? [] : [metaOf(first, rest)]));
}

function metaOf(first: Syntax, rest: readonly Syntax[]): Meta {
  const last = rest.at(-1);
  const assigned = rest.findIndex((token) => token.type === "=");
  const list = last?.type === "token_tree" ? metasOf(last.children.slice(1, -1)) : undefined;
  const end = assigned >= 0 ? assigned : list === undefined ? rest.length : rest.length - 1;
  const path = [first, ...rest.slice(0, end)].map((token) => token.text).join("");
  const valued = rest.slice(assigned + 1);
  const value =
    assigned < 0 ? undefined : ((valued[0] && literalOf(valued[0])) ?? valued.map((token) => token.text).join(""));
  return { path, value, list: assigned < 0 ? list : undefined, node: first };
}

function pathText(node: Syntax): string {
  return node.text.replace(/\s/g, "");
}

/** What an escape of a Rust string stands for. */
function unescaped(sequence: string): string {
  const code = /^\\(?:x([\da-f]{2})|u\{([\da-f_]+)\})$/i.exec(sequence);
  const digits = code?.[1] ?? code?.[2]?.replaceAll("_", "");
  if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16));
  const simple: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0" };
  const letter = sequence.slice(1, 2);
  return letter === "\n" ? "" : (simple[letter] ?? letter);
}
