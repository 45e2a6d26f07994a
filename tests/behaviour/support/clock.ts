import type { Clock } from "../../../ts/util/clock.ts";

interface Timer {
  at: number;
  callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #now = 1_000;
  readonly #timers: Set<Timer> = new Set();

  now(): number {
    return this.#now;
  }

  timer(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(delayMs, 0), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that were neither cancelled nor fired. */
  get timers(): number {
    return this.#timers.size;
  }

  /** When the next timer fires, from now; infinite for never. */
  get nextMs(): number {
    return Math.min(...[...this.#timers].map((timer) => timer.at)) - this.#now;
  }

  /** Moves time on and fires what is due, in order. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= until).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = until;
  }
}
