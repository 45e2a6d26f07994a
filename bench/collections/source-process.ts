/** A process that has the table of one library and changes it when its parent asks for that; ends with it. */

import { setImmediate as turn } from "node:timers/promises";
import { sources } from "./sources/index.ts";
import type { SubjectId } from "./subjects.ts";
import { type Change, markOf, rowsAtFirst } from "./table.ts";

/** What the parent asks for. */
export type Order =
  /** Makes so many changes, a hundred in a turn of the event loop. */
  { changes: number; round: number } | "written";

/** The answer: what the changes cost, or what was written to all sockets so far. */
export interface Answer {
  readonly cpuMs: number;
  readonly writtenBytes: number;
}

const TOGETHER = 100;

const [subject, rows, room] = process.argv.slice(2) as [SubjectId, string, string];
const { serveTable } = await sources[subject]();
const source = await serveTable(rowsAtFirst(Number(rows)), { room: Number(room) });

let closedBytes = 0;
const sockets = new Set<{ bytesWritten: number }>();
source.server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => {
    sockets.delete(socket);
    closedBytes += socket.bytesWritten;
  });
});

async function change(count: number, round: number): Promise<void> {
  for (let at = 0; at < count; at += TOGETHER) {
    const changes = Array.from({ length: TOGETHER }, (_, index): Change => {
      const row = at + index;
      return [row % Number(rows), { name: "changed", price: row, count: round }];
    });
    source.change(changes);
    await turn();
  }
  source.change([[0, { name: markOf(round), price: 0, count: round }]]);
}

process.on("message", async (order: Order) => {
  const before = process.cpuUsage();
  if (order !== "written") await change(order.changes, order.round);
  const { user, system } = process.cpuUsage(before);
  const open = [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  process.send?.({ cpuMs: (user + system) / 1000, writtenBytes: closedBytes + open } satisfies Answer);
});
process.on("disconnect", () => process.exit(0));
process.send?.({ url: source.url });
