import { CuttleError } from "../errors/error.ts";
import { misuse } from "../schema/build.ts";
import { nullable } from "../schema/containers.ts";
import type {
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
import { short } from "../schema/validate.ts";
import { isChar } from "./char.ts";
import type { DecodeContext } from "./codec.ts";
import { compileLazy, compiler } from "./compile.ts";
import { structDecoder } from "./decode-struct.ts";
import { decodeFlat, decodeInternal } from "./flatten-read.ts";
import { decodeMapped } from "./mapped.ts";
import { plainObjects, setOwn } from "./objects.ts";
import type { Reader } from "./reader.ts";
import { decodeAdjacent, decodeUntagged } from "./tagged.ts";

/**
 * Reads a value of one descriptor. Recursion happens only into containers, whose depth the reader limits, and into
 * wrappers, whose number is limited. Strings from the peer never become keys of objects with a prototype.
 */
export type Decoder = (reader: Reader, context: DecodeContext) => unknown;

/** What reads the values of a descriptor; made at its first use. */
export const decoderOf: (descriptor: Descriptor) => Decoder = /* @__PURE__ */ compiler(decoderFor, refuse);

/** Stands in for what can never be read. */
function refuse(problem: string): Decoder {
  return (reader) => reader.fail(problem);
}

/** Reads a value as the descriptor says. */
export function decodeValue(reader: Reader, descriptor: Descriptor, context: DecodeContext): unknown {
  return decoderOf(descriptor)(reader, context);
}

function decoderFor(shape: Shape): Decoder {
  switch (shape.kind) {
    case "unit":
      return (reader) => reader.unit() ?? null;
    case "unitStruct":
      return (reader) => reader.unitStruct() ?? null;
    case "bool":
      return (reader) => reader.bool();
    case "f32":
      return (reader) => reader.f32();
    case "f64":
      return (reader) => reader.f64();
    case "str":
      return (reader) => reader.str();
    case "bytes":
      return (reader) => reader.bytes();
    case "byteVec":
      return (reader) => reader.byteSeq();
    case "char":
      return decodeChar;
    case "form":
      return formDecoder(shape);
    case "int":
    case "bigint":
      return intDecoder(shape);
    case "seq":
      return seqDecoder(shape.item);
    case "set":
      return setDecoder(shape.item);
    case "tuple":
      return tupleDecoder(shape.items.map(decoderOf));
    case "array":
      return arrayDecoder(decoderOf(shape.item), shape.len);
    case "map":
      return mapDecoder(shape);
    case "record":
      return recordDecoder(shape);
    case "struct":
      return structDecoder(
        shape,
        shape.fields.map(({ type }) => decoderOf(type)),
      );
    case "enum":
      return enumDecoder(shape);
    case "flat":
      return (reader, context) => decodeFlat(reader, shape, context, decodeValue);
    case "internal":
      return (reader, context) => decodeInternal(reader, shape, context, decodeValue);
    case "adjacent":
      return (reader, context) => decodeAdjacent(reader, shape, context, decodeValue);
    case "untagged":
      return (reader, context) => decodeUntagged(reader, shape, context, decodeValue);
    default:
      return wrapperDecoder(shape);
  }
}

type Wrapper = Extract<
  Shape,
  { kind: "option" | "newtype" | "default" | "recoverable" | "lazy" | "owned" | "mapped" | "transported" }
>;

function wrapperDecoder(shape: Wrapper): Decoder {
  switch (shape.kind) {
    case "option":
      return optionDecoder(shape.inner);
    case "newtype":
    case "default":
      return decoderOf(shape.inner);
    case "recoverable":
      return recoverableDecoder(shape);
    case "lazy":
      return lazyDecoder(shape);
    case "owned":
      return ownedDecoder(shape);
    case "mapped":
      return (reader, context) => decodeMapped(reader, shape, context, decodeValue);
    case "transported":
      return transportedDecoder(shape);
    default:
      // A renamed field outside a struct, or an object that no builder of this package made.
      throw misuse(`not a descriptor that can be decoded: ${String((shape satisfies never as Shape).kind)}`);
  }
}

function optionDecoder(inner: Descriptor): Decoder {
  const decode = decoderOf(inner);
  // Asks a lazy descriptor, which may be about to be declared.
  let isNullable: boolean | undefined;
  return (reader, context) => {
    if (!reader.some()) return null;
    isNullable ??= nullable(inner);
    if (!isNullable) return decode(reader, context);
    // A container of its own.
    reader.descend();
    const some = decode(reader, context);
    reader.ascend();
    return { some };
  };
}

function lazyDecoder(shape: LazyShape): Decoder {
  let decode: Decoder | undefined;
  return (reader, context) => {
    decode ??= compileLazy(shape, decoderOf, refuse);
    return decode(reader, context);
  };
}

function ownedDecoder(shape: OwnedShape): Decoder {
  return (reader, context) => decoderOf(formIn(shape, context.dialect))(reader, context);
}

function transportedDecoder(shape: TransportedDescriptor): Decoder {
  return (reader, context) => context.receive(shape, decoderOf(shape.shape)(reader, context));
}

function recoverableDecoder(shape: RecoverableShape): Decoder {
  const decode = decoderOf(shape.inner);
  return (reader, context) =>
    reader.beginRecoverable() ? decodeRecoverable(reader, context, shape, decode) : decode(reader, context);
}

/** A value that can be stepped over: a container of its own. */
function decodeRecoverable(reader: Reader, context: DecodeContext, shape: RecoverableShape, decode: Decoder): unknown {
  let hasHalves = false;
  const watched: DecodeContext = {
    ...(context.dialect && { dialect: context.dialect }),
    receive(descriptor, plain) {
      hasHalves = true;
      return context.receive(descriptor, plain);
    },
  };
  let value: unknown;
  try {
    reader.descend();
    value = decode(reader, watched);
  } catch (error) {
    // Only a failure of everything makes the caller give halves back.
    if (hasHalves || shape.fallback === undefined || !CuttleError.is(error, "peer_decode")) throw error;
    value = shape.fallback();
  } finally {
    reader.endRecoverable();
  }
  return value;
}

function decodeChar(reader: Reader): string {
  const char = reader.char();
  return isChar(char) ? char : reader.fail(`expected char, got ${short(char)}`);
}

function formDecoder(shape: FormShape): Decoder {
  const binary = decoderOf(shape.binary);
  return (reader, context) => {
    const text = reader.humanReadable ? reader.str() : shape.toText(binary(reader, context));
    if (text !== undefined && shape.toBinary(text) !== undefined) return text;
    return reader.fail(`expected ${shape.name}, got ${text === undefined ? "other bytes" : short(text)}`);
  };
}

function intDecoder({ kind, name, bits, signed, min, max }: IntShape): Decoder {
  const refuse = (reader: Reader, value: number | bigint): never => reader.fail(`expected ${name}, got ${value}`);
  if (kind === "int")
    return (reader) => {
      const value = reader.int(bits, signed);
      return value < min || value > max ? refuse(reader, value) : value;
    };
  return (reader) => {
    const value = reader.bigint(bits, signed);
    return value < min || value > max ? refuse(reader, value) : value;
  };
}

function seqDecoder(item: Descriptor): (reader: Reader, context: DecodeContext) => unknown[] {
  const decode = decoderOf(item);
  return (reader, context) => {
    const count = reader.beginSeq();
    reader.descend();
    const values: unknown[] = [];
    for (let i = 0; reader.more(i, count); i++) {
      reader.at(i);
      values.push(decode(reader, context));
    }
    reader.ascend();
    reader.endSeq(count);
    return values;
  };
}

function setDecoder(item: Descriptor): Decoder {
  const decode = seqDecoder(item);
  return (reader, context) => new Set(decode(reader, context));
}

function tupleDecoder(items: readonly Decoder[]): Decoder {
  return (reader, context) => {
    reader.beginTuple(items.length);
    reader.descend();
    // Tuples are small and many: an array that grows would have room for sixteen more.
    const values = new Array<unknown>(items.length);
    for (let i = 0; i < items.length; i++) {
      reader.at(i);
      reader.element(i);
      values[i] = (items[i] as Decoder)(reader, context);
    }
    reader.ascend();
    reader.endTuple();
    return values;
  };
}

function arrayDecoder(item: Decoder, length: number): Decoder {
  return (reader, context) => {
    reader.beginTuple(length);
    reader.descend();
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) {
      reader.at(i);
      reader.element(i);
      values.push(item(reader, context));
    }
    reader.ascend();
    reader.endTuple();
    return values;
  };
}

function mapDecoder(shape: MapShape): Decoder {
  const decode = entriesDecoder(shape);
  return (reader, context) => {
    const map = new Map<unknown, unknown>();
    decode(reader, context, (key, value) => map.set(key, value));
    return map;
  };
}

function recordDecoder(shape: MapShape): Decoder {
  const decode = entriesDecoder(shape);
  return (reader, context) => {
    const record: Record<string, unknown> = Object.create(null);
    decode(reader, context, (key, value) => (record[key as string] = value));
    return record;
  };
}

function entriesDecoder(
  shape: MapShape,
): (reader: Reader, context: DecodeContext, add: (key: unknown, value: unknown) => void) => void {
  const [decodeKey, decode] = [decoderOf(shape.key), decoderOf(shape.value)];
  return (reader, context, add) => {
    const count = reader.beginMap();
    reader.descend();
    for (let i = 0; reader.more(i, count); i++) {
      reader.at(i);
      reader.key();
      const key = decodeKey(reader, context);
      reader.value();
      add(key, decode(reader, context));
    }
    reader.ascend();
    reader.endMap(count);
  };
}

function enumDecoder({ names, keys, payloads }: EnumShape): Decoder {
  const decoders = payloads.map((payload) => payload && decoderOf(payload));
  const Plain = plainObjects();
  return (reader, context) => {
    const index = reader.variant(names);
    const name = keys.list[index] as string;
    const decode = decoders[index];
    if (!decode) {
      reader.unitVariant();
      return name;
    }
    reader.descend();
    reader.at(name);
    reader.beginPayload();
    const value = new Plain();
    setOwn(value, name, decode(reader, context));
    reader.endPayload();
    reader.ascend();
    return value;
  };
}
