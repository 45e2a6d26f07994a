/** The forms that serde has for enums. */

import { call, type Expression, flat, object, objectType, type Part } from "./expression.ts";
import type { ContainerRules } from "./serde.ts";

/** A variant of an enum. */
export interface Variant {
  /** Its name in JavaScript and on the wire. */
  readonly key: string;
  readonly wire: string;
  readonly docs: string;
  /** What it carries; undefined when it is only a name. */
  readonly payload: { readonly descriptor: Expression; readonly type: string } | undefined;
  /** Whether it stands for all that are not known. */
  readonly isOther: boolean;
}

/** An enum in TypeScript. */
export interface EnumForm {
  readonly descriptor: Expression;
  readonly type: string;
  /** The value of a variant that is only a name. */
  value(key: string): string;
}

/** An enum of these variants, with the form that its attributes give it. */
export function enumForm(name: string, variants: readonly Variant[], rules: ContainerRules): EnumForm {
  const { tag, content, untagged } = rules;
  if (untagged) return untaggedForm(variants);
  const parts = object(variants.map(partOf));
  if (tag === undefined) return externalForm(name, variants, parts);
  return content === undefined ? internalForm(tag, variants, parts) : adjacentForm(tag, content, variants, parts);
}

function externalForm(name: string, variants: readonly Variant[], parts: Expression): EnumForm {
  const types = variants.map(({ key, payload }) =>
    payload === undefined ? JSON.stringify(key) : flat(objectType([{ key, value: payload.type }])),
  );
  return {
    descriptor: call("t.enum", JSON.stringify(name), parts),
    type: union(types),
    value: (key) => JSON.stringify(key),
  };
}

function internalForm(tag: string, variants: readonly Variant[], parts: Expression): EnumForm {
  const types = variants.map(({ key, payload }) => {
    const own = flat(objectType([{ key: tag, value: JSON.stringify(key) }]));
    return payload === undefined ? own : `(${own} & ${payload.type})`;
  });
  return {
    descriptor: call("t.internallyTagged", JSON.stringify(tag), parts),
    type: union(types),
    value: (key) => flat(object([{ key: tag, value: JSON.stringify(key) }])),
  };
}

function adjacentForm(tag: string, content: string, variants: readonly Variant[], parts: Expression): EnumForm {
  const types = variants.map(({ key, payload }) => {
    const carried: Part[] = payload === undefined ? [] : [{ key: content, value: payload.type }];
    return flat(objectType([{ key: tag, value: JSON.stringify(key) }, ...carried]));
  });
  return {
    descriptor: call("t.adjacentlyTagged", JSON.stringify(tag), JSON.stringify(content), parts),
    type: union(types),
    value: (key) => flat(object([{ key: tag, value: JSON.stringify(key) }])),
  };
}

function untaggedForm(variants: readonly Variant[]): EnumForm {
  return {
    descriptor: call("t.untagged", ...variants.map(({ payload }) => payload?.descriptor ?? "t.unit")),
    type: union(variants.map(({ payload }) => payload?.type ?? "null")),
    value: () => "null",
  };
}

function partOf({ key, wire, docs, payload, isOther }: Variant): Part {
  const descriptor = payload?.descriptor ?? "t.unit";
  if (key === wire && !isOther) return { key, docs, value: descriptor };
  return {
    key,
    docs,
    value: call("t.field", JSON.stringify(wire), descriptor, ...(isOther ? ["{ other: true }"] : [])),
  };
}

function union(types: readonly string[]): string {
  return types.join(" | ") || "never";
}
