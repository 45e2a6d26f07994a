/** Value descriptors: how values of Rust types look on the wire and in JavaScript. Import as `t`. */
export * as mpsc from "./channel/mpsc-types.ts";
export * as oneshot from "./channel/oneshot-types.ts";
export * from "./schema/index.ts";
