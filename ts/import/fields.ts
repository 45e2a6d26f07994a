/** Fields of structs and arguments of methods: what serde's attributes make of them. */

import { type Annotated, isComment, literalOf } from "./attribute.ts";
import { conditionOf, type Module } from "./crate.ts";
import { call, type Expression, type Part } from "./expression.ts";
import type { Syntax } from "./grammar.ts";
import { bytes, option, type Said, word } from "./said.ts";
import { find } from "./scope.ts";
import { type FieldRules, fieldRules, renamed } from "./serde.ts";
import type { Scope, Types } from "./types.ts";

/** What all fields of a declaration have in common. */
export interface FieldsOf {
  readonly types: Types;
  readonly scope: Scope;
  readonly renameAll: string | undefined;
  /** Whether a missing field is what the `Default` of the whole has. */
  readonly isDefaulted: boolean;
  readonly holding: ReadonlySet<string>;
}

/** A field in TypeScript. */
export interface Field {
  readonly part: Part & { readonly key: string };
  readonly said: Said;
}

/** A field with a name; undefined for one that is not on the wire. */
export function readField(one: Annotated, name: string, type: Syntax, of: FieldsOf): Field | undefined {
  const { types, scope } = of;
  if (isLeftOut(one, name, of)) return undefined;
  const rules = fieldRules({ attributes: one.attributes, file: scope.file, problems: types.problems });
  if (rules.skip) return undefined;
  const said = readWith(type, rules, of);
  if (rules.flatten) return { part: { key: name, docs: one.docs, value: call("t.flatten", said.descriptor) }, said };
  const wire = rules.rename ?? renamed(name, of.renameAll, "field");
  const key = keyOf(name, wire);
  return { part: { key, docs: one.docs, value: fieldValue({ one, key, wire, rules, said, of }) }, said };
}

/** Whether a field, a variant or a method is not there; a condition that is not known is a problem. */
export function isLeftOut(
  one: Annotated,
  name: string,
  { types, scope, holding }: Omit<FieldsOf, "renameAll" | "isDefaulted">,
): boolean {
  const condition = conditionOf(one.attributes, holding);
  if (typeof condition === "string") {
    types.refuse(
      one.node,
      scope,
      `${name} is there only under cfg(${condition}); say --cfg '${condition}' if that holds`,
    );
  }
  return condition === false;
}

/**
 * The key in JavaScript: the name on the wire, unless that is only a number, which says nothing and would also move to
 * the front of an object.
 */
export function keyOf(name: string, wire: string): string {
  return /^_?\d+$/.test(wire) ? name : wire;
}

/** The type of a field, through the modules of `#[serde(with)]` that are known. */
export function readWith(type: Syntax, rules: FieldRules, { types, scope }: FieldsOf): Said {
  const said = types.read(type, scope);
  if (rules.with === undefined) return said;
  const found = find(scope.module, rules.with.split("::"));
  const path = found?.kind === "outside" ? found.path : rules.with;
  if (path === "remoc::codec::recoverable") return { ...said, descriptor: call("t.recoverable", said.descriptor) };
  if (path === "remoc::codec::varfloat" && said.label === "F32") return word("varF32", "number", "F32");
  if (path === "remoc::codec::varfloat" && said.label === "F64") return word("varF64", "number", "F64");
  if (/^remoc::codec::map::(hashmap|btreemap)$/.test(path) && said.as?.kind === "map") {
    return { ...said, descriptor: call("t.pairs", said.as.key.descriptor, said.as.value.descriptor) };
  }
  if (path === "serde_bytes") {
    if (said.as?.kind === "list" && said.as.of.as?.kind === "u8") return bytes;
    if (said.as?.kind === "option" && said.type === "Uint8Array | null") return option(bytes);
  }
  return types.refuse(type, scope, `serde's with = ${JSON.stringify(rules.with)} cannot be said in TypeScript`);
}

interface Value {
  readonly one: Annotated;
  readonly key: string;
  readonly wire: string;
  readonly rules: FieldRules;
  readonly said: Said;
  readonly of: FieldsOf;
}

function fieldValue({ one, key, wire, rules, said, of }: Value): Expression {
  const isOption = said.as?.kind === "option";
  const fallback =
    rules.default === undefined && !of.isDefaulted ? undefined : defaultOf(rules.default, said, of.scope);
  const hasDefault = !(isOption && fallback === "null") && fallback !== undefined;
  if (rules.default !== undefined && fallback === undefined) reportDefault(one, key, rules, of);
  let value = said.descriptor;
  if (hasDefault) value = call("t.withDefault", value, fresh(fallback));
  const options = skipOptions(rules, isOption, hasDefault);
  if (rules.skipIf !== undefined && options === undefined && !hasDefault && !isOption && rules.default === undefined) {
    of.types.refuse(one.node, of.scope, `${key} is left out at times, and has no default that says what is meant then`);
  }
  if (options !== undefined) return call("t.field", JSON.stringify(wire), value, options);
  return key === wire ? value : call("t.field", JSON.stringify(wire), value);
}

/** What stands in for a missing field, as JavaScript; undefined when only Rust knows it. */
function defaultOf(rule: true | string | undefined, said: Said, scope: Scope): string | undefined {
  if (typeof rule !== "string") return said.zero;
  return returned(scope.module, rule, said.type === "bigint");
}

function reportDefault(one: Annotated, key: string, rules: FieldRules, { types, scope }: FieldsOf): void {
  const what = `only Rust knows the default of ${key}`;
  if (rules.skipIf !== undefined) types.refuse(one.node, scope, `${what}, and it is left out at times`);
  else types.problems.note({ file: scope.file, node: one.node }, `${what}: here it must always be given`);
}

/** Which values are not written, for those conditions that are the same here. */
function skipOptions({ skipIf }: FieldRules, isOption: boolean, hasDefault: boolean): string | undefined {
  const name = skipIf?.split("::").at(-1);
  if (isOption) return name === "is_none" ? "{ skipNone: true }" : undefined;
  return hasDefault && name === "is_empty" ? '{ skipDefault: "always" }' : undefined;
}

/** A new one each time, for what can be changed. */
function fresh(value: string): string {
  if (value.startsWith("{")) return `() => (${value})`;
  return /^(\[|new )/.test(value) ? `() => ${value}` : value;
}

/** What a function returns whose body is one literal. */
function returned(module: Module, path: string, isBigint: boolean): string | undefined {
  const found = find(module, path.split("::"));
  const [item] = found?.kind === "items" ? found.items : [];
  const body = item?.node.type === "function_item" ? item.node.childForFieldName("body") : undefined;
  const [only, ...others] = body?.namedChildren.filter((node) => !isComment(node)) ?? [];
  if (only === undefined || others.length > 0) return undefined;
  if (only.type === "boolean_literal") return only.text;
  if (only.type === "integer_literal" && /^\d[\d_]*$/.test(only.text)) return only.text + (isBigint ? "n" : "");
  const called = /^\S*\.(to_string|to_owned|into)\(\)$/.test(only.text) ? only.childForFieldName("function") : null;
  const text = called === null ? null : called.childForFieldName("value");
  const literal = text === null ? undefined : literalOf(text);
  return literal === undefined ? undefined : JSON.stringify(literal);
}
