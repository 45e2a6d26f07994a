import type { StandardIssue, StandardProps } from "./standard.ts";

/**
 * A value descriptor says how values of one Rust type look on the wire and in JavaScript. It is frozen plain data
 * with a `kind`; what to do with each kind is decided by the codecs. Make descriptors with the builders of this
 * room only: they check what they are given.
 */

/**
 * Describes values of the TypeScript type `T`.
 *
 * One `T` serves both directions: it is what decoding yields, and encoding takes it. Encoding is a little more
 * lenient at run time: `undefined` or a left-out field for a `None`, a safe integer for a `bigint`.
 */
export interface Descriptor<out T = unknown> {
  /** Which {@link Shape} this is. */
  readonly kind: string;
  /** Makes it a Standard Schema (standardschema.dev), for form, router and validation libraries. */
  readonly "~standard": DescriptorStandard<T>;
  /** Carries `T` for the type checker; never present at run time. */
  readonly "~type"?: T;
}

/** What a descriptor is as a Standard Schema. */
export interface DescriptorStandard<out T> extends StandardProps<T> {
  readonly vendor: "cuttle";
  /**
   * The value itself when it could be sent as the descriptor says, else what is wrong, up to a few issues. Channel halves
   * inside values are taken as they are.
   */
  readonly validate: (
    value: unknown,
  ) => { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };
}

/** What a builder writes down of a shape; {@link build} adds the rest. */
export type Parts<S> = S extends unknown ? Omit<S, "~standard" | "~type"> : never;

/** Whether a value was made by a builder of this room. */
export function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== "object" || value === null || !Object.isFrozen(value)) return false;
  return typeof (value as { kind?: unknown }).kind === "string";
}

/** The TypeScript type of the values that a descriptor describes: `Infer<typeof CountRequest>`. */
export type Infer<D extends Descriptor> = D extends Descriptor<infer T> ? T : never;

/** The descriptor of `()`. Its own type, because an enum variant made of it is a unit variant. */
export interface UnitDescriptor extends Descriptor<null> {
  readonly kind: "unit";
}

/** A value without further parts. `unitStruct` is also PhantomData; `isize` and `usize` are 64 bits on the wire. */
export interface PlainShape extends Descriptor {
  readonly kind: "unit" | "unitStruct" | "bool" | "f32" | "f64" | "char" | "str" | "bytes" | "byteVec";
}

/** An integer of up to 32 bits (`int`, a number) or of more (`bigint`). */
export interface IntShape extends Descriptor {
  readonly kind: "int" | "bigint";
  /** The Rust name, for messages. */
  readonly name: string;
  readonly bits: number;
  readonly signed: boolean;
  /** Smallest and largest value: numbers for `int`, bigints for `bigint`. */
  readonly min: number | bigint;
  readonly max: number | bigint;
}

/** `Option<inner>`. */
export interface OptionShape extends Descriptor {
  readonly kind: "option";
  readonly inner: Descriptor;
}

/** A value that looks like its `inner` one on the wire; for `newtype` also in JavaScript. */
export interface NewtypeShape extends Descriptor {
  readonly kind: "newtype";
  readonly inner: Descriptor;
}

/**
 * A value that a newer peer may write in ways that are not known here: remoc's `codec::recoverable`. Where a format
 * can step over such a value, `fallback` stands in for what cannot be read; elsewhere it is like `inner`.
 */
export interface RecoverableShape extends Descriptor {
  readonly kind: "recoverable";
  readonly inner: Descriptor;
  /** Makes the stand-in; without one the value fails as any other. */
  readonly fallback: (() => unknown) | undefined;
}

/** A descriptor that is made at first use, for types that contain themselves. */
export interface LazyShape extends Descriptor {
  readonly kind: "lazy";
  readonly resolve: () => Descriptor;
}

/** One of remoc's own types: what the peer speaks decides which form it has; see `formIn`. */
export interface OwnedShape extends Descriptor {
  readonly kind: "owned";
  readonly old: Descriptor;
  readonly long: Descriptor;
  readonly compact: Descriptor;
}

/** A value with a stand-in for when it is left out. */
export interface DefaultShape extends Descriptor {
  readonly kind: "default";
  readonly inner: Descriptor;
  /** Makes the stand-in. */
  readonly make: () => unknown;
}

/** A value that is text in human-readable formats (of ours only JSON) and something else in binary ones. */
export interface FormShape extends Descriptor {
  readonly kind: "form";
  /** The Rust name, for messages. */
  readonly name: string;
  /** What travels in binary formats; text travels as a str. */
  readonly binary: Descriptor;
  /** The binary form of what may be the text form; undefined when it is not. */
  readonly toBinary: (text: unknown) => unknown;
  /** The text form, which is also the value in JavaScript; undefined when the binary form is not a valid one. */
  readonly toText: (binary: unknown) => string | undefined;
}

/** A value that travels as another one, which plain functions make and read back. */
export interface MappedShape extends Descriptor {
  readonly kind: "mapped";
  /** For messages. */
  readonly name: string;
  /** What travels. */
  readonly inner: Descriptor;
  /** Whether null can be a value. */
  readonly nullable: () => boolean;
  /** The value of `inner` for a value in JavaScript; calls `fail` with what is wrong. */
  readonly toWire: (value: unknown, fail: (problem: string) => never) => unknown;
  /** The value in JavaScript of a value of `inner`; calls `fail` with what is wrong. */
  readonly fromWire: (wire: unknown, fail: (problem: string) => never) => unknown;
}

/** A sequence of any length: an Array for `seq`, a Set for `set`. */
export interface SeqShape extends Descriptor {
  readonly kind: "seq" | "set";
  readonly item: Descriptor;
}

/** A sequence of fixed length whose items have types of their own: tuple, tuple struct. */
export interface TupleShape extends Descriptor {
  readonly kind: "tuple";
  readonly items: readonly Descriptor[];
}

/** `[item; len]`. */
export interface ArrayShape extends Descriptor {
  readonly kind: "array";
  readonly item: Descriptor;
  readonly len: number;
}

/** A map: a Map for `map`, an object without prototype for `record`, whose keys are strings. */
export interface MapShape extends Descriptor {
  readonly kind: "map" | "record";
  readonly key: Descriptor;
  readonly value: Descriptor;
}

/** Names in declaration order. Looked up in a Map, so that a name sent by a peer never meets a prototype. */
export interface Names {
  readonly list: readonly string[];
  /** How many of them, from the first on, formats without names have. */
  readonly positional: number;
  readonly index: ReadonlyMap<string, number>;
  /** The place that stands for every unknown name; only of variants. */
  readonly other?: number | undefined;
}

/** One field of a struct. */
export interface Field {
  /** The key in JavaScript; the wire name stands in {@link StructShape.names} at the same place. */
  readonly key: string;
  readonly type: Descriptor;
  /** Whether a `None` is left out instead of written. */
  readonly skipNone: boolean;
  /** When a value that equals the stand-in of a `default` type is left out instead of written. */
  readonly skipDefault: SkipDefault | undefined;
  /** Whether plain objects inherit a property of this name, so that only an own one counts. */
  readonly inherited: boolean;
}

/** `always` in formats with names, or only where the peer has `allowed` it: remoc's `codec::skip::allow_skip`. */
export type SkipDefault = "always" | "allowed";

/** A struct, or the payload of a struct variant. */
export interface StructShape extends Descriptor {
  readonly kind: "struct";
  /** For messages; empty when it has none. */
  readonly name: string;
  /** Wire names in declaration order. */
  readonly names: Names;
  readonly fields: readonly Field[];
  /** Whether any field may be left out. */
  readonly skips: boolean;
}

/** A struct some of whose fields are merged into it on the wire: `#[serde(flatten)]`. Only where bytes say what they are. */
export interface FlatShape extends Descriptor {
  readonly kind: "flat";
  /** For messages; empty when it has none. */
  readonly name: string;
  /** The fields that are not merged: a {@link StructShape}. */
  readonly own: StructShape;
  /** All fields in declaration order. */
  readonly members: readonly FlatMember[];
}

/** One field of a {@link FlatShape}. */
export interface FlatMember {
  /** The key in JavaScript. */
  readonly key: string;
  readonly type: Descriptor;
  /** The place among the own fields; -1 for one that is merged. */
  readonly place: number;
}

/** An enum whose variant stands in a field among those of the payload: `#[serde(tag = "...")]`. */
export interface InternalShape extends Descriptor {
  readonly kind: "internal";
  /** The key of that field, on the wire and in JavaScript. */
  readonly tag: string;
  readonly names: Names;
  readonly keys: Names;
  /** As in {@link EnumShape}; each is a map on the wire. */
  readonly payloads: readonly (Descriptor | null)[];
}

/** An enum of two fields, the variant and the payload: `#[serde(tag = "...", content = "...")]`. */
export interface AdjacentShape extends Descriptor {
  readonly kind: "adjacent";
  readonly tag: string;
  readonly content: string;
  /** The two fields, as names of a struct. */
  readonly fields: Names;
  readonly names: Names;
  readonly keys: Names;
  readonly payloads: readonly (Descriptor | null)[];
}

/** An enum of which only the payload is on the wire: `#[serde(untagged)]`. */
export interface UntaggedShape extends Descriptor {
  readonly kind: "untagged";
  /** In the order in which they are tried. */
  readonly variants: readonly Descriptor[];
}

/** An enum, externally tagged as serde does by default. */
export interface EnumShape extends Descriptor {
  readonly kind: "enum";
  /** For messages; empty when it has none. */
  readonly name: string;
  /** Variant names on the wire in declaration order. */
  readonly names: Names;
  /** The same in JavaScript. */
  readonly keys: Names;
  /** The payloads, in the same order; null for unit variants. */
  readonly payloads: readonly (Descriptor | null)[];
}

/**
 * A value that travels as another value: remoc's transported types (channel halves). Made by the channel room with
 * `transported`, not by users.
 */
export interface TransportedDescriptor<out T = unknown> extends Descriptor<T> {
  readonly kind: "transported";
  /** For messages and for whoever turns halves into shapes, for instance `mpsc.sender`. */
  readonly name: string;
  /** What goes over the wire in place of the value. */
  readonly shape: Descriptor;
  /** What the half carries, when it carries values. */
  readonly item: Descriptor | null;
  /** Whatever the room that made it needs to know. */
  readonly options?: unknown;
}

/** A field or variant with more to say about it; only inside a struct or an enum. */
export interface FieldDescriptor<out T = unknown> extends Descriptor<T> {
  readonly kind: "field";
  readonly wireName: string | undefined;
  readonly type: Descriptor;
  readonly skipNone: boolean;
  readonly skipDefault: SkipDefault | undefined;
  readonly namedOnly: boolean;
  /** Whether the fields of its value are merged into the struct. */
  readonly flatten: boolean;
  /** Whether it is the variant that stands for unknown ones. */
  readonly other: boolean;
}

/** Every descriptor that can be encoded and decoded; `descriptor as Shape` to switch on its `kind`. */
export type Shape =
  | PlainShape
  | IntShape
  | OptionShape
  | NewtypeShape
  | RecoverableShape
  | LazyShape
  | OwnedShape
  | DefaultShape
  | FormShape
  | MappedShape
  | SeqShape
  | TupleShape
  | ArrayShape
  | MapShape
  | StructShape
  | FlatShape
  | EnumShape
  | InternalShape
  | AdjacentShape
  | UntaggedShape
  | TransportedDescriptor;

/**
 * How many descriptors may stand around a value without a container in between. More can only be a `lazy` that
 * leads back to itself, and a chain of options that no Rust program has.
 */
export const MAX_WRAPPERS = 128;

/**
 * How many containers may stand inside each other, the root included: 127, as in serde_json. One limit for both
 * directions, far below the depth at which any engine runs out of stack. Options and newtypes do not count, they
 * are walked without recursion.
 */
export const MAX_DEPTH = 128;
