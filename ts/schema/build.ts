import { CuttleError } from "../errors/error.ts";
import type { Descriptor, Names, Shape } from "./descriptor.ts";

/** Freezes a shape and gives it its public type. `T` is the caller's promise. */
export function build<T>(shape: Shape): Descriptor<T> {
  return Object.freeze(shape) as Descriptor<T>;
}

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
  const encoder = new TextEncoder();
  return { list, bytes: list.map((name) => encoder.encode(name)), index, positional, other };
}

/** A `local_misuse` error. */
export function misuse(message: string): CuttleError {
  return new CuttleError("local_misuse", message);
}
