import { type Deferred, deferred } from "../util/deferred.ts";

/**
 * Whose turn it is among calls that may run together and calls that must be alone. Only one caller waits at a time,
 * which keeps the order of requests.
 */
export class Turns {
  readonly #parallel: number;
  #running = 0;
  #changed: Deferred<void> | undefined;

  /** At most `parallel` calls run together. */
  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  /** Resolves when one more may run beside others; to be followed by {@link leave}. */
  async shared(): Promise<void> {
    await this.#until(() => this.#running < this.#parallel);
    this.#running += 1;
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    await this.#until(() => this.#running === 0);
  }

  /** One of {@link shared} has ended. */
  leave(): void {
    this.#running -= 1;
    this.#changed?.resolve();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.#changed = deferred();
      await this.#changed.promise;
    }
  }
}
