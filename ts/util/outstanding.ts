import { type Deferred, deferred } from "./deferred.ts";

/** Counts what is under way, for who wants to know when nothing is. */
export class Outstanding {
  #count = 0;
  #none: Deferred<void> | undefined;

  /** Something begins. */
  begin(): void {
    this.#count += 1;
  }

  /** As many as began have ended. */
  end(count = 1): void {
    this.#count -= count;
    if (this.#count > 0) return;
    this.#none?.resolve();
    this.#none = undefined;
  }

  /** Resolves when nothing is under way. */
  async none(): Promise<void> {
    if (this.#count === 0) return;
    this.#none ??= deferred();
    await this.#none.promise;
  }
}
