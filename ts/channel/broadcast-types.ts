/** Descriptors of broadcast receivers, as `t.broadcast`; senders cannot be sent. */
export { receiver } from "./broadcast.ts";
