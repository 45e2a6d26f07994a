import type { MappedShape } from "../schema/descriptor.ts";
import type { DecodeContext, EncodeContext } from "./codec.ts";
import type { Reader } from "./reader.ts";
import type { Decode, Encode } from "./walk.ts";
import type { Writer } from "./writer.ts";

/** Writes what a mapping makes of a value. */
export function encodeMapped(
  writer: Writer,
  shape: MappedShape,
  value: unknown,
  context: EncodeContext | null,
  encode: Encode,
): void {
  encode(
    writer,
    shape.inner,
    shape.toWire(value, (problem) => writer.fail(problem)),
    context,
  );
}

/** Reads what a mapping makes of what is there. */
export function decodeMapped(reader: Reader, shape: MappedShape, context: DecodeContext, decode: Decode): unknown {
  const wire = decode(reader, shape.inner, context);
  return shape.fromWire(wire, (problem) => reader.fail(problem));
}
