/** A worker of an edge runtime: it counts with a server, and is the server of whoever opens a WebSocket to it. */
import { provide } from "cuttle";
import { count } from "./count.js";

export default {
  async fetch(request, { COUNT_SERVER }, context) {
    if (request.headers.get("Upgrade") !== "websocket") return new Response(await count(COUNT_SERVER).catch(String));
    const { 0: theirs, 1: socket } = new globalThis.WebSocketPair();
    socket.accept();
    context.waitUntil(provide({ below }, { to: socket }).then(({ closed }) => closed));
    return new Response(null, { status: 101, webSocket: theirs });
  },
};

/** The numbers below `upTo`, one after the other. */
async function* below(upTo) {
  for (let number = 0; number < upTo; number++) yield number;
}
