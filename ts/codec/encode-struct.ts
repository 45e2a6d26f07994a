import type { DefaultShape, Field, Shape, StructShape } from "../schema/descriptor.ts";
import type { EncodeContext } from "./codec.ts";
import type { Encoder } from "./encode.ts";
import { equals } from "./equals.ts";
import { fieldHeads } from "./field-head.ts";
import { refuse } from "./refuse.ts";
import type { Writer } from "./writer.ts";

/** Writes a struct whose fields `encoders` write. */
export function structEncoder(shape: StructShape, encoders: readonly Encoder[]): Encoder {
  const { fields, names } = shape;
  const { length } = fields;
  const keys = fields.map(({ key }) => key);
  // Most structs are read by their keys alone.
  const isPlain = !shape.skips && !fields.some(({ inherited }) => inherited);
  const headsFor = fieldHeads(names);
  const writeField: WriteField = (writer, place, index, value, context, head) => {
    writer.field(names.list[place] as string, index, head);
    (encoders[place] as Encoder)(writer, value, context);
    writer.endField();
  };
  return (writer, value, context) => {
    if (typeof value !== "object" || value === null) return refuse(writer, "an object", value);
    const heads = headsFor(writer.fieldHead);
    const skipped = shape.skips ? skippedFields(writer, shape, value, context) : undefined;
    writer.beginStruct(skipped ? skipped.filter((skip) => !skip).length : length);
    writer.descend();
    let place = 0;
    if (isPlain) {
      // Most have their keys in this order, and engines read what a loop over them comes to much faster.
      for (const key in value) {
        if (key !== keys[place]) break;
        writer.at(key);
        writeField(writer, place, place, (value as Record<string, unknown>)[key], context, heads[place]);
        place++;
      }
    }
    for (let written = place; place < length; place++) {
      if (skipped?.[place]) continue;
      writer.at(keys[place] as string);
      writeField(writer, place, written++, fieldOf(value, fields[place] as Field), context, heads[place]);
    }
    writer.ascend();
    writer.endStruct();
  };
}

/** Writes the field at `place`, the `index`-th that is written; its key is named already, for what reading it may throw. */
type WriteField = (
  writer: Writer,
  place: number,
  index: number,
  value: unknown,
  context: EncodeContext | null,
  head: Uint8Array | undefined,
) => void;

/** Whether a payload is the one of a tuple or struct variant, and no fields of it will be written. */
export function isWrittenEmpty(writer: Writer, shape: Shape, payload: unknown, context: EncodeContext | null): boolean {
  if (shape.kind === "tuple") return shape.items.length === 0;
  if (shape.kind !== "struct" || typeof payload !== "object" || payload === null) return false;
  return shape.fields.every((field) => isLeftOut(writer, field, fieldOf(payload, field), context));
}

/** By their place, the fields that are not written. */
function skippedFields(
  writer: Writer,
  { fields, names }: StructShape,
  value: object,
  context: EncodeContext | null,
): boolean[] {
  return fields.map((field, i) =>
    writer.positional ? i >= names.positional : isLeftOut(writer, field, fieldOf(value, field), context),
  );
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
