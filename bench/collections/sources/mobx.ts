import { Server } from "socket.io";
import { listenHttp } from "../../servers/listen.ts";
import type { Patch } from "../mobx.ts";
import type { ServeTable } from "../table.ts";

export const serveTable: ServeTable = async (rows) => {
  const table = new Map(rows);
  const { server, url } = await listenHttp();
  const io = new Server(server, { maxHttpBufferSize: 1e8, cors: { origin: true } });
  io.on("connection", (socket) => socket.emit("table", [...table]));
  return {
    server,
    url,
    change(changes) {
      for (const [key, row] of changes) table.set(key, row);
      const patches: Patch[] = changes.map(([key, value]) => ({ op: "replace", path: `/${key}`, value }));
      io.emit("patch", patches);
    },
  };
};
