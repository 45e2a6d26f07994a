import { provide } from "../../ts/index.ts";
import { serve } from "../../ts/node/index.ts";
import { LIMITS, Work } from "../rivals/cuttle-types.ts";
import { serveWork } from "../rivals/cuttle-work.ts";
import type { Serve } from "../rivals/rival.ts";
import { Service } from "../rivals/service.ts";
import { listenSockets } from "./listen.ts";

/** Channels. The page of the benchmarks comes from another port, so every origin is let in. */
export const serveCuttle: Serve = async () => {
  const server = await serve({ host: "127.0.0.1", origins: "any" }, async (incoming) => {
    await serveWork(await incoming.connect({ receive: Work, limits: LIMITS }));
  });
  return server.url;
};

/** Plain objects. */
export const servePlain: Serve = () =>
  listenSockets((socket) => {
    provide(new Service(), { to: socket, limits: LIMITS }).catch((error: unknown) => console.error(error));
  });
