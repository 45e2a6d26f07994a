/** Descriptors of lists that are followed, as `t.observableList`. */
export { listSubscription as subscription } from "./mirrored-list.ts";
