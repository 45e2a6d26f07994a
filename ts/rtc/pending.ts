import { asyncDispose } from "../util/dispose.ts";
import type { Client, ClientMethod } from "./client.ts";
import type { Requests } from "./requests.ts";
import { type Methods, type Service, serviceOf } from "./service.ts";

/**
 * A client that a call will return: a promise of it, with the methods of its service. A method that is called in the same
 * task as the call itself is sent together with it, over any number of such steps: a chain costs one round trip where
 * the methods are `pipelinable` and the other side is remoc 0.20 or this library, else each step waits for the one
 * before. Later ones are sent as soon as the client is there. When the client does not come, calls of it reject with the
 * reason. Methods that promises have as well (`catch`, `finally`) can be called only on the client itself.
 */
export type Pending<M extends Methods> = Promise<Client<M>> & {
  readonly [K in Exclude<keyof M, keyof Promise<unknown>>]: ClientMethod<M[K]>;
} & AsyncDisposable;

/** A client that works before it is there, and what its calls wait in. */
interface Early {
  readonly client: Client;
  readonly requests: Requests;
}

/** What is called on a client before the call that returns it has been sent. */
export class EarlyCalls {
  readonly #make: () => Early;
  #early: Early | undefined;
  #isSent = false;

  /** `make` is called when it is needed. */
  constructor(make: () => Early) {
    this.#make = make;
  }

  /** The client to call now; undefined when the call was sent without it. */
  get client(): Client | undefined {
    if (!this.#isSent) this.#early ??= this.#make();
    return this.#early?.client;
  }

  /** The call is sent: with these requests, if there are any. */
  send(): Requests | undefined {
    this.#isSent = true;
    return this.#early?.requests;
  }

  /** The client does not come. */
  fail(): void {
    this.#isSent = true;
    this.#early?.requests.drop();
  }
}

/** Where a promise of a client keeps what is called on it early. */
const EARLY: unique symbol = Symbol("cuttle.early");

/** Gives the promise of a client the methods of its service. Without `early` they wait for the client. */
export function pendingClient(promise: Promise<Client>, service: Service, early?: EarlyCalls): Pending<Methods> {
  const members: PropertyDescriptorMap = {
    [EARLY]: { value: early },
    [asyncDispose]: {
      value: () =>
        promise.then(
          (client) => client[asyncDispose](),
          () => undefined,
        ),
    },
  };
  for (const [key, { method }] of service.wire.methods) {
    if (key in Promise.prototype && key !== "constructor") continue;
    const value = (args?: object, options?: object): Promise<unknown> => {
      const call = (client: Client) => (client as unknown as Record<string, AnyCall>)[key]?.(args, options);
      const client = early?.client;
      if (client !== undefined) return call(client) as Promise<unknown>;
      const answer = promise.then(call);
      const returned = serviceOf(method.result);
      return returned === undefined ? answer : pendingClient(answer as Promise<Client>, returned);
    };
    members[key] = { value, enumerable: true };
  }
  return Object.defineProperties(promise, members) as Pending<Methods>;
}

type AnyCall = (args?: object, options?: object) => Promise<unknown>;

/** The client that a pending one can be sent as now, if it is one and the call that returns it was not sent. */
export function earlyClientOf(value: unknown): Client | undefined {
  const early: unknown = value instanceof Promise ? (value as { [EARLY]?: unknown })[EARLY] : undefined;
  return early instanceof EarlyCalls ? early.client : undefined;
}
