import type { Clock } from "../util/clock.ts";

/** One timer that follows a moving deadline without being set anew each time it moves away. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #cancel: (() => void) | undefined;
  #at = Number.POSITIVE_INFINITY;

  /** `onDue` is called when the deadline passed, and sometimes earlier; it sets the alarm again. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Sets the deadline; infinite for none. */
  set(deadline: number, now: number): void {
    // Deadlines move away with every frame; a timer that fires early only looks again.
    if (this.#cancel !== undefined && deadline >= this.#at) return;
    this.stop();
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#at = deadline;
    this.#cancel = this.#clock.timer(deadline - now, () => {
      this.stop();
      this.#onDue();
    });
  }

  /** Nothing is due any more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
