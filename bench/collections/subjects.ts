import type { OpenCopy } from "./table.ts";

/** How the libraries are written. */
export const subjects = {
  cuttle: "cuttle",
  mobx: "MobX and socket.io with JSON patches",
  yjs: "Yjs over y-websocket",
  tanstack: "TanStack DB over a WebSocket",
};

/** A key of {@link subjects}. */
export type SubjectId = keyof typeof subjects;

/** Loads what opens copies; only what is asked for is loaded. */
export const copies: Record<SubjectId, () => Promise<{ openCopy: OpenCopy }>> = {
  cuttle: () => import("./cuttle.ts"),
  mobx: () => import("./mobx.ts"),
  yjs: () => import("./yjs.ts"),
  tanstack: () => import("./tanstack.ts"),
};
