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
/** Meets the other tab at the switchboard of the server. */
export async function goDirect({ board }: BoardLink, place: string) {
  // WebRTC: strokes go from tab to tab, by direct.tx.send(stroke)
  const channel = await openDirect(await board.switchboard, place);
  return await connect(channel, { send: Stroke, receive: Stroke });
}

export async function paintAll(direct: Direct, paint: Paint) {
  for await (const stroke of direct.rx) paint(stroke);
}
// #endregion

export type Direct = Connection<Stroke, Stroke>;
type Paint = (stroke: Stroke) => void;
