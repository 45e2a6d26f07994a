import { type Connection, connect, connectionOf, consume, openDirect, type Remote } from "../../ts/index.ts";
import { type BoardApi, type Painter, Stroke } from "./board.ts";

/** The canvas at the server. */
export interface BoardLink {
  readonly board: Remote<BoardApi>;
  /** Resolves when the link ended in an orderly way, rejects when it failed. */
  readonly closed: Promise<unknown>;
}

/** Joins those who draw; `painter` is told what they do. */
export async function joinBoard({ paint, count, meet }: Painter): Promise<BoardLink> {
  const board = await consume<BoardApi>("/board");
  await board.join(paint, count, meet);
  return { board, closed: connectionOf(board).closed };
}

// #region shown
/** Meets the other tab at the server. From then on strokes go from one tab to the other, without the server. */
export async function goDirect(board: Remote<BoardApi>, place: string): Promise<Direct> {
  const channel = await openDirect(await board.switchboard, place); // WebRTC
  return await connect(channel, { send: Stroke, receive: Stroke });
}

export async function paintAll(direct: Direct, paint: (stroke: Stroke) => void): Promise<void> {
  for await (const stroke of direct.rx) paint(stroke); // the other side: direct.tx.send(stroke)
}
// #endregion

export type Direct = Connection<Stroke, Stroke>;
