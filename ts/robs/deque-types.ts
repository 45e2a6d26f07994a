/** Descriptors of deques that are followed, as `t.observableVecDeque`. */
export { vecDequeSubscription as subscription } from "./mirrored-deque.ts";
