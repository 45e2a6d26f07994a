/** Clients of services: objects whose methods send requests. */

import type * as mpsc from "../channel/mpsc.ts";
import type * as oneshot from "../channel/oneshot.ts";
import type { ClosedReason } from "../channel/queue.ts";
import { DEFAULT_MAX_ITEM_BYTES } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import { MethodError } from "../errors/method-error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { callError } from "./call-error.ts";
import { type CallName, notServed, replyFailure, sendFailure } from "./failure.ts";
import type { AnyMethod, GivenArgs, Result } from "./method.ts";
import type { CallEnd, Monitor, Watcher } from "./monitor.ts";
import { type Pending, pendingClient } from "./pending.ts";
import { type ReplySender, replyChannel } from "./reply-channel.ts";
import {
  type Methods,
  type MethodWire,
  REPLY,
  type Reply,
  type Service,
  serviceOf,
  type WireRequest,
} from "./service.ts";

/** Where a client keeps its {@link ClientControl}; also what makes its type one of a client. */
export const CONTROL: unique symbol = Symbol("cuttle.client");

/**
 * What a program calls: the methods of a service. Dispose of it when nothing more is to be called; the server ends when
 * all its clients have gone. {@link clientControl} has everything else.
 */
export type Client<M extends Methods = Methods> = {
  readonly [K in keyof M]: ClientMethod<M[K]>;
} & { readonly [CONTROL]: ClientControl<M> } & AsyncDisposable;

/** The client of a service: `ClientOf<typeof Counter>`. */
export type ClientOf<S> = S extends Service<infer M> ? Client<M> : never;

/**
 * A method as a client has it. Rejects with a {@link MethodError} when the method returned its own error, with
 * `remote_closed` when nobody serves it any more, `peer_incompatible` when the other side could not read the request,
 * `remote_failed` when it was begun and not answered, `local_encode` or `local_item_too_large` when it cannot be sent,
 * `peer_decode` or `peer_item_too_large` when the reply cannot be taken, with the connection's error, or with the abort
 * reason, which also reaches the implementation.
 */
export type ClientMethod<M> =
  Record<never, never> extends GivenArgs<M>
    ? (args?: GivenArgs<M>, options?: AbortOptions) => Returned<Result<M>>
    : (args: GivenArgs<M>, options?: AbortOptions) => Returned<Result<M>>;

/** A client that a method returns can be used before it is there. */
export type Returned<T> = T extends { readonly [CONTROL]: ClientControl<infer M> } ? Pending<M> : Promise<T>;

/** What a client is made of. */
export interface ClientParts {
  readonly service: Service;
  readonly sender: mpsc.Sender<WireRequest>;
  /** Replies of more bytes are refused by the server. */
  readonly maxReplyBytes: number;
  readonly monitor?: Monitor | undefined;
  /** What remoc 0.20 passes on with a client, as it came. */
  readonly passed?: PassedOptions | undefined;
}

/** Options of remoc 0.20's clients that this side only passes on, to peers that know them. */
export interface PassedOptions {
  readonly sequential: boolean;
  readonly stop_on_error: boolean;
  readonly tracing: "Off" | "Client" | "Server" | "Both";
}

/** Everything about a client but its methods. */
export class ClientControl<M extends Methods = Methods> {
  /** What the client is a client of. */
  readonly service: Service<M>;
  /** @internal */
  readonly sender: mpsc.Sender<WireRequest>;
  /** @internal */
  readonly passed: PassedOptions | undefined;
  /** Decides about the calls of this client; does not travel with it. */
  monitor: Monitor | undefined;
  #maxReplyBytes: number;

  /** @internal */
  constructor(parts: ClientParts) {
    this.service = parts.service as Service<M>;
    this.sender = parts.sender;
    this.passed = parts.passed;
    this.monitor = parts.monitor;
    this.#maxReplyBytes = parts.maxReplyBytes;
  }

  /** Larger replies are refused by the server; default 16 MiB. For calls from now on; travels with the client. */
  get maxReplyBytes(): number {
    return this.#maxReplyBytes;
  }

  set maxReplyBytes(bytes: number) {
    if (!(bytes >= 0)) throw new CuttleError("local_misuse", `maxReplyBytes must be 0 or more, got ${bytes}`);
    this.#maxReplyBytes = bytes;
  }

  /** Larger requests are refused here; what the server set, else 16 MiB. */
  get maxRequestBytes(): number {
    return this.sender.end.maxItemBytes;
  }

  /** Requests for which there is room before a call has to wait; 0 when nobody serves them. */
  get capacity(): number {
    return this.sender.end.queue.room;
  }

  /** Whether nobody serves the client any more. */
  get isClosed(): boolean {
    return this.sender.isClosed;
  }

  /** Resolves when nobody serves the client any more. */
  closed(): Promise<ClosedReason> {
    return this.sender.closed();
  }

  /** Another client of the same server. Throws `local_misuse` when the service does not allow that. */
  clone(): Client<M> {
    if (!this.service.isCloneable) {
      throw new CuttleError(
        "local_misuse",
        `clients of ${this.service.name} cannot be cloned: a method takes self, or &mut self without { clone: true }`,
      );
    }
    return makeClient({ ...this.#parts, sender: this.sender.clone() }) as Client<M>;
  }

  /** Calls nothing more; calls under way go on. */
  close(): void {
    this.sender.close();
  }

  /** @internal Calls a method. */
  async call(
    { key, method, group, variant, reply }: MethodWire,
    given: unknown,
    options: AbortOptions,
  ): Promise<unknown> {
    const { signal } = options;
    signal?.throwIfAborted();
    const name: CallName = { text: `"${key}" of ${this.service.name}`, args: method.args };
    const watcher = await this.#admit(key, signal ?? new AbortController().signal);
    let end: CallEnd = { how: "done" };
    try {
      signal?.throwIfAborted();
      const channel = replyChannel(reply, { maxItemBytes: this.#maxReplyBytes });
      const request = { [group]: { [variant]: { ...(given as object | undefined), [REPLY]: channel[0] } } };
      const answer = await exchange(this.sender, request, channel, name, signal);
      if ("Ok" in answer) return answer.Ok;
      end = { how: "error" };
      throw methodFailure(method, answer.Err);
    } catch (cause) {
      if (end.how === "done") end = { how: "failed", cause };
      throw cause;
    } finally {
      watcher?.(end);
    }
  }

  get #parts(): ClientParts {
    const { service, sender, maxReplyBytes, monitor, passed } = this;
    return { service: service as Service, sender, maxReplyBytes, monitor, passed };
  }

  async #admit(method: string, signal: AbortSignal): Promise<Watcher | undefined> {
    if (this.monitor?.admit === undefined) return undefined;
    const verdict = await this.monitor.admit({ service: this.service.name, method, signal });
    if (verdict === false) {
      throw new CuttleError(
        "remote_failed",
        `"${method}" of ${this.service.name} was dropped by the client's monitor`,
        {
          data: { kind: "Dropped" },
        },
      );
    }
    return verdict === true ? undefined : verdict;
  }
}

/** Sends a request and waits for what comes back. Giving up lets go of the reply, which the server notices. */
async function exchange(
  sender: mpsc.Sender<WireRequest>,
  request: WireRequest,
  [replyTx, replyRx]: readonly [ReplySender<Reply>, oneshot.Receiver<Reply>],
  name: CallName,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  try {
    await sender.send(request, { signal });
  } catch (error) {
    replyRx.drop();
    throw signal?.aborted === true ? signal.reason : sendFailure(error, name);
  }
  try {
    return await replyRx.recv({ signal });
  } catch (error) {
    replyRx.drop();
    if (signal?.aborted === true) throw signal.reason;
    // Refused or not sent because the server had just gone, which the end of the request channel tells.
    const wasLate = sender.isClosed && (replyTx.wasGivenBack || wasNotTaken(error));
    throw wasLate ? notServed(error, name) : replyFailure(error, name);
  }
}

/** The request was refused, or given up before it left. */
function wasNotTaken(error: unknown): boolean {
  return CuttleError.is(error) && (error.code === "remote_rejected" || error.data.unsent === true);
}

function methodFailure({ error }: AnyMethod, value: unknown): Error {
  if (error === callError && CuttleError.is(value)) return value;
  return new MethodError(error, value);
}

/** Everything about a client but its methods. Throws `local_misuse` for what is no client. */
export function clientControl<M extends Methods>(client: Client<M>): ClientControl<M> {
  const control: unknown = (client as Partial<Client<M>> | null | undefined)?.[CONTROL];
  if (control instanceof ClientControl) return control as ClientControl<M>;
  throw new CuttleError("local_misuse", "expected a client, made by serveObject(), consume() or received in a value");
}

/** The object with the methods. It has no prototype but this: no name of a method meets anything inherited. */
export function makeClient(parts: ClientParts): Client {
  const control = new ClientControl(parts);
  return Object.create(prototypeOf(parts.service), { [CONTROL]: { value: control } }) as Client;
}

const prototypes: WeakMap<Service, object> = /* @__PURE__ */ new WeakMap();

function prototypeOf(service: Service): object {
  const known = prototypes.get(service);
  if (known !== undefined) return known;
  const prototype: object = Object.create(null);
  for (const [key, method] of service.wire.methods) {
    const call = callerOf(method);
    Object.defineProperty(prototype, key, { value: call, enumerable: true });
  }
  Object.defineProperty(prototype, asyncDispose, {
    async value(this: Client) {
      this[CONTROL].close();
    },
  });
  prototypes.set(service, prototype);
  return prototype;
}

type Call = (this: Client, args?: object, options?: AbortOptions) => unknown;

function callerOf(method: MethodWire): Call {
  let returned: { service: Service | undefined } | undefined;
  return function call(args, options = {}) {
    // Not earlier: the declaration of the service that is returned may stand further down.
    returned ??= { service: serviceOf(method.method.result) };
    const answer = this[CONTROL].call(method, args, options);
    return returned.service === undefined ? answer : pendingClient(answer as Promise<Client>, returned.service);
  };
}

/** A fresh client for a request channel. */
export function clientFor(service: Service, sender: mpsc.Sender<WireRequest>, options: ClientOptions = {}): Client {
  const { maxReplyBytes = DEFAULT_MAX_ITEM_BYTES, monitor } = options;
  return makeClient({ service, sender, maxReplyBytes, monitor });
}

/** Options of a client. */
export interface ClientOptions {
  /** Larger replies are refused by the server; default 16 MiB. */
  maxReplyBytes?: number;
  /** Decides about the calls of this client. */
  monitor?: Monitor;
}
