/** The files of a crate as modules, with what each declares. */

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Annotated, annotated, childOf, isAttributes, type Meta } from "./attribute.ts";
import type { Parse, Syntax } from "./grammar.ts";
import type { Place, Problems } from "./problems.ts";

/** A module of the crate. */
export interface Module {
  readonly name: string;
  readonly parent: Module | undefined;
  readonly file: string;
  /** By name; a name that is declared under several conditions has several. */
  readonly items: Map<string, Item[]>;
  readonly modules: Map<string, Module>;
  readonly uses: Use[];
  /** Calls of macros, which may declare anything. */
  readonly macros: Syntax[];
}

/** Something declared in a module: a struct, an enum, a trait, a type alias or a constant. */
export interface Item extends Annotated, Place {
  readonly name: string;
  readonly module: Module;
  /** The condition of a `cfg` that is neither known to hold nor known not to. */
  readonly condition: string | undefined;
}

/** One name of a `use`, or `*`. */
export interface Use {
  readonly name: string;
  readonly path: readonly string[];
}

/** How a crate is read. */
export interface CrateOptions {
  readonly parse: Parse;
  readonly problems: Problems;
  /** Conditions of `cfg` that hold, as they are written there, without spaces. */
  readonly holding: ReadonlySet<string>;
}

const ITEMS = ["struct_item", "enum_item", "trait_item", "type_item", "const_item", "function_item", "union_item"];

/** Reads a file and the modules that it declares. Files that cannot be found are problems. */
export function readCrate(file: string, options: CrateOptions): Module {
  return readFile({ file, name: "crate", parent: undefined, folder: dirname(file) }, options);
}

/** Every module, the given one first. */
export function modulesOf(module: Module): Module[] {
  return [module, ...[...module.modules.values()].flatMap(modulesOf)];
}

/** The path of a module as Rust has it. */
export function pathOf(module: Module): string {
  return module.parent === undefined ? "crate" : `${pathOf(module.parent)}::${module.name}`;
}

interface FileOf {
  readonly file: string;
  readonly name: string;
  readonly parent: Module | undefined;
  /** Where the files of its modules are. */
  readonly folder: string;
}

function readFile({ file, name, parent, folder }: FileOf, options: CrateOptions): Module {
  const root = options.parse(readFileSync(file, "utf8"));
  reportErrors(root, file, options.problems);
  const module: Module = emptyModule(name, parent, file);
  fill(module, root, folder, options);
  return module;
}

function emptyModule(name: string, parent: Module | undefined, file: string): Module {
  return { name, parent, file, items: new Map(), modules: new Map(), uses: [], macros: [] };
}

function fill(module: Module, body: Syntax, folder: string, options: CrateOptions): void {
  for (const one of annotated(body)) {
    const condition = conditionOf(one.attributes, options.holding);
    if (condition === false) continue;
    const { node } = one;
    if (node.type === "use_declaration") {
      const tree = node.childForFieldName("argument");
      if (tree !== null) module.uses.push(...usesOf(tree, []));
    } else if (node.type === "mod_item") {
      declareModule(module, one, folder, options);
    } else if (node.type === "macro_invocation" || childOf(node, "macro_invocation") !== undefined) {
      module.macros.push(node);
    } else if (ITEMS.includes(node.type)) {
      const name = plainName(node.childForFieldName("name")?.text ?? "");
      const item: Item = { ...one, name, module, file: module.file, condition };
      module.items.set(name, [...(module.items.get(name) ?? []), item]);
    }
  }
}

/** `r#type` is `type`. */
export function plainName(name: string): string {
  return name.replace(/^r#/, "");
}

function declareModule(parent: Module, one: Annotated, folder: string, options: CrateOptions): void {
  const name = plainName(one.node.childForFieldName("name")?.text ?? "");
  const given = one.attributes.find(({ path }) => path === "path")?.value;
  const body = one.node.childForFieldName("body");
  if (body !== null) {
    const module = emptyModule(name, parent, parent.file);
    fill(module, body, join(folder, name), options);
    parent.modules.set(name, module);
    return;
  }
  const candidates = given === undefined ? [join(folder, `${name}.rs`), join(folder, name, "mod.rs")] : [];
  if (given !== undefined) candidates.push(join(dirname(parent.file), given));
  const file = candidates.find((path) => existsSync(path));
  if (file === undefined) {
    options.problems.add({ file: parent.file, node: one.node }, `there is no file ${candidates.join(" or ")}`);
    return;
  }
  if (ancestorsOf(parent).some((one) => resolve(one.file) === resolve(file))) {
    options.problems.add({ file: parent.file, node: one.node }, `${name} would be inside itself`);
    return;
  }
  const isOwner = basename(file) === "mod.rs" || given !== undefined;
  parent.modules.set(
    name,
    readFile({ file, name, parent, folder: isOwner ? dirname(file) : join(folder, name) }, options),
  );
}

function ancestorsOf(module: Module): Module[] {
  return module.parent === undefined ? [module] : [module, ...ancestorsOf(module.parent)];
}

/** Whether the `cfg` of something holds: true, false, or the condition when that is not known. */
export function conditionOf(attributes: readonly Meta[], holding: ReadonlySet<string>): undefined | false | string {
  for (const { path, node } of attributes) {
    if (path !== "cfg") continue;
    const text = node.text.replace(/\s/g, "").slice("#[cfg(".length, -")]".length);
    if (text === "test") return false;
    if (!holding.has(text)) return text;
  }
  return undefined;
}

function usesOf(tree: Syntax, prefix: readonly string[]): Use[] {
  switch (tree.type) {
    case "use_list":
      return tree.namedChildren.flatMap((part) => usesOf(part, prefix));
    case "scoped_use_list": {
      const path = tree.childForFieldName("path");
      const list = tree.childForFieldName("list");
      return list === null ? [] : usesOf(list, [...prefix, ...(path === null ? [] : segmentsOf(path))]);
    }
    case "use_wildcard": {
      const [path] = tree.namedChildren;
      return [{ name: "*", path: [...prefix, ...(path === undefined ? [] : segmentsOf(path))] }];
    }
    case "use_as_clause": {
      const path = tree.childForFieldName("path");
      const alias = tree.childForFieldName("alias");
      return path === null || alias === null ? [] : [{ ...named([...prefix, ...segmentsOf(path)]), name: alias.text }];
    }
    case "line_comment":
    case "block_comment":
      return [];
    default:
      return [named([...prefix, ...segmentsOf(tree)])];
  }
}

/** `use a::{self}` brings `a`. */
function named(path: readonly string[]): Use {
  const whole = path.length > 1 && path.at(-1) === "self" ? path.slice(0, -1) : path;
  return { name: whole.at(-1) ?? "", path: whole };
}

/** The names of a path; a leading `::` is an empty name. */
export function segmentsOf(path: Syntax): string[] {
  return path.text.replace(/\s/g, "").split("::").map(plainName);
}

/** Syntax errors, but for those in bodies of functions, which nobody reads. */
function reportErrors(node: Syntax, file: string, problems: Problems): void {
  if (!node.hasError || node.type === "block" || isAttributes(node)) return;
  if (node.isError || node.isMissing) {
    problems.add({ file, node }, "this is no Rust that can be read here");
    return;
  }
  for (const child of node.children) reportErrors(child, file, problems);
}
