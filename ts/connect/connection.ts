import type { BaseReceiver, BaseSender } from "../channel/base.ts";
import type { PeerSettings } from "../core/core.ts";
import type { CloseInfo, Mux, MuxStats } from "../mux/mux.ts";
import type { PortStats } from "../mux/port-stats.ts";
import type { FrameTap } from "../mux/trace.ts";
import { asyncDispose } from "../util/dispose.ts";

/** A connection, as both sides see it. Ends when {@link Connection.close} is called or all channels have ended. */
export class Connection<Tx = null, Rx = null> {
  /** Sends values to the other side's `rx`. */
  readonly tx: BaseSender<Tx>;
  /** Receives values from the other side's `tx`. */
  readonly rx: BaseReceiver<Rx>;
  /** What the other side announced. */
  readonly peer: PeerSettings;
  readonly #mux: Mux;
  #state: "open" | "closing" | "closed" = "open";

  /** @internal Use `connect`. */
  constructor(mux: Mux, peer: PeerSettings, tx: BaseSender<Tx>, rx: BaseReceiver<Rx>) {
    this.#mux = mux;
    this.tx = tx;
    this.rx = rx;
    this.peer = peer;
    const closed = (): void => {
      this.#state = "closed";
    };
    mux.closed.then(closed, closed);
  }

  /** `closing` from the call of {@link close} or {@link terminate} until the connection has ended. */
  get state(): "open" | "closing" | "closed" {
    return this.#state;
  }

  /** Resolves when the connection ended in an orderly way, on either side; rejects with why it failed. */
  get closed(): Promise<CloseInfo> {
    return this.#mux.closed;
  }

  /** What carries the connection, and what it has done so far. */
  stats(): MuxStats & { transport: string } {
    return { transport: this.#mux.transportKind, ...this.#mux.stats() };
  }

  /** Each port as it stands: what it queues, what may be sent, and who waits for whom. */
  portStats(): PortStats[] {
    return this.#mux.portStats();
  }

  /** Shows every frame from now on to a `Trace` of `cuttle/mux`, in place of one before; undefined for none. */
  trace(trace: FrameTap | undefined): void {
    this.#mux.tap = trace;
  }

  /**
   * Ends the connection: values whose `send` resolved still go out, then the other side's `rx` sees the end. Channels
   * that are still open fail on both sides, and everything pending here rejects with `local_closed`. Resolves when it
   * has ended, in three and a half seconds at the latest; never rejects.
   */
  async close(): Promise<void> {
    if (this.#state === "open") this.#state = "closing";
    this.tx.close();
    this.rx.drop();
    await this.#mux.close();
  }

  /**
   * Ends the connection at once: as {@link close}, but nothing of what waits to be sent goes out, also where `send`
   * resolved. Resolves when it has ended, in half a second at the latest; never rejects.
   */
  async terminate(): Promise<void> {
    if (this.#state === "open") this.#state = "closing";
    await this.#mux.terminate();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}
