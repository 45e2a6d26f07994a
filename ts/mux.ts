/** cuttle/mux: ports that carry bytes, as remoc's chmux; statistics and traces. See docs/mux.md. */
export type { Capability, Path, PeerSettings } from "./core/core.ts";
export { CuttleError, type ErrorCode } from "./errors/error.ts";
export type { JunctionEnd } from "./mux/junction.ts";
export type { CloseInfo, MuxStats } from "./mux/mux.ts";
export type { PortStats, PortWait } from "./mux/port-stats.ts";
export type { Priority } from "./mux/priority.ts";
export { connectMux, joinMuxes, type Multiplexer, type MultiplexerOptions, type OpenOptions } from "./mux/raw.ts";
export type { IncomingPort, MessageWriter, RawMessage, RawPiece, RawPort } from "./mux/raw-port.ts";
export type { MuxLimits } from "./mux/settings.ts";
export { type Direction, type FrameTap, Trace, type TracedFrame, type TraceOptions } from "./mux/trace.ts";
export { readTrace, type TraceContents } from "./mux/trace-read.ts";
export { traceText } from "./mux/trace-text.ts";
export type { Target } from "./transport/target.ts";
export type { Transport } from "./transport/transport.ts";
