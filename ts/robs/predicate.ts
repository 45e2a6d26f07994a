/** Tests that travel: a subscriber says which entries it wants, and the source evaluates that for each change. */

import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { mapped } from "../schema/mapped.ts";

/** What a field is compared with. */
export type Comparand = null | boolean | number | bigint | string;

/** How: as numbers or as texts; `contains` and `startsWith` are of texts. Values of other kinds are only equal or not. */
export type Comparison = (typeof COMPARISONS)[number];

const COMPARISONS = ["==", "!=", "<", "<=", ">", ">=", "contains", "startsWith"] as const;

/**
 * Which entries of a map or items of a set: those with a field that compares so, or what is made of such tests. A field
 * of a field is a path; without `field` it is the value itself. A field that is missing equals `null`.
 */
export type Predicate =
  | { readonly field?: string | readonly string[]; readonly op: Comparison; readonly value: Comparand }
  | { readonly and: readonly Predicate[] }
  | { readonly or: readonly Predicate[] }
  | { readonly not: Predicate };

/** Larger ones are refused: each change is tested by the source, for each subscriber. */
const MAX_TESTS = 100;
const MAX_DEPTH = 10;
const MAX_PATH = 8;
const MAX_TEXT = 1_000;

/** The test that a predicate is. Throws `local_misuse` for what is none, or too large. */
export function testOf(predicate: Predicate): (value: unknown) => boolean {
  assertPredicate(predicate, (problem) => {
    throw new CuttleError("local_misuse", `this is no predicate that can be used: ${problem}`);
  });
  return compiled(predicate);
}

/** Describes predicates: a page sends one as an argument, and the source subscribes with it. */
export const predicate: Descriptor<Predicate> = /* @__PURE__ */ mapped<Predicate>({
  name: "Predicate",
  inner: /* @__PURE__ */ t.lazy(() => wirePredicate),
  toWire(value, fail) {
    assertPredicate(value, fail);
    return toWire(value);
  },
  fromWire(wire, fail) {
    const made = fromWire(wire as WirePredicate);
    assertPredicate(made, fail);
    return made;
  },
});

type WirePredicate =
  | { Is: { path: string[]; op: string; value: WireComparand } }
  | { And: WirePredicate[] }
  | { Or: WirePredicate[] }
  | { Not: WirePredicate };
type WireComparand = "None" | { Bool: boolean } | { Float: number } | { Int: bigint | number } | { Text: string };

const wireComparand = /* @__PURE__ */ t.enum("Comparand", {
  None: t.unit,
  Bool: /* @__PURE__ */ t.newtype(t.bool),
  Float: /* @__PURE__ */ t.newtype(t.f64),
  Int: /* @__PURE__ */ t.newtype(t.i64),
  Text: /* @__PURE__ */ t.newtype(t.str),
});
const wireTest = /* @__PURE__ */ t.struct("Test", {
  path: /* @__PURE__ */ t.vec(t.str),
  op: t.str,
  value: wireComparand,
});
const inner = /* @__PURE__ */ t.lazy(() => wirePredicate);
const wirePredicate: Descriptor<WirePredicate> = /* @__PURE__ */ t.enum("Predicate", {
  Is: /* @__PURE__ */ t.newtype(wireTest),
  And: /* @__PURE__ */ t.newtype(/* @__PURE__ */ t.vec(inner)),
  Or: /* @__PURE__ */ t.newtype(/* @__PURE__ */ t.vec(inner)),
  Not: /* @__PURE__ */ t.newtype(inner),
}) as Descriptor as Descriptor<WirePredicate>;

function toWire(value: Predicate): WirePredicate {
  if ("and" in value) return { And: value.and.map(toWire) };
  if ("or" in value) return { Or: value.or.map(toWire) };
  if ("not" in value) return { Not: toWire(value.not) };
  return { Is: { path: [...pathOf(value.field)], op: value.op, value: comparandToWire(value.value) } };
}

function fromWire(wire: WirePredicate): Predicate {
  if ("And" in wire) return { and: wire.And.map(fromWire) };
  if ("Or" in wire) return { or: wire.Or.map(fromWire) };
  if ("Not" in wire) return { not: fromWire(wire.Not) };
  const { path, op, value } = wire.Is;
  return { field: path, op: op as Comparison, value: comparandFromWire(value) };
}

function comparandToWire(value: Comparand): WireComparand {
  if (value === null) return "None";
  if (typeof value === "boolean") return { Bool: value };
  if (typeof value === "bigint") return { Int: value };
  return typeof value === "number" ? { Float: value } : { Text: value };
}

function comparandFromWire(value: WireComparand): Comparand {
  if (value === "None") return null;
  return Object.values(value)[0] as Comparand;
}

/** Calls `fail` with what is wrong, if anything is. */
function assertPredicate(value: unknown, fail: (problem: string) => never): asserts value is Predicate {
  let tests = 0;
  const visit = (part: unknown, depth: number): void => {
    tests += 1;
    if (tests > MAX_TESTS) fail(`it has more than ${MAX_TESTS} tests`);
    if (depth > MAX_DEPTH) fail(`it is nested more than ${MAX_DEPTH} deep`);
    if (typeof part !== "object" || part === null) return fail("a part of it is no object");
    const { and, or, not, field, op, value: comparand } = part as Record<string, unknown>;
    const parts = and ?? or ?? (not === undefined ? undefined : [not]);
    if (parts !== undefined) {
      if (!Array.isArray(parts)) return fail("and, or have an array");
      for (const one of parts) visit(one, depth + 1);
      return;
    }
    assertTest(pathOf(field as string), op, comparand, fail);
  };
  visit(value, 1);
}

function assertTest(path: readonly unknown[], op: unknown, value: unknown, fail: (problem: string) => never): void {
  if (!COMPARISONS.includes(op as Comparison)) fail(`op is one of ${COMPARISONS.join(" ")}`);
  if (path.length > MAX_PATH) fail(`a path has at most ${MAX_PATH} fields`);
  const texts = typeof value === "string" ? [...path, value] : path;
  for (const text of texts) {
    if (typeof text !== "string") fail("a field is a name or an array of names");
    else if (text.length > MAX_TEXT) fail(`a text has at most ${MAX_TEXT} characters`);
  }
  const isComparand = value === null || ["boolean", "number", "bigint", "string"].includes(typeof value);
  if (!isComparand) fail("a value is null, a boolean, a number, a bigint or a string");
}

function pathOf(field: string | readonly string[] | undefined): readonly string[] {
  if (field === undefined) return [];
  return typeof field === "string" ? [field] : Array.isArray(field) ? (field as readonly string[]) : [field as never];
}

function compiled(part: Predicate): (value: unknown) => boolean {
  if ("and" in part || "or" in part) {
    const isAnd = "and" in part;
    const tests = (isAnd ? part.and : part.or).map(compiled);
    return (value) => (isAnd ? tests.every((test) => test(value)) : tests.some((test) => test(value)));
  }
  if ("not" in part) {
    const test = compiled(part.not);
    return (value) => !test(value);
  }
  const { op, value: comparand } = part;
  const path = [...pathOf(part.field)];
  return (value) => compare(fieldOf(value, path), op, comparand);
}

/** Own fields alone, and entries of Maps: a name of a peer never meets a prototype. */
function fieldOf(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (found instanceof Map) found = found.get(name);
    else if (typeof found === "object" && found !== null && Object.hasOwn(found, name)) {
      found = (found as Record<string, unknown>)[name];
    } else return null;
  }
  return found ?? null;
}

function compare(found: unknown, op: Comparison, comparand: Comparand): boolean {
  const isNumber = isNumeric(found) && isNumeric(comparand);
  // biome-ignore lint/suspicious/noDoubleEquals: numbers and bigints of the same value are equal
  if (op === "==") return isNumber ? found == comparand : found === comparand;
  if (op === "!=") return !compare(found, "==", comparand);
  if (typeof found === "string" && typeof comparand === "string") return compareTexts(found, op, comparand);
  return isNumber && isOrdered(found, op, comparand);
}

function compareTexts(found: string, op: Comparison, comparand: string): boolean {
  if (op === "contains") return found.includes(comparand);
  if (op === "startsWith") return found.startsWith(comparand);
  return isOrdered(found, op, comparand);
}

function isOrdered<T extends number | bigint | string>(one: T, op: Comparison, other: T): boolean {
  if (op === "<") return one < other;
  if (op === "<=") return one <= other;
  if (op === ">") return one > other;
  return op === ">=" && one >= other;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
