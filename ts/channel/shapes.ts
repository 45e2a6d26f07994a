/**
 * The wire shapes of remoc's own types, each in one place: the long form, which remoc 0.18 and 0.20 use with peers
 * that announce nothing. Source: remoc 0.18.3 and 0.20.5 `rch`, PROTOCOL.md section 6.
 */

import { CuttleError } from "../errors/error.ts";
import type { PeerSettings } from "../mux/mux.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { owned } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";

/** The limit of remoc's channels for one item, in bytes. */
export const DEFAULT_MAX_ITEM_BYTES: number = 16 * 1024 * 1024;

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** What the long form has and the compact one does not. */
const marker = /* @__PURE__ */ t.withDefault(t.unitStruct, null);

/** Fields of 0.20, which leaves them out in Postbag when they have these defaults and the peer allows it. */
const limit = /* @__PURE__ */ t.withDefault(t.u64, /* @__PURE__ */ BigInt(DEFAULT_MAX_ITEM_BYTES));
const parallel = /* @__PURE__ */ t.withDefault(/* @__PURE__ */ t.vec(t.u32), () => []);
const flag = /* @__PURE__ */ t.withDefault(t.bool, false);
const ALLOWED = { skipDefault: "allowed" } as const;
/** Readers of 0.20 never need it where fields have names; those of 0.19 do not know it. */
const ALWAYS = { skipDefault: "always" } as const;

/** `rch::mpsc::Sender` and `rch::oneshot::Sender`; without a port it is closed already. */
export interface MpscSender {
  readonly port: number | null;
  readonly max_item_size: bigint;
  /** Further ports over which items are spread in turns: remoc 0.20. */
  readonly parallel?: readonly number[];
}

/** The forms of {@link MpscSender}. */
export const mpscSender = /* @__PURE__ */ owned<MpscSender>({
  old: /* @__PURE__ */ t.struct("mpsc::Sender", {
    port: /* @__PURE__ */ t.option(t.u32),
    data: marker,
    codec: marker,
    max_item_size: /* @__PURE__ */ t.withDefault(t.u64, U64_MAX),
  }),
  long: /* @__PURE__ */ t.struct("mpsc::Sender", {
    port: /* @__PURE__ */ t.option(t.u32),
    data: marker,
    codec: marker,
    max_item_size: /* @__PURE__ */ t.field("max_item_size", limit, ALLOWED),
    parallel: /* @__PURE__ */ t.field("parallel", parallel, ALWAYS),
  }),
  compact: /* @__PURE__ */ t.struct("mpsc::Sender", {
    port: /* @__PURE__ */ t.field("_0", /* @__PURE__ */ t.option(t.u32)),
    max_item_size: /* @__PURE__ */ t.field("_1", limit, ALLOWED),
    parallel: /* @__PURE__ */ t.field("_2", parallel, ALLOWED),
  }),
});

/** `rch::mpsc::Receiver` and `rch::oneshot::Receiver`. */
export interface MpscReceiver {
  readonly port: number;
  readonly closed: boolean;
  readonly max_item_size: bigint;
  readonly parallel?: readonly number[];
}

/** The forms of {@link MpscReceiver}. */
export const mpscReceiver = /* @__PURE__ */ owned<MpscReceiver>({
  old: /* @__PURE__ */ t.struct("mpsc::Receiver", {
    port: t.u32,
    data: marker,
    codec: marker,
    closed: flag,
    max_item_size: /* @__PURE__ */ t.withDefault(t.u64, 0n),
  }),
  long: /* @__PURE__ */ t.struct("mpsc::Receiver", {
    port: t.u32,
    data: marker,
    codec: marker,
    closed: /* @__PURE__ */ t.field("closed", flag, ALLOWED),
    max_item_size: /* @__PURE__ */ t.field("max_item_size", limit, ALLOWED),
    parallel: /* @__PURE__ */ t.field("parallel", parallel, ALWAYS),
  }),
  compact: /* @__PURE__ */ t.struct("mpsc::Receiver", {
    port: /* @__PURE__ */ t.field("_0", t.u32),
    closed: /* @__PURE__ */ t.field("_1", flag, ALLOWED),
    max_item_size: /* @__PURE__ */ t.field("_2", limit, ALLOWED),
    parallel: /* @__PURE__ */ t.field("_3", parallel, ALLOWED),
  }),
});

const binLong = /* @__PURE__ */ t.struct("bin", { port: t.u32 });

/** `rch::bin::Sender` and `rch::bin::Receiver`. */
export const binHalf = /* @__PURE__ */ owned<{ readonly port: number }>({
  old: binLong,
  long: binLong,
  compact: /* @__PURE__ */ t.struct("bin", { port: /* @__PURE__ */ t.field("_0", t.u32) }),
});

/** `rch::lr::Sender` and `rch::lr::Receiver`. */
export const lrHalf = /* @__PURE__ */ owned<{ readonly port: number; readonly max_item_size: bigint }>({
  old: /* @__PURE__ */ t.struct("lr", {
    port: t.u32,
    data: marker,
    codec: marker,
    max_item_size: /* @__PURE__ */ t.withDefault(t.u64, U64_MAX),
  }),
  long: /* @__PURE__ */ t.struct("lr", {
    port: t.u32,
    data: marker,
    codec: marker,
    max_item_size: /* @__PURE__ */ t.field("max_item_size", limit, ALLOWED),
  }),
  compact: /* @__PURE__ */ t.struct("lr", {
    port: /* @__PURE__ */ t.field("_0", t.u32),
    max_item_size: /* @__PURE__ */ t.field("_1", limit, ALLOWED),
  }),
});

const broadcastLong = /* @__PURE__ */ t.struct("broadcast::Receiver", { rx: mpscReceiver });

/** `rch::broadcast::Receiver`. */
export const broadcastReceiver = /* @__PURE__ */ owned<{ readonly rx: MpscReceiver }>({
  old: broadcastLong,
  long: broadcastLong,
  compact: /* @__PURE__ */ t.struct("broadcast::Receiver", { rx: /* @__PURE__ */ t.field("_0", mpscReceiver) }),
});

/** What a broadcast carries. */
export type BroadcastMessage<T> = { Value: T } | "Lagged";

/** An item of a broadcast, below what {@link item} adds. */
export function broadcastMessage<T>(type: Descriptor<T>): Descriptor<BroadcastMessage<T>> {
  const long = t.enum("BroadcastMsg", { Value: t.newtype(type), Lagged: t.unit });
  const compact = t.enum("BroadcastMsg", { Value: t.field("_0", t.newtype(type)), Lagged: t.field("_1", t.unit) });
  return owned({ old: long, long, compact });
}

/** A half of a watch channel. */
export interface WatchHalf<T> {
  port: number;
  /** The current value. */
  data: { Ok: T } | { Err: RecvError };
  max_item_size: bigint;
  /** What a receiving half asks for. */
  rate_limit?: Duration;
  /** What a sending half keeps to, and what its receivers ask for. */
  sender_rate_limit?: Duration;
  receiver_rate_limit?: Duration;
  transfer_strategy?: TransferStrategy;
}

/**
 * How many values of a watch channel may be under way: `Single` sends the next one when the last was taken, for peers that
 * can tell; the others send as fast as the peer lets them come.
 */
export type TransferStrategy = "Single" | "GlobalBuffered" | "ChannelBuffered";

/** As `std::time::Duration`. */
interface Duration {
  secs: bigint;
  nanos: number;
}

/** A duration as the wire has it. */
export function durationToWire(ms: number): Duration {
  return { secs: BigInt(Math.floor(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) };
}

/** A duration from the wire, in milliseconds. */
export function durationFromWire(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.secs) * 1000 + duration.nanos / 1e6;
}

/** `rch::watch::Sender` or `rch::watch::Receiver`; only what an absent `max_item_size` of the old form means differs. */
export function watchHalf<T>(type: Descriptor<T>, half: "Sender" | "Receiver"): Descriptor<WatchHalf<T>> {
  const name = `watch::${half}`;
  const data = item(type);
  const limits = half === "Sender" ? ["sender_rate_limit", "receiver_rate_limit"] : ["rate_limit"];
  const long = limits.map((limit) => [limit, t.field(limit, t.withDefault(t.duration, NO_RATE_LIMIT), ALWAYS)]);
  const compact = limits.map((limit, i) => [limit, t.field(`_${3 + i}`, t.withDefault(seconds, NO_SECONDS), ALLOWED)]);
  return owned<WatchHalf<T>>({
    old: t.struct(name, {
      port: t.u32,
      data,
      codec: marker,
      max_item_size: t.withDefault(t.u64, half === "Sender" ? U64_MAX : 0n),
    }),
    long: t.struct(name, {
      port: t.u32,
      data,
      codec: marker,
      max_item_size: t.field("max_item_size", limit, ALLOWED),
      ...(Object.fromEntries(long) as object),
      transfer_strategy: t.field("transfer_strategy", t.withDefault(strategy, "ChannelBuffered"), ALWAYS),
    }),
    compact: t.struct(name, {
      port: t.field("_0", t.u32),
      data: t.field("_1", data),
      max_item_size: t.field("_2", limit, ALLOWED),
      ...(Object.fromEntries(compact) as object),
      transfer_strategy: t.field(`_${3 + limits.length}`, t.withDefault(strategy, "ChannelBuffered"), ALLOWED),
    }),
  });
}

const NO_RATE_LIMIT = { secs: 0n, nanos: 0 };
/** A duration in the compact form. */
const seconds = /* @__PURE__ */ t.tuple(t.u64, t.u32);
const NO_SECONDS: [bigint, number] = [0n, 0];

const strategyLong = /* @__PURE__ */ t.enum("TransferStrategy", {
  Single: t.unit,
  GlobalBuffered: t.unit,
  ChannelBuffered: t.unit,
});
const strategy = /* @__PURE__ */ owned<TransferStrategy>({
  old: strategyLong,
  long: strategyLong,
  compact: /* @__PURE__ */ t.enum("TransferStrategy", {
    Single: /* @__PURE__ */ t.field("_0", t.unit),
    GlobalBuffered: /* @__PURE__ */ t.field("_1", t.unit),
    ChannelBuffered: /* @__PURE__ */ t.field("_59", t.unit, { other: true }),
  }),
});

/** A limit as the wire has it. */
export function sizeToWire(bytes: number): bigint {
  return Number.isFinite(bytes) ? BigInt(bytes) : U64_MAX;
}

/** A limit from the wire; more than a number can hold is no limit. */
export function sizeFromWire(bytes: bigint): number {
  return bytes > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(bytes);
}

type Generation = PeerSettings["generation"];

const ports = { LocalPortsExhausted: t.unit, RemotePortsExhausted: t.unit };

/** Why a value could not be received; `rch::base::RecvError`. */
export const baseRecvError = /* @__PURE__ */ numbered("base::RecvError", {
  Receive: /* @__PURE__ */ numbered("chmux::RecvError", {
    ChMux: t.unit,
    ExceedsMaxDataSize: t.u64,
    ExceedsMaxPortCount: t.u64,
    Rejected: /* @__PURE__ */ t.struct({ no_ports: t.bool }),
  }),
  Deserialize: t.str,
  MissingPorts: /* @__PURE__ */ t.vec(t.u32),
  MaxItemSizeExceeded: t.unit,
});

/** The variants of `mpsc::RecvError` of remoc 0.18 and 0.19, which a forwarding peer passes on. */
export const variants18 = {
  RemoteReceive: baseRecvError,
  RemoteConnect: /* @__PURE__ */ t.enum("ConnectError", {
    ...ports,
    TooManyPendingConnectionRequests: t.unit,
    Rejected: t.unit,
    ChMux: t.unit,
  }),
  RemoteListen: /* @__PURE__ */ t.enum("ListenerError", { LocalPortsExhausted: t.unit, MultiplexerError: t.unit }),
};

/** The same of 0.20: other names, and other places of them in codecs that write no names. */
export const variants20 = {
  Receive: baseRecvError,
  Connect: /* @__PURE__ */ numbered("ConnectError", {
    ...ports,
    TooManyPendingConnectReqs: t.unit,
    Rejected: t.unit,
    ChMux: t.unit,
  }),
  Listen: /* @__PURE__ */ numbered("ListenerError", {
    LocalPortsExhausted: t.unit,
    RemotePortAlreadyAllocated: t.u32,
    ChMux: t.unit,
  }),
  // It nests itself; what stands inside is of no use here.
  Remote: /* @__PURE__ */ t.option(/* @__PURE__ */ t.lazy((): Descriptor<RecvError20> => recvError20)),
};

const recvError18 = /* @__PURE__ */ t.enum("mpsc::RecvError", variants18);
const recvError20 = /* @__PURE__ */ t.recoverable(
  /* @__PURE__ */ numbered("mpsc::RecvError", variants20, { Remote: "_50" }),
  () => ({ Remote: null }),
);

type RecvError20 =
  | { Receive: Infer<typeof baseRecvError> }
  | { Connect: unknown }
  | { Listen: unknown }
  | { Remote: RecvError20 | null };

/** An error that a peer tells in place of a value. */
export type RecvError = Infer<typeof recvError18> | RecvError20;

/** An item of an mpsc, oneshot or watch channel. */
export function item<T>(type: Descriptor<T>): Descriptor<{ Ok: T } | { Err: RecvError }> {
  return owned<{ Ok: T } | { Err: RecvError }>({
    old: t.result(type, recvError18),
    long: t.result(type, recvError20),
    compact: t.enum("Result", { Ok: t.field("_0", t.newtype(type)), Err: t.field("_1", t.newtype(recvError20)) }),
  });
}

/** An enum whose variants have numbers as names in the compact form; `special` ones are not the place. */
function numbered<const V extends t.Variants>(name: string, variants: V, special: Record<string, string> = {}) {
  const long = t.enum(name, variants);
  const entries = Object.entries(variants).map(([key, type], i) => [key, t.field(special[key] ?? `_${i}`, type)]);
  const compact = t.enum(name, Object.fromEntries(entries) as unknown as V);
  return owned<Infer<typeof long>>({ old: long, long, compact });
}

/** How an error of a received value is told to the next hop. Peers know different names by generation. */
export function errorToWire(error: CuttleError, generation: Generation): RecvError {
  const receive = receiveErrorToWire(error);
  return generation === "0.20" ? { Receive: receive } : { RemoteReceive: receive };
}

/** How the loss of the connection that values came from is told to the next hop: no more values come. */
export function finalErrorToWire(generation: Generation): RecvError {
  const receive = { Receive: "ChMux" } as const;
  return generation === "0.20" ? { Receive: receive } : { RemoteReceive: receive };
}

function receiveErrorToWire(error: CuttleError): Infer<typeof baseRecvError> {
  if (error.code === "peer_item_too_large") return "MaxItemSizeExceeded";
  if (error.code === "peer_missing_ports") return { MissingPorts: [] };
  return { Deserialize: error.message };
}

/** What an error passed on by the peer means here. After a `final` one no more values come. */
export function receivedError(wire: RecvError): { error: CuttleError; final: boolean } {
  const [kind, detail] = Object.entries(wire)[0] ?? ["", undefined];
  const text = typeof detail === "string" ? detail : JSON.stringify(detail, bigintToText);
  const isReceive = kind === "Receive" || kind === "RemoteReceive";
  const final = !isReceive || isFinalReceive(detail);
  const error = new CuttleError(
    "remote_failed",
    `the other side could not receive a value that it was to pass on: ${kind} ${text}`,
    { data: { kind, concerns: final ? "connection" : "item" } },
  );
  return { error, final };
}

function isFinalReceive(detail: unknown): boolean {
  return typeof detail === "object" && detail !== null && (detail as { Receive?: unknown }).Receive === "ChMux";
}

function bigintToText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
