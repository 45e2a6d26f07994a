import { CuttleError } from "../errors/error.ts";
import type { Remote } from "../remote/types.ts";
import type { Client } from "../rtc/client.ts";
import { client as clientType } from "../rtc/client-type.ts";
import { type Impl, type RequestOptions, type ServeOptions, type Server, serveObject } from "../rtc/server.ts";
import { isService, type Methods, type Service } from "../rtc/service.ts";
import { type Descriptor, isDescriptor } from "../schema/descriptor.ts";
import { defaultTarget, type Target, toTransport } from "../transport/target.ts";
import type { Transport } from "../transport/transport.ts";
import { connectTransport } from "./connect.ts";
import { Connection } from "./connection.ts";
import { consumeObjectOver, ObjectConnection, type ObjectOptions, provideObjectOver } from "./objects.ts";
import type { LinkOptions } from "./options.ts";

/** Options of {@link provide}. */
export interface ProvideOptions extends LinkOptions {
  /** Where to; default whoever started this worker. */
  to?: Target;
}

/** How to connect and how to serve a remote trait. */
export type ServiceProvideOptions = LinkOptions & Omit<ServeOptions, "conn"> & RequestOptions;

/**
 * Connects and serves a remote trait: the other side takes the client with `consume(service, target)`, in Rust with
 * `ConnectExt::consume`. Resolves with the connection when the client was sent; it ends by itself when the other side
 * has let go of all clients. Rejects as `connect` does, and with `local_misuse` when `implementation` lacks a method.
 */
export async function provide<M extends Methods>(
  service: Service<M>,
  implementation: Impl<Service<M>>,
  options?: ProvideOptions & ServiceProvideOptions,
): Promise<Connection<Client<M>>>;
/**
 * Connects and lets the other side use `object`: its methods, and everything that they take and return. No declaration
 * is needed; the other side calls `consume<typeof object>(target)`. Only for two sides of cuttle. Resolves with the
 * connection; rejects as `connect` does. A class instance is used by its methods and accessors, a plain object by all
 * its members.
 */
export async function provide(object: object, options?: ProvideOptions & ObjectOptions): Promise<ObjectConnection>;
/**
 * Connects and gives the other side one value, which it takes with `consume` (or remoc's `ConnectExt::consume`): most
 * useful with channel halves in it. Resolves with the connection when the value was sent; it ends by itself when
 * everything in the value has ended.
 */
export async function provide<T>(type: Descriptor<T>, value: T, options?: ProvideOptions): Promise<Connection<T>>;
export async function provide(...given: unknown[]): Promise<unknown> {
  const { to = defaultTarget(), signal } = (given[isDescribed(given) ? 2 : 1] ?? {}) as ProvideOptions;
  if (to === undefined) {
    throw new CuttleError(
      "local_misuse",
      "provide() needs a target outside of a worker: provide(object, { to: port })",
    );
  }
  signal?.throwIfAborted();
  return await provideAnyOver(toTransport(to), given);
}

/** Changes options before they are used. */
type Adjust = (options: ObjectOptions) => ObjectOptions;

/** As any form of {@link provide}, over a transport that was not started. */
export async function provideAnyOver(
  transport: Transport,
  given: readonly unknown[],
  adjust: Adjust = (options) => options,
): Promise<unknown> {
  const [first, second, third] = given;
  if (isService(first)) return await serveOver(transport, first, second as Impl<Service>, adjust(third ?? {}));
  if (isDescribed(given)) return await provideOver(transport, first as Descriptor, second, adjust(third ?? {}));
  if ((typeof first !== "object" && typeof first !== "function") || first === null) {
    transport.close();
    throw new CuttleError("local_misuse", "provide() needs an object, a descriptor and its value, or a contract");
  }
  return await provideObjectOver(transport, first, adjust(second ?? {}));
}

/** Whether a descriptor and its value, or a service and its implementation, were given; an object that looks like a descriptor stands alone. */
function isDescribed(given: readonly unknown[]): boolean {
  return isService(given[0]) || (given.length > 1 && isDescriptor(given[0]));
}

/** Serves a remote trait, over a transport that was not started. */
export async function serveOver<M extends Methods>(
  transport: Transport,
  service: Service<M>,
  implementation: Impl<Service<M>>,
  options: ServiceProvideOptions,
): Promise<Connection<Client<M>>> {
  const serving: ServeOptions & RequestOptions = { ...options };
  const { server, client } = serveObject(service, implementation, serving);
  try {
    const conn = await connectTransport<Client<M>, null>(transport, { ...options, send: clientType(service) });
    // Before the client is sent: no call comes earlier.
    serving.conn = conn;
    await giveTo(conn, client, options);
    servers.set(conn, server);
    return conn;
  } catch (error) {
    server.drop();
    throw error;
  }
}

/** What serves a connection of {@link serveOver}. */
const servers: WeakMap<object, Server> = /* @__PURE__ */ new WeakMap();

/**
 * Ends a connection that {@link provide} gave, when the calls of the other side that run here have been answered; no
 * more are taken. One that provides a value is left to who provided it: nobody knows what it is used for. Never rejects.
 */
export async function drain(connection: unknown): Promise<void> {
  if (connection instanceof ObjectConnection) return await connection.drain();
  const server = connection instanceof Connection ? servers.get(connection) : undefined;
  if (server === undefined) return;
  server.close();
  await server.done;
  await (connection as Connection).close();
}

/** As {@link provide}, over a transport that was not started. */
export async function provideOver<T>(
  transport: Transport,
  type: Descriptor<T>,
  value: T,
  options: LinkOptions,
): Promise<Connection<T>> {
  const conn = await connectTransport<T, null>(transport, { ...options, send: type });
  await giveTo(conn, value, options);
  return conn;
}

/** Sends the only value of a connection; closes it when that fails. */
async function giveTo<T>(conn: Connection<T, null>, value: T, options: LinkOptions): Promise<void> {
  try {
    await conn.tx.send(value, options);
  } catch (error) {
    await conn.close();
    throw error;
  }
  conn.tx.close();
  conn.rx.drop();
}

/**
 * Connects and gives the object that the other side provides: its methods, called from here. Dispose of it, for
 * instance with `await using`, to end the connection. Rejects as `connect` does, and with `peer_incompatible` when the
 * other side provides a described value.
 */
export async function consume<T>(target: Target, options?: ObjectOptions): Promise<Remote<T>>;
/**
 * Connects and takes the one value that the other side provides. The connection ends by itself when every channel half
 * in the value has ended. Rejects as `connect` does, with `remote_closed` when the other side provides nothing, and
 * with `peer_decode` when it provides something else.
 */
export async function consume<T>(type: Descriptor<T>, target: Target, options?: LinkOptions): Promise<T>;
/**
 * Connects and takes the client of a remote trait that the other side provides. Dispose of it, for instance with
 * `await using`, and the connection ends by itself. Rejects as the form for values does.
 */
export async function consume<M extends Methods>(
  service: Service<M>,
  target: Target,
  options?: LinkOptions,
): Promise<Client<M>>;
export async function consume(...given: unknown[]): Promise<unknown> {
  const at = isDescriptor(given[0]) || isService(given[0]) ? 1 : 0;
  const { signal } = (given[at + 1] ?? {}) as LinkOptions;
  signal?.throwIfAborted();
  return await consumeAnyOver(toTransport(given[at] as Target), given.toSpliced(at, 1));
}

/** As any form of {@link consume} without its target, over a transport that was not started. */
export async function consumeAnyOver(
  transport: Transport,
  given: readonly unknown[],
  adjust: Adjust = (options) => options,
): Promise<unknown> {
  const [first, second] = given;
  if (isService(first)) return await consumeOver(transport, clientType(first), adjust(second ?? {}));
  if (isDescriptor(first)) return await consumeOver(transport, first, adjust(second ?? {}));
  return await consumeObjectOver(transport, adjust(first ?? {}));
}

/** As {@link consume}, over a transport that was not started. */
export async function consumeOver<T>(transport: Transport, type: Descriptor<T>, options: LinkOptions): Promise<T> {
  const conn = await connectTransport<null, T>(transport, { ...options, receive: type });
  try {
    const value = await conn.rx.recv();
    if (value === undefined) {
      throw new CuttleError("remote_closed", "the other side ended without providing a value");
    }
    conn.tx.close();
    conn.rx.drop();
    return value;
  } catch (error) {
    await conn.close();
    throw error;
  }
}
