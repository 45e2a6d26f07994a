/** The servers of the rivals, in Node. */

import type { RivalId } from "../rivals/index.ts";
import type { Serve } from "../rivals/rival.ts";

/** Loads and starts a server; resolves with its URL. Only what is asked for is loaded. */
export const servers: Partial<Record<RivalId, Serve>> = {
  cuttle: async () => (await import("./cuttle.ts")).serveCuttle(),
  cuttlePlain: async () => (await import("./cuttle.ts")).servePlain(),
  capnweb: async () => (await import("./capnweb.ts")).serveCapnweb(),
  trpc: async () => (await import("./trpc.ts")).serveTrpc(),
  socketio: async () => (await import("./socketio.ts")).serveSocketio(),
  birpc: async () => (await import("./birpc.ts")).serveBirpc(),
  qmux: async () => (await import("./qmux.ts")).serveQmux(),
  raw: async () => (await import("./raw.ts")).serveRaw(),
};
