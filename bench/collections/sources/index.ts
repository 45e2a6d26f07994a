import type { SubjectId } from "../subjects.ts";
import type { ServeTable } from "../table.ts";

/** As `copies`, of the side in Node that has the table. */
export const sources: Record<SubjectId, () => Promise<{ serveTable: ServeTable }>> = {
  cuttle: () => import("./cuttle.ts"),
  mobx: () => import("./mobx.ts"),
  yjs: () => import("./yjs.ts"),
  tanstack: () => import("./tanstack.ts"),
};
