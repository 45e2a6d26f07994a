/** Descriptors of vecs that are followed, as `t.observableVec`. */
export { vecSubscription as subscription } from "./mirrored-vec.ts";
