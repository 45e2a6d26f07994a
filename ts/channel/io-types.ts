/** Descriptors of io halves, as `t.io`. */
export { receiver, sender } from "./io.ts";
