import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import type { Serve } from "../rivals/rival.ts";
import { Service } from "../rivals/service.ts";
import { listenHttp } from "./listen.ts";

export const serveTrpc: Serve = async () => {
  const { server, url } = await listenHttp();
  const { router, procedure } = initTRPC.create();
  const service = new Service();
  const anything = procedure.input((value) => value);
  applyWSSHandler({
    wss: new WebSocketServer({ server }),
    router: router({
      // "call" is a word that its routers keep for themselves.
      answer: anything.mutation(({ input }) => service.call(input)),
      upload: anything.mutation(({ input }) => service.upload(input)),
      note: anything.mutation(() => undefined),
      numbers: anything.subscription(({ input }) => numbersBelow(input)),
    }),
  });
  return url;
};

async function* numbersBelow(count: number): AsyncGenerator<number> {
  for (let value = 0; value < count; value += 1) yield value;
}
