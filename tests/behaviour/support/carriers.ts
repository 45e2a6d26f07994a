import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { listenWebSockets } from "../../../ts/node/serve.ts";
import { streamTransport } from "../../../ts/node/stream.ts";
import { memoryPair } from "../../../ts/transport/memory.ts";
import { toTransport } from "../../../ts/transport/target.ts";
import type { Transport } from "../../../ts/transport/transport.ts";
import { type WebStreamsLike, webStreamTransport } from "../../../ts/transport/web-stream.ts";
import { deferred } from "../../../ts/util/deferred.ts";

/** What carries the connections of the behaviour suites. */
export type Kind = "memory" | "message-port" | "websocket" | "tcp" | "web-stream";

/** All of them. */
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
      return await sockets();
    case "web-stream":
      return webStreams();
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

async function sockets(): Promise<Carriers> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connectSocket((server.address() as AddressInfo).port, "127.0.0.1");
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [[Socket], unknown];
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
