import { misuse } from "../schema/build.ts";
import { nullable } from "../schema/containers.ts";
import { describe } from "../schema/describe.ts";
import {
  type DefaultShape,
  type Descriptor,
  type EnumShape,
  type Field,
  type IntShape,
  MAX_WRAPPERS,
  type MapShape,
  type PlainShape,
  type SeqShape,
  type Shape,
  type StructShape,
} from "../schema/descriptor.ts";
import { formIn } from "../schema/dialect.ts";
import { str } from "../schema/scalars.ts";
import { isChar } from "./char.ts";
import type { EncodeContext } from "./codec.ts";
import { equals } from "./equals.ts";
import { encodeFlat, encodeInternal } from "./flatten-write.ts";
import { encodeMapped } from "./mapped.ts";
import { encodeAdjacent, encodeUntagged } from "./tagged.ts";
import type { Writer } from "./writer.ts";

/**
 * Writes `value` as the descriptor says, and checks that it fits on the way. Recursion happens only into
 * containers, whose depth the writer limits. Without a context, halves are left out: for validation.
 */
export function encodeValue(
  writer: Writer,
  descriptor: Descriptor,
  value: unknown,
  context: EncodeContext | null,
): void {
  let shape = descriptor as Shape;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    switch (shape.kind) {
      case "option":
        if (value === null || value === undefined) return writer.none();
        writer.some();
        if (nullable(shape.inner)) return encodeSome(writer, shape.inner, value, context);
        shape = shape.inner as Shape;
        break;
      case "newtype":
        shape = shape.inner as Shape;
        break;
      case "recoverable":
        if (writer.beginRecoverable()) return encodeRecoverable(writer, shape.inner, value, context);
        shape = shape.inner as Shape;
        break;
      case "lazy":
        shape = shape.resolve() as Shape;
        break;
      case "owned":
        shape = formIn(shape, context?.dialect) as Shape;
        break;
      case "default":
        if (value === undefined) value = shape.make();
        shape = shape.inner as Shape;
        break;
      case "form": {
        const binary = shape.toBinary(value);
        if (binary === undefined) return refuse(writer, `the text of a ${shape.name}`, value);
        if (!writer.humanReadable) value = binary;
        shape = (writer.humanReadable ? str : shape.binary) as Shape;
        break;
      }
      case "transported":
        if (context === null) return;
        value = context.transport(shape, value);
        shape = (context.shapeOf?.(shape) ?? shape.shape) as Shape;
        break;
      default:
        return encodePart(writer, shape, value, context);
    }
  }
  writer.fail(`more than ${MAX_WRAPPERS} options or newtypes around one value`);
}

type Part = Exclude<
  Shape,
  { kind: "option" | "newtype" | "recoverable" | "lazy" | "owned" | "default" | "form" | "transported" }
>;

function encodePart(writer: Writer, shape: Part, value: unknown, context: EncodeContext | null): void {
  switch (shape.kind) {
    case "int":
    case "bigint":
      return encodeInteger(writer, shape, value);
    case "seq":
      if (!Array.isArray(value)) return refuse(writer, "an Array", value);
      writer.beginSeq(value.length);
      encodeItems(writer, value, shape.item, context);
      return writer.endSeq();
    case "set":
      return encodeSet(writer, shape, value, context);
    case "tuple":
    case "array": {
      const length = shape.kind === "tuple" ? shape.items.length : shape.len;
      if (!Array.isArray(value) || value.length !== length) return refuse(writer, `an Array of ${length}`, value);
      writer.beginTuple(length);
      encodeItems(writer, value, shape.kind === "tuple" ? shape.items : shape.item, context);
      return writer.endTuple();
    }
    case "map":
      if (!(value instanceof Map)) return refuse(writer, "a Map", value);
      return encodeEntries(writer, shape, value.size, value, context);
    case "record": {
      if (typeof value !== "object" || value === null) return refuse(writer, "an object", value);
      const entries = Object.entries(value);
      return encodeEntries(writer, shape, entries.length, entries, context);
    }
    case "struct":
      return encodeStruct(writer, shape, value, context);
    case "enum":
      return encodeEnum(writer, shape, value, context);
    case "flat":
      return encodeFlat(writer, shape, value, context, encodeValue);
    case "internal":
      return encodeInternal(writer, shape, value, context, encodeValue);
    case "adjacent":
      return encodeAdjacent(writer, shape, value, context, encodeValue);
    case "untagged":
      return encodeUntagged(writer, shape, value, context, encodeValue);
    case "mapped":
      return encodeMapped(writer, shape, value, context, encodeValue);
    default:
      return encodeScalar(writer, shape.kind, value);
  }
}

function encodeScalar(writer: Writer, kind: PlainShape["kind"], value: unknown): void {
  switch (kind) {
    case "unit":
    case "unitStruct":
      if (value !== null && value !== undefined) refuse(writer, "null", value);
      return writer[kind]();
    case "bool":
      if (typeof value !== "boolean") return refuse(writer, "a boolean", value);
      return writer.bool(value);
    case "f32":
      if (typeof value !== "number" || (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))) {
        return refuse(writer, "a number within f32", value);
      }
      return writer.f32(Math.fround(value));
    case "f64":
      if (typeof value !== "number") return refuse(writer, "a number", value);
      return writer.f64(value);
    case "str":
      if (typeof value !== "string") return refuse(writer, "a string", value);
      return writer.str(value);
    case "char":
      if (typeof value !== "string" || !isChar(value)) return refuse(writer, "a string of one character", value);
      return writer.char(value);
    case "bytes":
    case "byteVec":
      if (!(value instanceof Uint8Array)) return refuse(writer, "a Uint8Array", value);
      return kind === "bytes" ? writer.bytes(value) : writer.byteSeq(value);
    default:
      // A renamed field outside a struct, or an object that no builder of this package made.
      throw misuse(`not a descriptor that can be encoded: ${String(kind)}`);
  }
}

function encodeInteger(writer: Writer, shape: IntShape, value: unknown): void {
  const { bits, signed, min, max } = shape;
  const fits =
    typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint" && shape.kind === "bigint";
  if (!fits || (value as number) < min || (value as number) > max) {
    return refuse(writer, `an integer from ${min} to ${max}`, value);
  }
  const number = Number(value);
  if (Number.isSafeInteger(number)) writer.int(number, bits, signed);
  else writer.bigint(value as bigint, bits, signed);
}

/** `items` is one descriptor for all or one for each. */
function encodeItems(
  writer: Writer,
  values: readonly unknown[],
  items: Descriptor | readonly Descriptor[],
  context: EncodeContext | null,
): void {
  writer.descend();
  // The length has been written: a value that changes while it is read must not change it.
  const { length } = values;
  for (let i = 0; i < length; i++) {
    writer.at(i);
    writer.element(i);
    encodeValue(writer, Array.isArray(items) ? items[i] : items, values[i], context);
  }
  writer.ascend();
}

function encodeSet(writer: Writer, shape: SeqShape, value: unknown, context: EncodeContext | null): void {
  if (!(value instanceof Set)) return refuse(writer, "a Set", value);
  const values = [...value];
  writer.beginSeq(values.length);
  encodeItems(writer, values, shape.item, context);
  writer.endSeq();
}

function encodeEntries(
  writer: Writer,
  shape: MapShape,
  count: number,
  entries: Iterable<readonly [unknown, unknown]>,
  context: EncodeContext | null,
): void {
  writer.beginMap(count);
  writer.descend();
  let index = 0;
  for (const [key, value] of entries) {
    writer.at(index);
    writer.key(index++);
    encodeValue(writer, shape.key, key, context);
    writer.value();
    encodeValue(writer, shape.value, value, context);
  }
  if (index !== count) writer.fail("the Map changed while it was encoded");
  writer.ascend();
  writer.endMap();
}

function encodeStruct(writer: Writer, shape: StructShape, value: unknown, context: EncodeContext | null): void {
  if (typeof value !== "object" || value === null) return refuse(writer, "an object", value);
  const { fields, names } = shape;
  const skipped = shape.skips
    ? fields.map((field, i) =>
        writer.positional ? i >= names.positional : isLeftOut(writer, field, fieldOf(value, field), context),
      )
    : undefined;
  writer.beginStruct(skipped ? skipped.filter((skip) => !skip).length : fields.length);
  writer.descend();
  let written = 0;
  for (let i = 0; i < fields.length; i++) {
    if (skipped?.[i]) continue;
    const field = fields[i] as Field;
    writer.at(field.key);
    writer.field(names.list[i] as string, written++);
    encodeValue(writer, field.type, fieldOf(value, field), context);
    writer.endField();
  }
  writer.ascend();
  writer.endStruct();
}

function fieldOf(value: object, field: Field): unknown {
  if (field.inherited && !Object.hasOwn(value, field.key)) return undefined;
  return (value as Record<string, unknown>)[field.key];
}

/** Whether a format with names leaves the field out. */
function isLeftOut(writer: Writer, field: Field, value: unknown, context: EncodeContext | null): boolean {
  if (field.skipNone) return value === null || value === undefined;
  if (field.skipDefault === undefined) return false;
  const isAllowed = writer.leavesOutDefaults && context?.dialect?.skipDefaults === true;
  if (field.skipDefault === "allowed" && !isAllowed) return false;
  return value === undefined || equals(value, (field.type as DefaultShape).make());
}

function encodeEnum(writer: Writer, shape: EnumShape, value: unknown, context: EncodeContext | null): void {
  const bare = typeof value === "string";
  const keys = bare ? [value] : typeof value === "object" && value !== null ? Object.keys(value) : [];
  const name = keys[0] as string;
  const index = keys.length === 1 ? shape.keys.index.get(name) : undefined;
  const payload = index === undefined ? null : (shape.payloads[index] as Descriptor | null);
  if (index === undefined || bare !== (payload === null)) return refuse(writer, describe(shape), value);
  const wireName = shape.names.list[index] as string;
  if (payload === null) return writer.unitVariant(wireName, index);
  writer.descend();
  writer.at(name);
  const content = (value as Record<string, unknown>)[name];
  writer.beginVariant(wireName, index, isEmpty(writer, payload as Shape, content, context));
  encodeValue(writer, payload, content, context);
  writer.endVariant();
  writer.ascend();
}

/** Whether a payload is the one of a tuple or struct variant, and no fields of it will be written. */
function isEmpty(writer: Writer, shape: Shape, payload: unknown, context: EncodeContext | null): boolean {
  if (shape.kind === "tuple") return shape.items.length === 0;
  if (shape.kind !== "struct" || typeof payload !== "object" || payload === null) return false;
  return shape.fields.every((field) => isLeftOut(writer, field, fieldOf(payload, field), context));
}

/** The value of a `Some` whose inner value may be null: a container of its own. */
function encodeSome(writer: Writer, inner: Descriptor, value: unknown, context: EncodeContext | null): void {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "some")) {
    return refuse(writer, "null or { some: value }", value);
  }
  writer.descend();
  encodeValue(writer, inner, (value as { some: unknown }).some, context);
  writer.ascend();
}

/** A value that can be stepped over: a container of its own. */
function encodeRecoverable(writer: Writer, inner: Descriptor, value: unknown, context: EncodeContext | null): void {
  writer.descend();
  encodeValue(writer, inner, value, context);
  writer.ascend();
  writer.endRecoverable();
}

function refuse(writer: Writer, expected: string, value: unknown): never {
  writer.fail(`expected ${expected}, got ${short(value)}`);
}

function short(value: unknown): string {
  if (Array.isArray(value)) return `an Array of ${value.length}`;
  if (typeof value === "object") return value ? `an object with ${Object.keys(value).slice(0, 5).join()}` : "null";
  if (typeof value === "function" || value === undefined) return typeof value;
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
