import { CuttleError } from "../errors/error.ts";
import type { EventTargetLike } from "./listen.ts";
import { type MessagePortLike, type MessagePortTransportOptions, messagePortTransport } from "./message-port.ts";
import type { Transport } from "./transport.ts";

/** A `ServiceWorker`, as a page has it: `(await navigator.serviceWorker.ready).active`. */
export interface ServiceWorkerLike extends EventTargetLike {
  readonly scriptURL: string;
  readonly state: string;
  // biome-ignore lint/suspicious/noExplicitAny: DOM's own declaration.
  postMessage(message: any, transfer: Transferable[]): void;
}

/**
 * A transport to a service worker that calls {@link acceptClients}: it is given a port of its own. A browser ends a
 * service worker that it takes for idle; the connection then is lost, and connecting again starts the worker anew.
 */
export function serviceWorkerTransport(
  worker: ServiceWorkerLike,
  options: MessagePortTransportOptions = {},
): Transport {
  if (worker.state === "redundant") {
    throw new CuttleError(
      "transport_connect",
      `the service worker ${worker.scriptURL} was replaced or failed to install. Use the active one: ` +
        "(await navigator.serviceWorker.ready).active",
    );
  }
  const { port1, port2 } = new MessageChannel();
  const transport = messagePortTransport(port1, { ...options, starter: worker });
  worker.postMessage(CONNECT, [port2]);
  return transport;
}

/** What comes with a port for {@link acceptClients}. */
const CONNECT = "cuttle connect";

/** Called by {@link acceptClients} with the port of a page, the target of a connection. */
export type OnClient = (client: MessagePortLike) => unknown;

/** One page that fails is told of on the console and does not concern the others. */
async function serveClient(onClient: OnClient, client: MessagePortLike): Promise<void> {
  try {
    await onClient(client);
  } catch (error) {
    console.error("cuttle: a client of this worker failed:", error);
  }
}

/**
 * In a shared worker or a service worker: calls `onClient` for every page that connects to it. Call it when the script
 * starts, before anything is awaited. A service worker is kept alive until what `onClient` returns has settled, as long
 * as the browser allows. What it throws is written to the console. Returns what stops it. Throws `local_misuse` elsewhere.
 *
 * ```ts
 * acceptClients((client) => provide(api, { to: client }));
 * ```
 */
export function acceptClients(onClient: OnClient): () => void {
  const scope = globalThis as unknown as EventTargetLike;
  if ("onconnect" in scope) {
    const onConnect = (event: MessageEvent): void => void serveClient(onClient, event.ports[0] as MessagePortLike);
    scope.addEventListener("connect", onConnect);
    return () => scope.removeEventListener("connect", onConnect);
  }
  if ("registration" in scope && "clients" in scope) {
    const onMessage = (event: MessageEvent & { waitUntil(promise: Promise<unknown>): void }): void => {
      const [port] = event.ports;
      if (event.data === CONNECT && port !== undefined) event.waitUntil(serveClient(onClient, port));
    };
    scope.addEventListener("message", onMessage);
    return () => scope.removeEventListener("message", onMessage);
  }
  throw new CuttleError(
    "local_misuse",
    "acceptClients() is for shared workers and service workers. In a dedicated worker, connect to self",
  );
}
