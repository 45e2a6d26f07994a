/** A server for tests that kill it: `node killed-server.ts PORT`; prints its URL. */

import { serve } from "../../../ts/node/index.ts";

const api = { pid: (): number => process.pid, never: (): Promise<void> => new Promise(() => {}) };

/** What it provides. */
export type KilledApi = typeof api;

const server = await serve({ host: "127.0.0.1", port: Number(process.argv[2]) }, (client) => client.provide(api));
console.log(server.url);
