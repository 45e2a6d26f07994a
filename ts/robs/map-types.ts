/** Descriptors of maps that are followed, as `t.observableMap`. */
export { mapSubscription as subscription } from "./mirrored-map.ts";
