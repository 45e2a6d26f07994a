/** Express. */

// #region readme
import { once } from "node:events";
import { createServer } from "node:http";
import express from "express";
import { attach } from "../../ts/node/index.ts";
import { api, authorize } from "./live-api.ts";

export async function start(port: number) {
  const app = express();
  app.get("/", (_request, response) => {
    response.send("a page\n");
  });
  const server = createServer(app);
  const live = attach(server, { path: "/live", authorize }, (client) => client.provide(api));
  await once(server.listen(port, "127.0.0.1"), "listening");
  const stop = async (): Promise<void> => {
    const closed = once(server.close(), "close");
    await live.close({ waitMs: 10_000 });
    server.closeAllConnections();
    await closed;
  };
  return { server, stop };
}
// #endregion
