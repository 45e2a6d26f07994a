/** A server whose clients do nothing; tells its memory when it is asked. Started by `transports`, ends with it. */

import { serve } from "../../ts/node/index.ts";

const server = await serve({ host: "127.0.0.1" }, (client) => client.provide({ hello: () => "hello" }));
process.send?.({ url: server.url });

process.on("message", () => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ connections: server.connections, rss, heapUsed, external });
});
process.on("disconnect", () => process.exit(0));
