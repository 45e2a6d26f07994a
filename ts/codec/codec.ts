import { CuttleError } from "../errors/error.ts";
import type { Descriptor, TransportedDescriptor } from "../schema/descriptor.ts";
import { type Dialect, PLAIN_DIALECT } from "../schema/dialect.ts";
import type { Bytes, Pieces } from "../util/pieces.ts";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import type { Output } from "./output.ts";
import type { Reader } from "./reader.ts";
import type { Subject } from "./trail.ts";
import type { Writer } from "./writer.ts";

/** Turns values into bytes and back as a descriptor says. Both sides of a channel must use the same one. */
export interface Codec {
  /** For messages, for instance `json`. */
  readonly name: string;
  /**
   * The bytes of a value. They belong to the caller; they may be a view of a larger buffer that nobody else uses.
   * Throws `local_encode` when the value does not fit the descriptor, `local_item_too_large` when it is too large,
   * `local_misuse` for a descriptor that cannot work, and whatever `context.transport` throws. Reads the value only
   * during the call; never leaves a part of it encoded anywhere.
   */
  encode(descriptor: Descriptor, value: unknown, context: EncodeContext): Uint8Array;
  /**
   * As `encode`, but the result is lent: large byte arrays of the value are not copied but referred to, so they must
   * not change while it is used, and neither may it; the buffers under it may hold other bytes. Codecs that do not have
   * it copy.
   */
  encodePieces?(descriptor: Descriptor, value: unknown, context: EncodeContext): Bytes;
  /**
   * The value of bytes from a peer. The bytes are borrowed during the call only, and no value holds a view of them
   * unless `context.ownsBytes` allows it.
   * Throws `peer_decode` when they are not such a value, and whatever `context.receive` throws.
   */
  decode(descriptor: Descriptor, bytes: Uint8Array, context: DecodeContext): unknown;
  /** As `decode`, but byte arrays of the value that were given away become what they are; others are not whole. */
  decodePieces?(descriptor: Descriptor, bytes: Pieces, context: DecodeContext): unknown;
}

/** What encoding needs beside the value. */
export interface EncodeContext {
  /**
   * Turns a live half into the plain value of `descriptor.shape`; called once per half in the order in which the
   * bytes are written. A later part of the value may still be refused: then `encode` throws and the caller undoes.
   */
  transport(descriptor: TransportedDescriptor, value: unknown): unknown;
  /** How values look towards the peer; default {@link PLAIN_DIALECT}. */
  readonly dialect?: Dialect;
  /** Whether a byte array was given away, and may be moved: the value is sent once. Default: none is. */
  readonly gives?: ((bytes: Uint8Array) => boolean) | undefined;
  /** Encoding stops with `local_item_too_large` soon after the output passes this many bytes. */
  readonly maxBytes: number;
}

/** What decoding needs beside the bytes. */
export interface DecodeContext {
  /**
   * Turns a plain value of `descriptor.shape` into the live half; called once per half in the order in which they
   * stand in the bytes. A later part may still be undecodable: then `decode` throws and the caller undoes.
   */
  receive(descriptor: TransportedDescriptor, plain: unknown): unknown;
  /** Nobody else has the bytes: large byte arrays of the value may be views of them. */
  readonly ownsBytes?: boolean;
  /** As {@link EncodeContext.dialect}. */
  readonly dialect?: Dialect;
}

/** A format: how to write and read the parts of values. */
export interface Format {
  readonly name: string;
  /** Byte arrays stand in the bytes as they are, in one stretch. */
  readonly keepsArrays?: boolean;
  /** A writer for one value of at most `maxBytes`. */
  writer(subject: Subject, maxBytes: number, dialect: Dialect): Writer & Output;
  /** A reader for one value. */
  reader(subject: Subject, bytes: Uint8Array, dialect: Dialect): Reader;
}

/** The codec of a format. */
export function codecOf(format: Format): Codec {
  const { name } = format;
  const codec: Codec = {
    name,
    encode(descriptor, value, context) {
      const writer = format.writer({ codec: name, descriptor }, context.maxBytes, context.dialect ?? PLAIN_DIALECT);
      return written(writer, () => {
        encodeValue(writer, descriptor, value, context);
        return writer.take();
      });
    },
    encodePieces(descriptor, value, context) {
      const writer = format.writer({ codec: name, descriptor }, context.maxBytes, context.dialect ?? PLAIN_DIALECT);
      writer.keepReferences();
      writer.giveAway(context.gives);
      return written(writer, () => {
        encodeValue(writer, descriptor, value, context);
        return writer.takePieces();
      });
    },
    decode(descriptor, bytes, context) {
      const reader = format.reader({ codec: name, descriptor }, bytes, context.dialect ?? PLAIN_DIALECT);
      if (context.ownsBytes === true) reader.ownsBytes = true;
      const value = decodeValue(reader, descriptor, context);
      reader.finish();
      return value;
    },
  };
  if (format.keepsArrays !== true) return codec;
  codec.decodePieces = (descriptor, bytes, context) => {
    const { own, given } = bytes.apart();
    const reader = format.reader({ codec: name, descriptor }, own, context.dialect ?? PLAIN_DIALECT);
    reader.given = given;
    return decodeValue(reader, descriptor, context);
  };
  return codec;
}

/** What `write` returns; ends the use of the writer. What it throws becomes a `local_encode` unless it is a CuttleError. */
export function written<R>(writer: Output, write: () => R): R {
  try {
    return write();
  } catch (error) {
    // Getters and proxies inside the value run code of the caller.
    throw CuttleError.is(error) ? error : writer.error(`reading it threw ${String(error)}`, error);
  } finally {
    writer.release();
  }
}
