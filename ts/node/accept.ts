import { type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { CuttleError } from "../errors/error.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "../transport/defaults.ts";
import { ignoreError } from "../transport/listen.ts";
import type { Transport } from "../transport/transport.ts";
import { type OriginPolicy, originCheck } from "./origin.ts";
import { wsTransport } from "./ws.ts";

/** Why a request is refused; the message is sent as the body of the answer. */
export interface Refusal {
  /** HTTP status from 400 to 599. */
  status: number;
  /** For the person who looks into the network panel. */
  message: string;
}

/** Options of {@link acceptWebSockets}. */
export interface AcceptOptions extends OriginPolicy {
  /** Path of the URL, such as `"/live"`, without a query. Default: every path that no other handler wants. */
  path?: string;
  /** Largest WebSocket message accepted, refused before it is buffered; default 1 MiB. */
  maxFrameBytes?: number;
  /** Bytes that may wait in one socket; default 64 KiB, and 128 KiB towards cuttle. */
  capacityBytes?: number;
  /** Connections at the same time, those being authorized included; default no limit. Others get 503. */
  maxConnections?: number;
  /** As {@link AcceptOptions.maxConnections}, of one address; default no limit. Others get 429. */
  maxConnectionsPerAddress?: number;
  /**
   * The address that a request counts for; default that of its socket. Behind a proxy all come from the proxy: take the
   * header that the proxy sets, and make sure that nobody gets past the proxy, since anybody can send a header.
   */
  addressOf?(request: IncomingMessage): string;
  /**
   * Called before the upgrade, after the origin was checked; `false` answers 403. A cookie or header can be looked
   * at here. What it throws is answered with 500 and not told to the client.
   */
  authorize?(request: IncomingMessage): boolean | Refusal | Promise<boolean | Refusal>;
}

/** Called for every connection, with a transport that is not started. */
export type OnTransport = (transport: Transport, request: IncomingMessage) => void;

/** Who is told what happens to an acceptor. */
export interface AcceptEvents {
  /** For every connection. */
  onTransport: OnTransport;
  /** No more are accepted, and those that live have `waitMs` to end by themselves. */
  onClosing?(waitMs: number): void;
}

/** Handle of {@link acceptWebSockets}. */
export interface Acceptor {
  /** Connections now. */
  readonly connections: number;
  /**
   * Accepts no more. Resolves when all connections are gone. With `waitMs`, default 0, those that provide objects or
   * remote traits take no more calls and end when the calls that run have been answered, and handlers learn of it by
   * `incoming.closing`; what lives after that time is closed with code 1001. The HTTP server is left alone.
   */
  close(options?: { waitMs?: number }): Promise<void>;
  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Accepts WebSockets on an HTTP server that one already has. Requests for other paths are left to the server's other
 * `upgrade` handlers, and answered with 404 when there is none. Several may share one server.
 */
export function acceptWebSockets(
  server: HttpServer | HttpsServer,
  options: AcceptOptions,
  events: OnTransport | AcceptEvents,
): Acceptor {
  const { onTransport, onClosing = () => {} } = typeof events === "function" ? { onTransport: events } : events;
  return new WebSocketAcceptor(server, options, { onTransport, onClosing });
}

/** How long a client may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 1_000;

/** How long a socket is kept for a client that does not answer the close frame; ws would wait for 30 s. */
const NOT_IN_TYPES: object = { closeTimeout: 5_000 };

class WebSocketAcceptor implements Acceptor {
  readonly #server: HttpServer | HttpsServer;
  readonly #options: AcceptOptions;
  readonly #events: Required<AcceptEvents>;
  readonly #sockets: WebSocketServer;
  readonly #checkOrigin: ReturnType<typeof originCheck>;
  /** Requests being authorized. */
  #pending = 0;
  /** Sockets of each address. */
  readonly #byAddress = new Map<string, number>();
  #closing: Promise<void> | undefined;

  constructor(server: HttpServer | HttpsServer, options: AcceptOptions, events: Required<AcceptEvents>) {
    const { path, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
    if (path !== undefined && (!path.startsWith("/") || /[?#]/.test(path))) {
      throw new CuttleError(
        "local_misuse",
        `"path" must begin with "/" and have no query, got ${JSON.stringify(path)}.`,
      );
    }
    this.#server = server;
    this.#options = options;
    this.#events = events;
    this.#checkOrigin = originCheck(options);
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      handleProtocols: () => false,
      ...NOT_IN_TYPES,
    });
    Upgrades.of(server).add(this);
  }

  get connections(): number {
    return this.#sockets.clients.size + this.#pending;
  }

  /** Whether a request is for this acceptor. */
  wants(request: IncomingMessage): boolean {
    const { path } = this.#options;
    if (path !== undefined) return pathOf(request) === path;
    // cuttle never offers a subprotocol; whoever does, wants somebody else (Vite's live reload, for instance).
    return request.headers["sec-websocket-protocol"] === undefined;
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", ignoreError);
    const address = this.#options.addressOf?.(request) ?? request.socket.remoteAddress ?? "";
    const refusal = this.#refusal(request, address);
    if (refusal !== undefined) {
      refuse(socket, refusal);
      return;
    }
    this.#count(address, socket);
    this.#pending += 1;
    void this.#authorize(request).then((answer) => {
      this.#pending -= 1;
      if (this.#closing !== undefined) refuse(socket, SHUTTING_DOWN);
      else if (answer === true) this.#upgrade(request, socket, head);
      else refuse(socket, answer);
    });
  }

  close(options: { waitMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.waitMs ?? 0);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Counts a socket for its address until it is closed. */
  #count(address: string, socket: Duplex): void {
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    socket.once("close", () => {
      const rest = (this.#byAddress.get(address) ?? 0) - 1;
      if (rest > 0) this.#byAddress.set(address, rest);
      else this.#byAddress.delete(address);
    });
  }

  #refusal(request: IncomingMessage, address: string): Refusal | undefined {
    const { maxConnections = Number.POSITIVE_INFINITY, maxConnectionsPerAddress = Number.POSITIVE_INFINITY } =
      this.#options;
    const badOrigin = this.#checkOrigin(request);
    if (badOrigin !== undefined) return { status: 403, message: `cuttle refused this connection: ${badOrigin}.` };
    if (this.connections >= maxConnections) {
      return { status: 503, message: "cuttle refused this connection: the limit maxConnections is reached." };
    }
    if ((this.#byAddress.get(address) ?? 0) >= maxConnectionsPerAddress) {
      return { status: 429, message: "cuttle refused this connection: there are too many from this address." };
    }
    return undefined;
  }

  async #authorize(request: IncomingMessage): Promise<true | Refusal> {
    try {
      const answer = (await this.#options.authorize?.(request)) ?? true;
      if (typeof answer !== "boolean") return answer;
      return answer || { status: 403, message: "not authorized" };
    } catch {
      return { status: 500, message: "authorize failed" };
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.off("error", ignoreError);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { maxFrameBytes, capacityBytes } = this.#options;
      const transport = wsTransport(webSocket, {
        maxFrameBytes: maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
        ...(capacityBytes === undefined ? {} : { capacityBytes }),
      });
      this.#events.onTransport(transport, request);
    });
  }

  async #close(waitMs: number): Promise<void> {
    Upgrades.of(this.#server).remove(this);
    this.#events.onClosing(waitMs);
    const clients = [...this.#sockets.clients];
    const gone = Promise.all(clients.map(closed));
    if (waitMs > 0 && clients.length > 0) await Promise.race([gone, delay(waitMs)]);
    for (const client of this.#sockets.clients) client.close(1001, "the server is shutting down");
    if (this.#sockets.clients.size > 0) await Promise.race([gone, delay(CLOSE_TIMEOUT_MS)]);
    for (const client of this.#sockets.clients) client.terminate();
    await gone;
    this.#sockets.close();
  }
}

const SHUTTING_DOWN: Refusal = { status: 503, message: "the server is shutting down" };

/** The one `upgrade` listener of a server, for all acceptors on it; else each would answer for the others' paths. */
class Upgrades {
  static readonly #all = new WeakMap<object, Upgrades>();
  readonly #server: HttpServer | HttpsServer;
  readonly #acceptors: WebSocketAcceptor[] = [];

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
  }

  static of(server: HttpServer | HttpsServer): Upgrades {
    let upgrades = Upgrades.#all.get(server);
    if (upgrades === undefined) {
      upgrades = new Upgrades(server);
      Upgrades.#all.set(server, upgrades);
    }
    return upgrades;
  }

  add(acceptor: WebSocketAcceptor): void {
    if (this.#acceptors.length === 0) this.#server.on("upgrade", this.#onUpgrade);
    this.#acceptors.push(acceptor);
  }

  remove(acceptor: WebSocketAcceptor): void {
    this.#acceptors.splice(this.#acceptors.indexOf(acceptor), 1);
    if (this.#acceptors.length === 0) this.#server.off("upgrade", this.#onUpgrade);
  }

  #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const acceptor = this.#acceptors.find((candidate) => candidate.wants(request));
    if (acceptor !== undefined) acceptor.handle(request, socket, head);
    else if (this.#server.listenerCount("upgrade") === 1) {
      refuse(socket, { status: 404, message: `no WebSocket is served at ${JSON.stringify(pathOf(request))}.` });
    }
  };
}

/** Answers in plain HTTP and ends the connection. */
function refuse(socket: Duplex, { status, message }: Refusal): void {
  const code = Number.isInteger(status) && status >= 400 && status <= 599 ? status : 403;
  const body = Buffer.from(`${message}\n`);
  socket.on("error", ignoreError);
  socket.once("finish", () => socket.destroy());
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? "Refused"}\r\nConnection: close\r\n` +
          `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]),
  );
}

/** The path as sent, without the query; also of an absolute-form request target. */
function pathOf(request: IncomingMessage): string {
  const target = request.url ?? "/";
  return target.startsWith("/")
    ? (target.split("?", 1)[0] as string)
    : URL.canParse(target)
      ? new URL(target).pathname
      : target;
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
