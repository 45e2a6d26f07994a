import { isChar, LONE_SURROGATE } from "./char.ts";
import { describe } from "./describe.ts";
import {
  type AdjacentShape,
  type Descriptor,
  type EnumShape,
  type Field,
  type FlatShape,
  type InternalShape,
  type IntShape,
  MAX_DEPTH,
  MAX_WRAPPERS,
  type MapShape,
  type PlainShape,
  type Shape,
  type StructShape,
} from "./descriptor.ts";
import { mergeable } from "./mergeable.ts";
import { nullable } from "./nullable.ts";
import type { StandardIssue } from "./standard.ts";

/** What keeps a value from being sent as the descriptor says; empty when nothing does. Halves are taken as they are. */
export function issuesOf(descriptor: Descriptor, value: unknown): StandardIssue[] {
  const checker = new Checker(MAX_ISSUES);
  try {
    checker.check(descriptor, value);
  } catch (error) {
    // Getters and proxies inside the value run code of the caller.
    checker.add(`reading it threw ${String(error)}`);
  }
  return checker.issues;
}

/** Whether a value could be sent as the descriptor says. */
export function fits(descriptor: Descriptor, value: unknown): boolean {
  const checker = new Checker(1);
  checker.check(descriptor, value);
  return checker.issues.length === 0;
}

/** More would help nobody. */
const MAX_ISSUES = 16;

/** Walks a value and its descriptor together. Its rules are those of encoding; a test compares the two. */
class Checker {
  readonly issues: StandardIssue[] = [];
  readonly #max: number;
  readonly #path: PropertyKey[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Notes what is wrong at the present place. */
  add(message: string): void {
    if (this.issues.length < this.#max) this.issues.push({ message, path: [...this.#path] });
  }

  check(descriptor: Descriptor, value: unknown): void {
    if (this.issues.length >= this.#max) return;
    let shape = descriptor as Shape;
    for (let i = 0; i < MAX_WRAPPERS; i++) {
      switch (shape.kind) {
        case "option":
          if (value === null || value === undefined) return;
          if (nullable(shape.inner)) return this.#some(shape.inner, value);
          shape = shape.inner as Shape;
          break;
        case "newtype":
        case "recoverable":
          shape = shape.inner as Shape;
          break;
        case "lazy":
          shape = shape.resolve() as Shape;
          break;
        case "default":
          if (value === undefined) return;
          shape = shape.inner as Shape;
          break;
        case "mapped": {
          let problem: string | undefined;
          value = mapped(shape.toWire, value, (found) => (problem = found));
          if (problem !== undefined) return this.add(problem);
          shape = shape.inner as Shape;
          break;
        }
        default:
          return this.#part(shape, value);
      }
    }
    this.add(`more than ${MAX_WRAPPERS} options or newtypes around one value`);
  }

  #part(shape: Shape, value: unknown): void {
    switch (shape.kind) {
      case "int":
      case "bigint":
        return this.#expect(isInteger(shape, value), shape.name, value);
      case "form":
        return this.#expect(shape.toBinary(value) !== undefined, `the text of a ${shape.name}`, value);
      case "seq":
        if (!Array.isArray(value)) return this.#refuse("an Array", value);
        return this.#items(value, () => shape.item);
      case "set":
        if (!(value instanceof Set)) return this.#refuse("a Set", value);
        return this.#items([...value], () => shape.item);
      case "tuple":
      case "array": {
        const length = shape.kind === "tuple" ? shape.items.length : shape.len;
        if (!Array.isArray(value) || value.length !== length) return this.#refuse(`an Array of ${length}`, value);
        return this.#items(value, (i) => (shape.kind === "tuple" ? (shape.items[i] as Descriptor) : shape.item));
      }
      case "map":
      case "record":
        return this.#entries(shape, value);
      case "struct":
      case "flat":
        return this.#fields(shape, value);
      case "enum":
        return this.#variant(shape, value);
      case "internal":
      case "adjacent":
        return this.#tagged(shape, value);
      case "untagged":
        return this.#expect(
          shape.variants.some((variant) => fits(variant, value)),
          describe(shape),
          value,
        );
      case "owned":
        return this.#expect(
          [shape.old, shape.long, shape.compact].some((form) => fits(form, value)),
          describe(shape),
          value,
        );
      case "transported":
        return;
      default:
        return this.#scalar((shape as PlainShape).kind, value);
    }
  }

  #scalar(kind: PlainShape["kind"], value: unknown): void {
    switch (kind) {
      case "unit":
      case "unitStruct":
        return this.#expect(value === null || value === undefined, "null", value);
      case "bool":
        return this.#expect(typeof value === "boolean", "a boolean", value);
      case "f32":
        return this.#expect(
          typeof value === "number" && (!Number.isFinite(value) || Number.isFinite(Math.fround(value))),
          "f32",
          value,
        );
      case "f64":
        return this.#expect(typeof value === "number", "f64", value);
      case "str":
        this.#expect(typeof value === "string", "a string", value);
        return this.#whole(value);
      case "char":
        this.#expect(typeof value === "string" && isChar(value), "a string of one character", value);
        return this.#whole(value);
      default:
        return this.#expect(value instanceof Uint8Array, "a Uint8Array", value);
    }
  }

  #whole(text: unknown): void {
    if (typeof text === "string" && LONE_SURROGATE.test(text))
      this.add("a string with a lone surrogate is not Unicode text");
  }

  #some(inner: Descriptor, value: unknown): void {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, "some"))
      return this.#refuse("null or { some: value }", value);
    this.#at("some", inner, (value as { some: unknown }).some);
  }

  #items(values: readonly unknown[], item: (index: number) => Descriptor): void {
    for (let i = 0; i < values.length; i++) this.#at(i, item(i), values[i]);
  }

  #entries(shape: MapShape, value: unknown): void {
    if (shape.kind === "map" && !(value instanceof Map)) return this.#refuse("a Map", value);
    if (typeof value !== "object" || value === null) return this.#refuse("an object", value);
    if (!(value instanceof Map) || shape.kind === "record") {
      for (const [key, item] of Object.entries(value)) {
        this.#whole(key);
        this.#at(key, shape.value, item);
      }
      return;
    }
    let index = 0;
    for (const [key, item] of value) {
      this.#at(index, shape.key, key);
      this.#at(typeof key === "string" ? key : index, shape.value, item);
      index++;
    }
  }

  #fields(shape: StructShape | FlatShape, value: unknown): void {
    if (typeof value !== "object" || value === null) return this.#refuse("an object", value);
    const own = shape.kind === "flat" ? shape.own : shape;
    for (const field of own.fields) this.#at(field.key, field.type, fieldOf(value, field));
    if (shape.kind !== "flat") return;
    for (const { key, type, place } of shape.members) {
      if (place < 0) this.#at(key, type, (value as Record<string, unknown>)[key]);
    }
  }

  #variant(shape: EnumShape, value: unknown): void {
    const bare = typeof value === "string";
    const keys = bare ? [value] : typeof value === "object" && value !== null ? Object.keys(value) : [];
    const index = keys.length === 1 ? shape.keys.index.get(keys[0] as string) : undefined;
    const payload = index === undefined ? null : (shape.payloads[index] as Descriptor | null);
    if (index === undefined || bare !== (payload === null)) return this.#refuse(describe(shape), value);
    const name = keys[0] as string;
    if (payload !== null) this.#at(name, payload, (value as Record<string, unknown>)[name]);
  }

  #tagged(shape: InternalShape | AdjacentShape, value: unknown): void {
    if (typeof value !== "object" || value === null) return this.#refuse("an object", value);
    const object = value as Record<string, unknown>;
    const tag = object[shape.tag];
    const index = typeof tag === "string" ? shape.keys.index.get(tag) : undefined;
    if (index === undefined) return this.#at(shape.tag, undefined, tag, `one of ${shape.keys.list.join(", ")}`);
    const payload = shape.payloads[index];
    if (!payload) return;
    if (shape.kind === "adjacent") return this.#at(shape.content, payload, object[shape.content]);
    // Only a record looks at fields that it does not know.
    const isRecord = mergeable(payload, "a variant", "through").kind === "record";
    this.check(payload, isRecord ? without(object, shape.tag) : value);
  }

  /** Checks a part of the present value; without a type it is wrong in any case. */
  #at(key: PropertyKey, type: Descriptor | undefined, value: unknown, expected = ""): void {
    this.#path.push(key);
    if (this.#path.length >= MAX_DEPTH) this.add(`nested more than ${MAX_DEPTH - 1} levels deep`);
    else if (type === undefined) this.#refuse(expected, value);
    else this.check(type, value);
    this.#path.pop();
  }

  #expect(isRight: boolean, expected: string, value: unknown): void {
    if (!isRight) this.#refuse(expected, value);
  }

  #refuse(expected: string, value: unknown): void {
    this.add(`expected ${expected}, got ${short(value)}`);
  }
}

/** What a mapping makes of a value; tells `refuse` what is wrong. */
function mapped(
  map: (value: unknown, fail: (problem: string) => never) => unknown,
  value: unknown,
  refuse: (problem: string) => void,
): unknown {
  const stop = {};
  try {
    return map(value, (problem) => {
      refuse(problem);
      throw stop;
    });
  } catch (error) {
    if (error !== stop) throw error;
    return undefined;
  }
}

function isInteger(shape: IntShape, value: unknown): boolean {
  const isWhole =
    typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint" && shape.kind === "bigint";
  return isWhole && (value as number) >= shape.min && (value as number) <= shape.max;
}

/** The value of a field; what every object inherits is none. */
export function fieldOf(value: object, field: Field): unknown {
  if (field.inherited && !Object.hasOwn(value, field.key)) return undefined;
  return (value as Record<string, unknown>)[field.key];
}

/** The own properties of an object but for one. */
function without(object: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _, ...rest } = object;
  return rest;
}

/** A few words about a value, for messages. */
export function short(value: unknown): string {
  if (Array.isArray(value)) return `an Array of ${value.length}`;
  if (typeof value === "object") return value ? `an object with ${Object.keys(value).slice(0, 5).join()}` : "null";
  if (typeof value === "function" || value === undefined) return typeof value;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
}
