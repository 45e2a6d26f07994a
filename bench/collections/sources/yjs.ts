import { getYDoc, setupWSConnection } from "@y/websocket-server/utils";
import { WebSocketServer } from "ws";
import { listenHttp } from "../../servers/listen.ts";
import type { Change, Row, ServeTable } from "../table.ts";
import { NAME } from "../yjs.ts";

export const serveTable: ServeTable = async (rows) => {
  const doc = getYDoc(NAME);
  const table = doc.getMap<Row>(NAME);
  const change = (changes: readonly Change[]): void => {
    doc.transact(() => {
      for (const [key, row] of changes) table.set(`${key}`, row);
    });
  };
  change(rows);
  const { server, url } = await listenHttp();
  new WebSocketServer({ server }).on("connection", setupWSConnection);
  return { server, url, change };
};
