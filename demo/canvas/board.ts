/** The canvas of the server: who draws on it, and how two of them find each other. */

import { type Infer, Switchboard, t } from "../../ts/index.ts";

/** A line from one point to another, in pixels of the canvas. */
export const Stroke = t.struct({ fromX: t.f32, fromY: t.f32, toX: t.f32, toY: t.f32, hue: t.u16 });
export type Stroke = Infer<typeof Stroke>;

/** What a page wants to be told. */
export interface Painter {
  /** Somebody else drew. */
  paint(stroke: Stroke): unknown;
  /** So many tabs are here. */
  count(tabs: number): unknown;
  /** The other tab wants to meet at the switchboard. */
  meet(place: string): unknown;
}

/** One canvas for all pages that join. */
export class Board {
  readonly #painters = new Set<Painter>();
  readonly switchboard: Switchboard = new Switchboard();
  /** Where those who are here meet; another one whenever somebody comes or goes. */
  #place = "";

  join(painter: Painter): void {
    this.#painters.add(painter);
    this.#count();
  }

  leave(painter: Painter): void {
    this.#painters.delete(painter);
    this.#count();
  }

  /** Tells all but `author`. */
  draw(author: Painter, stroke: Stroke): void {
    this.#tell(author, (other) => other.paint(stroke));
  }

  /** Tells the others where to meet; returns the place. Two who invite each other at once get the same one. */
  invite(author: Painter): string {
    const place = this.#place;
    this.#tell(author, (other) => other.meet(place));
    return place;
  }

  #count(): void {
    this.#place = crypto.randomUUID();
    this.#tell(undefined, (painter) => painter.count(this.#painters.size));
  }

  #tell(author: Painter | undefined, what: (painter: Painter) => unknown): void {
    for (const painter of this.#painters) {
      // Who is gone leaves when the connection says so.
      if (painter !== author) void Promise.resolve(what(painter)).catch(() => undefined);
    }
  }
}

/** One page at the board: what it may do, and what is done when it is gone. */
export function visitBoard(board: Board) {
  let painter: Painter | undefined;
  const joined = (): Painter => {
    if (painter === undefined) throw new Error("join first");
    return painter;
  };
  const api = {
    join(paint: Painter["paint"], count: Painter["count"], meet: Painter["meet"]): void {
      painter = { paint, count, meet };
      board.join(painter);
    },
    draw: (stroke: Stroke): void => board.draw(joined(), stroke),
    invite: (): string => board.invite(joined()),
    switchboard: board.switchboard,
  };
  const leave = (): void => {
    if (painter !== undefined) board.leave(painter);
  };
  return { api, leave };
}

export type BoardApi = ReturnType<typeof visitBoard>["api"];
