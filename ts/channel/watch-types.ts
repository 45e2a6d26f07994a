/** Descriptors of watch halves, as `t.watch`. */
export { receiver, sender } from "./watch.ts";
