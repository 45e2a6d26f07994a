import * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import { nextTask } from "../util/task.ts";
import { type WireMoves, type WireRange, wireRange } from "./wire.ts";

/** Places of a sequence from `from` up to but without `to`, as a sequence of their own. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The part of a sequence that a subscription shows, where the subscriber may move it. */
export interface Movable {
  /** Where it is, or was when the subscription was sent. */
  readonly range: Range;
  /** Asks for another range. Throws or rejects with `local_misuse` for what is none. */
  move(range: Range): Promise<void>;
  /** For a subscription that is sent away. */
  embed(): WireMoves;
  /** The subscription ends. */
  drop(): void;
}

/** Moves a part of a sequence of this program. */
export class LocalMoves implements Movable {
  readonly #move: (range: Range) => void;
  readonly #where: () => Range;
  readonly #limit: number;
  #tx: mpsc.Sender<WireRange> | undefined;

  /** `move` puts it to a range of at most `limit` places, `where` tells where it is. */
  constructor(limit: number, where: () => Range, move: (range: Range) => void) {
    if (!(Number.isSafeInteger(limit) && limit >= 1)) {
      throw new CuttleError("local_misuse", `movable is how many places the range may have, 1 or more; got ${limit}`);
    }
    this.#limit = limit;
    this.#where = where;
    this.#move = move;
  }

  get range(): Range {
    return this.#where();
  }

  /** What is larger than allowed is cut at its end. */
  async move({ from, to }: Range): Promise<void> {
    assertRange({ from, to });
    this.#move({ from, to: Math.min(to, from + this.#limit) });
  }

  embed(): WireMoves {
    if (this.#tx === undefined) {
      const [tx, rx] = mpsc.channel(wireRange);
      void this.#follow(rx);
      this.#tx = tx;
    }
    return { range: this.range, tx: this.#tx };
  }

  drop(): void {
    this.#tx?.close();
  }

  /** Moves as a subscriber elsewhere asks, until it asks no more; at most once in a turn of the event loop. */
  async #follow(rx: mpsc.Receiver<WireRange>): Promise<void> {
    try {
      for (;;) {
        const asked = (await rx.recvMany(MAX_TOGETHER)).at(-1);
        if (asked === undefined) return;
        await this.move({ from: placeOf(asked.from), to: placeOf(asked.to) });
        await new Promise<void>(nextTask);
      }
    } catch {
      // Whoever asks has gone, knows no ranges, or asks for what is none.
    } finally {
      rx.drop();
    }
  }
}

/** Asks for another part of a sequence elsewhere. */
export class RemoteMoves implements Movable {
  readonly range: Range;
  readonly #tx: mpsc.Sender<WireRange>;

  constructor({ range, tx }: WireMoves) {
    this.range = { from: placeOf(range.from), to: placeOf(range.to) };
    this.#tx = tx;
  }

  async move(range: Range): Promise<void> {
    assertRange(range);
    await this.#tx.send(range);
  }

  embed(): WireMoves {
    return { range: this.range, tx: this.#tx };
  }

  drop(): void {
    this.#tx.close();
  }
}

/** So many requests that are here together are answered as one: the last of them counts. */
const MAX_TOGETHER = 16;

/** A place as it came, which may be any. */
function placeOf(place: bigint | number): number {
  return Math.min(Number(place), Number.MAX_SAFE_INTEGER);
}

/** Throws `local_misuse` for what is no range. */
function assertRange({ from, to }: Range): void {
  const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to;
  if (!isRange) throw new CuttleError("local_misuse", `there is no range from ${from} to ${to}`);
}

/** Of a subscription whose range cannot be moved. */
export function notMovable(): CuttleError {
  return new CuttleError(
    "local_misuse",
    "this subscription has no range that can be moved: the source allows it with subscribe({ range, movable })",
  );
}
