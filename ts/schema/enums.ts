import { build, checked, namesOf } from "./build.ts";
import { newtype } from "./containers.ts";
import type { Descriptor, Infer, Shape, UnitDescriptor } from "./descriptor.ts";

/** The variants of an enum by name, in the order of declaration in Rust. */
export type Variants = Readonly<Record<string, Descriptor>>;

/**
 * An enum: `"Name"` for a unit variant, else `{ Name: payload }`. `t.unit` makes a unit variant, `t.tuple` a tuple
 * variant, `t.struct` a struct variant, anything else a newtype variant; {@link newtype} forces the last one.
 * Exported as `t.enum`. (The type of the values stands in both signatures, because editors would show an alias instead
 * of the union.)
 */
export function enumeration<const V extends Variants>(
  variants: V,
): Descriptor<
  { [K in keyof V & string]: V[K] extends UnitDescriptor ? K : { [P in K]: Infer<V[K]> } }[keyof V & string]
>;
export function enumeration<const V extends Variants>(
  name: string,
  variants: V,
): Descriptor<
  { [K in keyof V & string]: V[K] extends UnitDescriptor ? K : { [P in K]: Infer<V[K]> } }[keyof V & string]
>;
export function enumeration(nameOrVariants: string | Variants, maybeVariants?: Variants): Descriptor {
  const [name, variants] =
    typeof nameOrVariants === "string" ? [nameOrVariants, maybeVariants ?? {}] : ["", nameOrVariants];
  const where = `t.enum(${name})`;
  const payloads = Object.entries(variants).map(([variant, payload]) => {
    const { kind } = checked(payload, `variant ${variant} of ${where}`) as Shape;
    return kind === "unit" ? null : payload;
  });
  return build({ kind: "enum", name, names: namesOf(Object.keys(variants), where), payloads });
}

/** `Result<ok, err>`: `{ Ok: value }` or `{ Err: error }`; the payloads are there also when they are `()`. */
export function result<T, E>(ok: Descriptor<T>, err: Descriptor<E>): Descriptor<{ Ok: T } | { Err: E }> {
  return enumeration("Result", { Ok: newtype(ok), Err: newtype(err) });
}
