import { WebSocketServer } from "ws";
import { listenHttp } from "../../servers/listen.ts";
import type { Change, ServeTable } from "../table.ts";
import type { Message } from "../tanstack.ts";

export const serveTable: ServeTable = async (rows) => {
  const table = new Map(rows);
  const { server, url } = await listenHttp();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.send(text("insert", [...table])));
  return {
    server,
    url,
    change(changes) {
      for (const [key, row] of changes) table.set(key, row);
      const message = text("update", changes);
      for (const socket of sockets.clients) socket.send(message);
    },
  };
};

function text(type: Message["type"], changes: readonly Change[]): string {
  return JSON.stringify({ type, changes } satisfies Message);
}
