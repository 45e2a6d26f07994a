import { describe } from "./describe.ts";
import {
  type AdjacentShape,
  type Descriptor,
  type EnumShape,
  type FlatShape,
  type InternalShape,
  MAX_WRAPPERS,
  type MapShape,
  type OptionShape,
  type PlainShape,
  type Shape,
  type StructShape,
  type UntaggedShape,
} from "./descriptor.ts";
import { misuse } from "./misuse.ts";

/** A value that is a map on the wire, so that its entries can stand among others; of the plain ones only units. */
export type Mergeable =
  | PlainShape
  | OptionShape
  | StructShape
  | FlatShape
  | MapShape
  | EnumShape
  | InternalShape
  | AdjacentShape
  | UntaggedShape;

/**
 * The shape of a value whose entries stand among those around it; undefined when a `lazy` is in the way and `look` is
 * `now`. Throws `local_misuse`, naming `where`, for one that is no map on the wire.
 */
export function mergeable(descriptor: Descriptor, where: string, look?: "now"): Mergeable | undefined;
export function mergeable(descriptor: Descriptor, where: string, look: "through"): Mergeable;
export function mergeable(descriptor: Descriptor, where: string, look = "now"): Mergeable | undefined {
  let shape = descriptor as Shape;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    switch (shape.kind) {
      case "newtype":
      case "recoverable":
      case "default":
        shape = shape.inner as Shape;
        break;
      case "lazy":
        if (look === "now") return undefined;
        shape = shape.resolve() as Shape;
        break;
      case "map":
        if ((shape.key as Shape).kind !== "str") throw misuse(`${where} takes a map with keys of t.str only`);
        return shape;
      case "unit":
      case "unitStruct":
      case "struct":
      case "flat":
      case "record":
      case "option":
      case "enum":
      case "internal":
      case "adjacent":
      case "untagged":
        return shape;
      default:
        throw misuse(`${where} takes a struct, a record or an enum, not ${describe(shape)}: its fields are merged`);
    }
  }
  throw misuse("a t.lazy() leads back to itself without a container in between");
}
