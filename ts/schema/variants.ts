import { checked, misuse, namesOf } from "./build.ts";
import type { Descriptor, FieldDescriptor, Names, Shape } from "./descriptor.ts";

/** The variants of an enum by name, in the order of declaration in Rust. */
export type Variants = Readonly<Record<string, Descriptor>>;

/** What the shapes of all enums with names have. */
interface VariantParts {
  names: Names;
  keys: Names;
  payloads: (Descriptor | null)[];
}

/** The parts that all enums with names have. */
export function variantsOf(variants: Variants, where: string): VariantParts {
  const wireNames: string[] = [];
  let other: number | undefined;
  const payloads = Object.entries(variants).map(([variant, given], i) => {
    const renamed = given?.kind === "field" ? (given as FieldDescriptor) : undefined;
    wireNames.push(renamed?.wireName ?? variant);
    const payload = checked(renamed?.type ?? given, `variant ${variant} of ${where}`);
    const isUnit = (payload as Shape).kind === "unit";
    if (renamed?.other && !isUnit) throw misuse(`variant ${variant} of ${where}: only a t.unit can stand for others`);
    if (renamed?.other) other = i;
    return isUnit ? null : payload;
  });
  return {
    names: namesOf(wireNames, where, wireNames.length, other),
    keys: namesOf(Object.keys(variants), where),
    payloads,
  };
}
