/** MobX with JSON patches (RFC 6902) over socket.io: what comes together is one message and one action. */

import { observable, runInAction } from "mobx";
import { io } from "socket.io-client";
import { type Change, Changes, type Copy, filled, type OpenCopy, type Row } from "./table.ts";

/** As the server sends it. */
export interface Patch {
  readonly op: "replace";
  readonly path: string;
  readonly value: Row;
}

export const openCopy: OpenCopy = async (url, rows) => {
  const socket = io(url.replace(/^ws/, "http"), { transports: ["websocket"], reconnection: false, forceNew: true });
  const table = observable.map<number, Row>([], { deep: false });
  const changes = new Changes();
  socket.on("table", (all: Change[]) => {
    runInAction(() => {
      for (const [key, row] of all) table.set(key, row);
    });
    changes.tell();
  });
  socket.on("patch", (patches: Patch[]) => {
    runInAction(() => {
      for (const { path, value } of patches) table.set(Number(path.slice(1)), value);
    });
    changes.tell();
  });
  const copy: Copy = {
    get size() {
      return table.size;
    },
    get: (key) => table.get(key),
    changed: () => changes.next(),
    close: () => socket.close(),
  };
  await filled(copy, rows);
  return copy;
};
