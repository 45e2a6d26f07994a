/** Descriptors and declarations of remote traits, as part of `t`. */
export { callError } from "./call-error.ts";
export { client, requests } from "./client-type.ts";
export { method } from "./method.ts";
