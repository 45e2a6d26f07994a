/** cuttle on Node: a WebSocket server, and connections over byte streams. */
export type { Refusal } from "./accept.ts";
export { connect, consume, type NodeProvideOptions, provide } from "./connect.ts";
export { attach, type Incoming, type ServeOptions, type Server, serve } from "./server.ts";
export { type StreamTransportOptions, streamTransport } from "./stream.ts";
export { type NodeTarget, type Stdio, stdioTransport } from "./targets.ts";
