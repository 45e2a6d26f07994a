import { build, checked, misuse, namesOf } from "./build.ts";
import type { Descriptor, Infer, UnitDescriptor } from "./descriptor.ts";
import { mergeable } from "./mergeable.ts";
import { type Variants, variantsOf } from "./variants.ts";

/** One object type instead of an intersection, for editors. */
type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** The values of an {@link internallyTagged} enum. */
export type InternallyTagged<Tag extends string, V extends Variants> = {
  [K in keyof V & string]: Simplify<{ [P in Tag]: K } & (V[K] extends UnitDescriptor ? unknown : Infer<V[K]>)>;
}[keyof V & string];

/** The values of an {@link adjacentlyTagged} enum. */
export type AdjacentlyTagged<Tag extends string, Content extends string, V extends Variants> = {
  [K in keyof V & string]: Simplify<
    { [P in Tag]: K } & (V[K] extends UnitDescriptor ? unknown : { [P in Content]: Infer<V[K]> })
  >;
}[keyof V & string];

/**
 * An enum with `#[serde(tag = "...")]`: one object with the name of the variant as the field `tag` and the fields of the
 * payload beside it, a discriminated union in TypeScript. A payload is a unit, a struct, a record or another such enum.
 * Only JSON, CBOR and MessagePack can carry it, as in Rust: the other codecs refuse it with `local_encode`, and when
 * decoding with `local_misuse`.
 */
export function internallyTagged<const Tag extends string, const V extends Variants>(
  tag: Tag,
  variants: V,
): Descriptor<InternallyTagged<Tag, V>> {
  const where = `t.internallyTagged(${tag})`;
  const { payloads, names, keys } = variantsOf(variants, where);
  for (const payload of payloads) {
    const shape = payload && mergeable(payload, `a variant of ${where}`);
    if (shape?.kind === "struct" && shape.names.index.has(tag))
      throw misuse(`${where}: a variant has a field ${tag} of its own`);
    if (shape?.kind === "enum" || shape?.kind === "option" || shape?.kind === "map")
      throw misuse(`${where} takes variants with structs, t.record() and tagged enums only`);
  }
  return build({ kind: "internal", tag, names, keys, payloads });
}

/**
 * An enum with `#[serde(tag = "...", content = "...")]`: an object with the name of the variant as the field `tag` and
 * the payload as the field `content`, which a unit variant does not have. It needs a codec with names of fields: JSON,
 * CBOR, MessagePack and Postbag, where Rust reads all but struct variants; the others refuse it with `local_encode`.
 */
export function adjacentlyTagged<const Tag extends string, const Content extends string, const V extends Variants>(
  tag: Tag,
  content: Content,
  variants: V,
): Descriptor<AdjacentlyTagged<Tag, Content, V>> {
  const where = `t.adjacentlyTagged(${tag}, ${content})`;
  const fields = namesOf([tag, content], where);
  return build({ kind: "adjacent", tag, content, fields, ...variantsOf(variants, where) });
}

/**
 * An enum with `#[serde(untagged)]`: the payload alone. Both directions try the variants in order and take the first one
 * that fits, so put the narrower ones first; `t.unit` is null. Only JSON, CBOR and MessagePack can carry it, as in Rust:
 * the other codecs refuse it with `local_encode`, and when decoding with `local_misuse`.
 */
export function untagged<T extends readonly unknown[]>(
  ...variants: { [K in keyof T]: Descriptor<T[K]> }
): Descriptor<T[number]> {
  return build({ kind: "untagged", variants: variants.map((variant) => checked(variant)) });
}
