/** serde's attributes: what of them shows on the wire. Source: serde 1, "Attributes" of its documentation. */

import { listed, type Meta } from "./attribute.ts";
import type { Problems } from "./problems.ts";

/** The attributes of a struct, an enum or a variant. */
export interface ContainerRules {
  readonly renameAll: string | undefined;
  /** Of the fields of all struct variants of an enum. */
  readonly renameAllFields: string | undefined;
  /** `default`: true for the type's own, the path of a function otherwise. */
  readonly default: true | string | undefined;
  readonly transparent: boolean;
  /** Of an enum: the field with the name of the variant, and the one with the payload where that has one. */
  readonly tag: string | undefined;
  readonly content: string | undefined;
  readonly untagged: boolean;
  /** The type that stands on the wire in place of this one. */
  readonly proxy: string | undefined;
}

/** The attributes of a field, a variant or an argument. */
export interface FieldRules {
  readonly rename: string | undefined;
  readonly default: true | string | undefined;
  readonly skip: boolean;
  readonly flatten: boolean;
  readonly skipIf: string | undefined;
  readonly with: string | undefined;
  readonly other: boolean;
  /** Of a variant: what happens to its fields. */
  readonly renameAll: string | undefined;
}

/** Where attributes stand, and who is told what cannot be said in TypeScript. */
export interface Reading {
  readonly attributes: readonly Meta[];
  readonly file: string;
  readonly problems: Problems;
}

/** Attributes that change nothing on the wire, or only what Rust accepts beside it. */
const SILENT = ["bound", "crate", "expecting", "borrow", "deny_unknown_fields", "alias", "rename"];

/** Attribute macros of other crates that change what serde does. */
const FOREIGN = /(?:^|::)(serde_as|skip_serializing_none|serde_with|as_display)$/;

/** Reads the attributes of a struct or an enum. */
export function containerRules(reading: Reading): ContainerRules {
  const found = new Rules(reading, [
    "rename_all",
    "rename_all_fields",
    "default",
    "transparent",
    "from",
    "into",
    "try_from",
    "tag",
    "content",
    "untagged",
  ]);
  const from = found.text("from") ?? found.text("try_from");
  const into = found.text("into");
  if (from !== into)
    found.refuse(found.has("from") ?? found.has("try_from") ?? found.has("into"), "another type in one direction");
  return {
    renameAll: found.case("rename_all"),
    renameAllFields: found.case("rename_all_fields"),
    default: found.default(),
    transparent: found.has("transparent") !== undefined,
    tag: found.text("tag"),
    content: found.text("content"),
    untagged: found.has("untagged") !== undefined,
    proxy: from === into ? from : undefined,
  };
}

/** Reads the attributes of a field, a variant or an argument. */
export function fieldRules(reading: Reading): FieldRules {
  const found = new Rules(reading, [
    "default",
    "skip",
    "skip_serializing_if",
    "with",
    "other",
    "rename_all",
    "flatten",
  ]);
  return {
    rename: found.name("rename"),
    default: found.default(),
    skip: found.has("skip") !== undefined,
    flatten: found.has("flatten") !== undefined,
    skipIf: found.text("skip_serializing_if"),
    with: found.text("with"),
    other: found.has("other") !== undefined,
    renameAll: found.case("rename_all"),
  };
}

/** Whether both directions are derived. */
export function derivesSerde(attributes: readonly Meta[]): boolean {
  return derives(attributes, "Serialize") && derives(attributes, "Deserialize");
}

/** Whether a trait is derived. */
export function derives(attributes: readonly Meta[], trait: string): boolean {
  return listed(attributes, "derive").some(({ path }) => path.split("::").at(-1) === trait);
}

/** A name as `rename_all` changes it. */
export function renamed(name: string, rule: string | undefined, what: "field" | "variant"): string {
  if (rule === undefined) return name;
  const words = what === "field" ? name.split("_") : name.replace(/(?!^)\p{Lu}/gu, "_$&").split("_");
  const lower = words.map((one) => one.toLowerCase());
  // Fields keep their letters where the rule does not ask for others.
  const kept = what === "field" ? words : lower;
  const pascal = what === "variant" ? name : words.map((one) => one.slice(0, 1).toUpperCase() + one.slice(1)).join("");
  switch (rule) {
    case "lowercase":
      return what === "field" ? name : name.toLowerCase();
    case "UPPERCASE":
      return name.toUpperCase();
    case "PascalCase":
      return pascal;
    case "camelCase":
      return pascal.slice(0, 1).toLowerCase() + pascal.slice(1);
    case "snake_case":
      return kept.join("_");
    case "SCREAMING_SNAKE_CASE":
      return words.join("_").toUpperCase();
    case "kebab-case":
      return kept.join("-");
    default:
      return words.join("-").toUpperCase();
  }
}

const CASES = [
  "lowercase",
  "UPPERCASE",
  "PascalCase",
  "camelCase",
  "snake_case",
  "SCREAMING_SNAKE_CASE",
  "kebab-case",
  "SCREAMING-KEBAB-CASE",
];

/** The metas of `#[serde(...)]`; all but the understood ones are problems. */
class Rules {
  readonly #reading: Reading;
  readonly #metas: readonly Meta[];

  constructor(reading: Reading, understood: readonly string[]) {
    this.#reading = reading;
    this.#metas = listed(reading.attributes, "serde");
    for (const meta of this.#metas) {
      if (!understood.includes(meta.path) && !SILENT.includes(meta.path)) this.refuse(meta, `serde's ${meta.path}`);
    }
    for (const meta of reading.attributes) {
      if (FOREIGN.test(meta.path)) this.refuse(meta, meta.path);
      const conditional = meta.path === "cfg_attr" && /\b(serde|Serialize|Deserialize)\b/.test(meta.node.text);
      if (conditional) this.refuse(meta, "a serde attribute that holds under a condition");
    }
  }

  has(path: string): Meta | undefined {
    return this.#metas.find((meta) => meta.path === path);
  }

  text(path: string): string | undefined {
    return this.has(path)?.value;
  }

  /** The value of `rename`, which must be the same in both directions. */
  name(path: string): string | undefined {
    const meta = this.has(path);
    if (meta?.list === undefined) return meta?.value;
    const names = new Set(meta.list.map(({ value }) => value));
    if (names.size === 1 && meta.list.length === 2) return meta.list[0]?.value;
    this.refuse(meta, `a ${path} that differs by direction`);
    return undefined;
  }

  case(path: string): string | undefined {
    const rule = this.name(path);
    if (rule === undefined || CASES.includes(rule)) return rule;
    this.refuse(this.has(path), `${path} = ${JSON.stringify(rule)}`);
    return undefined;
  }

  default(): true | string | undefined {
    const meta = this.has("default");
    return meta === undefined ? undefined : (meta.value ?? true);
  }

  refuse(meta: Meta | undefined, what: string): void {
    if (meta === undefined) return;
    this.#reading.problems.add(
      { file: this.#reading.file, node: meta.node },
      `${what} cannot be said in TypeScript yet`,
    );
  }
}
