import { build, checked, namesOf } from "./build.ts";
import type { Descriptor, Field, FieldDescriptor, Infer } from "./descriptor.ts";
import { u32, u64 } from "./scalars.ts";

/** The fields of a struct by their keys in JavaScript, in the order of declaration in Rust. */
export type Fields = Readonly<Record<string, Descriptor>>;

/**
 * A struct with named fields: an object. The order is the one of the Rust declaration; codecs without names depend
 * on it. A field that the peer leaves out is null for an option, the default of {@link withDefault}, else an error;
 * fields that are not listed are skipped. As an enum variant it makes a struct variant.
 */
export function struct<const F extends Fields>(fields: F): Descriptor<{ -readonly [K in keyof F]: Infer<F[K]> }>;
export function struct<const F extends Fields>(
  name: string,
  fields: F,
): Descriptor<{ -readonly [K in keyof F]: Infer<F[K]> }>;
export function struct(nameOrFields: string | Fields, maybeFields?: Fields): Descriptor {
  const [name, given] = typeof nameOrFields === "string" ? [nameOrFields, maybeFields ?? {}] : ["", nameOrFields];
  const where = `t.struct(${name})`;
  const wireNames: string[] = [];
  let positional = 0;
  const fields = Object.entries(given).map(([key, type]): Field => {
    const renamed = type?.kind === "field" ? (type as FieldDescriptor) : undefined;
    wireNames.push(renamed?.wireName ?? key);
    if (renamed?.namedOnly !== true) positional = wireNames.length;
    return {
      key,
      type: checked(renamed?.type ?? type, `field ${key} of ${where}`),
      skipNone: renamed?.skipNone ?? false,
      inherited: key in Object.prototype,
    };
  });
  const skips = positional < fields.length || fields.some((field) => field.skipNone);
  return build({ kind: "struct", name, names: namesOf(wireNames, where, positional), fields, skips });
}

/** What {@link field} can say about a field. */
export interface FieldOptions {
  /**
   * Leave a `None` out instead of writing it, like `#[serde(skip_serializing_if = "Option::is_none")]`.
   * Codecs without names write it all the same, because there nothing else could tell that it is missing.
   */
  skipNone?: boolean;
  /** @internal One of the last fields, which older peers do not know: codecs without names leave it out. */
  namedOnly?: boolean;
}

/** A field whose name on the wire (`#[serde(rename = "...")]`) is not its key in JavaScript. */
export function field<T>(wireName: string, type: Descriptor<T>, options?: FieldOptions): Descriptor<T> {
  const checkedType = checked(type);
  const { skipNone = false, namedOnly = false } = options ?? {};
  const made: FieldDescriptor<T> = { kind: "field", wireName, type: checkedType, skipNone, namedOnly };
  return Object.freeze(made);
}

/** `std::time::Duration`: `{ secs, nanos }` with seconds as a bigint and nanoseconds below 10^9. */
export const duration: Descriptor<{ secs: bigint; nanos: number }> = /* @__PURE__ */ struct("Duration", {
  secs: u64,
  nanos: u32,
});
