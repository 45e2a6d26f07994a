import { CuttleError } from "../errors/error.ts";
import type { Clock } from "../util/clock.ts";
import { type BridgeObserver, joinRequest, reserveFor } from "./bridge.ts";
import type { PortRequest } from "./inbox.ts";
import type { Mux } from "./mux.ts";

/** How joined connections ended. */
export interface JunctionEnd {
  /** Which one ended first. */
  readonly first: "a" | "b";
  /** Why, when it was not an orderly end. */
  readonly error: CuttleError | undefined;
}

/** How long what the ended side had sent may take to reach the other one. */
const DRAIN_MS = 2_000;
const LOOK_AGAIN_MS = 5;

/**
 * Passes on everything between two connections, as if their other ends were connected with each other: whoever is there
 * sees the ports that the other one requests, with their labels, and nothing of this end. When one connection ends, the
 * other one is ended in the same way, after what was under way has been delivered, for two seconds at most. Resolves when
 * both have ended; never rejects.
 */
export async function joinConnections(a: Mux, b: Mux, clock: Clock): Promise<JunctionEnd> {
  const junction = new Junction(a, b, clock);
  return await junction.run();
}

class Junction implements BridgeObserver {
  readonly #a: Mux;
  readonly #b: Mux;
  readonly #clock: Clock;
  /** What is being passed on, by where it goes. */
  readonly #underWay: Map<Mux, Set<Promise<void>>>;

  constructor(a: Mux, b: Mux, clock: Clock) {
    this.#a = a;
    this.#b = b;
    this.#clock = clock;
    this.#underWay = new Map([
      [a, new Set()],
      [b, new Set()],
    ]);
  }

  began(to: Mux, done: Promise<void>): void {
    const set = this.#underWay.get(to);
    set?.add(done);
    void done.then(() => set?.delete(done));
  }

  /** A port whose data was dropped here must not look as if it had ended. Ends of connections are seen in {@link run}. */
  broken(error: unknown): void {
    if (!CuttleError.is(error, "local_limit", "bug") && CuttleError.is(error)) return;
    const failure = CuttleError.from(error);
    this.#a.fail(failure);
    this.#b.fail(failure);
  }

  async run(): Promise<JunctionEnd> {
    for (const [from, to] of [
      [this.#a, this.#b],
      [this.#b, this.#a],
    ] as const) {
      this.#passRequests(from, to).catch((error) => this.broken(error));
      from.openingEnd("listener").then(() => to.closeListener(), ignore);
    }
    const end = await Promise.race([outcome("a", this.#a), outcome("b", this.#b)]);
    await this.#endOther(end.first === "a" ? this.#b : this.#a, end.error);
    return end;
  }

  async #passRequests(from: Mux, to: Mux): Promise<void> {
    const noMore = from.openingEnd("client").then(() => undefined);
    for (;;) {
      const request = await Promise.race([from.nextRequest(), noMore]);
      if (request === undefined) break;
      this.#passRequest(request, from, to);
    }
    to.closeClient();
  }

  #passRequest(request: PortRequest, from: Mux, to: Mux): void {
    const port = reserveFor(request, to);
    if (port === undefined) {
      from.refuseForWant(request);
      return;
    }
    try {
      to.open(port);
    } catch (error) {
      to.abandon([port], error);
      from.refuse([request]);
      return;
    }
    void joinRequest(request, from, { mux: to, port }, this);
  }

  async #endOther(other: Mux, error: CuttleError | undefined): Promise<void> {
    await this.#drain(other, error !== undefined);
    if (error === undefined) await other.close();
    else other.fail(error);
  }

  /** Waits for what is being passed on to `to`, and `whole`: until it has left. */
  async #drain(to: Mux, whole: boolean): Promise<void> {
    const until = this.#clock.now() + DRAIN_MS;
    const isBusy = (): boolean =>
      (this.#underWay.get(to)?.size ?? 0) > 0 || (whole && to.portStats().some((port) => port.queuedMessages > 0));
    // What the last frames caused is settled in the microtasks of this task.
    await this.#wait(0);
    while (isBusy() && this.#clock.now() < until) await this.#wait(LOOK_AGAIN_MS);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.timer(ms, resolve, true);
    });
  }
}

async function outcome(first: "a" | "b", mux: Mux): Promise<JunctionEnd> {
  try {
    await mux.closed;
    return { first, error: undefined };
  } catch (error) {
    return { first, error: CuttleError.from(error) };
  }
}

function ignore(): void {}
