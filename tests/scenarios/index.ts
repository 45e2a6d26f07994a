/** The scenarios of tests/interop/README.md in the page's role, with the public API only: they run anywhere. */
export { broadcastNumbers } from "./broadcast.ts";
export { limitedUpload, sink, source } from "./bulk.ts";
export { counter, objects, ownedObjects, rooms, servedCounter, servedRooms } from "./calling.ts";
export { binChunks } from "./chunks.ts";
export { closeIdle, closeWhileCounting, closeWhileSending, spentHalf } from "./close.ts";
export { count, countStopped } from "./count.ts";
export { echo } from "./echo.ts";
export { lanesEcho } from "./lanes.ts";
export { limit } from "./limit.ts";
export { binEcho, lrEcho } from "./lines.ts";
export { mixedEcho } from "./mixed.ts";
export { watchLimited, watchPaused, watchStrategy } from "./rates.ts";
export { limitedReports, requestCount } from "./request-count.ts";
export type { Route } from "./session.ts";
export { stop } from "./stop.ts";
export { ioEcho } from "./streams.ts";
export { tree } from "./tree.ts";
export { watchDropped, watchNumbers } from "./watch.ts";
