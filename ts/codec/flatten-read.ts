import { namesOf } from "../schema/build.ts";
import { describe } from "../schema/describe.ts";
import {
  type AdjacentShape,
  type Descriptor,
  type EnumShape,
  type FlatShape,
  type InternalShape,
  MAX_WRAPPERS,
  type MapShape,
  type Names,
} from "../schema/descriptor.ts";
import { mergeable } from "../schema/mergeable.ts";
import { unit } from "../schema/scalars.ts";
import type { DecodeContext } from "./codec.ts";
import { attempt, mustBeDescribed } from "./described-only.ts";
import { setOwn } from "./objects.ts";
import { type Mark, NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";
import type { Decode } from "./walk.ts";

/** Reads a struct with merged fields: the map is read once for its own fields, and once for each value merged into it. */
export function decodeFlat(reader: Reader, shape: FlatShape, context: DecodeContext, decode: Decode): object {
  mustBeDescribed(reader, "t.flatten()");
  return readFlat(reader, shape, reader.mark(), new Set(), context, decode);
}

/** Reads an enum whose variant stands among the fields of the payload. */
export function decodeInternal(reader: Reader, shape: InternalShape, context: DecodeContext, decode: Decode): object {
  mustBeDescribed(reader, "t.internallyTagged()");
  return readInternal(reader, shape, new Set(), context, decode);
}

function readFlat(
  reader: Reader,
  shape: FlatShape,
  mark: Mark,
  outer: ReadonlySet<string>,
  context: DecodeContext,
  decode: Decode,
): Record<string, unknown> {
  const own = decode(reader, shape.own, context) as Record<string, unknown>;
  const taken = new Set([...outer, ...shape.own.names.list]);
  const value: Record<string, unknown> = {};
  for (const { key, type, place } of shape.members) {
    if (place >= 0) {
      setOwn(value, key, own[key]);
      continue;
    }
    reader.rewind(mark);
    setOwn(value, key, readMerged(reader, type, mark, taken, context, decode));
    for (const name of namesIn(type)) taken.add(name);
  }
  return value;
}

/** Reads a value whose entries stand in the map that begins at `mark`, where the reader is; it ends behind that map. */
export function readMerged(
  reader: Reader,
  type: Descriptor,
  mark: Mark,
  taken: ReadonlySet<string>,
  context: DecodeContext,
  decode: Decode,
): unknown {
  const shape = mergeable(type, "a merged value", "through");
  switch (shape.kind) {
    case "option": {
      const read = attempt(reader, mark, context, (watched) =>
        readMerged(reader, shape.inner, mark, taken, watched, decode),
      );
      if (read === undefined) reader.skipField();
      return read?.value ?? null;
    }
    case "flat":
      return readFlat(reader, shape, mark, taken, context, decode);
    case "map": {
      const map = new Map<string, unknown>();
      readRest(reader, shape, taken, context, decode, (name, value) => map.set(name, value));
      return map;
    }
    case "record": {
      const record: Record<string, unknown> = Object.create(null);
      readRest(reader, shape, taken, context, decode, (name, value) => (record[name] = value));
      return record;
    }
    case "enum":
      return readVariant(reader, shape, context, decode);
    case "internal":
      return readInternal(reader, shape, taken, context, decode);
    case "untagged":
      for (const variant of shape.variants) {
        const read = attempt(reader, mark, context, (watched) =>
          readMerged(reader, variant, mark, taken, watched, decode),
        );
        if (read) return read.value;
      }
      return reader.fail(`expected ${describe(shape)}, got none of these`);
    case "struct":
    case "adjacent":
      return decode(reader, shape, context);
    default:
      reader.skipField();
      return null;
  }
}

/** Reads an enum whose variant stands among the fields of the payload, of which `taken` are somebody else's. */
function readInternal(
  reader: Reader,
  shape: InternalShape,
  taken: ReadonlySet<string>,
  context: DecodeContext,
  decode: Decode,
): object {
  const mark = reader.mark();
  const { payload, value } = tagAhead(reader, shape);
  if (!payload) {
    reader.skipField();
    return value;
  }
  const fields = readMerged(reader, payload, mark, new Set([...taken, shape.tag]), context, decode);
  for (const [key, field] of Object.entries(fields ?? {})) setOwn(value, key, field);
  return value;
}

/**
 * Looks through the map that comes next for the variant that it names, and comes back to where the map begins: what that
 * carries, and a value that has the name alone.
 */
export function tagAhead(
  reader: Reader,
  shape: InternalShape | AdjacentShape,
): { payload: Descriptor | null | undefined; value: object } {
  const mark = reader.mark();
  const place = findTag(reader, shape.tag, shape.names);
  reader.rewind(mark);
  const value = {};
  setOwn(value, shape.tag, shape.keys.list[place]);
  return { payload: shape.payloads[place], value };
}

/** Reads a map up to its end; the place of the variant that it names. */
function findTag(reader: Reader, tag: string, variants: Names): number {
  const fields = fieldNames(tag);
  let found = -1;
  const count = reader.beginStruct();
  reader.descend();
  reader.at(tag);
  for (let i = 0; ; i++) {
    const field = reader.nextField(i, count, fields);
    if (field === NO_FIELD) break;
    if (field === UNKNOWN_FIELD) {
      reader.skipField();
      continue;
    }
    if (found >= 0) reader.fail("the field is there twice");
    found = placeOf(reader, reader.str(), variants);
    reader.endField();
  }
  reader.endStruct();
  if (found < 0) reader.fail("the field that names the variant is missing");
  reader.ascend();
  return found;
}

/** The names of a struct with this one field. */
export function fieldNames(name: string): Names {
  return namesOf([name], name);
}

function placeOf(reader: Reader, name: string, names: Names): number {
  const known = names.list.slice(0, 8).join(", ");
  return (
    names.index.get(name) ??
    names.other ??
    reader.fail(`expected one of the variants ${known}, got ${JSON.stringify(name.slice(0, 40))}`)
  );
}

/** Reads the entries that nobody has taken. */
function readRest(
  reader: Reader,
  shape: MapShape,
  taken: ReadonlySet<string>,
  context: DecodeContext,
  decode: Decode,
  add: (name: string, value: unknown) => void,
): void {
  const count = reader.beginMap();
  reader.descend();
  for (let i = 0; reader.more(i, count); i++) {
    reader.key();
    const name = reader.str();
    reader.value();
    reader.at(name);
    if (taken.has(name)) reader.skipField();
    else add(name, decode(reader, shape.value, context));
  }
  reader.ascend();
  reader.endMap(count);
}

/** Reads the variant of an enum that stands as one entry among others. */
function readVariant(reader: Reader, shape: EnumShape, context: DecodeContext, decode: Decode): unknown {
  let value: unknown;
  const count = reader.beginStruct();
  reader.descend();
  for (let i = 0; ; i++) {
    const place = reader.nextField(i, count, shape.names);
    if (place === NO_FIELD) break;
    if (place === UNKNOWN_FIELD || value !== undefined) {
      reader.skipField();
      continue;
    }
    const name = shape.keys.list[place] as string;
    const payload = shape.payloads[place];
    reader.at(name);
    const content = decode(reader, payload ?? unit, context);
    value = payload ? {} : name;
    if (payload) setOwn(value as object, name, content);
    reader.endField();
  }
  reader.endStruct();
  reader.ascend();
  return value ?? reader.fail(`expected a field for one of the variants ${shape.names.list.slice(0, 8).join(", ")}`);
}

/** The names of the entries that a type takes for itself; none for those that take whatever is there. */
function namesIn(type: Descriptor, level = 0): string[] {
  if (level > MAX_WRAPPERS) return [];
  const shape = mergeable(type, "a merged value", "through");
  const among = (payloads: readonly (Descriptor | null)[]): string[] =>
    payloads.flatMap((payload) => (payload ? namesIn(payload, level + 1) : []));
  const list = ({ list }: Names): string[] => [...list];
  switch (shape.kind) {
    case "option":
      return namesIn(shape.inner, level + 1);
    case "struct":
    case "enum":
      return list(shape.names);
    case "flat":
      return [...list(shape.own.names), ...among(shape.members.map(({ type, place }) => (place < 0 ? type : null)))];
    default:
      // serde takes entries away for structs and enums with tags outside only.
      return [];
  }
}
