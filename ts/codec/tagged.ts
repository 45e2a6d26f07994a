import { describe } from "../schema/describe.ts";
import type { AdjacentShape, Descriptor, UntaggedShape } from "../schema/descriptor.ts";
import { short } from "../schema/validate.ts";
import type { DecodeContext, EncodeContext } from "./codec.ts";
import { attempt, mustBeDescribed, mustDescribe } from "./described-only.ts";
import { fieldNames, tagAhead } from "./flatten-read.ts";
import { tagOf, variantFor } from "./flatten-write.ts";
import { setOwn } from "./objects.ts";
import { NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";
import type { Decode, Encode } from "./walk.ts";
import type { Writer } from "./writer.ts";

/** Writes an enum of two fields, the variant and the payload. */
export function encodeAdjacent(
  writer: Writer,
  shape: AdjacentShape,
  value: unknown,
  context: EncodeContext | null,
  encode: Encode,
): void {
  // Rust writes it in any codec and reads it back only where fields have names.
  if (writer.positional) writer.fail("this codec cannot carry t.adjacentlyTagged(): it has no names of fields");
  if (typeof value !== "object" || value === null) return writer.fail(`expected an object, got ${short(value)}`);
  const [place, payload] = tagOf(writer, shape, value as Record<string, unknown>);
  writer.beginStruct(payload ? 2 : 1);
  writer.descend();
  writer.at(shape.tag);
  writer.field(shape.tag, 0);
  writer.unitVariant(shape.names.list[place] as string, place);
  writer.endField();
  if (payload) {
    writer.at(shape.content);
    writer.field(shape.content, 1);
    encode(writer, payload, (value as Record<string, unknown>)[shape.content], context);
    writer.endField();
  }
  writer.ascend();
  writer.endStruct();
}

/** Reads an enum of two fields. Where bytes say what they are, the payload may come first. */
export function decodeAdjacent(reader: Reader, shape: AdjacentShape, context: DecodeContext, decode: Decode): object {
  const { tag, content, fields, names, keys, payloads } = shape;
  let place = -1;
  let payload: { value: unknown } | undefined;
  const mark = reader.selfDescribing ? reader.mark() : undefined;
  const count = reader.beginStruct();
  reader.descend();
  for (let i = 0; ; i++) {
    const field = reader.nextField(i, count, fields);
    if (field === NO_FIELD) break;
    reader.at(field === 0 ? tag : content);
    if (field === UNKNOWN_FIELD) reader.skipField();
    else if (field === 0) {
      if (place >= 0) reader.fail("the field is there twice");
      place = reader.variant(names);
      reader.unitVariant();
      reader.endField();
    } else if (place < 0) {
      if (mark === undefined) reader.fail(`the field ${tag} must come first in this codec`);
      reader.rewind(mark);
      return decodeBehind(reader, shape, context, decode);
    } else {
      if (payload) reader.fail("the field is there twice");
      payload = { value: payloads[place] ? decode(reader, payloads[place] as Descriptor, context) : reader.unit() };
      reader.endField();
    }
  }
  reader.endStruct();
  reader.at(tag);
  if (place < 0) reader.fail("the field that names the variant is missing");
  reader.at(content);
  if (payloads[place] && !payload) reader.fail("the field is missing");
  reader.ascend();
  const value = {};
  setOwn(value, tag, keys.list[place]);
  if (payloads[place]) setOwn(value, content, payload?.value);
  return value;
}

/** Reads one whose payload comes before the variant. */
function decodeBehind(reader: Reader, shape: AdjacentShape, context: DecodeContext, decode: Decode): object {
  const { payload, value } = tagAhead(reader, shape);
  if (!payload) {
    reader.skipField();
    return value;
  }
  const count = reader.beginStruct();
  const fields = fieldNames(shape.content);
  reader.descend();
  reader.at(shape.content);
  let isRead = false;
  for (let i = 0; ; i++) {
    const field = reader.nextField(i, count, fields);
    if (field === NO_FIELD) break;
    if (field === UNKNOWN_FIELD) {
      reader.skipField();
      continue;
    }
    if (isRead) reader.fail("the field is there twice");
    isRead = true;
    setOwn(value, shape.content, decode(reader, payload, context));
    reader.endField();
  }
  reader.endStruct();
  reader.ascend();
  return value;
}

/** Writes the payload of the first variant that the value fits. */
export function encodeUntagged(
  writer: Writer,
  shape: UntaggedShape,
  value: unknown,
  context: EncodeContext | null,
  encode: Encode,
): void {
  mustDescribe(writer, "t.untagged()");
  encode(writer, variantFor(writer, shape.variants, describe(shape), value), value, context);
}

/** Reads the first variant that can be read from what is there. */
export function decodeUntagged(reader: Reader, shape: UntaggedShape, context: DecodeContext, decode: Decode): unknown {
  mustBeDescribed(reader, "t.untagged()");
  const mark = reader.mark();
  for (const variant of shape.variants) {
    const read = attempt(reader, mark, context, (watched) => decode(reader, variant, watched));
    if (read) return read.value;
  }
  return reader.fail(`expected ${describe(shape)}, got none of these`);
}
