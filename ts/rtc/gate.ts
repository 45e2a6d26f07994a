import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";

/** Lets so many through at a time, in order. Who waits costs a promise, and nothing of what it is going to do. */
export class Gate {
  #free: number;
  readonly #waiting: Fifo<Deferred<void>> = new Fifo();

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
    const turn = deferred<void>();
    this.#waiting.push(turn);
    try {
      await unlessAborted(turn.promise, options);
    } catch (reason) {
      // Its turn may have come in the meantime, and is the next one's then.
      if (!this.#waiting.remove(turn)) this.leave();
      throw reason;
    }
  }

  /** One that went through has left. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.resolve();
  }
}
