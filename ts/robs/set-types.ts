/** Descriptors of sets that are followed, as `t.observableSet`. */
export { setSubscription as subscription } from "./mirrored-set.ts";
