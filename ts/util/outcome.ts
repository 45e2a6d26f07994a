import { type Deferred, deferred } from "./deferred.ts";

const RESOLVED: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** What becomes of something: as a {@link Deferred}, whose promise is made for who asks before it is settled. */
export class Outcome {
  #isSettled = false;
  #failure: { readonly reason: unknown } | undefined;
  #asked: Deferred<void> | undefined;

  /** Settles as this does. */
  get promise(): Promise<void> {
    if (this.#isSettled && this.#failure === undefined) return RESOLVED;
    this.#asked ??= deferred();
    if (this.#failure !== undefined) this.#asked.reject(this.#failure.reason);
    return this.#asked.promise;
  }

  /** Nothing, when it was settled before. */
  resolve(): void {
    this.#isSettled = true;
    this.#asked?.resolve();
  }

  /** Nothing, when it was settled before. */
  reject(reason: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#failure = { reason };
    this.#asked?.reject(reason);
  }
}
