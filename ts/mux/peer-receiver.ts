import type { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/** How the receiver of a port was closed: after what was under way, or at once. */
export interface Closed {
  readonly graceful: boolean;
}

/** What is known of the end of the receiver at the peer; its promises are made for who asks. */
export class PeerReceiver {
  #closedAs: Closed | undefined;
  #isFinished = false;
  #error: CuttleError | undefined;
  #closed: Deferred<Closed> | undefined;
  #finished: Deferred<void> | undefined;

  /** What the connection ended with, before or after the receiver. */
  get error(): CuttleError | undefined {
    return this.#error;
  }

  /** Resolves when the peer's application reads no more; rejects when the connection ends before that. */
  get closed(): Promise<Closed> {
    this.#closed ??= deferred();
    if (this.#closedAs !== undefined) this.#closed.resolve(this.#closedAs);
    else if (this.#error !== undefined) this.#closed.reject(this.#error);
    return this.#closed.promise;
  }

  /** Resolves when nothing is read at the peer any more; rejects when the connection ends before that. */
  get finished(): Promise<void> {
    this.#finished ??= deferred();
    if (this.#isFinished) this.#finished.resolve();
    else if (this.#error !== undefined) this.#finished.reject(this.#error);
    return this.#finished.promise;
  }

  /** It was closed. */
  close(as: Closed): void {
    this.#closedAs ??= as;
    this.#closed?.resolve(this.#closedAs);
  }

  /** It reads nothing any more. */
  finish(as: Closed): void {
    this.close(as);
    this.#isFinished = true;
    this.#finished?.resolve();
  }

  /** The connection ended. */
  fail(error: CuttleError): void {
    this.#error ??= error;
    this.#closed?.reject(error);
    this.#finished?.reject(error);
  }
}
