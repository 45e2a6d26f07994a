/** Descriptors of oneshot halves, as `t.oneshot`. */
export { receiver, sender } from "./oneshot.ts";
