import { checked } from "./build.ts";
import type { Descriptor } from "./descriptor.ts";

/** A `T` that is told apart from others by TypeScript alone. */
export type Branded<T, Name extends string> = T & { readonly "~brand": { readonly [K in Name]: true } };

/**
 * The same descriptor with a type of its own: `const UserId = t.brand("UserId", t.u64)`. A plain bigint is then no
 * `UserId` for TypeScript, while a `UserId` is a bigint; on the wire and at run time nothing changes.
 */
export function brand<const Name extends string, T>(name: Name, type: Descriptor<T>): Descriptor<Branded<T, Name>> {
  return checked(type, `t.brand(${name})`) as Descriptor<Branded<T, Name>>;
}
