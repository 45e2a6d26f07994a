/** The room over one raw WebSocket, as one would do it without cuttle: messages are handled in their order. */

import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { originCheck } from "../../ts/node/origin.ts";
import type { NaiveAnswer, NaiveRequest } from "./naive.ts";
import type { Room, Visitor } from "./room.ts";

/** Serves it at `path`; other requests are left to others. */
export function attachNaive(server: Server, path: string, room: Room): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 ** 2, perMessageDeflate: false });
  const refusal = originCheck({});
  server.on("upgrade", (request, socket, head) => {
    if (request.url !== path) return;
    if (refusal(request) === undefined) sockets.handleUpgrade(request, socket, head, (ws) => visit(ws, room.enter()));
    else socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
  });
}

function visit(socket: WebSocket, visitor: Visitor): void {
  const answer = (message: NaiveAnswer): void => socket.send(JSON.stringify(message));
  const handle = async (data: Buffer, isBinary: boolean): Promise<void> => {
    if (isBinary) return visitor.store(data, (stored) => answer({ stored }));
    const request = JSON.parse(data.toString()) as NaiveRequest;
    if ("say" in request) answer({ said: visitor.say(request.say) });
    else if (request.upload === "begin") visitor.beginUpload();
    else answer({ uploaded: visitor.endUpload() });
  };
  let waiting = 0;
  let last = Promise.resolve();
  socket.on("message", (data: Buffer, isBinary) => {
    waiting += 1;
    socket.pause();
    last = last
      .then(() => handle(data, isBinary))
      // Who does not speak the language is sent away.
      .catch(() => socket.terminate())
      .then(() => {
        waiting -= 1;
        if (waiting === 0) socket.resume();
      });
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => visitor.leave());
  answer({ joined: visitor.join((hear) => answer({ hear })) });
}
