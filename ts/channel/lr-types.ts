/** Descriptors of lr halves, as `t.lr`. */
export { receiver, sender } from "./lr.ts";
