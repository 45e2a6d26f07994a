/** Keeps one connection to the server for all tabs; its name is the path of that. */

import { acceptClients, consume, provide } from "../../../ts/index.ts";
import { type Api, makeApi } from "./api.ts";

declare const self: { readonly name: string; readonly location: Location };

const server = consume<Api>(`${self.location.origin.replace("http:", "ws:")}${self.name}`);
const api = { ...makeApi(), askServer: async (name: string) => await (await server).greet(name) };
acceptClients((client) => provide(api, { to: client }));
