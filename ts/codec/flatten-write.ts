import { describe } from "../schema/describe.ts";
import {
  type AdjacentShape,
  type DefaultShape,
  type Descriptor,
  type EnumShape,
  type FlatShape,
  type InternalShape,
  MAX_WRAPPERS,
  type MapShape,
  type StructShape,
} from "../schema/descriptor.ts";
import { mergeable } from "../schema/mergeable.ts";
import { str, unit } from "../schema/scalars.ts";
import { fieldOf, fits, short } from "../schema/validate.ts";
import type { EncodeContext } from "./codec.ts";
import { mustDescribe } from "./described-only.ts";
import { equals } from "./equals.ts";
import type { Encode } from "./walk.ts";
import type { Writer } from "./writer.ts";

/** One entry of the map that a value with merged fields is on the wire. */
interface Entry {
  readonly name: string;
  readonly type: Descriptor;
  readonly value: unknown;
}

/** Writes a struct with merged fields. */
export function encodeFlat(
  writer: Writer,
  shape: FlatShape,
  value: unknown,
  context: EncodeContext | null,
  encode: Encode,
): void {
  mustDescribe(writer, "t.flatten()");
  const entries = new Entries(writer, context, encode);
  entries.add(shape, value);
  entries.write();
}

/** Writes an enum whose variant stands among the fields of the payload. */
export function encodeInternal(
  writer: Writer,
  shape: InternalShape,
  value: unknown,
  context: EncodeContext | null,
  encode: Encode,
): void {
  mustDescribe(writer, "t.internallyTagged()");
  const entries = new Entries(writer, context, encode);
  entries.add(shape, value);
  entries.write();
}

/** Gathers what is merged, in order. */
class Entries {
  readonly #writer: Writer;
  readonly #context: EncodeContext | null;
  readonly #encode: Encode;
  readonly #entries: Entry[] = [];
  readonly #names: Set<string> = new Set();
  /** Whether serde would know how many there are. */
  #isCounted = true;

  constructor(writer: Writer, context: EncodeContext | null, encode: Encode) {
    this.#writer = writer;
    this.#context = context;
    this.#encode = encode;
  }

  write(): void {
    const writer = this.#writer;
    const count = this.#entries.length;
    if (this.#isCounted) writer.beginStruct(count);
    else writer.beginFlat(count);
    writer.descend();
    this.#entries.forEach(({ name, type, value }, i) => {
      writer.at(name);
      writer.field(name, i);
      this.#encode(writer, type, value, this.#context);
      writer.endField();
    });
    writer.ascend();
    if (this.#isCounted) writer.endStruct();
    else writer.endFlat();
  }

  /** Adds the entries of a value. Recursion is as deep as descriptors stand inside each other without a container. */
  add(descriptor: Descriptor, value: unknown, without?: string, level = 0): void {
    if (level > MAX_WRAPPERS) this.#writer.fail(`more than ${MAX_WRAPPERS} merged values within each other`);
    const shape = mergeable(descriptor, "a merged value", "through");
    const inside = (type: Descriptor, part: unknown): void => this.add(type, part, without, level + 1);
    switch (shape.kind) {
      case "option":
        if (value !== null && value !== undefined) inside(shape.inner, value);
        return;
      case "struct":
        return this.#fields(shape, this.#object(value));
      case "flat":
        return this.#members(shape, this.#object(value), level);
      case "map":
      case "record":
        return this.#record(shape, value, without);
      case "enum":
        return this.#variant(shape, value);
      case "internal":
      case "adjacent": {
        const object = this.#object(value);
        const [place, payload] = tagOf(this.#writer, shape, object);
        this.#push(shape.tag, str, shape.names.list[place]);
        if (shape.kind === "adjacent") {
          if (payload) this.#push(shape.content, payload, object[shape.content]);
        } else if (payload) this.add(payload, value, shape.tag, level + 1);
        return;
      }
      case "untagged":
        return inside(variantFor(this.#writer, shape.variants, describe(shape), value), value);
      default:
        // A unit has no entries.
        if (value !== null && value !== undefined && without === undefined) this.#refuse("null", value);
    }
  }

  #members(shape: FlatShape, value: Record<string, unknown>, level: number): void {
    this.#isCounted = false;
    for (const { key, type, place } of shape.members) {
      if (place < 0) this.add(type, value[key], undefined, level + 1);
      else this.#field(shape.own, place, value);
    }
  }

  #fields(shape: StructShape, value: Record<string, unknown>): void {
    for (let i = 0; i < shape.fields.length; i++) this.#field(shape, i, value);
  }

  #field({ fields, names }: StructShape, place: number, value: object): void {
    const field = fields[place];
    if (field === undefined) return;
    const found = fieldOf(value, field);
    if (field.skipNone && (found === null || found === undefined)) return;
    if (field.skipDefault === "always" && (found === undefined || equals(found, (field.type as DefaultShape).make())))
      return;
    this.#push(names.list[place] as string, field.type, found);
  }

  #record(shape: MapShape, value: unknown, without: string | undefined): void {
    if (shape.kind === "map" ? !(value instanceof Map) : value instanceof Map) this.#refuse("a record", value);
    const entries = value instanceof Map ? value : Object.entries(this.#object(value));
    for (const [name, item] of entries as Iterable<[unknown, unknown]>) {
      if (typeof name !== "string") this.#refuse("a key that is a string", name);
      if (name !== without) this.#push(name as string, shape.value, item);
    }
  }

  #variant(shape: EnumShape, value: unknown): void {
    const name = typeof value === "string" ? value : Object.keys(this.#object(value))[0];
    if (!fits(shape, value) || name === undefined) this.#refuse(describe(shape), value);
    const place = shape.keys.index.get(name as string) as number;
    const payload = shape.payloads[place] ?? unit;
    const content = typeof value === "string" ? null : (value as Record<string, unknown>)[name as string];
    this.#push(shape.names.list[place] as string, payload, content);
  }

  #push(name: string, type: Descriptor, value: unknown): void {
    if (this.#names.has(name)) this.#writer.fail(`two of the merged fields are called ${JSON.stringify(name)}`);
    this.#names.add(name);
    this.#entries.push({ name, type, value });
  }

  #object(value: unknown): Record<string, unknown> {
    if (typeof value !== "object" || value === null) this.#refuse("an object", value);
    return value as Record<string, unknown>;
  }

  #refuse(expected: string, value: unknown): never {
    return this.#writer.fail(`expected ${expected}, got ${short(value)}`);
  }
}

/** The place and the payload of the variant that the tag of a value names. */
export function tagOf(
  writer: Writer,
  shape: InternalShape | AdjacentShape,
  value: Record<string, unknown>,
): [place: number, payload: Descriptor | null] {
  const tag = value[shape.tag];
  const place = typeof tag === "string" ? shape.keys.index.get(tag) : undefined;
  if (place !== undefined) return [place, shape.payloads[place] ?? null];
  return writer.fail(`expected one of ${shape.keys.list.join(", ")} as ${shape.tag}, got ${short(tag)}`);
}

/** The first of several types that a value fits. */
export function variantFor(
  writer: Writer,
  variants: readonly Descriptor[],
  expected: string,
  value: unknown,
): Descriptor {
  const variant = variants.find((type) => fits(type, value));
  return variant ?? writer.fail(`expected ${expected}, got ${short(value)}`);
}
