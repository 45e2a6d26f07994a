import { build, checked } from "./build.ts";
import type { Descriptor, MappedShape } from "./descriptor.ts";

/** What {@link mapped} needs; see {@link MappedShape}. */
export interface MappedParts {
  name: string;
  inner: Descriptor;
  nullable?: () => boolean;
  toWire: MappedShape["toWire"];
  fromWire: MappedShape["fromWire"];
}

/** A value that travels as one of `inner`. Not public. */
export function mapped<T>(parts: MappedParts): Descriptor<T> {
  const { name, inner, nullable = () => false, toWire, fromWire } = parts;
  return build({ kind: "mapped", name, inner: checked(inner, name), nullable, toWire, fromWire });
}
