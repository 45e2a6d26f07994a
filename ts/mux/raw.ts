import type { PeerSettings } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import { batching } from "../transport/batching.ts";
import { type Target, toTransport } from "../transport/target.ts";
import { type AbortOptions, whileNotAborted } from "../util/abort.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { type JunctionEnd, joinConnections } from "./junction.ts";
import { type CloseInfo, Mux, type MuxStats } from "./mux.ts";
import type { PortStats } from "./port-stats.ts";
import { IncomingPort, RawPort } from "./raw-port.ts";
import { coreSettings, type SettingsOptions } from "./settings.ts";
import type { FrameTap } from "./trace.ts";

/** How to connect a multiplexer. */
export interface MultiplexerOptions extends SettingsOptions, AbortOptions {
  /** Sees every frame from the first one on. */
  trace?: FrameTap;
  /** Time, for tests. */
  clock?: Clock;
  /** Offsets port numbers, for tests; default random. */
  seed?: number;
}

/** How to request a port. */
export interface OpenOptions extends AbortOptions {
  /** A number of 32 bits that the other side sees with the request; default the number of the port. */
  id?: number;
}

/**
 * Connects a multiplexer to a target: what remoc calls `ChMux`, ports that carry bytes and requests for further ports, with
 * nothing said about what they mean. The other side is `ChMux::new` of remoc, or this function. Resolves when its Hello
 * came; rejects with `transport_connect`, `peer_not_remoc`, `peer_handshake_timeout`, `peer_incompatible`,
 * `local_wasm_blocked` or the abort reason.
 */
export async function connectMux(target: Target, options: MultiplexerOptions = {}): Promise<Multiplexer> {
  options.signal?.throwIfAborted();
  const transport = toTransport(target);
  const { clock = systemClock, seed = randomSeed() } = options;
  const carrier = transport.gathers === true ? batching(transport) : transport;
  const settings = coreSettings(options, transport);
  return new Multiplexer(await Mux.open(carrier, { settings, clock, seed, tap: options.trace }, options.signal));
}

/** One end of a connection of ports. Both ends are equal. */
export class Multiplexer {
  /** @internal */
  readonly mux: Mux;

  /** @internal Use {@link connectMux}. */
  constructor(mux: Mux) {
    this.mux = mux;
  }

  /** What the other side announced. */
  get peer(): PeerSettings {
    return this.mux.peer;
  }

  /** Resolves when the connection ended in an orderly way, on either side; rejects with why it failed. */
  get closed(): Promise<CloseInfo> {
    return this.mux.closed;
  }

  /**
   * Requests a port. Resolves when the other side accepted it. Rejects with `remote_rejected` when it did not, whose
   * `data.noPorts` says whether for want of ports; with `local_limit` when there are too many here; with the connection's
   * end; or with the abort reason, and then a port that is accepted later is ended at once.
   */
  async open({ id, signal }: OpenOptions = {}): Promise<RawPort> {
    signal?.throwIfAborted();
    const port = this.mux.reserve();
    // A request with a label waits for its answer, also where the other side would let the port be used before.
    port.id = id ?? port.number;
    try {
      this.mux.open(port);
    } catch (error) {
      this.mux.abandon([port], error);
      throw error;
    }
    const raw = new RawPort(this.mux, port);
    const answer = deferred<void>();
    raw.opened.then(answer.resolve, answer.reject);
    await whileNotAborted(answer.promise, signal, (reason) => {
      answer.reject(reason);
      raw.finish();
    });
    return raw;
  }

  /**
   * The next port that the other side requests by itself, to be accepted or rejected; undefined when it asks for no more.
   * One call at a time. Rejects with the connection's end. At most 128 unanswered ones are accepted of the other side.
   */
  async accept(): Promise<IncomingPort | undefined> {
    const noMore = this.mux.openingEnd("client").then(() => undefined);
    const request = await Promise.race([this.mux.nextRequest(), noMore]);
    return request && new IncomingPort(this.mux, request, false);
  }

  /**
   * The ports that the other side requests by themselves, until it asks for no more or the connection is closed; see
   * {@link accept}. Throws when the connection fails.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<IncomingPort, void, undefined> {
    try {
      for (;;) {
        const request = await this.accept();
        if (request === undefined) return;
        yield request;
      }
    } catch (error) {
      if (!CuttleError.is(error, "local_closed", "remote_connection_closed")) throw error;
    }
  }

  /** Accepts no more ports requested by themselves: those waiting and those to come are rejected. Lists of ports still work. */
  closeListener(): void {
    this.mux.closeListener();
  }

  /**
   * Requests no more ports by themselves. When neither side can request any, and all have ended, the connection ends by
   * itself.
   */
  closeClient(): void {
    this.mux.closeClient();
  }

  /** What the connection has done so far, and what carries it. */
  stats(): MuxStats & { transport: string } {
    return { transport: this.mux.transportKind, ...this.mux.stats() };
  }

  /** Each port as it stands: what it queues, and why that waits. */
  portStats(): PortStats[] {
    return this.mux.portStats();
  }

  /** Shows every frame from now on to `trace`, in place of one before; undefined for none. */
  trace(trace: FrameTap | undefined): void {
    this.mux.tap = trace;
  }

  /**
   * Ends the connection: messages whose `send` resolved still go out; everything pending rejects with `local_closed`.
   * Resolves when it has ended, in two and a half seconds at the latest; never rejects.
   */
  async close(): Promise<void> {
    await this.mux.close();
  }

  /**
   * Ends the connection at once: as {@link close}, but nothing of what waits to be sent goes out, also where `send`
   * resolved. Resolves when it has ended, in half a second at the latest; never rejects.
   */
  async terminate(): Promise<void> {
    await this.mux.terminate();
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.mux.close();
  }
}

/**
 * Joins two connections as if their other ends were connected with each other; nothing of either is to be used any more.
 * When one ends, the other is ended in the same way, after what was under way is delivered, for two seconds at most.
 * Both are to be connected with `capabilities: []`, so that neither side is told of what the other one cannot do.
 * Resolves when both have ended; never rejects.
 */
export async function joinMuxes(
  a: Multiplexer,
  b: Multiplexer,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<JunctionEnd> {
  return await joinConnections(a.mux, b.mux, clock);
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
