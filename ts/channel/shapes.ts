/**
 * The wire shapes of remoc's own types, each in one place: the long form, which remoc 0.18 and 0.20 use with peers
 * that announce nothing. Source: remoc 0.18.3 and 0.20.5 `rch`, PROTOCOL.md section 6.
 */

import { CuttleError } from "../errors/error.ts";
import type { PeerSettings } from "../mux/mux.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { type Forms, owned } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import { numberedEnum, numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import type { HalfCodec } from "./half.ts";

/** The limit of remoc's channels for one item, in bytes. */
export const DEFAULT_MAX_ITEM_BYTES: number = 16 * 1024 * 1024;

const U64_MAX = 0xffff_ffff_ffff_ffffn;

const marker = /* @__PURE__ */ t.withDefault(t.unitStruct, null);
/** What the forms with names have and the compact one does not; never left out. */
export const markers = {
  data: /* @__PURE__ */ t.field("data", marker),
  codec: /* @__PURE__ */ t.field("codec", marker),
};

/** Fields of 0.20, which leaves them out in Postbag when they have these defaults and the peer allows it. */
const limit = /* @__PURE__ */ t.withDefault(t.u64, /* @__PURE__ */ BigInt(DEFAULT_MAX_ITEM_BYTES));
const parallel = /* @__PURE__ */ t.withDefault(/* @__PURE__ */ t.vec(t.u32), () => []);
const flag = /* @__PURE__ */ t.withDefault(t.bool, false);
/** Readers of 0.20 never need it where fields have names; those of 0.19 do not know it. */
const ALWAYS = { skipDefault: "always" } as const;
/** Ports in the long form of 0.20. */
const parallelLong = /* @__PURE__ */ t.field("parallel", parallel, ALWAYS);

/** `rch::mpsc::Sender` and `rch::oneshot::Sender`; without a port it is closed already. */
export interface MpscSender {
  readonly port: number | null;
  readonly max_item_size: bigint;
  /** Further ports over which items are spread in turns: remoc 0.20. */
  readonly parallel?: readonly number[];
}

const optionalPort = /* @__PURE__ */ t.option(t.u32);

/** The forms of {@link MpscSender}. */
export const mpscSender: Descriptor<MpscSender> = /* @__PURE__ */ numberedStruct(
  "mpsc::Sender",
  { port: optionalPort, max_item_size: limit, parallel },
  {
    long: { port: optionalPort, ...markers, max_item_size: limit, parallel: parallelLong },
    old: {
      port: optionalPort,
      ...markers,
      max_item_size: /* @__PURE__ */ t.withDefault(t.u64, U64_MAX),
    },
  },
);

/** `rch::mpsc::Receiver` and `rch::oneshot::Receiver`. */
export interface MpscReceiver {
  readonly port: number;
  readonly closed: boolean;
  readonly max_item_size: bigint;
  readonly parallel?: readonly number[];
}

/** The forms of {@link MpscReceiver}. */
export const mpscReceiver: Descriptor<MpscReceiver> = /* @__PURE__ */ numberedStruct(
  "mpsc::Receiver",
  { port: t.u32, closed: flag, max_item_size: limit, parallel },
  {
    long: { port: t.u32, ...markers, closed: flag, max_item_size: limit, parallel: parallelLong },
    old: {
      port: t.u32,
      ...markers,
      closed: flag,
      max_item_size: /* @__PURE__ */ t.withDefault(t.u64, 0n),
    },
  },
);

/** `rch::bin::Sender` and `rch::bin::Receiver`. */
export const binHalf: Descriptor<{ readonly port: number }> = /* @__PURE__ */ numberedStruct("bin", { port: t.u32 });

/** `rch::lr::Sender` and `rch::lr::Receiver`. */
export const lrHalf: Descriptor<{
  readonly port: number;
  readonly max_item_size: bigint;
}> = /* @__PURE__ */ numberedStruct(
  "lr",
  { port: t.u32, max_item_size: limit },
  {
    long: { port: t.u32, ...markers, max_item_size: limit },
    old: {
      port: t.u32,
      ...markers,
      max_item_size: /* @__PURE__ */ t.withDefault(t.u64, U64_MAX),
    },
  },
);

/** `rch::broadcast::Receiver`. */
export const broadcastReceiver: Descriptor<{
  readonly rx: MpscReceiver;
}> = /* @__PURE__ */ numberedStruct("broadcast::Receiver", { rx: mpscReceiver });

/** What a broadcast carries. */
export type BroadcastMessage<T> = { Value: T } | "Lagged";

/** An item of a broadcast, below what {@link item} adds. */
export function broadcastMessage<T>(type: Descriptor<T>): Descriptor<BroadcastMessage<T>> {
  return onePerType(
    broadcastMessages,
    type,
    (): Descriptor<BroadcastMessage<T>> => numberedEnum("BroadcastMsg", { Value: t.newtype(type), Lagged: t.unit }),
  );
}

const broadcastMessages: WeakMap<Descriptor, Descriptor> = /* @__PURE__ */ new WeakMap();

/** A half of a watch channel. */
export interface WatchHalf<T> {
  port: number;
  /** The current value. */
  data: { Ok: T } | { Err: RecvError };
  max_item_size: bigint;
  /** What a receiving half asks for, in milliseconds. */
  rate_limit?: number;
  /** What a sending half keeps to, and what its receivers ask for. */
  sender_rate_limit?: number;
  receiver_rate_limit?: number;
  transfer_strategy?: TransferStrategy;
}

/**
 * How many values of a watch channel may be under way: `Single` sends the next one when the last was taken, for peers that
 * can tell; the others send as fast as the peer lets them come.
 */
export type TransferStrategy = "Single" | "GlobalBuffered" | "ChannelBuffered";

/** `rch::watch::Sender` or `rch::watch::Receiver`; only what an absent `max_item_size` of the old form means differs. */
export function watchHalf<T>(type: Descriptor<T>, half: "Sender" | "Receiver"): Descriptor<WatchHalf<T>> {
  const name = `watch::${half}`;
  const data = item(type);
  const limits: Record<string, Descriptor<number>> = half === "Sender"
    ? { sender_rate_limit: rateLimit, receiver_rate_limit: rateLimit }
    : { rate_limit: rateLimit };
  // Readers of 0.20 never need them where fields have names.
  const always = Object.entries(limits).map(([key, type]) => [key, t.field(key, type, ALWAYS)]);
  return numberedStruct(
    name,
    { port: t.u32, data, max_item_size: limit, ...limits, transfer_strategy },
    {
      long: {
        port: t.u32,
        data,
        codec: markers.codec,
        max_item_size: limit,
        ...Object.fromEntries(always),
        transfer_strategy: t.field("transfer_strategy", transfer_strategy, ALWAYS),
      },
      old: {
        port: t.u32,
        data,
        codec: markers.codec,
        max_item_size: t.withDefault(t.u64, half === "Sender" ? U64_MAX : 0n),
      },
    },
  ) as Descriptor as Descriptor<WatchHalf<T>>;
}

const longDuration = t.duration as Descriptor;

/** A duration, here in milliseconds. */
const duration = /* @__PURE__ */ transported<number>({
  name: "duration",
  shape: /* @__PURE__ */ owned({
    old: longDuration,
    long: longDuration,
    compact: /* @__PURE__ */ t.tuple(t.u64, t.u32) as Descriptor,
  }),
  options: {
    embed(value, { dialect }) {
      const ms = value as number;
      const [secs, nanos] = [BigInt(Math.floor(ms / 1000)), Math.round((ms % 1000) * 1e6)];
      return dialect.compact ? [secs, nanos] : { secs, nanos };
    },
    receive(plain) {
      const { secs, nanos } = Array.isArray(plain)
        ? { secs: plain[0] as bigint, nanos: plain[1] as number }
        : (plain as { secs: bigint; nanos: number });
      return Number(secs) * 1000 + nanos / 1e6;
    },
  } satisfies HalfCodec<Descriptor>,
});

const rateLimit = /* @__PURE__ */ t.withDefault(duration, 0);

const strategy = /* @__PURE__ */ numberedEnum(
  "TransferStrategy",
  {
    Single: t.unit,
    GlobalBuffered: t.unit,
    ChannelBuffered: /* @__PURE__ */ t.field("ChannelBuffered", t.unit, { other: true }),
  },
  { ChannelBuffered: "_59" },
);
const transfer_strategy = /* @__PURE__ */ t.withDefault(strategy, "ChannelBuffered");

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
export const baseRecvError = /* @__PURE__ */ numberedEnum("base::RecvError", {
  Receive: /* @__PURE__ */ numberedEnum("chmux::RecvError", {
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
  Connect: /* @__PURE__ */ numberedEnum("ConnectError", {
    ...ports,
    TooManyPendingConnectReqs: t.unit,
    Rejected: t.unit,
    ChMux: t.unit,
  }),
  Listen: /* @__PURE__ */ numberedEnum("ListenerError", {
    LocalPortsExhausted: t.unit,
    RemotePortAlreadyAllocated: t.u32,
    ChMux: t.unit,
  }),
};

const recvError18 = /* @__PURE__ */ t.enum("mpsc::RecvError", variants18);
const recvError20 = /* @__PURE__ */ t.recoverable(
  /* @__PURE__ */ numberedEnum(
    "mpsc::RecvError",
    {
      ...variants20,
      Remote: /* @__PURE__ */ t.option(/* @__PURE__ */ t.lazy((): Descriptor<RecvError20> => recvError20)),
    },
    { Remote: "_50" },
  ),
  () => ({ Remote: null }),
);

type RecvError20 =
  | { Receive: Infer<typeof baseRecvError> }
  | { Connect: unknown }
  | { Listen: unknown }
  | { Remote: RecvError20 | null };

/** An error that a peer tells in place of a value. */
export type RecvError = Infer<typeof recvError18> | RecvError20;

/** A value, or an error in place of one. */
export type Item<T> = { Ok: T } | { Err: RecvError };

const items: WeakMap<Descriptor, Descriptor> = /* @__PURE__ */ new WeakMap();

/** An item of an mpsc, oneshot or watch channel; the same descriptor for the same type. */
export function item<T>(type: Descriptor<T>): Descriptor<Item<T>> {
  return onePerType(items, type, () => {
    const { old } = result(type, recvError18);
    const { long, compact } = result(type, recvError20);
    return owned<Item<T>>({ old, long, compact });
  });
}

function onePerType<D extends Descriptor>(known: WeakMap<Descriptor, Descriptor>, type: Descriptor, make: () => D): D {
  const made = known.get(type) ?? make();
  known.set(type, made);
  return made as D;
}

/** A `Result` that remoc itself made: what a channel or a call gives. One in a value of a program has one form only. */
export function ownedResult<T, E>(ok: Descriptor<T>, err: Descriptor<E>): Descriptor<{ Ok: T } | { Err: E }> {
  return owned(result(ok, err));
}

function result<T, E>(ok: Descriptor<T>, err: Descriptor<E>): Forms<{ Ok: T } | { Err: E }> {
  const long = t.result(ok, err);
  const compact = t.enum("Result", { Ok: t.field("_0", t.newtype(ok)), Err: t.field("_1", t.newtype(err)) });
  return { old: long, long, compact };
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
  let told = wire;
  // What was told to a peer before, and that is what counts.
  while ("Remote" in told && told.Remote !== null) told = told.Remote;
  const [kind, detail] = Object.entries(told)[0] ?? ["", undefined];
  const text = typeof detail === "string" ? detail : JSON.stringify(detail, bigintToText);
  const isReceive = kind === "Receive" || kind === "RemoteReceive";
  // remoc goes on after an error that it does not know.
  const final = kind !== "Remote" && (!isReceive || isFinalReceive(detail));
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
