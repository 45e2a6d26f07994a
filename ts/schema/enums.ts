import { MethodError } from "../errors/method-error.ts";
import { build } from "./build.ts";
import { newtype } from "./containers.ts";
import type { Descriptor, EnumShape, Infer, Parts, UnitDescriptor } from "./descriptor.ts";
import { type Variants, variantsOf } from "./variants.ts";

/** The error that carries a variant of an enum: its fields, when the variant has some, are properties of the error. */
export type VariantError<T, P> = MethodError<T> &
  (P extends readonly unknown[] ? unknown : P extends object ? P : unknown);

/** The descriptor of an enum, which can also be the error of a method. */
export interface EnumDescriptor<T, V extends Variants> extends Descriptor<T> {
  /** Whether `error` is one that a method threw with this enum as its error, in this variant. */
  is<K extends keyof V & string>(error: unknown, variant: K): error is VariantError<T, Infer<V[K]>>;
  /** Whether `error` is one that a method threw with this enum as its error. */
  is(error: unknown): error is MethodError<T>;
  /** An error to be thrown by an implementation: `throw IncreaseError.error({ Overflow: { current_value } })`. */
  error(value: T): MethodError<T>;
}

/**
 * An enum: `"Name"` for a unit variant, else `{ Name: payload }`. `t.unit` makes a unit variant, `t.tuple` a tuple
 * variant, `t.struct` a struct variant, anything else a newtype variant; {@link newtype} forces the last one.
 * Exported as `t.enum`. (The type of the values stands in both signatures, because editors would show an alias instead
 * of the union.)
 */
export function enumeration<const V extends Variants>(
  variants: V,
): EnumDescriptor<
  { [K in keyof V & string]: V[K] extends UnitDescriptor ? K : { [P in K]: Infer<V[K]> } }[keyof V & string],
  V
>;
export function enumeration<const V extends Variants>(
  name: string,
  variants: V,
): EnumDescriptor<
  { [K in keyof V & string]: V[K] extends UnitDescriptor ? K : { [P in K]: Infer<V[K]> } }[keyof V & string],
  V
>;
export function enumeration(nameOrVariants: string | Variants, maybeVariants?: Variants): Descriptor {
  const [name, variants] =
    typeof nameOrVariants === "string" ? [nameOrVariants, maybeVariants ?? {}] : ["", nameOrVariants];
  const where = `t.enum(${name})`;
  const type: Parts<EnumShape> = {
    kind: "enum",
    name,
    ...variantsOf(variants, where),
    ...errorsOf(() => type as EnumShape),
  };
  return build(type);
}

function errorsOf(type: () => Descriptor): { is: unknown; error: unknown } {
  return {
    is: (error: unknown, variant?: string) =>
      MethodError.is(error, type()) && (variant === undefined || error.variant === variant),
    error: (value: unknown) => new MethodError(type(), value),
  };
}

/** `Result<ok, err>`: `{ Ok: value }` or `{ Err: error }`; the payloads are there also when they are `()`. */
export function result<T, E>(ok: Descriptor<T>, err: Descriptor<E>): Descriptor<{ Ok: T } | { Err: E }> {
  return enumeration("Result", { Ok: newtype(ok), Err: newtype(err) });
}
