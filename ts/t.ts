/** Value descriptors: how values of Rust types look on the wire and in JavaScript. Import as `t`. */
export * as bin from "./channel/bin-types.ts";
export * as broadcast from "./channel/broadcast-types.ts";
export * as errors from "./channel/error-types.ts";
export * as io from "./channel/io-types.ts";
export * as lr from "./channel/lr-types.ts";
export * as mpsc from "./channel/mpsc-types.ts";
export * as oneshot from "./channel/oneshot-types.ts";
export * as watch from "./channel/watch-types.ts";
export * from "./object/types.ts";
export * from "./plain/types.ts";
export * as observableVecDeque from "./robs/deque-types.ts";
export * as observableList from "./robs/list-types.ts";
export * as observableMap from "./robs/map-types.ts";
export { predicate } from "./robs/predicate.ts";
export * as observableSet from "./robs/set-types.ts";
export * as observableVec from "./robs/vec-types.ts";
export * from "./rtc/types.ts";
export * from "./schema/index.ts";
