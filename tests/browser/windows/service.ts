import { acceptClients, provide } from "../../../ts/index.ts";
import { makeApi } from "./api.ts";

const api = makeApi();
acceptClients((client) => provide(api, { to: client }));
