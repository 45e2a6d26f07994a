import { asyncDispose } from "../util/dispose.ts";
import type { Client, ClientMethod } from "./client.ts";
import type { Methods, Service } from "./service.ts";

/**
 * A client that a call will return: a promise of it, with the methods of its service. A method called here is sent as
 * soon as the client is there, before whatever awaits it. Methods that promises have as well (`catch`, `finally`) can
 * be called only on the client itself.
 */
export type Pending<M extends Methods> = Promise<Client<M>> & {
  readonly [K in Exclude<keyof M, keyof Promise<unknown>>]: ClientMethod<M[K]>;
} & AsyncDisposable;

/** Gives the promise of a client the methods of its service. */
export function pendingClient(promise: Promise<Client>, service: Service): Pending<Methods> {
  const members: PropertyDescriptorMap = {
    [asyncDispose]: { value: () => promise.then((client) => client[asyncDispose]()) },
  };
  for (const key of service.wire.methods.keys()) {
    if (key in Promise.prototype && key !== "constructor") continue;
    const value = (args?: object, options?: object): Promise<unknown> =>
      promise.then((client) => (client as Record<string, AnyCall>)[key]?.(args, options));
    members[key] = { value, enumerable: true };
  }
  return Object.defineProperties(promise, members) as Pending<Methods>;
}

type AnyCall = (args?: object, options?: object) => Promise<unknown>;
