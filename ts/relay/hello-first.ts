import { CuttleError } from "../errors/error.ts";
import { Delivery, earlyDataError } from "../transport/delivery.ts";
import { isHello } from "../transport/stream-hellos.ts";
import type { Transport, TransportSink } from "../transport/transport.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/** A transport over which the other side's Hello can be heard before this side says its own. */
export class HelloFirst implements Transport {
  readonly #below: Transport;
  readonly #delivery = new Delivery();
  readonly #hello: Deferred<Uint8Array> = deferred();

  /** Takes the place of `below`, which is not to be used any more. */
  constructor(below: Transport) {
    this.#below = below;
  }

  /**
   * Starts what is below, and resolves with the Hello. Rejects as that does, with `peer_not_remoc` when it ends before, with
   * `local_limit` when much else comes, or with `peer_handshake_timeout`.
   */
  async hear(timeoutMs: number, clock: Clock = systemClock): Promise<Uint8Array> {
    const late = new CuttleError("peer_handshake_timeout", `no Hello of remoc came in ${timeoutMs} ms`);
    const cancel = clock.timer(timeoutMs, () => this.#hello.reject(late));
    try {
      const started = this.#below.start({
        frame: (frame) => this.#frame(frame),
        writable: () => this.#delivery.writable(),
        ended: (end) => {
          this.#hello.reject(new CuttleError("peer_not_remoc", `it ended before a Hello of remoc came: ${end.reason}`));
          this.#delivery.ended(end);
        },
        failed: (error) => this.#fail(error),
      });
      await Promise.race([started, this.#hello.promise]);
      return await this.#hello.promise;
    } finally {
      cancel();
    }
  }

  #frame(frame: Uint8Array): void {
    if (!this.#delivery.accepts(frame.length)) return this.#fail(earlyDataError(this.kind));
    // Whoever gets the frame owns it.
    if (isHello(frame)) this.#hello.resolve(frame.slice());
    this.#delivery.frame(frame);
  }

  #fail(error: CuttleError): void {
    this.#hello.reject(error);
    this.#delivery.failed(error);
  }

  get kind(): string {
    return this.#below.kind;
  }

  get gathers(): boolean {
    return this.#below.gathers === true;
  }

  get copies(): boolean {
    return this.#below.copies === true;
  }

  get varintLengths(): boolean {
    return this.#below.varintLengths === true;
  }

  /** After {@link hear}. */
  async start(sink: TransportSink): Promise<void> {
    this.#delivery.start(sink);
  }

  capacity(): number {
    return this.#below.capacity();
  }

  widen(): void {
    this.#below.widen?.();
  }

  send(frame: Uint8Array): void {
    this.#below.send(frame);
  }

  flush(): void {
    this.#below.flush();
  }

  close(): void {
    this.#delivery.close();
    this.#below.close();
  }
}
