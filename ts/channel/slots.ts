import type { Deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";

/** Somebody who waits for slots. */
export interface Reservation {
  /** When it came, among all that want room. */
  readonly ticket: number;
  readonly wanted: number;
  /** Slots that it has already. */
  held: number;
  readonly done: Deferred<void>;
}

/** The slots of a queue that are reserved, and who waits for some; made for the first reservation. */
export class Slots {
  /** How many are reserved. */
  reserved = 0;
  /** Who waits, in order. */
  readonly waiting: Fifo<Reservation> = new Fifo();

  /** Gives one to who waits first, which settles it when it has all. */
  grant(): void {
    const first = this.waiting.first;
    if (first === undefined) return;
    this.reserved += 1;
    first.held += 1;
    if (first.held < first.wanted) return;
    this.waiting.shift();
    first.done.resolve();
  }
}
