import { connectionOf, consume } from "../../ts/index.ts";
import type { Hear, OnStored } from "./room.ts";
import type { RoomApi } from "./server.ts";

/** The room, however it is reached. */
export interface RoomLink {
  /** Resolves when the server has the line, with how many bytes of the upload came before it. */
  say(text: string): Promise<number>;
  /** Resolves with how many bytes the server has stored. */
  upload(file: Iterable<Uint8Array>, onStored: OnStored): Promise<number>;
  /** Resolves when the link ended in an orderly way, rejects when it failed. */
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

// #region shown
/** Chat and uploads over one WebSocket. */
export async function enterRoom(hear: Hear): Promise<RoomLink> {
  const room = await consume<RoomApi>("/room");
  await room.join(hear); // the server calls back
  return {
    // A line overtakes an upload of a gibibyte.
    say: (text) => room.say(text),
    upload: (file, onStored) => room.upload(stream(file), onStored),
    closed: connectionOf(room).closed,
    close: () => connectionOf(room).close(),
  };
}

async function* stream(file: Iterable<Uint8Array>) {
  yield* file; // the next piece is made when there is room for it
}
// #endregion
