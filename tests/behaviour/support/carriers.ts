import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { MessagePort as NodePort } from "node:worker_threads";
import { listenWebSockets } from "../../../ts/node/serve.ts";
import { streamTransport } from "../../../ts/node/stream.ts";
import { memoryPair } from "../../../ts/transport/memory.ts";
import { toTransport } from "../../../ts/transport/target.ts";
import type { Transport } from "../../../ts/transport/transport.ts";
import { type WebStreamsLike, webStreamTransport } from "../../../ts/transport/web-stream.ts";
import { deferred } from "../../../ts/util/deferred.ts";
import { once as keptOnce } from "../../../ts/util/once.ts";
import { selfSigned } from "./certificate.ts";
import { dataChannels } from "./data-channels.ts";
import { ElectronPort } from "./electron-port.ts";

/** What carries the connections of the behaviour suites. */
export type Kind = "memory" | "message-port" | "websocket" | "tcp" | "web-stream" | Relative;

/** Carriers that differ from one of the others below the same code, or in its options. */
type Relative = "tls" | "electron-port" | "data-channel";

/** Those that differ most from each other: the suites run over them in every codec. */
export const KINDS: readonly Kind[] = ["memory", "message-port", "websocket", "tcp", "web-stream"];

/** Two transports that are connected to each other. */
export interface Carriers {
  readonly a: Transport;
  readonly b: Transport;
  /** Breaks the connection without a word, as the death of a process does. */
  cut(): void;
  /** Ends what is below, once both transports are closed. */
  dispose(): Promise<void>;
}

/** Two transports of a kind. */
export async function carriers(kind: Kind): Promise<Carriers> {
  switch (kind) {
    case "memory":
      return { ...memoryPair(), dispose: async () => {} };
    case "message-port":
      return messagePorts();
    case "websocket":
      return await webSockets();
    case "tcp":
      return await sockets(tcp);
    case "web-stream":
      return webStreams();
    case "tls":
      return await sockets(tls);
    case "electron-port":
      return electronPorts();
    case "data-channel":
      return await channels();
  }
}

function messagePorts(): Carriers {
  const { port1, port2 } = new MessageChannel();
  return {
    a: toTransport(port1),
    b: toTransport(port2),
    cut: () => port1.close(),
    async dispose() {
      port1.close();
      port2.close();
    },
  };
}

function electronPorts(): Carriers {
  const { port1, port2 } = new MessageChannel();
  return {
    a: toTransport(new ElectronPort(port1 as unknown as NodePort)),
    b: toTransport(new ElectronPort(port2 as unknown as NodePort)),
    cut: () => port1.close(),
    async dispose() {
      port1.close();
      port2.close();
    },
  };
}

async function channels(): Promise<Carriers> {
  const [one, other] = await dataChannels();
  return { a: toTransport(one), b: toTransport(other), cut: () => one.close(), dispose: async () => {} };
}

function webStreams(): Carriers {
  const reset = new AbortController();
  /** One direction, in two halves that something in between joins. */
  const direction = (): WebStreamsLike => {
    const [near, far] = [new TransformStream(), new TransformStream()];
    near.readable.pipeTo(far.writable, { signal: reset.signal }).catch(() => {});
    return { readable: far.readable, writable: near.writable };
  };
  const [there, back] = [direction(), direction()];
  return {
    a: webStreamTransport({ readable: back.readable, writable: there.writable }),
    b: webStreamTransport({ readable: there.readable, writable: back.writable }),
    cut: () => reset.abort(new Error("the session was reset")),
    dispose: async () => {},
  };
}

async function webSockets(): Promise<Carriers> {
  const accepted = deferred<{ transport: Transport; socket: Socket }>();
  const listener = await listenWebSockets({ host: "127.0.0.1" }, (transport, request) =>
    accepted.resolve({ transport, socket: request.socket }),
  );
  const a = toTransport(new WebSocket(listener.url));
  const { transport: b, socket } = await accepted.promise;
  return { a, b, cut: () => socket.destroy(), dispose: () => listener.close({ waitMs: 100 }) };
}

/** A server and what connects to it, with the events that tell of a connection on either side. */
interface Sockets {
  readonly server: () => Server;
  readonly accepted: string;
  readonly connect: (port: number) => Socket;
  readonly connected: string;
}

const tcp: Sockets = {
  server: createServer,
  accepted: "connection",
  connect: (port) => connectSocket(port, "127.0.0.1"),
  connected: "connect",
};

const certificate = keptOnce(selfSigned);

const tls: Sockets = {
  server: () => createTlsServer(certificate()),
  accepted: "secureConnection",
  connect: (port) => connectTls({ port, host: "127.0.0.1", ca: certificate().cert }),
  connected: "secureConnect",
};

async function sockets({ server: makeServer, accepted, connect, connected }: Sockets): Promise<Carriers> {
  const server = makeServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect((server.address() as AddressInfo).port);
  const [[far]] = (await Promise.all([once(server, accepted), once(near, connected)])) as [[Socket], unknown];
  return {
    a: streamTransport(near),
    b: streamTransport(far),
    cut() {
      near.destroy();
      far.destroy();
    },
    async dispose() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
