import { CuttleError } from "../errors/error.ts";
import type { Entry, Taker } from "./entry.ts";
import type { Link } from "./half.ts";
import type { Queue } from "./queue.ts";
import type { ClosedReason } from "./queue-end.ts";

/**
 * Takes what a queue holds and sends it, one by one, until the queue ends, and tells senders what became of their values.
 * While it waits it is nothing but this object.
 */
export abstract class Drain<T> implements Taker<T> {
  protected readonly queue: Queue<T>;
  protected readonly link: Link;
  readonly #once: boolean;

  /** With `once` it ends after one value. {@link Drain.proceed} begins. */
  constructor(queue: Queue<T>, { link, once }: { readonly link: Link; readonly once: boolean }) {
    this.queue = queue;
    this.link = link;
    this.#once = once;
    queue.receiver = "moved";
    queue.passOn();
  }

  /** Takes the next value, when there is one. */
  protected proceed(): void {
    this.queue.tell(this);
  }

  /** Sends a value; a promise when it is not certain yet that it leaves. */
  protected abstract send(entry: Entry<T>): Promise<void> | undefined;

  /** Nothing more comes, with `error` because the senders were lost. Called once. */
  protected abstract end(error?: CuttleError): void;

  /** @internal */
  taken(entry: Entry<T> | undefined): void {
    // The end at once: the connection may be closed right behind it.
    if (entry === undefined) this.#end();
    else void this.#carry(entry);
  }

  /** @internal */
  takeFailed(error: CuttleError): void {
    this.#end(error);
  }

  async #carry(first: Entry<T>): Promise<void> {
    // Whoever sends may ask in the same task when the value is taken, and encoding runs foreign code.
    await undefined;
    for (let entry: Entry<T> | undefined = first; entry !== undefined; entry = this.queue.takeNow()) {
      let failure: CuttleError | undefined;
      try {
        const sending = this.send(entry);
        if (sending !== undefined) await sending;
      } catch (error) {
        failure = CuttleError.from(error, "remote_failed", "a value could not be sent");
      }
      this.#settle(entry, failure);
      if (this.#once && failure === undefined) return this.#end();
    }
    this.proceed();
  }

  #end(error?: CuttleError): void {
    this.link.mux.forgive(this.queue);
    this.end(error);
  }

  #settle(entry: Entry<T>, failure: CuttleError | undefined): void {
    const { queue } = this;
    queue.passedOn();
    if (failure === undefined) return entry.done.resolve();
    entry.done.reject(entry.signal?.aborted === true ? entry.signal.reason : failure);
    entry.taken?.fail(failure);
    // Nobody else has what came from a peer.
    entry.halves?.discard();
    // Before the sender hears of it, so that it also finds the reason.
    if (CuttleError.is(failure, "remote_closed")) queue.close(reasonOf(failure), failure);
    else if (entry.accepted) queue.close("failed", failure);
  }
}

function reasonOf(error: CuttleError): ClosedReason {
  return error.data.reason === "closed" ? "closed" : "dropped";
}
