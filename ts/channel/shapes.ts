/**
 * The wire shapes of remoc's own types, each in one place: the long form, which remoc 0.18 and 0.20 use with peers
 * that announce nothing. Source: remoc 0.18.3 and 0.20.5 `rch`, PROTOCOL.md section 6.
 */

import { CuttleError } from "../errors/error.ts";
import type { PeerSettings } from "../mux/mux.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";

/** The limit of remoc's channels for one item, in bytes. */
export const DEFAULT_MAX_ITEM_BYTES: number = 16 * 1024 * 1024;

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Further ports over which items are spread in turns: remoc 0.20. Only ever read. */
const parallelPorts = /* @__PURE__ */ t.field("parallel", /* @__PURE__ */ t.option(/* @__PURE__ */ t.vec(t.u32)), {
  skipNone: true,
  namedOnly: true,
});

/** `rch::mpsc::Sender` and `rch::oneshot::Sender`; without a port it is closed already. */
export const mpscSender = /* @__PURE__ */ t.struct("mpsc::Sender", {
  port: /* @__PURE__ */ t.option(t.u32),
  data: /* @__PURE__ */ t.withDefault(t.unitStruct, null),
  codec: /* @__PURE__ */ t.withDefault(t.unitStruct, null),
  max_item_size: /* @__PURE__ */ t.withDefault(t.u64, U64_MAX),
  parallel: parallelPorts,
});

/** `rch::mpsc::Receiver` and `rch::oneshot::Receiver`. */
export const mpscReceiver = /* @__PURE__ */ t.struct("mpsc::Receiver", {
  port: t.u32,
  data: /* @__PURE__ */ t.withDefault(t.unitStruct, null),
  codec: /* @__PURE__ */ t.withDefault(t.unitStruct, null),
  closed: /* @__PURE__ */ t.withDefault(t.bool, false),
  max_item_size: /* @__PURE__ */ t.withDefault(t.u64, 0n),
  parallel: parallelPorts,
});

/** `rch::bin::Sender` and `rch::bin::Receiver`. */
export const binHalf = /* @__PURE__ */ t.struct("bin", { port: t.u32 });

/** `rch::lr::Sender` and `rch::lr::Receiver`. */
export const lrHalf = /* @__PURE__ */ t.struct("lr", {
  port: t.u32,
  data: /* @__PURE__ */ t.withDefault(t.unitStruct, null),
  codec: /* @__PURE__ */ t.withDefault(t.unitStruct, null),
  max_item_size: /* @__PURE__ */ t.withDefault(t.u64, U64_MAX),
});

/** `rch::broadcast::Receiver`. */
export const broadcastReceiver = /* @__PURE__ */ t.struct("broadcast::Receiver", { rx: mpscReceiver });

/** What a broadcast carries. */
export type BroadcastMessage<T> = { Value: T } | "Lagged";

/** An item of a broadcast, below what {@link item} adds. */
export function broadcastMessage<T>(type: Descriptor<T>): Descriptor<BroadcastMessage<T>> {
  return t.enum("BroadcastMsg", { Value: t.newtype(type), Lagged: t.unit });
}

/** A half of a watch channel. */
export interface WatchHalf<T> {
  port: number;
  /** The current value. */
  data: { Ok: T } | { Err: RecvError };
  codec: null;
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

/** As `rch::watch::TransferStrategy`. */
const transferStrategy = /* @__PURE__ */ t.enum("TransferStrategy", {
  Single: t.unit,
  GlobalBuffered: t.unit,
  ChannelBuffered: t.unit,
}) as Descriptor<TransferStrategy>;

/** A duration as the wire has it. */
export function durationToWire(ms: number): Duration {
  return { secs: BigInt(Math.floor(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) };
}

/** A duration from the wire, in milliseconds. */
export function durationFromWire(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.secs) * 1000 + duration.nanos / 1e6;
}

/** `rch::watch::Sender` or `rch::watch::Receiver`; only what an absent `max_item_size` means differs. */
export function watchHalf<T>(type: Descriptor<T>, half: "Sender" | "Receiver"): Descriptor<WatchHalf<T>> {
  return t.struct(`watch::${half}`, watchFields(type, half)) as Descriptor<WatchHalf<T>>;
}

/** The same since 0.19, which has limits of the rate. */
export function watchHalf19<T>(type: Descriptor<T>, half: "Sender" | "Receiver"): Descriptor<WatchHalf<T>> {
  const limit = t.withDefault(t.duration, { secs: 0n, nanos: 0 });
  const limits = half === "Sender" ? { sender_rate_limit: limit, receiver_rate_limit: limit } : { rate_limit: limit };
  const transfer_strategy = t.withDefault(transferStrategy, "ChannelBuffered");
  const fields = { ...watchFields(type, half), ...limits, transfer_strategy };
  return t.struct(`watch::${half}`, fields) as Descriptor as Descriptor<WatchHalf<T>>;
}

function watchFields<T>(type: Descriptor<T>, half: "Sender" | "Receiver") {
  return {
    port: t.u32,
    data: item(type),
    codec: t.withDefault(t.unitStruct, null),
    max_item_size: t.withDefault(t.u64, half === "Sender" ? U64_MAX : 0n),
  };
}

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
export const baseRecvError = /* @__PURE__ */ t.enum("base::RecvError", {
  Receive: /* @__PURE__ */ t.enum("chmux::RecvError", {
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
  Connect: /* @__PURE__ */ t.enum("ConnectError", {
    ...ports,
    TooManyPendingConnectReqs: t.unit,
    Rejected: t.unit,
    ChMux: t.unit,
  }),
  Listen: /* @__PURE__ */ t.enum("ListenerError", {
    LocalPortsExhausted: t.unit,
    RemotePortAlreadyAllocated: t.u32,
    ChMux: t.unit,
  }),
  // It nests itself; what stands inside is of no use here.
  Remote: /* @__PURE__ */ t.option(/* @__PURE__ */ t.lazy((): Descriptor<RecvError20> => recvError20)),
};

const recvError18 = /* @__PURE__ */ t.enum("mpsc::RecvError", variants18);
const recvError20 = /* @__PURE__ */ t.enum("mpsc::RecvError", variants20);
/** Where the generation is not known yet; an error can then be read by its name only. */
const recvErrorOfAny = /* @__PURE__ */ t.enum("mpsc::RecvError", { ...variants18, ...variants20 });

type RecvError20 =
  | { Receive: Infer<typeof baseRecvError> }
  | { Connect: unknown }
  | { Listen: unknown }
  | { Remote: RecvError20 | null };

/** An error that a peer tells in place of a value. */
export type RecvError = Infer<typeof recvError18> | RecvError20;

/** An item of an mpsc, oneshot or watch channel, as peers of this generation write it. */
export function item<T>(type: Descriptor<T>, generation?: Generation): Descriptor<{ Ok: T } | { Err: RecvError }> {
  const errors = { "0.18": recvError18, "0.19": recvError18, "0.20": recvError20 } as const;
  return t.result<T, RecvError>(type, generation === undefined ? recvErrorOfAny : errors[generation]);
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
  const error = new CuttleError(
    "remote_failed",
    `the other side could not receive a value that it was to pass on: ${kind} ${text}`,
    { data: { kind } },
  );
  return { error, final: !isReceive || isFinalReceive(detail) };
}

function isFinalReceive(detail: unknown): boolean {
  return typeof detail === "object" && detail !== null && (detail as { Receive?: unknown }).Receive === "ChMux";
}

function bigintToText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
