/** Descriptors of mpsc halves, as `t.mpsc`. */
export { receiver, sender } from "./mpsc.ts";
