/** Counts in a program of Node; its argument is the server. */
import { count } from "./count.js";

const [url] = process.argv.slice(2);
// Node 20 has no WebSocket of its own.
const server = globalThis.WebSocket ? url : new (await import("ws")).WebSocket(url);
console.log(await count(server));
