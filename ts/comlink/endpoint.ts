/**
 * Endpoints as Comlink takes them, over a cuttle connection: existing Comlink code then runs over a WebSocket, or
 * beside everything else that the connection carries. Source of the interface: Comlink 4.4, `protocol.ts`.
 */

import * as mpsc from "../channel/mpsc.ts";
import { type ObjectConnection, type ObjectOptions, provideAndConsume } from "../connect/objects.ts";
import { isItemSpecific } from "../errors/classify.ts";
import { CuttleError } from "../errors/error.ts";
import { anything } from "../plain/halves.ts";
import { type Target, toTransport } from "../transport/target.ts";
import { deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { copyMessage, mapParts, portsIn } from "./messages.ts";

/** What Comlink's `wrap` and `expose` take; of an event they read `data` alone. */
export interface ComlinkEndpoint extends AsyncDisposable {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  addEventListener(type: string, listener: (event: MessageEvent) => void): void;
  removeEventListener(type: string, listener: (event: MessageEvent) => void): void;
  start(): void;
  /** Ends the endpoint; the one of {@link comlinkEndpoint} ends its connection. */
  close(): void;
}

type Sender = mpsc.Sender<unknown>;
type Receiver = mpsc.Receiver<unknown>;

/** A `MessagePort` inside a message goes as the two halves of its own channels. */
interface PortParts {
  "~comlink port": { tx: Sender; rx: Receiver };
}

/**
 * Connects to a target where the other side calls this function too, and gives an endpoint for Comlink:
 * `Comlink.wrap(await comlinkEndpoint("/live"))` here, `Comlink.expose(api, await comlinkEndpoint(...))` there. Proxies,
 * callbacks and whatever Comlink transfers by `MessagePort` work; other transferables are copied. Rejects as `connect`.
 */
export async function comlinkEndpoint(target: Target, options: ObjectOptions = {}): Promise<ComlinkEndpoint> {
  options.signal?.throwIfAborted();
  const [tx, outgoing] = mpsc.channel(anything);
  const incoming = deferred<Receiver>();
  const { remote, connection } = await provideAndConsume<ComlinkRoot>(
    toTransport(target),
    { attach: (messages: Receiver) => incoming.resolve(messages) },
    options,
  );
  try {
    await remote.attach(outgoing as never);
    return new Endpoint(tx, await incoming.promise, connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

interface ComlinkRoot {
  attach(messages: Receiver): void;
}

/** An endpoint over two channels of plain values, for instance out of a value on a connection one has already. */
export function comlinkEndpointOver(tx: mpsc.Sender<unknown>, rx: mpsc.Receiver<unknown>): ComlinkEndpoint {
  return new Endpoint(tx, rx);
}

class Endpoint implements ComlinkEndpoint {
  readonly #tx: Sender;
  readonly #rx: Receiver;
  readonly #connection: ObjectConnection | undefined;
  readonly #listeners: Set<(event: MessageEvent) => void> = new Set();
  #started = false;

  constructor(tx: Sender, rx: Receiver, connection?: ObjectConnection) {
    this.#tx = tx;
    this.#rx = rx;
    this.#connection = connection;
  }

  postMessage(message: unknown): void {
    // As with any port, what cannot be cloned throws here, and nobody is told what does not arrive.
    this.#tx.send(copyMessage(message, portToParts)).catch((error: unknown) => {
      if (CuttleError.is(error, "local_encode", "local_item_too_large")) report(error);
    });
  }

  addEventListener(type: string, listener: (event: MessageEvent) => void): void {
    if (type !== "message") return;
    this.#listeners.add(listener);
    this.start();
  }

  removeEventListener(_: string, listener: (event: MessageEvent) => void): void {
    this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run();
  }

  close(): void {
    this.#tx.close();
    if (this.#started) this.#rx.close();
    else this.#rx.drop();
    void this.#connection?.close();
  }

  async [asyncDispose](): Promise<void> {
    this.close();
    await this.#connection?.close();
  }

  async #run(): Promise<void> {
    for (;;) {
      try {
        const message = await this.#rx.recv();
        if (message === undefined) return;
        this.#dispatch(new MessageEvent("message", { data: mapParts(message, partsToValue) }));
      } catch (error) {
        // The connection ended, or somebody else uses the receiver; a port says nothing then.
        if (!isItemSpecific(error) || CuttleError.is(error, "local_misuse")) return;
        report(error);
      }
    }
  }

  #dispatch(event: MessageEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** As an uncaught error, where there is such a thing. */
function report(error: unknown): void {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}

/** A port in place of its parts. */
function partsToValue(value: unknown): { readonly value: MessagePort } | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "~comlink port")) return undefined;
  const { "~comlink port": parts } = value as Partial<PortParts>;
  if (!(parts?.tx instanceof mpsc.Sender && parts.rx instanceof mpsc.Receiver)) return undefined;
  return { value: partsToPort(parts) };
}

function portToParts(port: MessagePort): PortParts {
  const [tx, rx] = mpsc.channel(anything);
  const [backTx, backRx] = mpsc.channel(anything);
  bridge(port, tx, backRx);
  return { "~comlink port": { tx: backTx, rx } };
}

function partsToPort({ tx, rx }: PortParts["~comlink port"]): MessagePort {
  const { port1, port2 } = new MessageChannel();
  bridge(port1, tx, rx);
  return port2;
}

/** Joins a port of this program and two channels. */
function bridge(port: MessagePort, tx: Sender, rx: Receiver): void {
  const endpoint = new Endpoint(tx, rx);
  port.onmessage = ({ data }) => endpoint.postMessage(data);
  // Only some engines tell when the other end of a port is gone.
  port.addEventListener("close", () => endpoint.close());
  endpoint.addEventListener("message", ({ data }) => {
    port.postMessage(data, portsIn(data));
  });
}
