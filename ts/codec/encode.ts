import { misuse } from "../schema/build.ts";
import { nullable } from "../schema/containers.ts";
import { describe } from "../schema/describe.ts";
import type {
  DefaultShape,
  Descriptor,
  EnumShape,
  FormShape,
  IntShape,
  LazyShape,
  MapShape,
  OwnedShape,
  RecoverableShape,
  Shape,
  TransportedDescriptor,
} from "../schema/descriptor.ts";
import { formIn } from "../schema/dialect.ts";
import { isChar } from "./char.ts";
import type { EncodeContext } from "./codec.ts";
import { compileLazy, compiler } from "./compile.ts";
import { isWrittenEmpty, structEncoder } from "./encode-struct.ts";
import { encodeFlat, encodeInternal } from "./flatten-write.ts";
import { encodeMapped } from "./mapped.ts";
import { refuse } from "./refuse.ts";
import { encodeAdjacent, encodeUntagged } from "./tagged.ts";
import type { Writer } from "./writer.ts";

/**
 * Writes a value of one descriptor, and checks that it fits on the way. Recursion happens only into containers, whose
 * depth the writer limits, and into wrappers, whose number is limited. Without a context, halves are left out: for
 * validation.
 */
export type Encoder = (writer: Writer, value: unknown, context: EncodeContext | null) => void;

/** What writes the values of a descriptor; made at its first use. */
export const encoderOf: (descriptor: Descriptor) => Encoder = /* @__PURE__ */ compiler(encoderFor, neverWritten);

/** Writes `value` as the descriptor says. */
export function encodeValue(
  writer: Writer,
  descriptor: Descriptor,
  value: unknown,
  context: EncodeContext | null,
): void {
  encoderOf(descriptor)(writer, value, context);
}

/** Stands in for what can never be written. */
function neverWritten(problem: string): Encoder {
  return (writer) => writer.fail(problem);
}

function encoderFor(shape: Shape): Encoder {
  switch (shape.kind) {
    case "unit":
    case "unitStruct":
      return unitEncoder(shape.kind);
    case "bool":
      return encodeBool;
    case "f32":
      return encodeF32;
    case "f64":
      return encodeF64;
    case "str":
      return encodeStr;
    case "char":
      return encodeChar;
    case "bytes":
      return encodeBytes;
    case "byteVec":
      return encodeByteVec;
    case "int":
    case "bigint":
      return intEncoder(shape);
    case "seq":
      return seqEncoder(encoderOf(shape.item));
    case "set":
      return setEncoder(encoderOf(shape.item));
    case "tuple":
      return tupleEncoder(shape.items.map(encoderOf));
    case "array":
      return arrayEncoder(encoderOf(shape.item), shape.len);
    case "map":
      return mapEncoder(shape);
    case "record":
      return recordEncoder(shape);
    case "struct":
      return structEncoder(
        shape,
        shape.fields.map(({ type }) => encoderOf(type)),
      );
    case "enum":
      return enumEncoder(shape);
    case "flat":
      return (writer, value, context) => encodeFlat(writer, shape, value, context, encodeValue);
    case "internal":
      return (writer, value, context) => encodeInternal(writer, shape, value, context, encodeValue);
    case "adjacent":
      return (writer, value, context) => encodeAdjacent(writer, shape, value, context, encodeValue);
    case "untagged":
      return (writer, value, context) => encodeUntagged(writer, shape, value, context, encodeValue);
    default:
      return wrapperEncoder(shape);
  }
}

type Wrapper = Extract<
  Shape,
  { kind: "option" | "newtype" | "default" | "recoverable" | "lazy" | "owned" | "form" | "mapped" | "transported" }
>;

function wrapperEncoder(shape: Wrapper): Encoder {
  switch (shape.kind) {
    case "option":
      return optionEncoder(shape.inner);
    case "newtype":
      return encoderOf(shape.inner);
    case "default":
      return defaultEncoder(shape);
    case "recoverable":
      return recoverableEncoder(shape);
    case "lazy":
      return lazyEncoder(shape);
    case "owned":
      return ownedEncoder(shape);
    case "form":
      return formEncoder(shape);
    case "mapped":
      return (writer, value, context) => encodeMapped(writer, shape, value, context, encodeValue);
    case "transported":
      return transportedEncoder(shape);
    default:
      // A renamed field outside a struct, or an object that no builder of this package made.
      throw misuse(`not a descriptor that can be encoded: ${String((shape satisfies never as Shape).kind)}`);
  }
}

function optionEncoder(inner: Descriptor): Encoder {
  const encode = encoderOf(inner);
  // Asks a lazy descriptor, which may be about to be declared.
  let isNullable: boolean | undefined;
  return (writer, value, context) => {
    if (value === null || value === undefined) return writer.none();
    writer.some();
    isNullable ??= nullable(inner);
    if (isNullable) encodeSome(writer, value, context, encode);
    else encode(writer, value, context);
  };
}

/** The value of a `Some` whose inner value may be null: a container of its own. */
function encodeSome(writer: Writer, value: unknown, context: EncodeContext | null, encode: Encoder): void {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "some")) {
    return refuse(writer, "null or { some: value }", value);
  }
  writer.descend();
  encode(writer, (value as { some: unknown }).some, context);
  writer.ascend();
}

function defaultEncoder(shape: DefaultShape): Encoder {
  const encode = encoderOf(shape.inner);
  return (writer, value, context) => encode(writer, value === undefined ? shape.make() : value, context);
}

function recoverableEncoder(shape: RecoverableShape): Encoder {
  const encode = encoderOf(shape.inner);
  return (writer, value, context) => {
    if (!writer.beginRecoverable()) return encode(writer, value, context);
    // It can be stepped over: a container of its own.
    writer.descend();
    encode(writer, value, context);
    writer.ascend();
    writer.endRecoverable();
  };
}

function lazyEncoder(shape: LazyShape): Encoder {
  let encode: Encoder | undefined;
  return (writer, value, context) => {
    encode ??= compileLazy(shape, encoderOf, neverWritten);
    encode(writer, value, context);
  };
}

function ownedEncoder(shape: OwnedShape): Encoder {
  return (writer, value, context) => encodeValue(writer, formIn(shape, context?.dialect), value, context);
}

function formEncoder(shape: FormShape): Encoder {
  const encode = encoderOf(shape.binary);
  return (writer, value, context) => {
    const binary = shape.toBinary(value);
    if (binary === undefined) return refuse(writer, `the text of a ${shape.name}`, value);
    if (writer.humanReadable) encodeStr(writer, value);
    else encode(writer, binary, context);
  };
}

function transportedEncoder(shape: TransportedDescriptor): Encoder {
  return (writer, value, context) => {
    if (context === null) return;
    const plain = context.transport(shape, value);
    // What is in the shape of a half, as the value of a watch channel, stays with other halves.
    writer.keeping(() => encodeValue(writer, shape.shape, plain, context));
  };
}

function unitEncoder(kind: "unit" | "unitStruct"): Encoder {
  return (writer, value) => {
    if (value !== null && value !== undefined) refuse(writer, "null", value);
    writer[kind]();
  };
}

function encodeBool(writer: Writer, value: unknown): void {
  if (typeof value !== "boolean") return refuse(writer, "a boolean", value);
  writer.bool(value);
}

function encodeF32(writer: Writer, value: unknown): void {
  if (typeof value !== "number" || (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))) {
    return refuse(writer, "f32", value);
  }
  writer.f32(Math.fround(value));
}

function encodeF64(writer: Writer, value: unknown): void {
  if (typeof value !== "number") return refuse(writer, "f64", value);
  writer.f64(value);
}

function encodeStr(writer: Writer, value: unknown): void {
  if (typeof value !== "string") return refuse(writer, "a string", value);
  writer.str(value);
}

function encodeChar(writer: Writer, value: unknown): void {
  if (typeof value !== "string" || !isChar(value)) return refuse(writer, "a string of one character", value);
  writer.char(value);
}

function encodeBytes(writer: Writer, value: unknown): void {
  if (!(value instanceof Uint8Array)) return refuse(writer, "a Uint8Array", value);
  writer.bytes(value);
}

function encodeByteVec(writer: Writer, value: unknown): void {
  if (!(value instanceof Uint8Array)) return refuse(writer, "a Uint8Array", value);
  writer.byteSeq(value);
}

function intEncoder({ kind, name, bits, signed, min, max }: IntShape): Encoder {
  const refused = (writer: Writer, value: unknown): never => refuse(writer, name, value);
  if (kind === "int")
    return (writer, value) => {
      if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) refused(writer, value);
      else writer.int(value, bits, signed);
    };
  return (writer, value) => {
    const fits = typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint";
    if (!fits || (value as bigint) < min || (value as bigint) > max) return refused(writer, value);
    const number = Number(value);
    if (Number.isSafeInteger(number)) writer.int(number, bits, signed);
    else writer.bigint(value as bigint, bits, signed);
  };
}

function seqEncoder(item: Encoder): Encoder {
  return (writer, value, context) => {
    if (!Array.isArray(value)) return refuse(writer, "an Array", value);
    writer.beginSeq(value.length);
    encodeItems(writer, value, item, context);
    writer.endSeq();
  };
}

function setEncoder(item: Encoder): Encoder {
  return (writer, value, context) => {
    if (!(value instanceof Set)) return refuse(writer, "a Set", value);
    const values = [...value];
    writer.beginSeq(values.length);
    encodeItems(writer, values, item, context);
    writer.endSeq();
  };
}

function arrayEncoder(item: Encoder, length: number): Encoder {
  return (writer, value, context) => {
    if (!Array.isArray(value) || value.length !== length) return refuse(writer, `an Array of ${length}`, value);
    writer.beginTuple(length);
    encodeItems(writer, value, item, context);
    writer.endTuple();
  };
}

function encodeItems(writer: Writer, values: readonly unknown[], item: Encoder, context: EncodeContext | null): void {
  writer.descend();
  // The length has been written: a value that changes while it is read must not change it.
  const { length } = values;
  for (let i = 0; i < length; i++) {
    writer.at(i);
    writer.element(i);
    item(writer, values[i], context);
  }
  writer.ascend();
}

function tupleEncoder(items: readonly Encoder[]): Encoder {
  const { length } = items;
  return (writer, value, context) => {
    if (!Array.isArray(value) || value.length !== length) return refuse(writer, `an Array of ${length}`, value);
    writer.beginTuple(length);
    writer.descend();
    for (let i = 0; i < length; i++) {
      writer.at(i);
      writer.element(i);
      (items[i] as Encoder)(writer, value[i], context);
    }
    writer.ascend();
    writer.endTuple();
  };
}

function mapEncoder(shape: MapShape): Encoder {
  const encode = entriesEncoder(shape);
  return (writer, value, context) => {
    if (!(value instanceof Map)) return refuse(writer, "a Map", value);
    encode(writer, value.size, value, context);
  };
}

function recordEncoder(shape: MapShape): Encoder {
  const encode = entriesEncoder(shape);
  return (writer, value, context) => {
    if (typeof value !== "object" || value === null) return refuse(writer, "an object", value);
    const entries = Object.entries(value);
    encode(writer, entries.length, entries, context);
  };
}

type EncodeEntries = (
  writer: Writer,
  count: number,
  entries: Iterable<readonly [unknown, unknown]>,
  context: EncodeContext | null,
) => void;

function entriesEncoder(shape: MapShape): EncodeEntries {
  const [encodeKey, encode] = [encoderOf(shape.key), encoderOf(shape.value)];
  return (writer, count, entries, context) => {
    writer.beginMap(count);
    writer.descend();
    let index = 0;
    for (const [key, value] of entries) {
      writer.at(index);
      writer.key(index++);
      encodeKey(writer, key, context);
      writer.value();
      encode(writer, value, context);
    }
    if (index !== count) writer.fail("the Map changed while it was encoded");
    writer.ascend();
    writer.endMap();
  };
}

function enumEncoder(shape: EnumShape): Encoder {
  const encoders = shape.payloads.map((payload) => payload && encoderOf(payload));
  return (writer, value, context) => {
    const bare = typeof value === "string";
    const keys = bare ? [value] : typeof value === "object" && value !== null ? Object.keys(value) : [];
    const name = keys[0] as string;
    const index = keys.length === 1 ? shape.keys.index.get(name) : undefined;
    const encode = index === undefined ? null : (encoders[index] as Encoder | null);
    if (index === undefined || bare !== (encode === null)) return refuse(writer, describe(shape), value);
    const wireName = shape.names.list[index] as string;
    if (encode === null) return writer.unitVariant(wireName, index);
    writer.descend();
    writer.at(name);
    const content = (value as Record<string, unknown>)[name];
    writer.beginVariant(wireName, index, isWrittenEmpty(writer, shape.payloads[index] as Shape, content, context));
    encode(writer, content, context);
    writer.endVariant();
    writer.ascend();
  };
}
