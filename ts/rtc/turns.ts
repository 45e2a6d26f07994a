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

  /** One more runs beside others, to be followed by {@link leave}; a promise when it has to wait. */
  shared(): Promise<void> | undefined {
    const isFree = (): boolean => this.#running < this.#parallel;
    const begin = (): void => {
      this.#running += 1;
    };
    if (!isFree()) return this.#until(isFree).then(begin);
    begin();
    return undefined;
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
