import { CuttleError } from "../errors/error.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { contentOf } from "./ends.ts";
import type { Receiver, Sender } from "./mpsc.ts";

/** Options of `distribute`. */
export interface DistributeOptions {
  /** Goes on when the last receiver has left, and waits for another one; default false. */
  waitOnEmpty?: boolean;
  /** Values that wait for one receiver; default 1, so that a slow one keeps few of them. */
  capacity?: number;
}

/** One of the receivers that share a channel. */
export interface Subscription<T> {
  /** Can be sent to a peer, as any other. */
  readonly receiver: Receiver<T>;
  /** Gives it no more values; it sees the end after what it has. */
  remove(): void;
  /** Resolves when the receiver takes no more. */
  readonly closed: Promise<void>;
}

/**
 * Shares the values of a channel among several receivers: each value goes to exactly one that has room. remoc's
 * `mpsc::Distributor`. Values that a receiver was given and did not take are lost with it.
 */
export class Distributor<T> {
  readonly #source: Receiver<T>;
  readonly #makeChannel: (capacity: number) => [Sender<T>, Receiver<T>];
  readonly #waitOnEmpty: boolean;
  readonly #capacity: number;
  readonly #workers: Set<AbortController> = new Set();
  readonly #closed: Deferred<void> = deferred();
  #isClosed = false;

  /** @internal Use `distribute`. */
  constructor(
    source: Receiver<T>,
    makeChannel: (capacity: number) => [Sender<T>, Receiver<T>],
    { waitOnEmpty = false, capacity = 1 }: DistributeOptions,
  ) {
    this.#source = source;
    this.#makeChannel = makeChannel;
    this.#waitOnEmpty = waitOnEmpty;
    this.#capacity = capacity;
  }

  /** One more receiver. Throws `local_closed` when there are no more values to share. */
  subscribe(): Subscription<T> {
    if (this.#isClosed) throw new CuttleError("local_closed", "this distributor has ended: it has no more values");
    const [tx, receiver] = this.#makeChannel(this.#capacity);
    const leave = new AbortController();
    this.#workers.add(leave);
    const closed = tx.closed().then(() => leave.abort());
    void this.#feed(tx, leave);
    return { receiver, remove: () => leave.abort(), closed };
  }

  /**
   * Resolves when the senders have ended and every value has been given to a receiver, or when the last receiver has
   * left. Rejects with what the channel failed with, also for a single value, or with the abort reason.
   */
  closed(options: AbortOptions = {}): Promise<void> {
    return unlessAborted(this.#closed.promise, options);
  }

  /** Takes no more values; the receivers see the end after what they have. */
  close(): void {
    this.#end();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }

  /** Gives one receiver a value whenever it has room, until it leaves or the values end. */
  async #feed(tx: Sender<T>, leave: AbortController): Promise<void> {
    const { signal } = leave;
    try {
      while (!signal.aborted) {
        const permit = await tx.reserve({ signal });
        try {
          const next = await this.#next(signal);
          if (next === undefined) return this.#end();
          permit.send(next.value);
        } finally {
          permit.release();
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#end(CuttleError.from(error));
    } finally {
      tx.close();
      this.#workers.delete(leave);
      if (this.#workers.size === 0 && !this.#waitOnEmpty) this.#end();
    }
  }

  /** Rejects with the abort reason, and then no value is lost. */
  async #next(signal: AbortSignal): Promise<{ value: T } | undefined> {
    const { queue } = this.#source.end;
    const entry = await queue.take({ signal });
    if (entry === undefined) return undefined;
    const value = contentOf(entry);
    if (!signal.aborted) return { value };
    queue.putBack(value);
    throw signal.reason;
  }

  #end(error?: CuttleError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (error === undefined) this.#closed.resolve();
    else this.#closed.reject(error);
    for (const worker of this.#workers) worker.abort();
    this.#source.end.queue.close("dropped");
  }
}
