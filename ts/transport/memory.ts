import { CuttleError } from "../errors/error.ts";
import { DEFAULT_CAPACITY_BYTES } from "./defaults.ts";
import { Delivery, startedTwiceError } from "./delivery.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** Options of {@link memoryPair}. */
export interface MemoryPairOptions {
  /** Bytes that may be on their way in one direction; default 64 KiB. */
  capacityBytes?: number;
  /** Sees every frame when it is handed over; the bytes are the receiver's. */
  tap?(direction: "a-to-b" | "b-to-a", frame: Uint8Array): void;
  /**
   * Runs each delivery later; default `queueMicrotask`. A simulated network passes its own, which must keep the
   * order of what it is given per direction.
   */
  schedule?(deliver: () => void, direction: "a-to-b" | "b-to-a", byteLength: number): void;
}

/** Two transports that are connected to each other. */
export interface MemoryPair {
  /** One end. */
  readonly a: Transport;
  /** The other end. */
  readonly b: Transport;
  /** Breaks the connection: frames under way are lost, and both ends hear that it ended. */
  cut(): void;
}

/**
 * Two connected transports in one realm. Every frame is copied and arrives in a microtask of its own, in order;
 * nothing is ever delivered from inside `send()`. No timers, so a test over it is deterministic.
 */
export function memoryPair(options: MemoryPairOptions = {}): MemoryPair {
  const a = new MemoryTransport("a-to-b", options);
  const b = new MemoryTransport("b-to-a", options);
  a.connect(b);
  b.connect(a);
  return {
    a,
    b,
    cut() {
      a.cut();
      b.cut();
    },
  };
}

class MemoryTransport implements Transport {
  readonly kind = "memory";
  /** A network that is played may have no time. */
  readonly unasked = true;
  readonly #direction: "a-to-b" | "b-to-a";
  readonly #options: MemoryPairOptions;
  readonly #delivery = new Delivery();
  #other!: MemoryTransport;
  #startCalled = false;
  /** Bytes handed over and not delivered yet. */
  #underWay = 0;
  #waiting = false;
  /** Counts up when the connection is cut, so that deliveries scheduled before do nothing. */
  #epoch = 0;

  constructor(direction: "a-to-b" | "b-to-a", options: MemoryPairOptions) {
    this.#direction = direction;
    this.#options = options;
  }

  connect(other: MemoryTransport): void {
    this.#other = other;
  }

  async start(sink: TransportSink): Promise<void> {
    if (this.#startCalled) throw startedTwiceError(this.kind);
    this.#startCalled = true;
    if (this.#delivery.over && !this.#delivery.holdsAnything) {
      throw new CuttleError("local_closed", "the memory transport was closed before it was started.");
    }
    this.#delivery.start(sink);
  }

  capacity(): number {
    const room = this.#room();
    if (room <= 0 && !this.#delivery.over) this.#waiting = true;
    return room;
  }

  send(frame: Uint8Array): void {
    if (this.#delivery.over) return;
    const copy = new Uint8Array(frame);
    this.#options.tap?.(this.#direction, copy);
    this.#underWay += copy.byteLength;
    this.#later(copy.byteLength, () => {
      this.#underWay -= copy.byteLength;
      this.#other.#arrive(copy);
      this.#wake();
    });
  }

  flush(): void {}

  close(): void {
    if (this.#delivery.over) {
      this.#delivery.close();
      return;
    }
    this.#delivery.close();
    this.#later(0, () => this.#other.#delivery.ended({ reason: "the other end closed the memory transport" }));
  }

  cut(): void {
    this.#epoch += 1;
    this.#later(0, () => this.#delivery.ended({ reason: "the memory transport was cut" }));
  }

  /** No limit before `start()`: both ends belong to this program. */
  #arrive(frame: Uint8Array): void {
    this.#delivery.frame(frame);
  }

  #room(): number {
    return (this.#options.capacityBytes ?? DEFAULT_CAPACITY_BYTES) - this.#underWay;
  }

  #wake(): void {
    if (!this.#waiting || this.#room() <= 0) return;
    this.#waiting = false;
    this.#delivery.writable();
  }

  #later(byteLength: number, act: () => void): void {
    const epoch = this.#epoch;
    const deliver = (): void => {
      if (epoch === this.#epoch) act();
    };
    if (this.#options.schedule === undefined) queueMicrotask(deliver);
    else this.#options.schedule(deliver, this.#direction, byteLength);
  }
}
