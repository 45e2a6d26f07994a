import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";

interface Waiting {
  readonly turn: Deferred<void>;
  gaveUp: boolean;
}

/** Lets so many through at a time, in order. Who waits costs a promise, and nothing of what it is going to do. */
export class Gate {
  #free: number;
  readonly #waiting: Fifo<Waiting> = new Fifo();

  /** At most `width` are through and have not left. */
  constructor(width: number) {
    this.#free = width;
  }

  /** Resolves when one may go through, at once or later; then {@link leave} is due. Rejects with the abort reason. */
  async enter(options: AbortOptions): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const waiting: Waiting = { turn: deferred(), gaveUp: false };
    this.#waiting.push(waiting);
    try {
      await unlessAborted(waiting.turn.promise, options);
    } catch (reason) {
      waiting.gaveUp = true;
      throw reason;
    }
  }

  /** One that went through has left. */
  leave(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (!next.gaveUp) return next.turn.resolve();
    }
    this.#free += 1;
  }
}
