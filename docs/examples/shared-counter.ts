/** The script of a shared worker, or of a service worker: all pages see one counter. */

// #region readme
import { acceptClients, provide } from "../../ts/index.ts";

let count = 0;
const counter = { increase: (): number => ++count };
export type Counter = typeof counter;

acceptClients((client) => provide(counter, { to: client }));
// #endregion
