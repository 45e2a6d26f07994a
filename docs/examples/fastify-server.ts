/** Fastify. */

// #region readme
import fastify from "fastify";
import { attach } from "../../ts/node/index.ts";
import { api, authorize } from "./live-api.ts";

export async function start(port: number) {
  const app = fastify({ forceCloseConnections: true });
  app.get("/", () => "a page\n");
  const live = attach(app.server, { path: "/live", authorize }, (client) => client.provide(api));
  app.addHook("preClose", () => live.close({ waitMs: 10_000 }));
  await app.listen({ port, host: "127.0.0.1" });
  return { server: app.server, stop: () => app.close() };
}
// #endregion
