import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { connectTransport } from "../connect/connect.ts";
import type { Connection } from "../connect/connection.ts";
import type { ObjectConnection, ObjectOptions } from "../connect/objects.ts";
import type { ConnectOptions, Limits, LinkOptions } from "../connect/options.ts";
import { consumeAnyOver, drain, provideAnyOver, type ServiceProvideOptions } from "../connect/provide.ts";
import { CuttleError } from "../errors/error.ts";
import type { Remote } from "../remote/types.ts";
import type { Client } from "../rtc/client.ts";
import type { Impl } from "../rtc/server.ts";
import type { Methods, Service } from "../rtc/service.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import type { Transport } from "../transport/transport.ts";
import { Complaints } from "../util/complaints.ts";
import { type AcceptEvents, type AcceptOptions, type Acceptor, acceptWebSockets } from "./accept.ts";
import { type ListenOptions, listenWebSockets, type WebSocketListener } from "./serve.ts";

/**
 * A client that came in and was let through. One of its methods is to be called, once, before the handler returns or
 * its promise settles; otherwise the client is disconnected.
 */
export interface Incoming {
  /** The HTTP request of the upgrade: URL, headers, cookies, address. */
  readonly request: IncomingMessage;
  /** Aborts when the server begins to close and gives its connections time to end. */
  readonly closing: AbortSignal;
  /** As `connect` from the other side. */
  connect<Tx = null, Rx = null>(options?: ConnectOptions<Tx, Rx>): Promise<Connection<Tx, Rx>>;
  /** Serves a remote trait; as `provide`. */
  provide<M extends Methods>(
    service: Service<M>,
    implementation: Impl<Service<M>>,
    options?: ServiceProvideOptions,
  ): Promise<Connection<Client<M>>>;
  /** Lets the other side's `consume()` use an object; as `provide`. */
  provide(object: object, options?: ObjectOptions): Promise<ObjectConnection>;
  /** As `provide` from the other side's `consume`. */
  provide<T>(type: Descriptor<T>, value: T, options?: LinkOptions): Promise<Connection<T>>;
  /** The object that the other side's `provide(object)` lets this one use; as `consume`. */
  consume<T>(options?: ObjectOptions): Promise<Remote<T>>;
  /** As `consume` from the other side's `provide`. */
  consume<T>(type: Descriptor<T>, options?: LinkOptions): Promise<T>;
  /** The client of a remote trait that the other side provides; as `consume`. */
  consume<M extends Methods>(service: Service<M>, options?: LinkOptions): Promise<Client<M>>;
}

/**
 * Called for every client. When it throws or rejects, `onError` is told and that client is disconnected; others are
 * not touched.
 */
export type Handler = (incoming: Incoming) => unknown;

/** Options of {@link attach}. */
export interface AttachOptions extends AcceptOptions {
  /** Told what a handler threw; default `console.error` for the first ten, then for the hundredth, thousandth … */
  onError?(error: unknown, request: IncomingMessage): void;
}

/** Options of {@link serve}. */
export interface ServeOptions extends ListenOptions, AttachOptions {}

/** A listening server; `close()` ends it and its connections. */
export type Server = WebSocketListener;

/**
 * Listens for cuttle and remoc clients over WebSocket. Resolves when it listens. Rejects with `transport_connect` when
 * the port cannot be had.
 */
export function serve(options: ServeOptions, handler: Handler): Promise<Server> {
  return listenWebSockets(options, callHandler(options, handler));
}

/** Accepts cuttle and remoc clients on an HTTP server one already has; other paths are left alone. */
export function attach(server: HttpServer | HttpsServer, options: AttachOptions, handler: Handler): Acceptor {
  return acceptWebSockets(server, options, callHandler(options, handler));
}

function callHandler({ onError = reportError() }: AttachOptions, handler: Handler): AcceptEvents {
  const provided = new Provided();
  const onTransport = (transport: Transport, request: IncomingMessage): void => {
    let used = false;
    const take = (): Transport => {
      used = true;
      return transport;
    };
    const handled = async (): Promise<void> => {
      await handler(incomingOver(request, take, provided));
      if (!used) throw new CuttleError("local_misuse", "the handler called none of connect, provide and consume");
    };
    handled().catch((error: unknown) => {
      transport.close();
      onError(error, request);
    });
  };
  return { onTransport, onClosing: (waitMs) => waitMs > 0 && provided.drain() };
}

/** What a server provides to its clients, so that it can end when nothing runs any more. */
class Provided {
  readonly #closing = new AbortController();
  readonly #connections = new Set<Connection<never> | ObjectConnection>();

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Keeps it until it has ended; passes it on. */
  async add<C extends Connection<never> | ObjectConnection>(connecting: Promise<C>): Promise<C> {
    const connection = await connecting;
    this.#connections.add(connection);
    const forget = (): boolean => this.#connections.delete(connection);
    connection.closed.then(forget, forget);
    if (this.closing.aborted) void drain(connection);
    return connection;
  }

  drain(): void {
    this.#closing.abort(new CuttleError("local_closed", "the server is shutting down"));
    for (const connection of this.#connections) void drain(connection);
  }
}

function incomingOver(request: IncomingMessage, take: () => Transport, provided: Provided): Incoming {
  return {
    request,
    closing: provided.closing,
    connect: (options = {}) => connectTransport(take(), ofServer(options)),
    provide: (...given: unknown[]) => provided.add(provideAnyOver(take(), given, ofServer) as never) as never,
    consume: (...given: unknown[]) => consumeAnyOver(take(), given, ofServer) as never,
  };
}

/** A server has many connections, so each may keep less. */
function ofServer<O extends LinkOptions>(options: O): O {
  const limits: Limits = { bufferedBytes: 4 * 1024 * 1024, ...options.limits };
  return { ...options, limits };
}

function reportError(): NonNullable<AttachOptions["onError"]> {
  const complaints = new Complaints();
  return (error, request) => complaints.write(`cuttle: the handler of ${request.url} failed:`, error);
}
