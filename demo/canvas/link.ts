import { type Connection, connect, connectionOf, consume, openDirect, type Remote } from "../../ts/index.ts";
import { type BoardApi, type Painter, Stroke } from "./board.ts";

/** The canvas at the server. */
export interface BoardLink {
  readonly board: Remote<BoardApi>;
  /** Resolves when the link ended in an orderly way, rejects when it failed. */
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

/** Joins those who draw; `painter` is told what they do. */
export async function joinBoard({ paint, count, meet }: Painter): Promise<BoardLink> {
  const board = await consume<BoardApi>("/board");
  await board.join(paint, count, meet);
  const connection = connectionOf(board);
  return { board, closed: connection.closed, close: () => connection.close() };
}

// #region shown
/** Both tabs call it: they find each other through the server, and need it no more. */
export async function goDirect({ board }: BoardLink, place: string, signal: AbortSignal) {
  const channel = await openDirect(await board.switchboard, place, { signal }); // WebRTC
  return await connect(channel, { send: Stroke, receive: Stroke, signal });
}

/** What the other tab sent by direct.tx.send(stroke). */
export async function paintAll(direct: Direct, paint: Paint) {
  for await (const stroke of direct.rx) paint(stroke);
}
// #endregion

export type Direct = Connection<Stroke, Stroke>;
type Paint = (stroke: Stroke) => void;
