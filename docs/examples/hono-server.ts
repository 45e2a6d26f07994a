/** Hono on Node. */

// #region readme
import { once } from "node:events";
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { attach } from "../../ts/node/index.ts";
import { api, authorize } from "./live-api.ts";

export async function start(port: number) {
  const app = new Hono();
  app.get("/", (context) => context.text("a page\n"));
  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }) as Server;
  const live = attach(server, { path: "/live", authorize }, (client) => client.provide(api));
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    const closed = once(server.close(), "close");
    await live.close({ waitMs: 10_000 });
    server.closeAllConnections();
    await closed;
  };
  return { server, stop };
}
// #endregion
