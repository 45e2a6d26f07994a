/** cuttle on Node: a WebSocket server, and transports over byte streams. */
export type { Refusal } from "./accept.ts";
export { attach, type Incoming, type ServeOptions, type Server, serve } from "./server.ts";
export { type StreamTransportOptions, streamTransport } from "./stream.ts";
