import type { Clock } from "../util/clock.ts";
import { nextTask } from "../util/task.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Tasks without anything new after which nothing more is expected to happen by itself. */
const QUIET_TASKS = 4;
/** More tasks than this at one moment of virtual time are a loop. */
const MAX_TASKS = 100_000;

/** A clock that stands still until it is told to go on: hours take no time, and every run is the same. */
export class TestClock implements Clock {
  #now = 0;
  /** In the order in which they were set. */
  #timers: Timer[] = [];
  /** Counts what happens, to see when nothing does. */
  #events = 0;

  /** Milliseconds since it was made. */
  now(): number {
    return this.#now;
  }

  /** Timers that were neither cancelled nor called. */
  get timers(): number {
    return this.#timers.length;
  }

  /** As {@link Clock.timer}. */
  timer(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(delayMs, 0), callback };
    this.#events += 1;
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Notes that something happened. */
  note(): void {
    this.#events += 1;
  }

  /** Lets so much time pass: calls each timer at its time, and lets what it causes happen before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.quiet();
    while (this.#step(end)) await this.quiet();
    this.#now = end;
  }

  /**
   * Lets time pass until `promise` settles, and settles as it does. Rejects with an Error when it is still pending after
   * `maxMs`, or at once when nothing is left that could settle it.
   */
  async run<T>(promise: Promise<T>, maxMs: number): Promise<T> {
    let settled = false;
    const note = (): void => {
      settled = true;
      this.#events += 1;
    };
    promise.then(note, note);
    const end = this.#now + maxMs;
    await this.quiet();
    while (!settled) {
      if (!this.#step(end)) {
        const why = this.timers === 0 ? "and nothing is under way any more" : `after ${maxMs} ms of virtual time`;
        throw new Error(`the promise is still pending ${why}`);
      }
      await this.quiet();
    }
    return await promise;
  }

  /** Lets everything happen that does so without time passing. */
  async quiet(): Promise<void> {
    let still = 0;
    for (let tasks = 0; still < QUIET_TASKS; tasks += 1) {
      if (tasks > MAX_TASKS) throw new Error("something goes on for ever without time passing");
      const before = this.#events;
      await new Promise<void>((resolve) => nextTask(resolve));
      still = this.#events === before ? still + 1 : 0;
    }
  }

  /** Goes to the next timer that is due by `end`, and calls it. */
  #step(end: number): boolean {
    let due: Timer | undefined;
    for (const timer of this.#timers) if (due === undefined || timer.at < due.at) due = timer;
    if (due === undefined || due.at > end) return false;
    this.#timers = this.#timers.filter((one) => one !== due);
    this.#now = Math.max(this.#now, due.at);
    due.callback();
    return true;
  }
}
