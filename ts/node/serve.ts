import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { CuttleError } from "../errors/error.ts";
import { type AcceptEvents, type AcceptOptions, type Acceptor, acceptWebSockets, type OnTransport } from "./accept.ts";

/** Options of {@link listenWebSockets}. */
export interface ListenOptions extends AcceptOptions {
  /** Port; default 0, a free one. */
  port?: number;
  /** Address to listen on; default `"localhost"`, so that nobody serves the whole network by accident. */
  host?: string;
  /** A server to use, not listening yet, for instance one made by `node:https`; default a new HTTP server. */
  server?: HttpServer | HttpsServer;
}

/** A listening server. */
export interface WebSocketListener extends Acceptor {
  /** Where it listens. */
  readonly address: AddressInfo;
  /** For clients: `ws://host:port/path`. */
  readonly url: string;
  /** The server below. */
  readonly server: HttpServer | HttpsServer;
}

/** A client that is slow on purpose may hold a socket for so long before it has asked for something. */
const SLOW_LIMITS = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_000 };

/**
 * Listens for WebSockets. Plain HTTP requests are answered with 426 unless a server with a handler of its own is
 * given. Rejects with `transport_connect` when the port cannot be had.
 */
export async function listenWebSockets(
  options: ListenOptions,
  events: OnTransport | AcceptEvents,
): Promise<WebSocketListener> {
  const { port = 0, host = "localhost", server = createServer(SLOW_LIMITS, answerUpgradeRequired), path } = options;
  const acceptor = acceptWebSockets(server, options, events);
  try {
    await listening(server, port, host);
  } catch (error) {
    await acceptor.close();
    throw new CuttleError("transport_connect", `cannot listen on ${host}:${port}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const address = server.address() as AddressInfo;
  const close = async (closeOptions?: { waitMs?: number }): Promise<void> => {
    const down = new Promise<void>((resolve) => server.close(() => resolve()));
    await acceptor.close(closeOptions);
    server.closeAllConnections();
    await down;
  };
  return {
    get connections() {
      return acceptor.connections;
    },
    address,
    server,
    url: `${"setSecureContext" in server ? "wss" : "ws"}://${hostForUrl(host, address)}:${address.port}${path ?? "/"}`,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function listening(server: HttpServer | HttpsServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function answerUpgradeRequired(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { "Content-Type": "text/plain; charset=utf-8", Upgrade: "websocket" });
  response.end("This is a cuttle server: connect to it with a WebSocket.\n");
}

/** The name that was asked for, except where it is a wildcard that no client can connect to. */
function hostForUrl(host: string, address: AddressInfo): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return address.family === "IPv6" && host.includes(":") ? `[${host}]` : host;
}
