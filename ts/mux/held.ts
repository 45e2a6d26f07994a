import type { PortKey } from "../core/core.ts";
import type { CuttleError } from "../errors/error.ts";
import { TransientSet } from "../util/transient.ts";
import type { PortHost } from "./port-host.ts";

/** What is kept of a port's messages for a program that has not taken them, as `Port.hold` says. */
export class Held {
  readonly #host: PortHost;
  readonly #key: PortKey;
  /** Each lets go of what is held. */
  readonly #givingUp: TransientSet<(error: CuttleError) => void> = new TransientSet();

  constructor(host: PortHost, key: PortKey) {
    this.#host = host;
    this.#key = key;
  }

  /** Counts so many bytes, until the returned function is called. */
  add(lenBytes: number, giveUp: (error: CuttleError) => void): () => void {
    this.#givingUp.add(giveUp);
    this.#host.core.hold(this.#key, lenBytes);
    this.#host.wake();
    return () => {
      // After it was given up the core counts it no more.
      if (!this.#givingUp.delete(giveUp)) return;
      this.#host.core.unhold(this.#key, lenBytes);
      this.#host.wake();
    };
  }

  /** The core has let go of all. */
  giveUp(error: CuttleError): void {
    const givingUp = [...this.#givingUp];
    this.#givingUp.clear();
    for (const giveUp of givingUp) giveUp(error);
  }
}
