import type { CuttleError } from "../errors/error.ts";
import { deferred } from "../util/deferred.ts";
import { closedBeforeOpenError, type Delivery, startedTwiceError } from "./delivery.ts";
import type { TransportSink } from "./transport.ts";

/**
 * The start of a transport whose carrier may still be connecting: joins the one call of `start()` with what becomes of
 * the carrier, whichever comes first.
 */
export class Opening {
  readonly #kind: string;
  readonly #delivery: Delivery;
  #opened: boolean;
  #started = false;
  /** The call of `start()` that waits. */
  #waiting: { sink: TransportSink; resolve(): void; reject(error: CuttleError): void } | undefined;
  /** Why the carrier cannot be opened. */
  #error: CuttleError | undefined;

  constructor(kind: string, delivery: Delivery, opened: boolean) {
    this.#kind = kind;
    this.#delivery = delivery;
    this.#opened = opened;
  }

  /** The carrier was open once. */
  get opened(): boolean {
    return this.#opened;
  }

  /** {@link Opening.start} was called. */
  get started(): boolean {
    return this.#started;
  }

  /** `Transport.start()`: resolves once the sink is connected, rejects when the carrier cannot be opened or was closed. */
  async start(sink: TransportSink): Promise<void> {
    if (this.#started) throw startedTwiceError(this.#kind);
    this.#started = true;
    if (this.#error !== undefined) throw this.#error;
    if (this.#delivery.over && !this.#delivery.holdsAnything) throw closedBeforeOpenError(this.#kind);
    if (this.#opened) return this.#delivery.start(sink);
    const { promise, resolve, reject } = deferred<void>();
    this.#waiting = { sink, resolve: () => resolve(), reject };
    await promise;
  }

  /** The carrier is open. Connects the sink in this very call: the first frames may come right behind this event. */
  open(): void {
    this.#opened = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    this.#delivery.start(waiting.sink);
    waiting.resolve();
  }

  /** The carrier cannot be opened: `start()` rejects, and nothing more is delivered. */
  fail(error: CuttleError): void {
    this.#error = error;
    this.#delivery.close();
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** `Transport.close()`: a `start()` that waits rejects. */
  close(): void {
    this.#waiting?.reject(closedBeforeOpenError(this.#kind));
    this.#waiting = undefined;
    this.#delivery.close();
  }
}
