import type { Descriptor } from "../schema/descriptor.ts";
import type { DecodeContext, EncodeContext } from "./codec.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Writes a part of a value; handed to those kinds that live in files of their own, so that files import one way only. */
export type Encode = (writer: Writer, descriptor: Descriptor, value: unknown, context: EncodeContext | null) => void;

/** Reads a part of a value. */
export type Decode = (reader: Reader, descriptor: Descriptor, context: DecodeContext) => unknown;
