import { build, checked, misuse, namesOf } from "./build.ts";
import type {
  Descriptor,
  Field,
  FieldDescriptor,
  FlatMember,
  Infer,
  Parts,
  Shape,
  SkipDefault,
  StructShape,
  UnitDescriptor,
} from "./descriptor.ts";
import { mergeable } from "./mergeable.ts";
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
  const own: [string, Descriptor][] = [];
  const members = Object.entries(given).map(([key, type]): FlatMember => {
    const merged = type?.kind === "field" ? (type as FieldDescriptor) : undefined;
    if (merged?.flatten) return { key, type: merged.type, place: -1 };
    own.push([key, type]);
    return { key, type: merged?.type ?? type, place: own.length - 1 };
  });
  const fields = plainStruct(name, where, own);
  return own.length === members.length ? fields : build({ kind: "flat", name, own: fields, members });
}

/** A struct without merged fields. */
function plainStruct(name: string, where: string, given: readonly [string, Descriptor][]): StructShape {
  const wireNames: string[] = [];
  let positional = 0;
  const fields = given.map(([key, type]): Field => {
    const renamed = type?.kind === "field" ? (type as FieldDescriptor) : undefined;
    wireNames.push(renamed?.wireName ?? key);
    if (renamed?.skipDefault !== undefined && (renamed.type as Shape).kind !== "default") {
      throw misuse(`field ${key} of ${where}: skipDefault needs t.withDefault(), which says what the default is`);
    }
    if (renamed?.namedOnly !== true) positional = wireNames.length;
    return {
      key,
      type: checked(renamed?.type ?? type, `field ${key} of ${where}`),
      skipNone: renamed?.skipNone ?? false,
      skipDefault: renamed?.skipDefault,
      inherited: key in Object.prototype,
    };
  });
  const skips = positional < fields.length || fields.some((field) => field.skipNone || field.skipDefault);
  const names = namesOf(wireNames, where, positional);
  return build({ kind: "struct", name, names, fields, skips }) as StructShape;
}

/** What {@link field} can say about a field. */
export interface FieldOptions {
  /**
   * Leave a `None` out instead of writing it, like `#[serde(skip_serializing_if = "Option::is_none")]`.
   * Codecs without names write it all the same, because there nothing else could tell that it is missing.
   */
  skipNone?: boolean;
  /**
   * Leave a value that equals the one of {@link withDefault} out instead of writing it: `always`, like
   * `#[serde(skip_serializing_if = "...")]`, or only in Postbag where the peer has `allowed` it, like remoc's
   * `codec::skip::allow_skip`. Codecs without names write it all the same.
   */
  skipDefault?: SkipDefault;
  /** Of a variant: it stands for every variant that is not listed, like `#[serde(other)]`; only a unit variant can. */
  other?: boolean;
  /** @internal One of the last fields, which older peers do not know: codecs without names leave it out. */
  namedOnly?: boolean;
}

/** A field or variant whose name on the wire (`#[serde(rename = "...")]`) is not its key in JavaScript, or with options. */
export function field(wireName: string, type: UnitDescriptor, options?: FieldOptions): UnitDescriptor;
export function field<T>(wireName: string, type: Descriptor<T>, options?: FieldOptions): Descriptor<T>;
export function field(wireName: string, type: Descriptor, options?: FieldOptions): Descriptor {
  const { skipNone = false, skipDefault, other = false, namedOnly = false } = options ?? {};
  return madeField({ wireName, type: checked(type), skipNone, skipDefault, namedOnly, other, flatten: false });
}

/**
 * A field with `#[serde(flatten)]`: on the wire the fields of its value stand among those of the struct around it; in
 * JavaScript it is a field as any other. It takes structs, records and maps with string keys, every form of enum, and
 * options of these; a record gets the fields that nothing before it has. Only JSON, CBOR and MessagePack can carry it, as
 * in Rust: the other codecs refuse it with `local_encode`, and when decoding with `local_misuse`.
 */
export function flatten<T>(type: Descriptor<T>): Descriptor<T> {
  mergeable(checked(type), "t.flatten()");
  const given = { skipNone: false, skipDefault: undefined, namedOnly: false, other: false };
  return madeField({ ...given, wireName: undefined, type, flatten: true }) as Descriptor<T>;
}

function madeField(parts: Omit<Parts<FieldDescriptor>, "kind">): Descriptor {
  // Not a schema: it describes no value that stands alone.
  return Object.freeze({ kind: "field", ...parts }) as unknown as Descriptor;
}

/** `std::time::Duration`: `{ secs, nanos }` with seconds as a bigint and nanoseconds below 10^9. */
export const duration: Descriptor<{ secs: bigint; nanos: number }> = /* @__PURE__ */ struct("Duration", {
  secs: u64,
  nanos: u32,
});
