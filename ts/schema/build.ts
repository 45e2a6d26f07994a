import type { Descriptor, DescriptorStandard, Names, Parts, Shape } from "./descriptor.ts";
import { misuse } from "./misuse.ts";
import { issuesOf } from "./validate.ts";

export { misuse } from "./misuse.ts";

/** Freezes a shape, makes it a Standard Schema and gives it its public type. `T` is the caller's promise. */
export function build<T>(shape: Parts<Shape>): Descriptor<T> {
  return Object.freeze(Object.setPrototypeOf(shape, SCHEMA)) as Descriptor<T>;
}

/** What all descriptors inherit, so that each remains plain data. */
const SCHEMA: object = {
  get "~standard"(): DescriptorStandard<unknown> {
    const descriptor = this as Descriptor;
    return {
      version: 1,
      vendor: "cuttle",
      validate(value) {
        const issues = issuesOf(descriptor, value);
        return issues.length > 0 ? { issues } : { value };
      },
    };
  },
};

/** The argument itself when it is a descriptor that may stand here, else throws `local_misuse` naming `where`. */
export function checked(descriptor: Descriptor, where = "this"): Descriptor {
  const kind: unknown = (descriptor as Descriptor | null | undefined)?.kind;
  if (typeof kind === "string" && kind !== "field") return descriptor;
  const found = kind === "field" ? "t.field(), which stands directly in a struct or an enum" : String(descriptor);
  throw misuse(
    `${where} needs a descriptor such as t.u32, not ${found}. One that is declared further down needs t.lazy()`,
  );
}

/** The lookup table of names; throws `local_misuse` when one occurs twice. */
export function namesOf(
  list: readonly string[],
  where: string,
  positional: number = list.length,
  other?: number,
): Names {
  const index = new Map(list.map((name, i) => [name, i]));
  if (index.size !== list.length) throw misuse(`${where}: a name occurs twice in ${list.join()}`);
  return { list, index, positional, other };
}
