/** A thread that gives what it is given back. */

import { parentPort } from "node:worker_threads";
import { provide, type Target, transfer } from "../../../ts/index.ts";

const api = {
  turn: async (picture: { readonly pixels: Uint8Array }) => ({ pixels: transfer(picture.pixels) }),
};

/** What it provides. */
export type Api = typeof api;

await provide(api, { to: parentPort as Target });
