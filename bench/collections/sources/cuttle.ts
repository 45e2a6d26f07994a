import { type Descriptor, ObservableMap } from "../../../ts/index.ts";
import { attach } from "../../../ts/node/index.ts";
import { listenHttp } from "../../servers/listen.ts";
import { Table } from "../cuttle.ts";
import type { Row, ServeTable } from "../table.ts";

export const serveTable: ServeTable = async (rows, { room }) => {
  const table = new ObservableMap<number, Row>(rows);
  const { server, url } = await listenHttp();
  attach(server, { path: "/", origins: "any" }, async (client) => {
    const conn = await client.connect({ send: Table as Descriptor<Table> });
    await conn.tx.send(table.subscribe({ incremental: true, buffer: room }));
  });
  return {
    server,
    url,
    // One by one, as a program does that knows nothing of batches.
    change(changes) {
      for (const [key, row] of changes) table.set(key, row);
    },
  };
};
