/** Functions as values; remoc's `rfn`. The side that sends a function keeps it, the side that gets it calls it. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import { CuttleError } from "../errors/error.ts";
import { MethodError } from "../errors/method-error.ts";
import { callError, rfnCallError } from "../rtc/call-error.ts";
import { type CallName, replyFailure } from "../rtc/failure.ts";
import { replyChannel } from "../rtc/reply-channel.ts";
import { type TracingMode, tracingContext, tracingMode } from "../rtc/tracing.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import type { AbortOptions } from "../util/abort.ts";
import { FunctionProvider, type FunctionRequest, type FunctionType, type Kind } from "./function-provider.ts";

/** A function as it travels. It always returns a promise: over there it is somebody else's. */
export type RemoteFn<A extends readonly unknown[], R> = (...args: A) => Promise<R>;

/** Functions that came from a peer, and what their calls go through. */
const received: WeakMap<object, Received> = /* @__PURE__ */ new WeakMap();

/** Functions of this program that were given a provider. */
const provided: WeakMap<object, FunctionProvider> = /* @__PURE__ */ new WeakMap();

interface Received {
  readonly sender: mpsc.Sender<FunctionRequest> | oneshot.Sender<FunctionRequest>;
  readonly type: FunctionType;
  /** What remoc 0.20 says about spans, as it came. */
  readonly trace: Settings;
}

/**
 * Describes remoc's `RFn`: `t.rfn([t.u32, t.str], t.u32, MyError)` is `RFn<(u32, String), Result<u32, MyError>>`; without
 * an error type the function returns the value itself. Any async function can be sent; it stays here, and calls of it
 * run at once, 32 at most. A function that came from a peer can be sent on, once; `functions.clone` makes another one.
 */
export function rfn<const A extends readonly Descriptor[], T, E = never>(
  args: A,
  result: Descriptor<T>,
  error?: Descriptor<E>,
): Descriptor<RemoteFn<{ -readonly [K in keyof A]: Infer<A[K]> }, T>> {
  return functionType("RFn", args, result, error);
}

/** Describes remoc's `RFnMut`: as {@link rfn}, but calls run one after the other, and it cannot be cloned. */
export function rfnMut<const A extends readonly Descriptor[], T, E = never>(
  args: A,
  result: Descriptor<T>,
  error?: Descriptor<E>,
): Descriptor<RemoteFn<{ -readonly [K in keyof A]: Infer<A[K]> }, T>> {
  return functionType("RFnMut", args, result, error);
}

/** Describes remoc's `RFnOnce`: as {@link rfn}, but it can be called once. */
export function rfnOnce<const A extends readonly Descriptor[], T, E = never>(
  args: A,
  result: Descriptor<T>,
  error?: Descriptor<E>,
): Descriptor<RemoteFn<{ -readonly [K in keyof A]: Infer<A[K]> }, T>> {
  return functionType("RFnOnce", args, result, error);
}

/** Gives a function a provider, with which it can be taken back and watched. The provider counts for all its sendings. */
export function provide<F extends (...args: never[]) => Promise<unknown>>(
  fn: F,
  options: { maxConcurrency?: number } = {},
): { fn: F; provider: FunctionProvider } {
  const own = ((...args: never[]) => fn(...args)) as F;
  const provider = new FunctionProvider(options.maxConcurrency);
  provided.set(own, provider);
  return { fn: own, provider };
}

/** Calls a function that came from a peer, so that the call can be given up. Settles as the function itself. */
export async function call<A extends readonly unknown[], R>(
  fn: RemoteFn<A, R>,
  args: A,
  options: AbortOptions = {},
): Promise<R> {
  return (await invoke(stateOf(fn), args, options)) as R;
}

/** Another function of the same kind. Throws `local_misuse` for one that is called in turns or once. */
export function clone<F extends (...args: never[]) => Promise<unknown>>(fn: F): F {
  const state = stateOf(fn);
  if (state.type.kind !== "RFn" || !(state.sender instanceof mpsc.Sender)) {
    throw new CuttleError("local_misuse", `an ${state.type.kind} cannot be cloned`);
  }
  return makeFunction({ ...state, sender: state.sender.clone() }) as unknown as F;
}

/** Resolves when a function that came from a peer can be called no more. */
export async function closed(fn: (...args: never[]) => Promise<unknown>): Promise<void> {
  await stateOf(fn).sender.closed();
}

/** Lets go of a function that came from a peer; its owner is told when it was the last one. */
export function release(fn: (...args: never[]) => Promise<unknown>): void {
  stateOf(fn).sender.close();
}

function functionType<T>(
  kind: Kind,
  args: readonly Descriptor[],
  value: Descriptor,
  declared: Descriptor | undefined,
): Descriptor<T> {
  const error = declared === callError ? rfnCallError : declared;
  const result = error === undefined ? value : t.result(value, error);
  const call = { argument: args.length === 0 ? t.unit : t.tuple(...args), result_tx: oneshot.sender(result) };
  const request = numberedStruct(
    "RFnRequest",
    { ...call, tracing: t.withDefault(tracingContext, null) },
    { long: { ...call, tracing: t.field("tracing", tracingContext, { skipNone: true }) }, old: call },
  ) as Descriptor as Descriptor<FunctionRequest>;
  const type: FunctionType = { kind, args, request, result, error };
  const sender: Descriptor<Received["sender"]> = kind === "RFnOnce" ? oneshot.sender(request) : mpsc.sender(request);
  const shape = numberedStruct(kind, { request_tx: sender, trace: settings }, { old: { request_tx: sender } });
  const options: HalfCodec<typeof shape> = {
    embed(fn) {
      if (typeof fn !== "function") throw new CuttleError("local_encode", `expected a function, got ${typeof fn}`);
      const known = received.get(fn);
      if (known === undefined) return { request_tx: send(fn as AnyFunction, type), trace: DEFAULT_SETTINGS };
      if (known.type.kind === kind) return { request_tx: known.sender, trace: known.trace };
      throw new CuttleError("local_encode", `an ${known.type.kind} of a peer cannot be sent on as an ${kind}`);
    },
    receive: ({ request_tx, trace = DEFAULT_SETTINGS }) => makeFunction({ sender: request_tx, type, trace }),
  };
  return transported<T>({ name: kind, shape, options });
}

type AnyFunction = (...args: readonly unknown[]) => Promise<unknown>;

/** A function of this program goes out: its calls will come through this channel. */
function send(fn: AnyFunction, type: FunctionType): Received["sender"] {
  const provider = provided.get(fn) ?? new FunctionProvider();
  if (type.kind === "RFnOnce") {
    const [sender, receiver] = oneshot.channel(type.request);
    provider.serveOnce(fn, type, receiver);
    return sender;
  }
  const [sender, receiver] = mpsc.channel(type.request, { capacity: 1 });
  provider.serve(fn, type, receiver);
  return sender;
}

function makeFunction(state: Received): AnyFunction {
  const fn: AnyFunction = (...args) => invoke(state, args, {});
  received.set(fn, state);
  return fn;
}

function stateOf(fn: unknown): Received {
  const state = typeof fn === "function" ? received.get(fn) : undefined;
  if (state === undefined) throw new CuttleError("local_misuse", "this is no function that came from a peer");
  return state;
}

async function invoke(
  { sender, type }: Received,
  args: readonly unknown[],
  { signal }: AbortOptions,
): Promise<unknown> {
  signal?.throwIfAborted();
  const { kind, args: types, result, error } = type;
  if (args.length !== types.length) {
    throw new CuttleError("local_encode", `this ${kind} takes ${types.length} arguments, got ${args.length}`);
  }
  const [result_tx, result_rx] = replyChannel(result);
  const argument = types.length === 0 ? null : args;
  try {
    await sender.send({ argument, result_tx, tracing: null }, { signal });
    return outcome(await result_rx.recv({ signal }), error);
  } catch (failure) {
    result_rx.drop();
    if (signal?.aborted === true || MethodError.is(failure, error ?? type)) throw failure;
    throw replyFailure(failure, nameOf(type));
  }
}

function outcome(value: unknown, error: Descriptor | undefined): unknown {
  if (error === undefined) return value;
  const result = value as { Ok: unknown } | { Err: unknown };
  if ("Ok" in result) return result.Ok;
  throw new MethodError(error, result.Err);
}

function nameOf({ kind, args }: FunctionType): CallName {
  return { text: `the function (${kind})`, args: Object.fromEntries(args.map((type, at) => [at, type])) };
}

/** remoc 0.20's settings for spans. */
interface Settings {
  name: string | null;
  tracing: TracingMode;
  level: number;
}

const DEFAULT_SETTINGS: Settings = { name: null, tracing: "Both", level: 0 };

const settings: Descriptor<Settings> = /* @__PURE__ */ t.withDefault(
  /* @__PURE__ */ numberedStruct("TransportedSettings", {
    name: /* @__PURE__ */ t.withDefault(/* @__PURE__ */ t.option(t.str), null),
    tracing: tracingMode,
    level: /* @__PURE__ */ t.withDefault(t.u8, 0),
  }),
  DEFAULT_SETTINGS,
);
