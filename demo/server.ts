/**
 * The demo's server: the built page, and a cuttle peer on the same port. Started by scripts/start.mjs with PORT and,
 * for `npm run demo:rust`, CUTTLE_RUST_PEERS.
 */

import { createServer, type IncomingMessage } from "node:http";
import { CuttleError } from "../ts/index.ts";
import { attach } from "../ts/node/index.ts";
import { Board, visitBoard } from "./canvas/board.ts";
import { CountNote, CountReq, Request } from "./contract.ts";
import { answerCounts, answerRequests } from "./peer.ts";
import { attachNaive } from "./room/naive-server.ts";
import { Room } from "./room/room.ts";
import { roomApi } from "./room/server.ts";
import { pageHandler } from "./static.ts";
import { LiveTable } from "./table-server.ts";

const port = Number(process.env.PORT ?? 8080);
const rust: Record<string, string> = JSON.parse(process.env.CUTTLE_RUST_PEERS ?? "{}");

const server = createServer(pageHandler({ rust }));

// remoc's first example, word for word; the code that the page shows talks to it.
attach(server, { path: "/count", onError }, async (incoming) => {
  await answerCounts(await incoming.connect({ receive: CountReq }));
});

// Numbers, transfers and small calls together on one connection.
attach(server, { path: "/requests", onError }, async (incoming) => {
  await answerRequests(await incoming.connect({ send: CountNote, receive: Request }));
});

// 100,000 rows that change by themselves, for the page of the live table.
const table = new LiveTable();
attach(server, { path: "/table", onError }, async (incoming) => {
  await table.serve(incoming);
});

// Chat and uploads, over cuttle and over a raw WebSocket.
const room = new Room();
attach(server, { path: "/room", onError }, async (incoming) => {
  const visitor = room.enter();
  const { closed } = await incoming.provide(roomApi(visitor));
  await closed.finally(() => visitor.leave());
});
attachNaive(server, "/naive", room);

// The canvas, and the switchboard at which two tabs meet.
const board = new Board();
attach(server, { path: "/board", onError }, async (incoming) => {
  const { api, leave } = visitBoard(board);
  const { closed } = await incoming.provide(api);
  await closed.finally(leave);
});

server.once("error", (error) => {
  console.error(`The demo server cannot listen on port ${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, "localhost", () => console.log(`ready http://localhost:${port}/`));

/** A page that was left or reloaded is no news. */
function onError(error: unknown, request: IncomingMessage): void {
  if (CuttleError.is(error, "transport_lost", "remote_connection_closed")) return;
  console.error(`${request.url}: ${error instanceof Error ? error.message : String(error)}`);
}
