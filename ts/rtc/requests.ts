/** The receiving end of a service: requests as values, to be answered by whoever takes them. */

import { isItemError } from "../channel/item.ts";
import type * as mpsc from "../channel/mpsc.ts";
import type * as oneshot from "../channel/oneshot.ts";
import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { iterate } from "../util/iterate.ts";
import { isCallError } from "./call-error.ts";
import type { Client } from "./client.ts";
import { declaredError } from "./declared-error.ts";
import { discard } from "./discard.ts";
import { notServed } from "./failure.ts";
import { attach } from "./forward.ts";
import type { AnyMethod, Args, Kind, Result } from "./method.ts";
import { REPLY, type Reply, type Responder } from "./responder.ts";
import type { Methods, MethodWire, Service, WireFields, WireRequest } from "./service.ts";
import type { TracingContext } from "./tracing.ts";

/** A request of any method of a service; `method` tells which, and with it the types of the rest. */
export type Request<M extends Methods> = { [K in keyof M & string]: MethodRequest<K, M[K]> }[keyof M & string];

/** A request that waits for its answer. Exactly one of `reply`, `fail` and `drop` ends it. */
export interface MethodRequest<K extends string = string, M extends AnyMethod = AnyMethod> {
  /** The key of the method in the service. */
  readonly method: K;
  readonly args: Args<M>;
  /** Aborts when the caller has gone or the connection to it was lost; never for a method that is not cancelled. */
  readonly signal: AbortSignal;
  /** The caller's span, if it told one. */
  readonly trace: TracingContext | undefined;
  /**
   * Answers. Resolves when the connection took the answer; rejects with `remote_closed` when the caller has gone, with
   * `local_encode` or `local_item_too_large` when the value cannot be sent: then the caller is told `remote_failed`, and
   * halves in the value are let go of.
   */
  reply(value: Result<M>): Promise<void>;
  /** Answers with an error: the method's own, or what it takes for a `CallError`. Settles as {@link reply}. */
  fail(error: unknown): Promise<void>;
  /** Does not answer; the caller is told `remote_failed`. */
  drop(): void;
}

/** The requests that the clients of a service send. Iterate them, or give them to `serve`. */
export class Requests<M extends Methods = Methods> implements AsyncIterable<Request<M>> {
  readonly service: Service<M>;
  /** @internal */
  readonly receiver: mpsc.Receiver<WireRequest>;

  /** @internal Use `requestsOf()`. */
  constructor(service: Service<M>, receiver: mpsc.Receiver<WireRequest>) {
    this.service = service;
    this.receiver = receiver;
  }

  /**
   * The next request, or undefined when all clients have gone or this was closed and everything was taken. Rejects with
   * `peer_decode`, `peer_item_too_large` or `peer_missing_ports` for a request that cannot be read, whose caller is told
   * so; the next call goes on. Rejects with the abort reason.
   */
  async recv(options: AbortOptions = {}): Promise<Request<M> | undefined> {
    const wire = await this.wire(options);
    if (wire === undefined) return undefined;
    const { method, fields } = this.service.wire.find(wire);
    return new Incoming(method, fields) as unknown as Request<M>;
  }

  /** @internal As {@link recv}, before anything is made of it. */
  async wire(options: AbortOptions = {}): Promise<WireRequest | undefined> {
    for (;;) {
      const wire = await this.receiver.recv(options);
      if (wire?.Apart === undefined) return wire;
      void this.#takeApart(wire.Apart);
    }
  }

  /** Takes a request from a channel of its own; it then stands behind those that are here. */
  async #takeApart(apart: oneshot.Receiver<WireRequest>): Promise<void> {
    const { queue } = this.receiver.end;
    const source = { queueClosed() {}, queueDeaf: () => apart.drop() };
    queue.addPump();
    queue.addSource(source);
    try {
      const value = await apart.recv();
      if (value.Apart === undefined && this.receiver.isHere)
        await queue.pass({ value }, undefined, { discard: () => discard(value) });
      else discard(value);
    } catch (error) {
      // Others are of its caller, who has gone.
      if (isItemError(error)) await queue.pass({ error });
    } finally {
      queue.removeSource(source);
      queue.removePump();
    }
  }

  /** Iterates the requests that can be read. Leaving the loop drops the rest. */
  [Symbol.asyncIterator](): AsyncGenerator<Request<M>, void, undefined> {
    return iterate({ recv: () => this.#readable(), drop: () => this.drop() });
  }

  /** Takes no more requests; those that were sent before can still be received. */
  close(): void {
    this.receiver.close();
  }

  /** Takes no more requests; those that were sent are not answered, which their callers are told. */
  drop(): void {
    if (!this.receiver.isHere) return;
    this.receiver.close();
    void this.#dropRest();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  async #readable(): Promise<Request<M> | undefined> {
    for (;;) {
      try {
        return await this.recv();
      } catch (error) {
        if (!isItemError(error)) throw error;
      }
    }
  }

  async #dropRest(): Promise<void> {
    for (let over = false; !over; ) {
      try {
        const request = await this.recv();
        over = request === undefined;
        (request as Incoming | undefined)?.refuse();
      } catch (error) {
        // The end follows every error; one of the receiver itself is the end.
        over = CuttleError.is(error, "local_half_used");
      }
    }
    this.receiver.drop();
  }
}

/** A request as its server sees it. @internal */
export class Incoming {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly #wire: MethodWire;
  readonly #responder: Responder;
  #controller: AbortController | undefined;
  #isAttached = false;

  constructor(wire: MethodWire, fields: WireFields) {
    const { [REPLY]: responder, ...args } = fields;
    this.method = wire.key;
    this.args = args;
    this.#wire = wire;
    this.#responder = responder;
    // Nobody waits for the client that they are for.
    if (responder.requests !== undefined) void responder.reply.closed().then(() => this.#dropUnattached());
  }

  /** What its caller wants beside the answer. */
  get wishes(): Responder["wishes"] {
    return this.#responder.wishes;
  }

  /** The caller's span, if it told one. */
  get trace(): TracingContext | undefined {
    return this.#responder.wishes.trace ?? undefined;
  }

  /** Made at first use: most handlers do not ask for it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#wire.method.options.noCancel !== true) {
        const gone = (): void => controller.abort(callerGone(this.method));
        const { reply } = this.#responder;
        if (reply.isClosed) gone();
        else void reply.closed().then(gone);
      }
    }
    return this.#controller.signal;
  }

  async reply(value: unknown): Promise<void> {
    const { requests } = this.#responder;
    if (requests === undefined) return await this.#send({ Ok: value });
    // The caller has the client already: what it sent goes to this one from now on.
    this.#isAttached = true;
    void attach(requests, value as Client);
    await this.#send({ Ok: null });
  }

  async fail(error: unknown): Promise<void> {
    const declared = declaredError(error, this.#wire.method.error);
    if (declared === undefined) return this.drop();
    this.#responder.requests?.drop();
    await this.#send({ Err: declared.value });
  }

  drop(): void {
    this.#responder.drop();
  }

  /** Nobody serves it: the caller is told so where the method's error has a place for that. */
  refuse(): void {
    if (isCallError(this.#wire.method.error)) {
      this.#responder.requests?.drop();
      // Who is gone need not be told.
      void this.#send({ Err: notServed(undefined, { text: `"${this.method}"`, args: {} }) }).catch(() => undefined);
    } else this.drop();
  }

  /** Whether a caller that gives up ends the call. */
  get isCancelled(): boolean {
    return this.#wire.method.options.noCancel !== true && this.#responder.reply.isClosed;
  }

  /** Whether an error is one that the caller can be told. */
  declares(error: unknown): boolean {
    return declaredError(error, this.#wire.method.error) !== undefined;
  }

  /** Whether the implementation may change its object. */
  get kind(): Kind {
    return this.#wire.method.kind;
  }

  /** The server was dropped: nobody wants the answer. */
  abandon(reason: CuttleError): void {
    this.drop();
    if (this.#wire.method.options.noCancel !== true) this.#controller?.abort(reason);
  }

  #dropUnattached(): void {
    if (!this.#isAttached && this.isCancelled) this.#responder.requests?.drop();
  }

  async #send(reply: Reply): Promise<void> {
    try {
      await this.#responder.reply.send(reply);
    } catch (error) {
      this.#responder.reply.close();
      discard(reply);
      throw error;
    }
  }
}

function callerGone(method: string): CuttleError {
  return new CuttleError("remote_closed", `the caller of "${method}" gave up or is gone`);
}
