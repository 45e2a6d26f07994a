/** Where the answer to a request goes, and how its caller wants it; remoc's `Responder`. PROTOCOL.md section 15. */

import type { HalfCodec } from "../channel/half.ts";
import * as oneshot from "../channel/oneshot.ts";
import { ownedResult } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { owned } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import { numberedEnum, numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import { asyncDispose } from "../util/dispose.ts";
import type { Client } from "./client.ts";
import { attach } from "./forward.ts";
import { replyChannel, replySender } from "./reply-channel.ts";
import type { Requests } from "./requests.ts";
import { type TracingContext, tracingContext } from "./tracing.ts";

/** Its name in requests. */
export const REPLY = "__reply_tx";

/** What comes back. */
export type Reply = { Ok: unknown } | { Err: unknown };

/** What a caller wants of one call beside its answer; only remoc 0.20 can be told. */
export interface Wishes {
  /** The call ends before the next one of this service begins. */
  readonly sequential: boolean;
  /** After an error of the method no further call is served whose caller wants the same. */
  readonly stopOnError: boolean;
  /** The caller's span. */
  readonly trace: TracingContext | null;
}

/** None. */
export const NO_WISHES: Wishes = Object.freeze({ sequential: false, stopOnError: false, trace: null });

/** The first field of a request. */
export class Responder {
  /** Takes the answer; of a pipelined call the client is not in it. */
  readonly reply: oneshot.Sender<Reply>;
  readonly wishes: Wishes;
  /** Of a pipelined call: what the returned client is to do. */
  readonly requests: Requests | undefined;

  /** Owns what it is given. */
  constructor(reply: oneshot.Sender<Reply>, wishes: Wishes = NO_WISHES, requests?: Requests) {
    this.reply = reply;
    this.wishes = wishes;
    this.requests = requests;
  }

  /** Does not answer; callers of a pipelined client are not served. */
  drop(): void {
    this.reply.close();
    this.requests?.drop();
  }

  /** Tells the caller why the request goes nowhere. */
  refuse(error: CuttleError): void {
    this.reply.end.queue.failReceiver(error);
    this.drop();
  }

  /** As {@link drop}. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/** What a method says about its responders. */
export interface ResponderType {
  readonly result: Descriptor;
  readonly error: Descriptor;
  /** The descriptor of requests for the returned client; undefined when no client is returned. */
  readonly requests: () => Descriptor<Requests> | undefined;
  /** Whether servers of remoc 0.20 take pipelined calls of the method. */
  readonly pipelinable: boolean;
}

/** The descriptor of the responders of a method. */
export function responder(type: ResponderType): Descriptor<Responder> {
  const full = ownedResult(type.result, type.error);
  const sender = replySender(full as Descriptor<Reply>);
  const bare = replySender(ownedResult(t.unit, type.error) as Descriptor<Reply>);
  const compact = numberedStruct("Responder", {
    reply: numberedEnum("ResponseSender", { Full: t.newtype(sender), WithoutValue: t.newtype(bare) }),
    requests: t.withDefault(t.option(t.lazy(() => type.requests() ?? NO_REQUESTS)), null),
    sequential: t.withDefault(t.bool, false),
    stop_on_error: t.withDefault(t.bool, false),
    tracing: t.withDefault(tracingContext, null),
  }) as Descriptor;
  const shape = owned<unknown>({ old: sender, long: sender, compact });
  const options: HalfCodec<typeof shape> = {
    embed(value, { dialect: { compact } }) {
      if (!(value instanceof Responder)) throw new CuttleError("local_encode", "expected a place for the answer");
      const { requests, wishes } = value;
      if (!compact && (wishes.sequential || wishes.stopOnError)) refuseWishes(value);
      const isTaken = requests === undefined || (compact && type.pipelinable);
      const sent = isTaken ? value : new Responder(waitForClient(value, requests, full), wishes);
      return compact ? toWire(sent) : sent.reply;
    },
    receive(plain) {
      if (plain instanceof oneshot.Sender) return new Responder(plain);
      return fromWire(plain as Wire, type.requests() !== undefined);
    },
  };
  return transported<Responder>({ name: "responder", shape, options });
}

/** Stands where no method returns a client. */
const NO_REQUESTS = /* @__PURE__ */ t.struct("no requests", {}) as Descriptor;

/** The compact form. */
interface Wire {
  readonly reply: { readonly Full?: oneshot.Sender<Reply>; readonly WithoutValue?: oneshot.Sender<Reply> };
  readonly requests: Requests | null;
  readonly sequential: boolean;
  readonly stop_on_error: boolean;
  readonly tracing: TracingContext | null;
}

function toWire({ reply, requests, wishes }: Responder): Wire {
  return {
    reply: requests === undefined ? { Full: reply } : { WithoutValue: reply },
    requests: requests ?? null,
    sequential: wishes.sequential,
    stop_on_error: wishes.stopOnError,
    tracing: wishes.trace,
  };
}

function fromWire(wire: Wire, returnsClient: boolean): Responder {
  const {
    reply: { Full, WithoutValue },
    requests,
    tracing,
    ...wishes
  } = wire;
  const reply = requests === null ? Full : WithoutValue;
  if (reply === undefined || (requests !== null && !returnsClient)) {
    throw new CuttleError("peer_decode", "the peer sent a request that is neither pipelined nor wants a whole answer");
  }
  const { sequential, stop_on_error: stopOnError } = wishes;
  return new Responder(reply, { sequential, stopOnError, trace: tracing }, requests ?? undefined);
}

/** What a peer without compact forms cannot be told. */
function refuseWishes(responder: Responder): never {
  const error = new CuttleError(
    "peer_incompatible",
    "the call was not sent: the other side does not know sequential and stopOnError, which need remoc 0.20. " +
      "Leave them out towards older programs",
  );
  responder.refuse(error);
  throw error;
}

/**
 * For a peer that does not take the requests of a pipelined call: they wait here until it has answered with the client.
 * Returns where it is to answer.
 */
function waitForClient(responder: Responder, requests: Requests, full: Descriptor): oneshot.Sender<Reply> {
  const { reply } = responder;
  const [sender, receiver] = replyChannel(full as Descriptor<Reply>, { maxItemBytes: reply.maxItemBytes });
  void reply.closed().then(() => receiver.drop());
  void receiver.recv().then(
    (answer) => {
      if ("Ok" in answer) void attach(requests, answer.Ok as Client);
      else requests.drop();
      // Who is gone need not be told.
      return reply.send("Ok" in answer ? { Ok: null } : answer).catch(() => undefined);
    },
    (error) => {
      if (sender.wasGivenBack) reply.giveBack();
      responder.refuse(CuttleError.from(error));
    },
  );
  return sender;
}
