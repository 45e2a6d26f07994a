import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/** Why a channel takes no more values; remoc's `ClosedReason`. */
export type ClosedReason =
  /** The receiver was closed; values that were sent may still be read. */
  | "closed"
  /** The receiver is gone. */
  | "dropped"
  /** The connection to the receiver, or a value on it, failed. */
  | "failed";

/** What a queue knows of its end; made when there is something to know. */
export class QueueEnd {
  /** Reported to the receiver after everything else. */
  finalError: CuttleError | undefined;
  /** The receiver takes nothing any more, not even what is under way. */
  isDeaf = false;
  #reason: ClosedReason | undefined;
  #error: CuttleError | undefined;
  #closed: Deferred<ClosedReason> | undefined;

  /** Why no more values are taken, once that is so. */
  get reason(): ClosedReason | undefined {
    return this.#reason;
  }

  /** What sending rejects with, once nothing is taken any more. */
  get error(): CuttleError | undefined {
    if (this.#reason !== undefined) this.#error ??= closedError(this.#reason);
    return this.#error;
  }

  /** Resolves when no more values are taken. */
  get closed(): Promise<ClosedReason> {
    this.#closed ??= deferred();
    if (this.#reason !== undefined) this.#closed.resolve(this.#reason);
    return this.#closed.promise;
  }

  /** No more values are taken. False when that was so before. */
  close(reason: ClosedReason, error: CuttleError | undefined): boolean {
    if (this.#reason !== undefined) return false;
    this.#reason = reason;
    this.#error = error;
    this.#closed?.resolve(reason);
    return true;
  }
}

function closedError(reason: ClosedReason): CuttleError {
  if (reason === "failed") {
    return new CuttleError("remote_failed", "the other side could not receive from this channel", {
      data: { reason },
    });
  }
  return new CuttleError("remote_closed", `the receiver of this channel was ${reason}`, { data: { reason } });
}
