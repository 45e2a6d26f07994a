/** Servers of services: they take requests and call an implementation. */

import { isItemError } from "../channel/item.ts";
import { CuttleError } from "../errors/error.ts";
import type { CloseInfo, PeerSettings } from "../mux/mux.ts";
import { Complaints } from "../util/complaints.ts";
import { asyncDispose } from "../util/dispose.ts";
import { TransientSet } from "../util/transient.ts";
import { readsApart } from "./apart.ts";
import { type Client, clientFor } from "./client.ts";
import type { Args, Failure, Result } from "./method.ts";
import type { CallEnd, Monitor, Watcher } from "./monitor.ts";
import { type Incoming, Requests } from "./requests.ts";
import { type Methods, requestChannel, type Service } from "./service.ts";
import type { TracingContext } from "./tracing.ts";
import { Turns } from "./turns.ts";

/** What an implementation gets beside the arguments. */
export interface CallContext {
  /** Aborts when the caller gives up or is gone, or the server is dropped; never with `noCancel`. */
  readonly signal: AbortSignal;
  /** The caller's span, if it told one. */
  readonly trace?: TracingContext | undefined;
  /** The connection that the client was given to by `provide`; undefined for clients that travelled in values. */
  readonly conn: ServedConnection | undefined;
}

/** What an implementation can know of a connection, and do with it. */
export interface ServedConnection {
  readonly peer: PeerSettings;
  readonly closed: Promise<CloseInfo>;
  close(): Promise<void>;
}

/**
 * What implements a service: `class CounterImpl implements Impl<typeof Counter>`, or an object. A method returns its
 * result or a promise of it; to return its error it throws one made with `IncreaseError.error(...)`, or, when the error
 * has a place for a `CallError`, the error of a call that it made itself. Whatever else it throws is not told to the
 * caller, who gets `remote_failed`; see {@link ServeOptions.onFailure}.
 */
export type Impl<S> =
  S extends Service<infer M>
    ? { [K in keyof M]: (args: Args<M[K]>, context: CallContext) => Result<M[K]> | Promise<Result<M[K]>> }
    : never;

/** The arguments of a method: `ArgsOf<typeof Counter, "increase">`. */
export type ArgsOf<S, K extends PropertyKey> =
  S extends Service<infer M> ? (K extends keyof M ? Args<M[K]> : never) : never;

/** The error that a method declares: `ErrorOf<typeof Counter, "increase">`; a `CuttleError` when it declares none. */
export type ErrorOf<S, K extends PropertyKey> =
  S extends Service<infer M> ? (K extends keyof M ? Failure<M[K]> : never) : never;

/** Options of servers. */
export interface ServeOptions {
  /**
   * How many `&self` calls run at once; default 32, as in remoc 0.20. A `&mut self` or `self` call runs alone, and all
   * begin in the order in which they came. With 1 every call waits for the one before.
   */
  parallel?: number;
  /** Decides about requests. */
  monitor?: Monitor;
  /**
   * Told of what went wrong in a call and its caller is not told: what an implementation threw that the method does not
   * declare, a result that could not be sent. Default: `console.error` for the first ten, then for the hundredth,
   * thousandth …
   */
  onFailure?: (error: unknown, method: string) => void;
  /** The connection that implementations are told of. */
  conn?: ServedConnection;
}

/** Options of the channel that requests come through, and of its first client. */
export interface RequestOptions {
  /** Requests that wait while their callers go on; default 16, as in remoc 0.20. */
  capacity?: number;
  /** Larger requests are refused, by clients and by the server; default 16 MiB. */
  maxRequestBytes?: number;
  /** Larger replies are refused by the server; default 16 MiB. Clients can change it for themselves. */
  maxReplyBytes?: number;
}

/** Makes the two ends of a service: requests to be served or taken one by one, and their first client. */
export function requestsOf<M extends Methods>(
  service: Service<M>,
  options: RequestOptions = {},
): { requests: Requests<M>; client: Client<M> } {
  const { capacity, maxRequestBytes, maxReplyBytes } = options;
  const [sender, receiver] = requestChannel(service as Service, {
    ...(capacity === undefined ? {} : { capacity }),
    ...(maxRequestBytes === undefined ? {} : { maxItemBytes: maxRequestBytes }),
  });
  readsApart(sender.end.queue);
  const client = clientFor(service as Service, sender, maxReplyBytes === undefined ? {} : { maxReplyBytes });
  return { requests: new Requests(service, receiver), client: client as unknown as Client<M> };
}

/** Serves an implementation; the client can be called here, or sent to anybody. */
export function serveObject<M extends Methods>(
  service: Service<M>,
  implementation: Impl<Service<M>>,
  options: ServeOptions & RequestOptions = {},
): { server: Server; client: Client<M> } {
  const { requests, client } = requestsOf(service, options);
  return { server: serveRequests(requests, implementation, options), client };
}

/** Serves requests that come from anywhere. Throws `local_misuse` when the implementation lacks a method. */
export function serveRequests<M extends Methods>(
  requests: Requests<M>,
  implementation: Impl<Service<M>>,
  options: ServeOptions = {},
): Server {
  return new Server(requests as unknown as Requests, handlersOf(requests.service as Service, implementation), options);
}

/** Why a server ended. */
export type ServerEnd =
  /** All clients have gone, or it was closed and everything that had come was answered. */
  | "over"
  /** A method took `self`. */
  | "consumed"
  /** It was dropped. */
  | "dropped"
  /** Its monitor wanted so. */
  | "stopped";

type Handler = (args: object, context: CallContext) => unknown;

/** Something that serves. Nothing that a client sends ends it, but for a method that takes `self`. */
export class Server {
  /** Resolves when nothing is served any more and all calls have ended; never rejects. */
  readonly done: Promise<ServerEnd>;
  readonly #requests: Requests;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #options: ServeOptions;
  readonly #turns: Turns;
  readonly #running: TransientSet<Incoming> = new TransientSet();
  #end: ServerEnd = "over";
  /** A call failed whose caller wants no further ones of its kind to be served. */
  #isStopped = false;
  readonly #complaints = new Complaints();

  /** @internal Use `serveObject()` or `serveRequests()`. */
  constructor(requests: Requests, handlers: ReadonlyMap<string, Handler>, options: ServeOptions) {
    const { parallel = 32 } = options;
    if (!(parallel >= 1)) throw new CuttleError("local_misuse", `parallel must be 1 or more, got ${parallel}`);
    this.#requests = requests;
    // A server that waits for an implementation, for whatever reason, is not one that was forgotten.
    requests.receiver.leaveAlone();
    this.#handlers = handlers;
    this.#options = options;
    this.#turns = new Turns(parallel);
    this.done = this.#serve();
  }

  /** Takes no more requests; those that were sent before are served. */
  close(): void {
    this.#requests.close();
  }

  /** Ends at once: callers whose request waits or runs get `remote_failed`, and signals abort. */
  drop(): void {
    this.#stop("dropped");
    const reason = new CuttleError("local_closed", "the server was dropped");
    for (const request of this.#running) request.abandon(reason);
  }

  /** As {@link drop}; resolves when all calls have ended. */
  async [asyncDispose](): Promise<void> {
    this.drop();
    await this.done;
  }

  #stop(end: ServerEnd): void {
    this.#end = end;
    this.#requests.drop();
  }

  async #serve(): Promise<ServerEnd> {
    while (this.#end === "over") {
      try {
        const request = (await this.#requests.recv()) as Incoming | undefined;
        if (request === undefined) break;
        await this.#dispatch(request);
      } catch (error) {
        // Anything else than a request that cannot be read is followed by the end of the requests.
        const goOn = !isItemError(error) || (this.#options.monitor?.unreadable?.(error) ?? true);
        if (!goOn) this.#stop("stopped");
        if (CuttleError.is(error, "local_half_used")) break;
      }
    }
    await this.#turns.idle();
    return this.#end;
  }

  /** Resolves when the next request may be taken. */
  async #dispatch(request: Incoming): Promise<void> {
    const { monitor } = this.#options;
    const watcher = monitor?.admit === undefined ? undefined : await this.#admit(request, monitor);
    if (watcher === false || this.#end !== "over") return request.drop();
    const isAlone = request.kind !== "&self";
    if (isAlone) await this.#turns.idle();
    const waiting = this.#turns.shared();
    if (waiting !== undefined) await waiting;
    const run = this.#run(request, watcher).finally(() => this.#turns.leave());
    if (!isAlone && !request.wishes.sequential) return;
    await run;
    if (request.kind === "self" && this.#end === "over") this.#stop("consumed");
  }

  async #admit({ method, signal }: Incoming, monitor: Monitor): Promise<Watcher | false | undefined> {
    const verdict = await monitor.admit?.({ service: this.#requests.service.name, method, signal });
    return verdict === true ? undefined : verdict;
  }

  /** Calls the implementation and answers; never rejects. */
  async #run(request: Incoming, watcher: Watcher | undefined): Promise<void> {
    let end: CallEnd = { how: "done" };
    const isStopped = this.#isStopped && request.wishes.stopOnError;
    if (isStopped || request.isCancelled || this.#end !== "over") {
      request.drop();
      end = { how: "failed", cause: undefined };
    } else {
      this.#running.add(request);
      end = await this.#call(request).catch((cause: unknown) => this.#fail(request, cause));
      this.#running.delete(request);
      if (end.how === "error" && request.wishes.stopOnError) this.#isStopped = true;
    }
    watcher?.(end);
  }

  async #call(request: Incoming): Promise<CallEnd> {
    const handler = this.#handlers.get(request.method) as Handler;
    const { conn } = this.#options;
    const context: CallContext = {
      get signal() {
        return request.signal;
      },
      trace: request.trace,
      conn,
    };
    let value: unknown;
    try {
      value = await handler(request.args, context);
    } catch (error) {
      if (!request.declares(error)) throw error;
      await request.fail(error);
      return { how: "error" };
    }
    await request.reply(value);
    return { how: "done" };
  }

  #fail(request: Incoming, cause: unknown): CallEnd {
    const wasGone = request.isCancelled || this.#end === "dropped";
    request.drop();
    if (!wasGone && !CuttleError.is(cause, "remote_closed")) this.#report(cause, request.method);
    return { how: "failed", cause };
  }

  #report(error: unknown, method: string): void {
    const { onFailure } = this.#options;
    if (onFailure !== undefined) onFailure(error, method);
    else this.#complaints.write(`"${method}" of ${this.#requests.service.name} failed:`, error);
  }
}

/** Only what is declared can be called, and only what the implementation has beyond what every object inherits. */
function handlersOf(service: Service, implementation: object): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  for (const key of service.wire.methods.keys()) {
    const method: unknown = (implementation as Record<string, unknown>)[key];
    const isInherited = method === (Object.prototype as unknown as Record<string, unknown>)[key];
    if (typeof method !== "function" || isInherited || isClass(implementation, method, key)) {
      throw new CuttleError("local_misuse", `the implementation of ${service.name} has no method ${key}`);
    }
    handlers.set(key, (args, context) => Reflect.apply(method, implementation, [args, context]));
  }
  return handlers;
}

/** The class of an instance is no method of it. */
function isClass(implementation: object, method: unknown, key: string): boolean {
  return key === "constructor" && !Object.hasOwn(implementation, key) && typeof method === "function";
}
