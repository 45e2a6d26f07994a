/** The value descriptors, re-exported to users as the namespace `t`. */

export { ipAddr, ipv4, ipv6, socketAddr, socketAddrV4, socketAddrV6 } from "./address.ts";
export type { Branded } from "./brand.ts";
export { brand } from "./brand.ts";
export type { Optional } from "./containers.ts";
export {
  array,
  lazy,
  map,
  newtype,
  option,
  pairs,
  record,
  recoverable,
  set,
  tuple,
  tupleStruct,
  vec,
  withDefault,
} from "./containers.ts";
export { describe } from "./describe.ts";
export type { Descriptor, Infer } from "./descriptor.ts";
export { enumeration as enum, result } from "./enums.ts";
export * from "./scalars.ts";
export type { FieldOptions, Fields } from "./structs.ts";
export { duration, field, flatten, struct } from "./structs.ts";
export type { AdjacentlyTagged, InternallyTagged } from "./tagged.ts";
export { adjacentlyTagged, internallyTagged, untagged } from "./tagged.ts";
export { uuid } from "./uuid.ts";
export { varF32, varF64 } from "./varfloat.ts";
export type { Variants } from "./variants.ts";
