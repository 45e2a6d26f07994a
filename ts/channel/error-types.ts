/**
 * Descriptors of the errors that remoc can send as values, as `t.errors`: for Rust types that have one of them in a field
 * or a Result. Values are enums with the variant names of remoc 0.20; towards 0.18 and 0.19 they travel under the names
 * and in the order of those, which do not have every variant. What this package itself reports is a CuttleError; remoc's
 * `rtc::CallError` and `rfn::CallError` as one is `t.callError`. Source: remoc 0.18.3 and 0.20.5; PROTOCOL.md sections 6.2 and 15.
 */

import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { owned } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";

/** What tells the forms of an error apart. */
interface Differences {
  /** Names in 0.18 and 0.19; null for variants that they do not have. */
  readonly old?: Readonly<Record<string, string | null>>;
  /** Names in the compact form that are not the place. */
  readonly compact?: Readonly<Record<string, string>>;
}

function error<const V extends t.Variants>(name: string, variants: V, { old = {}, compact = {} }: Differences = {}) {
  const entries = Object.entries(variants);
  const known = entries.filter(([key]) => old[key] !== null);
  const form = (fields: [string, Descriptor][]) => t.enum(name, Object.fromEntries(fields) as unknown as V);
  const long = t.enum(name, variants);
  return owned<Infer<typeof long>>({
    old: form(known.map(([key, type]) => [key, t.field(old[key] ?? key, type)])),
    long,
    compact: form(entries.map(([key, type], i) => [key, t.field(compact[key] ?? `_${i}`, type)])),
  });
}

/** The names that 0.18 and 0.19 have for what happens at the other end. */
const REMOTE = {
  Send: "RemoteSend",
  Receive: "RemoteReceive",
  Connect: "RemoteConnect",
  Listen: "RemoteListen",
  Forward: "RemoteForward",
  Remote: null,
  NotServed: null,
};

const rejected = /* @__PURE__ */ t.struct({ no_ports: t.bool });

/** `chmux::ConnectError`. */
export const muxConnect = /* @__PURE__ */ error(
  "chmux::ConnectError",
  {
    LocalPortsExhausted: t.unit,
    RemotePortsExhausted: t.unit,
    TooManyPendingConnectReqs: t.unit,
    Rejected: t.unit,
    ChMux: t.unit,
  },
  { old: { TooManyPendingConnectReqs: "TooManyPendingConnectionRequests" } },
);

/** `chmux::ListenerError`. */
export const muxListen = /* @__PURE__ */ error(
  "chmux::ListenerError",
  { LocalPortsExhausted: t.unit, RemotePortAlreadyAllocated: t.u32, ChMux: t.unit },
  { old: { RemotePortAlreadyAllocated: null, ChMux: "MultiplexerError" } },
);

/** `chmux::SendError`. */
export const muxSend = /* @__PURE__ */ error(
  "chmux::SendError",
  {
    ChMux: t.unit,
    Closed: /* @__PURE__ */ t.struct({ gracefully: t.bool }),
    Rejected: rejected,
    LocalPortsExhausted: t.unit,
    TooManyPendingPreConnectReqs: t.unit,
  },
  { old: { Rejected: null, LocalPortsExhausted: null, TooManyPendingPreConnectReqs: null } },
);

/** `chmux::RecvError`. */
export const muxReceive = /* @__PURE__ */ error(
  "chmux::RecvError",
  { ChMux: t.unit, ExceedsMaxDataSize: t.usize, ExceedsMaxPortCount: t.usize, Rejected: rejected },
  { old: { Rejected: null } },
);

/** `rch::base::SendErrorKind`. */
export const baseSendKind = /* @__PURE__ */ error("base::SendErrorKind", {
  Serialize: t.str,
  Send: muxSend,
  MaxItemSizeExceeded: t.unit,
});

/** `rch::base::SendError<T>`. */
export function baseSend<T>(item: Descriptor<T>): Descriptor<{ kind: Infer<typeof baseSendKind>; item: T }> {
  const long = t.struct("base::SendError", { kind: baseSendKind, item });
  const compact = t.struct("base::SendError", { kind: t.field("_0", baseSendKind), item: t.field("_1", item) });
  return owned({ old: long, long, compact });
}

/** `rch::base::RecvError`. */
export const baseReceive = /* @__PURE__ */ error("base::RecvError", {
  Receive: muxReceive,
  Deserialize: t.str,
  MissingPorts: /* @__PURE__ */ t.vec(t.u32),
  MaxItemSizeExceeded: t.unit,
});

/** `rch::base::ConnectError`. */
export const baseConnect = /* @__PURE__ */ error("base::ConnectError", {
  Connect: muxConnect,
  Listen: muxListen,
  NoConnectRequest: t.unit,
});

/** `rch::ConnectError`. */
export const connect = /* @__PURE__ */ error("rch::ConnectError", {
  Dropped: t.unit,
  Connect: muxConnect,
  Listen: muxListen,
});

/** The value of an error that one hop may pass on to the next. */
export type Forwarded<Own> =
  | Own
  | { Receive: Infer<typeof baseReceive> }
  | { Connect: Infer<typeof muxConnect> }
  | { Listen: Infer<typeof muxListen> }
  | { Remote: Forwarded<Own> | null };

/**
 * An error of receiving: `before` are the variants in front of those that all have, `after` those between them and the
 * last one. A newer peer may send variants that nobody knows; Postbag 1 gives `{ Remote: null }` for them.
 */
function receiving<Own>(name: string, before: t.Variants = {}, after: t.Variants = {}): Descriptor<Forwarded<Own>> {
  const listed = error(
    name,
    {
      ...before,
      Receive: baseReceive,
      Connect: muxConnect,
      Listen: muxListen,
      ...after,
      Remote: t.option(t.lazy((): Descriptor<unknown> => whole)) as Descriptor,
    },
    { old: REMOTE, compact: { Remote: "_50" } },
  );
  const whole = t.recoverable(listed as Descriptor, () => ({ Remote: null })) as Descriptor<Forwarded<Own>>;
  return whole;
}

/** `rch::mpsc::RecvError` and `rch::watch::RecvError`. */
export const receive: Descriptor<Forwarded<never>> = /* @__PURE__ */ receiving("mpsc::RecvError");
/** `rch::oneshot::RecvError`. */
export const oneshotReceive: Descriptor<Forwarded<"Closed">> = /* @__PURE__ */ receiving("oneshot::RecvError", {
  Closed: t.unit,
});
/** `rch::broadcast::RecvError`. */
export const broadcastReceive: Descriptor<Forwarded<"Closed" | "Lagged">> = /* @__PURE__ */ receiving(
  "broadcast::RecvError",
  { Closed: t.unit, Lagged: t.unit },
);
/** `rch::broadcast::StreamError`. */
export const broadcastStream: Descriptor<Forwarded<"Lagged">> = /* @__PURE__ */ receiving("broadcast::StreamError", {
  Lagged: t.unit,
});
/** `rch::mpsc::TryRecvError`. */
export const tryReceive: Descriptor<Forwarded<"Closed" | "Empty">> = /* @__PURE__ */ receiving("mpsc::TryRecvError", {
  Closed: t.unit,
  Empty: t.unit,
});
/** `rch::oneshot::TryRecvError`. */
export const oneshotTryReceive: Descriptor<Forwarded<"Empty" | "Closed">> = /* @__PURE__ */ receiving(
  "oneshot::TryRecvError",
  { Empty: t.unit, Closed: t.unit },
);
/** `rch::broadcast::TryRecvError`. */
export const broadcastTryReceive: Descriptor<Forwarded<"Empty" | "Closed" | "Lagged">> = /* @__PURE__ */ receiving(
  "broadcast::TryRecvError",
  { Empty: t.unit, Closed: t.unit, Lagged: t.unit },
);
/** `rfn::CallError`, `robj::lazy::FetchError` and `robj::rw_lock::LockError`. */
export const dropped: Descriptor<Forwarded<"Dropped">> = /* @__PURE__ */ receiving("rfn::CallError", {
  Dropped: t.unit,
});
/** `rtc::CallError`. */
export const call: Descriptor<Forwarded<"NotServed" | "Dropped" | "Forward" | { Send: Infer<typeof baseSendKind> }>> =
  /* @__PURE__ */ receiving(
    "rtc::CallError",
    { NotServed: t.unit, Dropped: t.unit, Send: baseSendKind },
    { Forward: t.unit },
  );
/** `robs::RecvError`. */
export const collectionReceive: Descriptor<
  Forwarded<"Closed" | "Lagged" | { MaxSizeExceeded: bigint } | { InvalidIndex: bigint }>
> = /* @__PURE__ */ receiving(
  "robs::RecvError",
  { Closed: t.unit, Lagged: t.unit, MaxSizeExceeded: t.usize },
  { InvalidIndex: t.usize },
);

const sending = { Send: baseSendKind, Connect: muxConnect, Listen: muxListen, Forward: t.unit };

/** `rch::mpsc::SendError<T>` and `rch::broadcast::SendError<T>`. */
export function send<T>(item: Descriptor<T>) {
  return error("mpsc::SendError", { Closed: t.newtype(item), ...sending }, { old: REMOTE });
}

/** `rch::mpsc::TrySendError<T>`. */
export function trySend<T>(item: Descriptor<T>) {
  return error("mpsc::TrySendError", { Closed: t.newtype(item), Full: t.newtype(item), ...sending }, { old: REMOTE });
}

/** `rch::oneshot::SendError<T>`. */
export function oneshotSend<T>(item: Descriptor<T>) {
  const variants = { Closed: t.newtype(item), Failed: t.unit, Dropped: t.unit };
  return error("oneshot::SendError", variants, { old: { Dropped: null } });
}

/** `rch::watch::SendError`. */
export const watchSend = /* @__PURE__ */ error("watch::SendError", { Closed: t.unit, ...sending }, { old: REMOTE });
/** `rch::watch::ChangedError`. */
export const watchChanged = /* @__PURE__ */ error("watch::ChangedError", { Closed: t.unit, Recv: receive });
/** `robs::SendError`. */
export const collectionSend = /* @__PURE__ */ error("robs::SendError", sending, { old: REMOTE });

/** `rch::lr::SendErrorKind`. */
export const lrSendKind = /* @__PURE__ */ error("lr::SendErrorKind", {
  Serialize: t.str,
  Send: muxSend,
  Connect: connect,
  MaxItemSizeExceeded: t.unit,
});
/** `rch::lr::RecvError`. */
export const lrReceive = /* @__PURE__ */ error("lr::RecvError", {
  Receive: muxReceive,
  Deserialize: t.str,
  MissingPorts: /* @__PURE__ */ t.vec(t.u32),
  Connect: connect,
  MaxItemSizeExceeded: t.unit,
});

/** `rch::ClosedReason`. */
export const closedReason = /* @__PURE__ */ error("ClosedReason", { Closed: t.unit, Dropped: t.unit, Failed: t.unit });
/** `rch::SendingErrorKind`. */
export const sendingKind = /* @__PURE__ */ error("SendingErrorKind", { Send: baseSendKind, Dropped: t.unit });
/** `robj::rw_lock::CommitError`. */
export const commit = /* @__PURE__ */ error("CommitError", { Dropped: t.unit, Failed: t.unit });
/** `robj::handle::HandleError`. */
export const handle = /* @__PURE__ */ error("HandleError", { Unknown: t.unit, MismatchedType: t.str });
