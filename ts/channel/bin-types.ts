/** Descriptors of bin halves, as `t.bin`. */
export { receiver, sender } from "./bin.ts";
