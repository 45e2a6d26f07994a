import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { CuttleError } from "../errors/error.ts";
import type { OriginPolicy } from "../node/origin.ts";
import { listenWebSockets } from "../node/serve.ts";
import { streamTransport } from "../node/stream.ts";
import type { Transport } from "../transport/transport.ts";
import { type Address, showAddress } from "./address.ts";

/** How to listen. */
export interface ListenerOptions extends OriginPolicy {
  /** Connections at the same time. */
  readonly maxConnections: number;
  /** Certificate and key in PEM, for `wss:`. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Something that listens. */
export interface Listener {
  /** Where, with the port that was taken. */
  readonly address: string;
  /** Accepts no more, and ends what is still connected. */
  close(): Promise<void>;
}

/**
 * Listens, and gives a transport that is not started and the name of whoever came to `onTransport`. Rejects with
 * `transport_connect` when the address cannot be had, `local_misuse` for `wss:` without certificate and key.
 */
export async function listen(
  address: Address,
  options: ListenerOptions,
  onTransport: (transport: Transport, from: string) => void,
): Promise<Listener> {
  if (address.kind === "websocket") return await listenForWebSockets(address, options, onTransport);
  return await listenForStreams(address, options, onTransport);
}

async function listenForWebSockets(
  { host, port, secure, url }: Extract<Address, { kind: "websocket" }>,
  { tls, ...options }: ListenerOptions,
  onTransport: (transport: Transport, from: string) => void,
): Promise<Listener> {
  if (secure && tls === undefined) {
    throw new CuttleError("local_misuse", "listening on wss: needs --cert and --key, files in PEM");
  }
  const path = url.pathname === "/" ? {} : { path: url.pathname };
  const server = tls && secure ? { server: createHttpsServer(tls) } : {};
  const listener = await listenWebSockets({ host, port, ...path, ...server, ...options }, (transport, request) =>
    onTransport(transport, nameOf(request.socket)),
  );
  return { address: listener.url, close: () => listener.close() };
}

async function listenForStreams(
  address: Exclude<Address, { kind: "websocket" }>,
  { maxConnections }: ListenerOptions,
  onTransport: (transport: Transport, from: string) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    onTransport(streamTransport(socket), nameOf(socket));
  });
  server.maxConnections = maxConnections;
  await listening(server, address);
  const taken = address.kind === "tcp" ? { ...address, port: (server.address() as AddressInfo).port } : address;
  return {
    address: showAddress(taken),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listening(server: Server, address: Exclude<Address, { kind: "websocket" }>): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.once("listening", resolve);
      if (address.kind === "tcp") server.listen(address.port, address.host);
      else server.listen(address.path);
    });
  } catch (error) {
    throw new CuttleError(
      "transport_connect",
      `cannot listen on ${showAddress(address)}: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

function nameOf(socket: Socket): string {
  return socket.remoteAddress === undefined ? "a local program" : `${socket.remoteAddress} port ${socket.remotePort}`;
}
