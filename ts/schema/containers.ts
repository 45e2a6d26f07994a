import { build, checked, misuse } from "./build.ts";
import type { Descriptor } from "./descriptor.ts";
import { mapped } from "./mapped.ts";
import { str } from "./scalars.ts";

export { nullable } from "./nullable.ts";

/**
 * `Option<inner>`: the value or null; encoding also takes undefined. When the inner value may itself be null
 * (`Option<Option<T>>`, `Option<()>`), a `Some` is `{ some: value }`, so that it can be told from a `None`.
 * JSON, CBOR and MessagePack cannot carry that difference: there `Some(None)` arrives as `None`.
 */
export function option<T>(inner: Descriptor<T>): Descriptor<Optional<T>> {
  return build({ kind: "option", inner: checked(inner) });
}

/** The JavaScript value of an `Option<T>`. */
export type Optional<T> = null extends T ? { some: T } | null : T | null;

/** `Vec<item>`, `VecDeque`, slices: an Array. `Vec<u8>` as a Uint8Array is {@link byteVec}. */
export function vec<T>(item: Descriptor<T>): Descriptor<T[]> {
  return build({ kind: "seq", item: checked(item) });
}

/** `HashSet<item>`, `BTreeSet<item>`: a Set. Objects in it are told apart by identity, as always in JavaScript. */
export function set<T>(item: Descriptor<T>): Descriptor<Set<T>> {
  return build({ kind: "set", item: checked(item) });
}

/** `[item; len]`: an Array of exactly `len` items. */
export function array<T>(item: Descriptor<T>, len: number): Descriptor<T[]> {
  if (!Number.isSafeInteger(len) || len < 0) throw misuse(`t.array() needs a length, not ${String(len)}`);
  return build({ kind: "array", item: checked(item), len });
}

/** `(A, B, ...)`: a fixed-length Array. As an enum variant it makes a tuple variant. */
export function tuple<T extends readonly unknown[]>(...items: { [K in keyof T]: Descriptor<T[K]> }): Descriptor<T> {
  return build({ kind: "tuple", items: items.map((item) => checked(item)) });
}

/** `struct Name(A, B, ...);` with two fields or more: the same as a tuple. One with a single field is a {@link newtype}. */
export const tupleStruct: typeof tuple = tuple;

/**
 * `HashMap<key, value>`, `BTreeMap`: a Map. When the peer sends a key twice, the last value wins. In JSON the key
 * must be a string, char, number, bool or unit variant; {@link pairs} takes any.
 */
export function map<K, V>(key: Descriptor<K>, value: Descriptor<V>): Descriptor<Map<K, V>> {
  return build({ kind: "map", key: checked(key), value: checked(value) });
}

/**
 * A map with remoc's `codec::map::hashmap` or `btreemap`: a Map that travels as a sequence of keys with values, so that in
 * JSON, too, the key may be anything. Of a key that the peer sends twice the last value wins.
 */
export function pairs<K, V>(key: Descriptor<K>, value: Descriptor<V>): Descriptor<Map<K, V>> {
  return mapped({
    name: "map of pairs",
    inner: vec(tuple(key, value)),
    toWire: (map, fail) => (map instanceof Map ? [...map] : fail(`expected a Map, got ${typeof map}`)),
    fromWire: (entries) => new Map(entries as [K, V][]),
  });
}

/** `HashMap<String, value>`: an object; decoding makes one without prototype, so any key is plain data. */
export function record<V>(value: Descriptor<V>): Descriptor<Record<string, V>> {
  return build({ kind: "record", key: str, value: checked(value) });
}

/**
 * `struct Name(inner);`: the inner value. As an enum variant it forces a newtype variant; that is different from
 * the bare inner descriptor only for `t.unit`: `N: t.newtype(t.unit)` is Rust's `N(())`, `N: t.unit` is `N`. Around
 * a struct or tuple the bytes of a newtype variant equal those of a struct or tuple variant in every codec.
 */
export function newtype<T>(inner: Descriptor<T>): Descriptor<T> {
  return build({ kind: "newtype", inner: checked(inner) });
}

/**
 * A value in remoc's `codec::recoverable`: the inner value. When it cannot be read, for instance because a newer peer
 * sends a variant that is not listed, `fallback` is called for a value in its place. Only Postbag 1 can do so; in other
 * codecs, and when the inner value held channel halves, an unreadable value remains an error.
 */
export function recoverable<T>(inner: Descriptor<T>, fallback?: () => T): Descriptor<T> {
  return build({ kind: "recoverable", inner: checked(inner), fallback });
}

/**
 * A descriptor that is only asked for at first use, for types that contain themselves. Such a type needs its
 * TypeScript type spelled out: `const Tree: t.Descriptor<Tree> = t.struct({ children: t.vec(t.lazy(() => Tree)) })`.
 */
export function lazy<T>(thunk: () => Descriptor<T>): Descriptor<T> {
  let resolved: Descriptor | undefined;
  return build({ kind: "lazy", resolve: () => (resolved ??= checked(thunk())) });
}

/**
 * A field with `#[serde(default)]`: when the peer leaves it out, or this program gives undefined, `value` stands in.
 * Give a function to make a fresh stand-in each time, for instance for arrays.
 */
export function withDefault<T>(inner: Descriptor<T>, value: T | (() => T)): Descriptor<T> {
  const make = typeof value === "function" ? (value as () => T) : (): unknown => value;
  return build({ kind: "default", inner: checked(inner), make });
}
