/** Descriptors and declarations of remote traits, as part of `t`. */
export { callError, rfnCallError } from "./call-error.ts";
export { client } from "./client-type.ts";
export { method } from "./method.ts";
export { requests } from "./requests-type.ts";
