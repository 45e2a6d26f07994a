import { CuttleError } from "../errors/error.ts";
import { misuse } from "../schema/build.ts";
import { nullable } from "../schema/containers.ts";
import {
  type ArrayShape,
  type Descriptor,
  type EnumShape,
  type Field,
  type FormShape,
  type IntShape,
  MAX_WRAPPERS,
  type MapShape,
  type RecoverableShape,
  type Shape,
  type StructShape,
  type TupleShape,
} from "../schema/descriptor.ts";
import { formIn } from "../schema/dialect.ts";
import { isChar } from "./char.ts";
import type { DecodeContext } from "./codec.ts";
import { decodeFlat, decodeInternal } from "./flatten-read.ts";
import { decodeMapped } from "./mapped.ts";
import { NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";
import { decodeAdjacent, decodeUntagged } from "./tagged.ts";

/**
 * Reads a value as the descriptor says. Recursion happens only into containers, whose depth the reader limits.
 * Strings from the peer never become keys of objects with a prototype.
 */
export function decodeValue(reader: Reader, descriptor: Descriptor, context: DecodeContext): unknown {
  let shape = descriptor as Shape;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    switch (shape.kind) {
      case "option":
        if (!reader.some()) return null;
        if (nullable(shape.inner)) return decodeSome(reader, shape.inner, context);
        shape = shape.inner as Shape;
        break;
      case "newtype":
      case "default":
        shape = shape.inner as Shape;
        break;
      case "recoverable":
        if (reader.beginRecoverable()) return decodeRecoverable(reader, shape, context);
        shape = shape.inner as Shape;
        break;
      case "lazy":
        shape = shape.resolve() as Shape;
        break;
      case "owned":
        shape = formIn(shape, context.dialect) as Shape;
        break;
      case "transported":
        return context.receive(shape, decodeValue(reader, context.shapeOf?.(shape) ?? shape.shape, context));
      default:
        return decodePart(reader, shape, context);
    }
  }
  return reader.fail(`more than ${MAX_WRAPPERS} options or newtypes around one value`);
}

type Part = Exclude<
  Shape,
  { kind: "option" | "newtype" | "recoverable" | "lazy" | "owned" | "default" | "transported" }
>;

/** The value of a `Some` whose inner value may be null: a container of its own. */
function decodeSome(reader: Reader, inner: Descriptor, context: DecodeContext): { some: unknown } {
  reader.descend();
  const some = decodeValue(reader, inner, context);
  reader.ascend();
  return { some };
}

/** A value that can be stepped over: a container of its own. */
function decodeRecoverable(reader: Reader, shape: RecoverableShape, context: DecodeContext): unknown {
  let hasHalves = false;
  const watched: DecodeContext = {
    ...(context.dialect && { dialect: context.dialect }),
    shapeOf: (descriptor) => context.shapeOf?.(descriptor) ?? descriptor.shape,
    receive(descriptor, plain) {
      hasHalves = true;
      return context.receive(descriptor, plain);
    },
  };
  let value: unknown;
  try {
    reader.descend();
    value = decodeValue(reader, shape.inner, watched);
  } catch (error) {
    // Only a failure of everything makes the caller give halves back.
    if (hasHalves || shape.fallback === undefined || !CuttleError.is(error, "peer_decode")) throw error;
    value = shape.fallback();
  } finally {
    reader.endRecoverable();
  }
  return value;
}

function decodePart(reader: Reader, shape: Part, context: DecodeContext): unknown {
  switch (shape.kind) {
    case "unit":
    case "unitStruct":
      reader[shape.kind]();
      return null;
    case "bool":
    case "f32":
    case "f64":
    case "str":
    case "bytes":
      return reader[shape.kind]();
    case "byteVec":
      return reader.byteSeq();
    case "char":
      return decodeChar(reader);
    case "form":
      return decodeForm(reader, shape, context);
    case "int":
    case "bigint":
      return decodeInteger(reader, shape);
    case "seq":
      return decodeSeq(reader, shape.item, context);
    case "set":
      return new Set(decodeSeq(reader, shape.item, context));
    case "tuple":
    case "array":
      return decodeTuple(reader, shape, context);
    case "map": {
      const map = new Map<unknown, unknown>();
      decodeEntries(reader, shape, context, (key, value) => map.set(key, value));
      return map;
    }
    case "record": {
      const record: Record<string, unknown> = Object.create(null);
      decodeEntries(reader, shape, context, (key, value) => (record[key as string] = value));
      return record;
    }
    case "struct":
      return decodeStruct(reader, shape, context);
    case "enum":
      return decodeEnum(reader, shape, context);
    case "flat":
      return decodeFlat(reader, shape, context, decodeValue);
    case "internal":
      return decodeInternal(reader, shape, context, decodeValue);
    case "adjacent":
      return decodeAdjacent(reader, shape, context, decodeValue);
    case "untagged":
      return decodeUntagged(reader, shape, context, decodeValue);
    case "mapped":
      return decodeMapped(reader, shape, context, decodeValue);
    default:
      // A renamed field outside a struct, or an object that no builder of this package made.
      throw misuse(`not a descriptor that can be decoded: ${String((shape satisfies never as Shape).kind)}`);
  }
}

function decodeChar(reader: Reader): string {
  const char = reader.char();
  return isChar(char) ? char : reader.fail("expected one character, got other text");
}

function decodeForm(reader: Reader, shape: FormShape, context: DecodeContext): string {
  const text = reader.humanReadable ? reader.str() : shape.toText(decodeValue(reader, shape.binary, context));
  return text !== undefined && shape.toBinary(text) !== undefined ? text : reader.fail(`expected a ${shape.name}`);
}

function decodeInteger(reader: Reader, shape: IntShape): number | bigint {
  const { bits, signed, min, max } = shape;
  const value = shape.kind === "int" ? reader.int(bits, signed) : reader.bigint(bits, signed);
  if (value < min || value > max) reader.fail(`expected an integer from ${min} to ${max}, got ${value}`);
  return value;
}

function decodeSeq(reader: Reader, item: Descriptor, context: DecodeContext): unknown[] {
  const count = reader.beginSeq();
  reader.descend();
  const values: unknown[] = [];
  for (let i = 0; reader.more(i, count); i++) {
    reader.at(i);
    values.push(decodeValue(reader, item, context));
  }
  reader.ascend();
  reader.endSeq(count);
  return values;
}

function decodeTuple(reader: Reader, shape: TupleShape | ArrayShape, context: DecodeContext): unknown[] {
  const count = shape.kind === "tuple" ? shape.items.length : shape.len;
  reader.beginTuple(count);
  reader.descend();
  const values: unknown[] = [];
  for (let i = 0; i < count; i++) {
    reader.at(i);
    reader.element(i);
    values.push(decodeValue(reader, shape.kind === "tuple" ? (shape.items[i] as Descriptor) : shape.item, context));
  }
  reader.ascend();
  reader.endTuple();
  return values;
}

function decodeEntries(
  reader: Reader,
  shape: MapShape,
  context: DecodeContext,
  add: (key: unknown, value: unknown) => void,
): void {
  const count = reader.beginMap();
  reader.descend();
  for (let i = 0; reader.more(i, count); i++) {
    reader.at(i);
    reader.key();
    const key = decodeValue(reader, shape.key, context);
    reader.value();
    add(key, decodeValue(reader, shape.value, context));
  }
  reader.ascend();
  reader.endMap(count);
}

function decodeStruct(reader: Reader, shape: StructShape, context: DecodeContext): object {
  const { fields, names } = shape;
  const values: unknown[] = new Array(fields.length).fill(ABSENT);
  const count = reader.beginStruct();
  reader.descend();
  for (let i = 0; ; i++) {
    const place = reader.nextField(i, count, names);
    if (place === NO_FIELD) break;
    if (place === UNKNOWN_FIELD) {
      reader.skipField();
      continue;
    }
    const field = fields[place] as Field;
    reader.at(field.key);
    if (values[place] !== ABSENT) reader.fail("the field is there twice");
    values[place] = decodeValue(reader, field.type, context);
    reader.endField();
  }
  reader.endStruct();
  const value = {};
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    reader.at(field.key);
    setOwn(value, field.key, values[i] === ABSENT ? standIn(reader, field.type) : values[i]);
  }
  reader.ascend();
  return value;
}

/** Stands for the value of a field that was not there. */
const ABSENT: unique symbol = Symbol();

/** The value of a field that the peer left out. */
function standIn(reader: Reader, type: Descriptor): unknown {
  let shape = type as Shape;
  // Ends: a lazy that leads back to itself has been refused by the walk of any value that was there.
  for (let i = 0; i < MAX_WRAPPERS && shape.kind === "lazy"; i++) shape = shape.resolve() as Shape;
  if (shape.kind === "option") return null;
  if (shape.kind === "default") return shape.make();
  return reader.fail("the field is missing");
}

/** Sets a key that comes from a descriptor. `__proto__` is a field like any other. */
function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else (target as Record<string, unknown>)[key] = value;
}

function decodeEnum(reader: Reader, shape: EnumShape, context: DecodeContext): unknown {
  const index = reader.variant(shape.names);
  const name = shape.keys.list[index] as string;
  const payload = shape.payloads[index];
  if (!payload) {
    reader.unitVariant();
    return name;
  }
  reader.descend();
  reader.at(name);
  reader.beginPayload();
  const value = {};
  setOwn(value, name, decodeValue(reader, payload, context));
  reader.endPayload();
  reader.ascend();
  return value;
}
