/** The chat room of the server: who is in it, and where uploads are stored. */

import { Pace } from "../pace.ts";

/** One line of the chat. */
export interface Line {
  readonly from: string;
  readonly text: string;
}

/** Told of every line, the visitor's own included. */
export type Hear = (line: Line) => unknown;

/** Told now and then how many bytes of an upload are stored. */
export type OnStored = (bytes: number) => unknown;

/** How fast the server stores an upload. The page sends faster than that, so the upload piles up somewhere. */
const BYTES_PER_SECOND = 40e6;
/** An upload tells its progress this often. */
const NEWS_BYTES = 1024 ** 2;
/** Lines are cut there. */
const LINE_CHARS = 500;

/** Everybody who chats, over whichever socket. */
export class Room {
  readonly #hearers = new Set<Hear>();
  #visitors = 0;

  enter(): Visitor {
    this.#visitors += 1;
    return new Visitor(this, `Tab ${this.#visitors}`);
  }

  join(hear: Hear): void {
    this.#hearers.add(hear);
  }

  leave(hear: Hear): void {
    this.#hearers.delete(hear);
  }

  say(line: Line): void {
    // Who is gone leaves when the connection says so.
    for (const hear of this.#hearers) void Promise.resolve(hear(line)).catch(() => undefined);
  }
}

/** One page in the room. */
export class Visitor {
  readonly name: string;
  readonly #room: Room;
  readonly #pace = new Pace();
  #hear: Hear | undefined;
  #stored = 0;
  #told = 0;

  constructor(room: Room, name: string) {
    this.#room = room;
    this.name = name;
  }

  join(hear: Hear): string {
    this.#hear = hear;
    this.#room.join(hear);
    return this.name;
  }

  leave(): void {
    if (this.#hear !== undefined) this.#room.leave(this.#hear);
  }

  /** Passes a line on, unless it is empty. Returns how many bytes of the upload came before it. */
  say(text: string): number {
    if (text !== "") this.#room.say({ from: this.name, text: String(text).slice(0, LINE_CHARS) });
    return this.#stored;
  }

  beginUpload(): void {
    this.#stored = 0;
    this.#told = 0;
  }

  /** Resolves when the piece is stored, which takes its time. */
  async store(piece: Uint8Array, onStored: OnStored): Promise<void> {
    this.#stored += piece.length;
    if (this.#stored - this.#told >= NEWS_BYTES) {
      this.#told = this.#stored;
      void Promise.resolve(onStored(this.#stored)).catch(() => undefined);
    }
    await this.#pace.take(piece.length, BYTES_PER_SECOND);
  }

  endUpload(): number {
    return this.#stored;
  }
}
