/** What a path in the source means. */

import { type Item, type Module, pathOf } from "./crate.ts";
import { isKnownPath } from "./known.ts";

/** What a path leads to. */
export type Found =
  | {
      readonly kind: "items";
      readonly items: readonly Item[];
      /** What `#[remote]` made of the trait, when that is meant. */
      readonly made?: "Client" | "ReqReceiver";
    }
  | { readonly kind: "module"; readonly module: Module }
  /** Outside this crate, under the path where it is declared. */
  | { readonly kind: "outside"; readonly path: string };

/** Finds a path, as seen from a module. Undefined when nothing here says what it is. */
export function find(
  module: Module,
  path: readonly string[],
  trail: ReadonlySet<string> = new Set(),
): Found | undefined {
  const [first = "", ...rest] = path;
  if (first === "") return { kind: "outside", path: canonical(rest) };
  const key = `${pathOf(module)} ${path.join("::")}`;
  if (trail.has(key)) return undefined;
  const seen = new Set([...trail, key]);
  if (first === "crate") return walk({ kind: "module", module: rootOf(module) }, rest, seen);
  if (first === "self") return walk({ kind: "module", module }, rest, seen);
  if (first === "super") return module.parent && walk({ kind: "module", module: module.parent }, rest, seen);
  const found = findName(module, first, seen);
  if (found !== undefined) return walk(found, rest, seen);
  if (rest.length > 0) return { kind: "outside", path: canonical(path) };
  const prelude = PRELUDE.get(first);
  return prelude === undefined ? undefined : { kind: "outside", path: prelude };
}

function walk(from: Found, path: readonly string[], seen: ReadonlySet<string>): Found | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return from;
  if (from.kind === "outside") return { kind: "outside", path: canonical([...from.path.split("::"), ...path]) };
  if (from.kind === "items") return undefined;
  if (first === "super" || first === "self") return find(from.module, path, seen);
  const found = findName(from.module, first, seen);
  return found && walk(found, rest, seen);
}

/** A name that a module declares or brings in. */
function findName(module: Module, name: string, seen: ReadonlySet<string>): Found | undefined {
  const items = module.items.get(name);
  if (items !== undefined) return { kind: "items", items };
  const inner = module.modules.get(name);
  if (inner !== undefined) return { kind: "module", module: inner };
  const made = madeBy(module, name);
  if (made !== undefined) return made;
  const used = module.uses.find((use) => use.name === name);
  if (used !== undefined) return find(module, used.path, seen);
  for (const use of module.uses) {
    if (use.name !== "*") continue;
    const from = find(module, use.path, seen);
    const found = from && from.kind !== "items" ? walkGlob(from, name, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function walkGlob(from: Exclude<Found, { kind: "items" }>, name: string, seen: ReadonlySet<string>): Found | undefined {
  if (from.kind === "outside") {
    const path = canonical([...from.path.split("::"), name]);
    return isKnownPath(path) ? { kind: "outside", path } : undefined;
  }
  const key = `${pathOf(from.module)} *${name}`;
  return seen.has(key) ? undefined : findName(from.module, name, new Set([...seen, key]));
}

/** What `#[remote]` makes beside the trait: its client and its request receiver. */
function madeBy(module: Module, name: string): Found | undefined {
  for (const made of ["Client", "ReqReceiver"] as const) {
    const items = name.endsWith(made) ? module.items.get(name.slice(0, -made.length)) : undefined;
    if (items?.some(({ node }) => node.type === "trait_item")) return { kind: "items", items, made };
  }
  return undefined;
}

function rootOf(module: Module): Module {
  return module.parent === undefined ? module : rootOf(module.parent);
}

/** One path for what can be reached over several. */
function canonical(path: readonly string[]): string {
  return path
    .join("::")
    .replace(/^(?:core|alloc)::/, "std::")
    .replace(/^remoc::prelude::/, "remoc::");
}

/** What Rust brings into every module. */
const PRELUDE: ReadonlyMap<string, string> = new Map([
  ["Option", "std::option::Option"],
  ["Result", "std::result::Result"],
  ["String", "std::string::String"],
  ["Vec", "std::vec::Vec"],
  ["Box", "std::boxed::Box"],
]);
