/** Y.Map of Yjs over y-websocket: what comes together is one transaction. */

import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { Changes, type Copy, filled, type OpenCopy, type Row } from "./table.ts";

/** The document's name, and that of the map in it. */
export const NAME = "table";

export const openCopy: OpenCopy = async (url, rows) => {
  const doc = new Y.Doc();
  const table = doc.getMap<Row>(NAME);
  const changes = new Changes();
  doc.on("afterTransaction", changes.tell);
  // Copies of one process would otherwise tell each other directly.
  const provider = new WebsocketProvider(url.replace(/\/$/, ""), NAME, doc, { disableBc: true });
  const copy: Copy = {
    get size() {
      return table.size;
    },
    get: (key) => table.get(`${key}`),
    changed: () => changes.next(),
    close() {
      provider.destroy();
      doc.destroy();
    },
  };
  await filled(copy, rows);
  return copy;
};
