/** The value descriptors, re-exported to users as the namespace `t`. */

export type { Optional } from "./containers.ts";
export {
  array,
  lazy,
  map,
  newtype,
  option,
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
export type { Variants } from "./enums.ts";
export { enumeration as enum, result } from "./enums.ts";
export * from "./scalars.ts";
export type { FieldOptions, Fields } from "./structs.ts";
export { duration, field, struct } from "./structs.ts";
export { uuid } from "./uuid.ts";
