/** Descriptors of values that say themselves what they are, as part of `t`. */

import { written } from "../codec/codec.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { mapped } from "../schema/mapped.ts";
import { bytes } from "../schema/scalars.ts";
import type { StandardSchemaV1 } from "../schema/standard.ts";
import { validated } from "../schema/validated.ts";
import { PlainReader } from "./reader.ts";
import { PlainWriter } from "./writer.ts";

/**
 * Any value that says itself what it is, as between plain objects: numbers, texts, dates, Maps, cycles and so on, but
 * nothing that lives in a connection, such as functions and channel halves. On the wire it is serde bytes that hold CBOR,
 * in every codec.
 */
export const any: Descriptor<unknown> = /* @__PURE__ */ mapped<unknown>({
  name: "any",
  inner: bytes,
  nullable: () => true,
  toWire: (value, fail) =>
    within(fail, () => {
      const writer = new PlainWriter(NOTHING_LIVES, Number.POSITIVE_INFINITY);
      return written(writer, () => {
        writer.any(value);
        return writer.take();
      });
    }),
  fromWire: (wire, fail) =>
    within(fail, () => {
      const reader = new PlainReader(wire as Uint8Array, NOTHING_LIVES);
      const value = reader.value();
      return reader.done ? value : reader.fail("more bytes than one value");
    }),
});

/**
 * Values that a schema of Zod, Valibot, ArkType or any other library with Standard Schema has accepted. It is asked in
 * both directions: what it refuses is not sent (`local_encode`), and what the peer sent all the same is not received
 * (`peer_decode`); the error names the place. What travels is the value that was given, and what the schema makes of it is
 * received, so a schema that turns it into another type does so at the receiver. Without `inner` values travel as
 * {@link any}; give the descriptor of the Rust type for a Rust peer. A schema that answers with a promise cannot be used:
 * `local_misuse`.
 */
export function from<T>(schema: StandardSchemaV1<T, unknown>, inner: Descriptor = any): Descriptor<T> {
  return validated(schema, inner);
}

/** What functions, halves and the like are handed to. */
const NOTHING_LIVES = {
  stacks: false,
  isByReference: (): boolean => false,
  write: (): boolean => false,
  read: (_tag: number, reader: PlainReader): never =>
    reader.fail("expected a plain value, got one that lives in a connection"),
};

/** What `run` returns; its errors are problems of the value around it. */
function within<T>(fail: (problem: string) => never, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (CuttleError.is(error, "local_encode", "peer_decode")) return fail(`inside its plain value: ${error.message}`);
    throw error;
  }
}
