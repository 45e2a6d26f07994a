/** `connect`, `provide` and `consume` as everywhere, with the targets that only Node has. */

import { connect as connectTo } from "../connect/connect.ts";
import type { Connection } from "../connect/connection.ts";
import type { ObjectConnection, ObjectOptions } from "../connect/objects.ts";
import type { ConnectOptions, LinkOptions } from "../connect/options.ts";
import { consume as consumeFrom, provide as provideTo, type ServiceProvideOptions } from "../connect/provide.ts";
import type { Remote } from "../remote/types.ts";
import type { Client } from "../rtc/client.ts";
import type { Impl } from "../rtc/server.ts";
import { isService, type Methods, type Service } from "../rtc/service.ts";
import { type Descriptor, isDescriptor } from "../schema/descriptor.ts";
import { type NodeTarget, toNodeTransport } from "./targets.ts";

/** As `connect` of `cuttle`, also over byte streams: the framing of remoc's `Connect::io`. */
export async function connect<Tx = null, Rx = null>(
  target: NodeTarget,
  options: ConnectOptions<Tx, Rx> = {},
): Promise<Connection<Tx, Rx>> {
  options.signal?.throwIfAborted();
  return await connectTo(toNodeTransport(target), options);
}

/** Where to. */
export interface NodeProvideOptions {
  /** A worker's parent is not found by itself: give `parentPort`. */
  to: NodeTarget;
}

/** As `provide` of `cuttle`, also over byte streams: serves a remote trait. */
export async function provide<M extends Methods>(
  service: Service<M>,
  implementation: Impl<Service<M>>,
  options: NodeProvideOptions & ServiceProvideOptions,
): Promise<Connection<Client<M>>>;
/** Lets the other side use an object. */
export async function provide(object: object, options: NodeProvideOptions & ObjectOptions): Promise<ObjectConnection>;
/** Gives the other side one value. */
export async function provide<T>(
  type: Descriptor<T>,
  value: T,
  options: NodeProvideOptions & LinkOptions,
): Promise<Connection<T>>;
export async function provide(...given: unknown[]): Promise<unknown> {
  const options = given.at(-1) as NodeProvideOptions & LinkOptions;
  options.signal?.throwIfAborted();
  const over = { ...options, to: toNodeTransport(options.to) };
  return await provideTo(...([...given.slice(0, -1), over] as unknown as [object, { to: never }]));
}

/** As `consume` of `cuttle`, also over byte streams: the object that the other side provides. */
export async function consume<T>(target: NodeTarget, options?: ObjectOptions): Promise<Remote<T>>;
/** The value that the other side provides. */
export async function consume<T>(type: Descriptor<T>, target: NodeTarget, options?: LinkOptions): Promise<T>;
/** The client of the remote trait that the other side provides. */
export async function consume<M extends Methods>(
  service: Service<M>,
  target: NodeTarget,
  options?: LinkOptions,
): Promise<Client<M>>;
export async function consume(...given: unknown[]): Promise<unknown> {
  const at = isDescriptor(given[0]) || isService(given[0]) ? 1 : 0;
  (given[at + 1] as LinkOptions | undefined)?.signal?.throwIfAborted();
  const over = given.with(at, toNodeTransport(given[at] as NodeTarget));
  return await consumeFrom(...(over as unknown as [never]));
}
