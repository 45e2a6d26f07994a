/**
 * The error that remoc's calls report when the call itself went wrong: `rtc::CallError` and `rfn::CallError`. In
 * TypeScript it is a {@link CuttleError}. Source: remoc 0.18.3 and 0.20.5; PROTOCOL.md section 15.
 */

import type { HalfCodec } from "../channel/half.ts";
import { type baseRecvError, variants18, variants20 } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { PeerSettings } from "../mux/mux.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import { owned } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import { numberedEnum } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";

const sendErrorKind = /* @__PURE__ */ numberedEnum("base::SendErrorKind", {
  Serialize: t.str,
  Send: /* @__PURE__ */ numberedEnum("chmux::SendError", {
    ChMux: t.unit,
    Closed: /* @__PURE__ */ t.struct({ gracefully: t.bool }),
    Rejected: /* @__PURE__ */ t.struct({ no_ports: t.bool }),
    LocalPortsExhausted: t.unit,
    TooManyPendingPreConnectReqs: t.unit,
  }),
  MaxItemSizeExceeded: t.unit,
});

type Wire = "NotServed" | "Dropped" | "RemoteForward" | "Forward" | { readonly [kind: string]: unknown };

/** The forms of a CallError: other names in 0.18, and other places of them in codecs that write no names. */
function shapeOf(variants18: t.Variants, variants20: t.Variants): Descriptor<Wire> {
  const inner = t.lazy((): Descriptor => shape);
  const forms = numberedEnum("CallError", { ...variants20, Remote: t.option(inner) }, { Remote: "_50" });
  const of20 = t.recoverable(forms as Descriptor, (): Wire => ({ Remote: null }));
  const shape = owned<Wire>({
    old: t.enum("CallError", variants18) as Descriptor as Descriptor<Wire>,
    long: of20 as Descriptor<Wire>,
    compact: of20 as Descriptor<Wire>,
  });
  return shape;
}

/** `rtc::CallError`. */
const methodShape = /* @__PURE__ */ shapeOf(
  { Dropped: t.unit, RemoteSend: sendErrorKind, ...variants18, RemoteForward: t.unit },
  { NotServed: t.unit, Dropped: t.unit, Send: sendErrorKind, ...variants20, Forward: t.unit },
);

/** `rfn::CallError`. */
const functionShape = /* @__PURE__ */ shapeOf({ Dropped: t.unit, ...variants18 }, { Dropped: t.unit, ...variants20 });

const options: HalfCodec<Descriptor<Wire>> = {
  embed(error, { dialect }) {
    if (CuttleError.is(error)) return toWire(error, dialect.generation);
    throw new CuttleError("local_encode", "a CallError is a CuttleError, for instance one that a call rejected with");
  },
  receive: fromWire,
};

const methodOptions: HalfCodec<Descriptor<Wire>> = {
  embed(error, embedding) {
    const isNotServed = CuttleError.is(error) && error.data.kind === "NotServed";
    return isNotServed && embedding.dialect.generation === "0.20" ? "NotServed" : options.embed(error, embedding);
  },
  receive: fromWire,
};

/** Describes `CallError` of remoc's remote traits: a {@link CuttleError}. */
export const callError: Descriptor<CuttleError> = /* @__PURE__ */ transported<CuttleError>({
  name: "CallError",
  shape: methodShape,
  options: methodOptions,
});

/** Describes `CallError` of remoc's remote functions, which has other variants than the one of traits. */
export const rfnCallError: Descriptor<CuttleError> = /* @__PURE__ */ transported<CuttleError>({
  name: "rfn CallError",
  shape: functionShape,
  options,
});

/** Whether a descriptor is one of the two. */
export function isCallError(type: Descriptor): boolean {
  return type === callError || type === rfnCallError;
}

type Receive = Infer<typeof baseRecvError>;

/** What remoc would have said; only what both kinds of CallError know. */
function toWire(error: CuttleError, generation: PeerSettings["generation"]): Wire {
  const prefix = generation === "0.20" ? "" : "Remote";
  if (error.code === "remote_rejected" || error.data.kind === "Rejected") return { [`${prefix}Connect`]: "Rejected" };
  const receive = receiveToWire(error);
  return receive === undefined ? "Dropped" : { [`${prefix}Receive`]: receive };
}

function receiveToWire(error: CuttleError): Receive | undefined {
  switch (error.code) {
    case "peer_item_too_large":
      return "MaxItemSizeExceeded";
    case "peer_missing_ports":
      return { MissingPorts: [] };
    case "peer_decode":
      return { Deserialize: error.message };
    case "transport_lost":
    case "remote_connection_closed":
    case "peer_timeout":
    case "peer_protocol":
    case "peer_reset":
      return { Receive: "ChMux" };
    default:
      return undefined;
  }
}

function fromWire(wire: Wire): CuttleError {
  const [kind, detail] = typeof wire === "string" ? [wire, undefined] : (Object.entries(wire)[0] ?? ["", undefined]);
  const text = detail === undefined ? "" : ` ${JSON.stringify(detail, plainText).slice(0, MAX_TEXT)}`;
  return new CuttleError("remote_failed", `a call that the other side made for this one failed: ${kind}${text}`, {
    data: { kind },
  });
}

function plainText(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return CuttleError.is(value) ? value.message : value;
}

/** Enough for a sentence; the detail comes from a peer. */
const MAX_TEXT = 500;
