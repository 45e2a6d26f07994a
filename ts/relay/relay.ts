import { CuttleError } from "../errors/error.ts";
import { connectMux, joinMuxes, type Multiplexer, type MultiplexerOptions } from "../mux/raw.ts";
import { DEFAULT_HANDSHAKE_TIMEOUT_MS, ofValues, ofValuesIn } from "../mux/settings.ts";
import type { Transport } from "../transport/transport.ts";
import type { Address } from "./address.ts";
import { type DialOptions, dial } from "./dial.ts";
import { HelloFirst } from "./hello-first.ts";
import { type Listener, type ListenerOptions, listen } from "./listen.ts";

/**
 * What is kept of a port that nobody reads cannot be let go of without ending the session, so many windows fit into the
 * budget: three quarters of them at first, and one is for those of busy ports to grow.
 */
const WINDOWS = 512;
const MAX_WINDOW_BYTES = 64 * 1024;

/** What to join, and how. */
export interface RelayOptions extends ListenerOptions, DialOptions {
  readonly listen: Address;
  readonly target: Address;
  /** Bytes that each side of a session may make the relay keep. */
  readonly bufferedBytes: number;
  /** Told a line for each session that begins and ends. */
  log(line: string): void;
}

/** A relay at work. */
export interface Relay {
  /** Where it listens. */
  readonly address: string;
  /** Sessions now. */
  readonly sessions: number;
  /** Ends in an orderly way: accepts no more, says Goodbye to everybody, and resolves when all are gone. */
  close(): Promise<void>;
}

/**
 * Listens on one address and joins every program that connects there with a fresh connection to the target. Each of the two
 * speaks to this end, which passes everything on, and is told what the other one announced of the form of values: they
 * agree about it as if they were connected with each other. Of other features neither is told any. Rejects as
 * {@link listen}.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const sessions = new Set<Session>();
  let count = 0;
  const listener: Listener = await listen(options.listen, options, (transport, from) => {
    count += 1;
    const session = new Session(`#${count}`, options);
    sessions.add(session);
    void session.run(transport, from).finally(() => sessions.delete(session));
  });
  return {
    address: listener.address,
    get sessions() {
      return sessions.size;
    },
    async close() {
      const ended = Promise.all([...sessions].map((session) => session.close()));
      // Nobody comes in any more from here on, and what is still connected then has been told.
      await ended;
      await listener.close();
    },
  };
}

/** One program and its connection to the target. */
class Session {
  readonly #name: string;
  readonly #options: RelayOptions;
  readonly #abort = new AbortController();
  readonly #muxes: Multiplexer[] = [];

  constructor(name: string, options: RelayOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Never rejects: what goes wrong is logged, and both ends hear of it. */
  async run(transport: Transport, from: string): Promise<void> {
    const { log } = this.#options;
    try {
      const client = new HelloFirst(transport);
      // Relays in a row would wait for each other if each wanted the Hello of both sides first.
      const hello = await named("the client", client.hear(DEFAULT_HANDSHAKE_TIMEOUT_MS));
      const target = dial(this.#options.target, this.#options);
      const far = await named("the target", this.#connect(target, ofValuesIn(hello)));
      const near = await named("the client", this.#connect(client, ofValues(far.peer.capabilities)));
      log(`${this.#name} ${from}: joined`);
      const { first, error } = await joinMuxes(near, far);
      const who = first === "a" ? "the client" : "the target";
      log(`${this.#name} ${who} ${error === undefined ? "ended the connection" : `was lost: ${error.message}`}`);
    } catch (error) {
      log(`${this.#name} ${from}: ${(error as Error).message}`);
      transport.close();
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#abort.abort(new CuttleError("local_closed", "the relay is stopping"));
    await Promise.all(this.#muxes.map((mux) => mux.close()));
  }

  async #connect(
    transport: Transport,
    capabilities: NonNullable<MultiplexerOptions["capabilities"]>,
  ): Promise<Multiplexer> {
    const { bufferedBytes } = this.#options;
    const portWindowBytes = Math.min(MAX_WINDOW_BYTES, Math.ceil(bufferedBytes / WINDOWS));
    const limits = { bufferedBytes, portWindowBytes };
    const mux = await connectMux(transport, { capabilities, limits, signal: this.#abort.signal });
    this.#muxes.push(mux);
    return mux;
  }
}

/** Says in the error who it was that could not be connected. */
async function named<T>(who: string, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    throw new Error(`${who} could not be connected: ${(error as Error).message}`, { cause: error });
  }
}
