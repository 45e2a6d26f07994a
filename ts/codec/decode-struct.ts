import { type Descriptor, type Field, MAX_WRAPPERS, type Shape, type StructShape } from "../schema/descriptor.ts";
import type { DecodeContext } from "./codec.ts";
import type { Decoder } from "./decode.ts";
import { fieldHeads } from "./field-head.ts";
import { plainObjects, setOwn } from "./objects.ts";
import { NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";

/** Reads a struct whose fields `decoders` read. Most come complete and in order: then nothing is noted of them. */
export function structDecoder(shape: StructShape, decoders: readonly Decoder[]): Decoder {
  const { names } = shape;
  const keys = shape.fields.map(({ key }) => key);
  const Plain = plainObjects();
  // What cannot be set by an assignment is left to the rest.
  const inOrder = keys.includes("__proto__") ? 0 : keys.length;
  const headsFor = fieldHeads(names);
  return (reader, context) => {
    const heads = headsFor(reader.fieldHead);
    const count = reader.beginStruct();
    reader.descend();
    const value = new Plain();
    let i = 0;
    let place = reader.nextField(0, count, names, heads[0]);
    for (; place === i && i < inOrder; place = reader.nextField(i, count, names, heads[i])) {
      const key = keys[i] as string;
      reader.at(key);
      value[key] = (decoders[i++] as Decoder)(reader, context);
      reader.endField();
    }
    if (place !== NO_FIELD || i < keys.length) readRest({ reader, context, shape, decoders, value, count }, i, place);
    else reader.endStruct();
    reader.ascend();
    return value;
  };
}

/** A struct of which some fields have been read. */
interface Reading {
  readonly reader: Reader;
  readonly context: DecodeContext;
  readonly shape: StructShape;
  readonly decoders: readonly Decoder[];
  /** Has the fields that have been read. */
  readonly value: object;
  /** What `nextField` wants. */
  readonly count: number;
}

/** Reads fields in any order behind the first `done` ones, beginning with the one at `first`; others get stand-ins. */
function readRest({ reader, context, shape, decoders, value, count }: Reading, done: number, first: number): void {
  const { fields, names } = shape;
  const values: unknown[] = new Array(fields.length).fill(ABSENT);
  let place = first;
  for (let i = done; place !== NO_FIELD; place = reader.nextField(++i, count, names)) {
    if (place === UNKNOWN_FIELD) {
      reader.skipField();
      continue;
    }
    reader.at((fields[place] as Field).key);
    if (place < done || values[place] !== ABSENT) reader.fail("the field is there twice");
    values[place] = (decoders[place] as Decoder)(reader, context);
    reader.endField();
  }
  reader.endStruct();
  for (let i = done; i < fields.length; i++) {
    const field = fields[i] as Field;
    reader.at(field.key);
    setOwn(value, field.key, values[i] === ABSENT ? standIn(reader, field.type) : values[i]);
  }
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
