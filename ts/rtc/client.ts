/** Clients of services: objects whose methods send requests. */

import type * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import type { ClosedReason } from "../channel/queue.ts";
import { DEFAULT_MAX_ITEM_BYTES } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import { MethodError } from "../errors/method-error.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { TransientSet } from "../util/transient.ts";
import { isLarge } from "./apart.ts";
import { type Given, hasPromises, settled, withEarlyClients } from "./arguments.ts";
import { isCallError } from "./call-error.ts";
import { CONTROL } from "./control.ts";
import { type Exchange, exchange } from "./exchange.ts";
import type { CallName } from "./failure.ts";
import { Gate } from "./gate.ts";
import type { AnyMethod, GivenArgs, Result } from "./method.ts";
import type { CallEnd, Monitor, Watcher } from "./monitor.ts";
import { EarlyCalls, type Pending, pendingClient } from "./pending.ts";
import { replyChannel } from "./reply-channel.ts";
import { Requests } from "./requests.ts";
import { REPLY, Responder } from "./responder.ts";
import { type Methods, type MethodWire, requestChannel, type Service, serviceOf, type WireRequest } from "./service.ts";
import type { TracingContext, TracingMode } from "./tracing.ts";

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
    ? (args?: GivenArgs<M>, options?: CallOptions) => Returned<Result<M>>
    : (args: GivenArgs<M>, options?: CallOptions) => Returned<Result<M>>;

/** A client that a method returns can be used before it is there. */
export type Returned<T> = T extends { readonly [CONTROL]: ClientControl<infer M> } ? Pending<M> : Promise<T>;

/** What a client is made of. */
export interface ClientParts {
  readonly service: Service;
  readonly sender: mpsc.Sender<WireRequest>;
  /** Replies of more bytes are refused by the server. */
  readonly maxReplyBytes: number;
  readonly monitor?: Monitor | undefined;
  readonly wishes?: ClientWishes | undefined;
  /** Whether large requests may be sent apart. */
  readonly apart?: boolean | undefined;
  /** Of a client that is used before it is there. */
  readonly origin?: Origin | undefined;
}

/** What remoc 0.20 knows of a client beside its requests; it travels with the client. */
export interface ClientWishes {
  readonly sequential: boolean;
  readonly stop_on_error: boolean;
  readonly tracing: TracingMode;
}

/** A request that was sent apart. */
export interface Apart {
  /** Resolves when all of it is on its way. */
  readonly rest: Promise<void>;
  /** To be called when its call is over. */
  over(): void;
}

/** What can be said about one call. */
export interface CallOptions extends AbortOptions {
  /** The caller's span, for an implementation that wants to know; only remoc 0.20 and this library can be told. */
  trace?: TracingContext | undefined;
}

/** The call that returns a client which is used before that. */
interface Origin {
  /** Settles when the client is there, or never will be. */
  readonly call: Promise<unknown>;
  /** Aborts when it never will be. */
  readonly failed: AbortSignal;
}

/** Everything about a client but its methods. */
export class ClientControl<M extends Methods = Methods> {
  /** What the client is a client of. */
  readonly service: Service<M>;
  /** @internal */
  readonly sender: mpsc.Sender<WireRequest>;
  /**
   * Each call ends before the server begins the next one, also where others run together. Only remoc 0.20 and this
   * library can be told: towards older programs calls reject with `peer_incompatible` and nothing is sent. Travels with
   * the client, as the two below do.
   */
  sequential: boolean;
  /**
   * After a call of this client that returned its error the server serves no more calls of clients with this option,
   * those under way included; a server of remoc then ends for everybody. As {@link sequential} towards older programs.
   */
  stopOnError: boolean;
  /** Who makes spans, for remoc 0.20; this library makes none. */
  tracing: TracingMode;
  /** Decides about the calls of this client; does not travel with it. */
  monitor: Monitor | undefined;
  #maxReplyBytes: number;
  readonly #origin: Origin | undefined;
  /** @internal */
  readonly apart: boolean;
  /** @internal Calls make their requests here, so that those that wait cost little. */
  readonly gate: Gate = new Gate(MAX_SENDING);
  /** Calls whose requests were sent apart: others may overtake them, but not those that change the object. */
  readonly #underWay: TransientSet<Promise<unknown>> = new TransientSet();
  /** A call that changes the object waits for those, and all that come after it wait for it. */
  #ordered: Promise<unknown> | undefined;

  /** @internal */
  constructor(parts: ClientParts) {
    this.service = parts.service as Service<M>;
    this.sender = parts.sender;
    this.sequential = parts.wishes?.sequential ?? false;
    this.stopOnError = parts.wishes?.stop_on_error ?? false;
    this.tracing = parts.wishes?.tracing ?? "Both";
    this.monitor = parts.monitor;
    this.#origin = parts.origin;
    this.apart = parts.apart ?? false;
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

  /** @internal What travels with the client. */
  get wishes(): ClientWishes {
    return { sequential: this.sequential, stop_on_error: this.stopOnError, tracing: this.tracing };
  }

  /**
   * @internal Sends a request; resolves when it is another one's turn. A large one that changes nothing goes apart where the
   * server reads that.
   */
  async deliver(request: WireRequest, options: AbortOptions = {}): Promise<Apart | undefined> {
    const [fields] = Object.values(request.Ref ?? {});
    const isOrdered = fields === undefined || fields[REPLY].wishes.sequential;
    while (this.#ordered !== undefined) await unlessAborted(this.#ordered, options);
    if (isOrdered && this.#underWay.size > 0) {
      this.#ordered = Promise.all(this.#underWay).then(() => {
        this.#ordered = undefined;
      });
      await unlessAborted(this.#ordered, options);
    }
    if (isOrdered || !this.apart || !isLarge(fields)) {
      await this.sender.send(request, options);
      return undefined;
    }
    const { maxItemBytes } = this.sender.end;
    const [sender, Apart] = oneshot.channel(this.service.wire.request, { maxItemBytes });
    const over = deferred<void>();
    this.#underWay.add(over.promise);
    void over.promise.then(() => this.#underWay.delete(over.promise));
    try {
      await this.sender.send({ Apart }, options);
    } catch (error) {
      over.resolve();
      throw error;
    }
    return { rest: sender.send(request, options).finally(() => sender.close()), over: over.resolve };
  }

  /** @internal Calls a method; `early` is what was called on the client that it returns. */
  async call(wire: MethodWire, given: Given, options: CallOptions, early?: EarlyCalls): Promise<unknown> {
    const { key, method } = wire;
    const signal = this.#untilFailed(options.signal);
    let end: CallEnd = { how: "done" };
    let watcher: Watcher | undefined;
    try {
      signal?.throwIfAborted();
      if (this.monitor !== undefined) watcher = await this.#admit(this.monitor, key, signal);
      const args = hasPromises(given) ? await settled(given) : given;
      signal?.throwIfAborted();
      let requests: Requests | undefined;
      const make = (): Exchange => {
        requests = early?.send();
        const channel = replyChannel(requests === undefined ? wire.reply : wire.bareReply, {
          maxItemBytes: this.#maxReplyBytes,
        });
        const { sequential, stopOnError } = this;
        const responder = new Responder(
          channel[0],
          { sequential, stopOnError, trace: options.trace ?? null },
          requests,
        );
        return { request: { [wire.group]: { [wire.variant]: { ...args, [REPLY]: responder } } }, channel };
      };
      const name: CallName = { text: `"${key}" of ${this.service.name}`, args: method.args };
      const answer = await exchange(this, make, name, signal);
      if ("Ok" in answer) return requests === undefined ? answer.Ok : early?.client;
      end = { how: "error" };
      throw methodFailure(method, answer.Err);
    } catch (error) {
      early?.fail();
      const cause = await this.#reasonOf(error);
      if (end.how === "done") end = { how: "failed", cause };
      throw cause;
    } finally {
      watcher?.(end);
    }
  }

  /** Aborts as `signal`, and when the client never comes. */
  #untilFailed(signal: AbortSignal | undefined): AbortSignal | undefined {
    const failed = this.#origin?.failed;
    return signal === undefined || failed === undefined ? (signal ?? failed) : AbortSignal.any([signal, failed]);
  }

  /** Nobody serves a client whose origin has failed: that is the reason. */
  async #reasonOf(error: unknown): Promise<unknown> {
    if (this.#origin === undefined || !isUnserved(error)) return error;
    return await this.#origin.call.then(
      () => error,
      (reason: unknown) => reason,
    );
  }

  get #parts(): ClientParts {
    const { service, sender, maxReplyBytes, monitor, wishes, apart } = this;
    return { service: service as Service, sender, maxReplyBytes, monitor, wishes, apart, origin: this.#origin };
  }

  async #admit(monitor: Monitor, method: string, signal: AbortSignal | undefined): Promise<Watcher | undefined> {
    const call = { service: this.service.name, method, signal: signal ?? new AbortController().signal };
    const verdict = (await monitor.admit?.(call)) ?? true;
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

/** More than a server has room for, so that it never waits for the next request. */
const MAX_SENDING = 256;

/** Whether calls of a client that nobody serves fail so: refused, begun and not answered, or not even sent. */
function isUnserved(error: unknown): boolean {
  if (CuttleError.is(error, "remote_closed", "remote_failed", "peer_incompatible")) return true;
  return CuttleError.is(error) && error.data.unsent === true;
}

function methodFailure({ error }: AnyMethod, value: unknown): Error {
  if (isCallError(error) && CuttleError.is(value)) return value;
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

type Call = (this: Client, args?: Record<string, unknown>, options?: CallOptions) => unknown;

function callerOf(wire: MethodWire): Call {
  return function call(given, options = {}) {
    const control = this[CONTROL];
    const args = hasPromises(given) ? withEarlyClients(given) : given;
    const returned = serviceOf(wire.method.result);
    if (returned === undefined) return control.call(wire, args, options);
    const early = new EarlyCalls(() => earlyClient(returned, promise));
    const promise = control.call(wire, args, options, early) as Promise<Client>;
    return pendingClient(promise, returned, early);
  };
}

/** A client that works before `origin`, the call that returns it, is answered. */
function earlyClient(service: Service, origin: Promise<Client>): { client: Client; requests: Requests } {
  const failed = new AbortController();
  // A call is not on its way before the next hop has it: nobody else would tell its caller.
  const [sender, receiver] = requestChannel(service, { capacity: 0 });
  const client = makeClient({
    service,
    sender,
    maxReplyBytes: DEFAULT_MAX_ITEM_BYTES,
    origin: { call: origin, failed: failed.signal },
  });
  // Whoever waits for a call of it hears of its failure; nobody else has the client then.
  origin.catch((reason: unknown) => {
    failed.abort(reason);
    client[CONTROL].close();
  });
  return { client, requests: new Requests(service, receiver) };
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
