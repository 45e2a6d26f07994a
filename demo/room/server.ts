/** The room over cuttle: what a page gets from `consume`. */

import type { Hear, OnStored, Visitor } from "./room.ts";

/** What a page may do in the room. */
export function roomApi(visitor: Visitor) {
  return {
    /** The visitor's name. */
    join: (hear: Hear): string => visitor.join(hear),
    /** How many bytes of the upload came before the line. */
    say: (text: string): number => visitor.say(text),
    /** How many bytes were stored. */
    async upload(file: AsyncIterable<Uint8Array>, onStored: OnStored): Promise<number> {
      visitor.beginUpload();
      // Not asking for the next piece holds the upload back, and nothing else.
      for await (const piece of file) await visitor.store(piece, onStored);
      return visitor.endUpload();
    },
  };
}

export type RoomApi = ReturnType<typeof roomApi>;
