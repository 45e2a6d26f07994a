/** A plain HTTP server of Node. */

// #region readme
import { once } from "node:events";
import { createServer } from "node:http";
import { attach } from "../../ts/node/index.ts";
import { api, authorize } from "./live-api.ts";

export async function start(port: number) {
  const server = createServer((_request, response) => response.end("a page\n"));
  const live = attach(server, { path: "/live", authorize }, (client) => client.provide(api));
  await once(server.listen(port, "127.0.0.1"), "listening");
  const stop = async (): Promise<void> => {
    const closed = once(server.close(), "close");
    await live.close({ waitMs: 10_000 }); // running calls are answered, then their connections end
    server.closeAllConnections();
    await closed;
  };
  return { server, stop };
}
// #endregion
