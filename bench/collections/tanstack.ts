/** TanStack DB with a sync of its documentation's pattern over a WebSocket: what comes together is one transaction. */

import { createCollection } from "@tanstack/db";
import { type Change, Changes, type Copy, type OpenCopy, type Row } from "./table.ts";

/** What the server sends, as JSON: the table, and changes after that. */
export interface Message {
  readonly type: "insert" | "update";
  readonly changes: readonly Change[];
}

interface Keyed extends Row {
  readonly id: number;
}

export const openCopy: OpenCopy = async (url) => {
  const socket = new WebSocket(url);
  const changes = new Changes();
  const table = createCollection<Keyed, number>({
    getKey: ({ id }) => id,
    sync: {
      rowUpdateMode: "full",
      sync({ begin, write, commit, markReady }) {
        socket.addEventListener("message", ({ data }) => {
          const message = JSON.parse(data) as Message;
          begin();
          for (const [id, row] of message.changes) write({ type: message.type, value: { ...row, id } });
          commit();
          markReady();
          changes.tell();
        });
      },
    },
  });
  await table.preload();
  const copy: Copy = {
    get size() {
      return table.size;
    },
    get: (key) => table.get(key),
    changed: () => changes.next(),
    async close() {
      await table.cleanup();
      socket.close();
    },
  };
  return copy;
};
