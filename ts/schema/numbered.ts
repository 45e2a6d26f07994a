/** remoc's own structs and enums, whose fields and variants have names in the long forms and numbers in the compact one. */

import type { Descriptor, FieldDescriptor, Infer } from "./descriptor.ts";
import { type Forms, owned } from "./dialect.ts";
import { type EnumDescriptor, enumeration } from "./enums.ts";
import { type Fields, field, struct } from "./structs.ts";
import type { Variants } from "./variants.ts";

/** Fields of the forms with names, where they are not those of the compact one. */
export interface NamedFields {
  /** Towards 0.20; also of the old form unless that is given. */
  readonly long?: Fields;
  /** Towards 0.18 and 0.19. */
  readonly old?: Fields;
}

/**
 * One of remoc's own structs: `fields` by their long names, in the compact form `_0`, `_1` and so on. Those with a default
 * are left out towards 0.20 where it allows that. Not public.
 */
export function numberedStruct<const F extends Fields>(
  name: string,
  fields: F,
  { long = fields, old = long }: NamedFields = {},
): Descriptor<{ -readonly [K in keyof F]: Infer<F[K]> }> {
  const compact = Object.entries(fields).map(([key, type], i) => [key, skippable(`_${i}`, type)]);
  const named = Object.entries(long).map(([key, type]) => [key, skippable(key, type)]);
  type Forms20 = Forms<{ -readonly [K in keyof F]: Infer<F[K]> }>;
  return owned({
    old: struct(name, old),
    long: struct(name, Object.fromEntries(named) as Fields),
    compact: struct(name, Object.fromEntries(compact) as Fields),
  } as Forms20);
}

function skippable(wireName: string, type: Descriptor): Descriptor {
  if (type.kind === "field") return type;
  return field(wireName, type, type.kind === "default" ? { skipDefault: "allowed" } : {});
}

/**
 * One of remoc's own enums: `variants` by their long names, in the compact form `_0`, `_1` and so on, or as in `names`.
 * Not public.
 */
export function numberedEnum<const V extends Variants>(
  name: string,
  variants: V,
  names: { readonly [K in keyof V]?: string } = {},
): EnumDescriptorOf<V> {
  const long = enumeration(name, variants);
  const entries = Object.entries(variants).map(([key, given], i) => {
    const { type, other } = given.kind === "field" ? (given as FieldDescriptor) : { type: given, other: false };
    return [key, field(names[key] ?? `_${i}`, type, { other })];
  });
  return owned<Infer<EnumDescriptorOf<V>>>({
    old: long,
    long,
    compact: enumeration(name, Object.fromEntries(entries) as V),
  });
}

type EnumDescriptorOf<V extends Variants> =
  ReturnType<typeof enumeration<V>> extends EnumDescriptor<infer T, V> ? Descriptor<T> : never;
