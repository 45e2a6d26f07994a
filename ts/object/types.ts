/** Descriptors of remote functions and objects, as part of `t`. */
export { rfn, rfnMut, rfnOnce } from "./function.ts";
export { handle } from "./handle.ts";
export { lazyValue } from "./lazy.ts";
export { lazyBlob } from "./lazy-blob.ts";
export { readLock, rwLock } from "./rw-lock.ts";
