/**
 * The error that remoc's calls report when the call itself went wrong: `rtc::CallError` and `rfn::CallError`. In
 * TypeScript it is a {@link CuttleError}. Source: remoc 0.18.3 and 0.20.5; PROTOCOL.md section 15.
 */

import type { HalfCodec } from "../channel/half.ts";
import { type baseRecvError, variants18, variants20 } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { PeerSettings } from "../mux/mux.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";

const sendErrorKind = /* @__PURE__ */ t.enum("base::SendErrorKind", {
  Serialize: t.str,
  Send: /* @__PURE__ */ t.enum("chmux::SendError", {
    ChMux: t.unit,
    Closed: /* @__PURE__ */ t.struct({ gracefully: t.bool }),
    Rejected: /* @__PURE__ */ t.struct({ no_ports: t.bool }),
    LocalPortsExhausted: t.unit,
    TooManyPendingPreConnectReqs: t.unit,
  }),
  MaxItemSizeExceeded: t.unit,
});

/** `CallError` of 0.18 and 0.19. */
const shape18: Descriptor<Wire> = /* @__PURE__ */ t.enum("CallError", {
  Dropped: t.unit,
  RemoteSend: sendErrorKind,
  ...variants18,
  RemoteForward: t.unit,
}) as Descriptor as Descriptor<Wire>;

/** The same of 0.20: other names, and other places of them in codecs that write no names. */
const shape20: Descriptor<Wire> = /* @__PURE__ */ t.enum("CallError", {
  NotServed: t.unit,
  Dropped: t.unit,
  Send: sendErrorKind,
  ...variants20,
  Forward: t.unit,
  Remote: /* @__PURE__ */ t.option(/* @__PURE__ */ t.lazy((): Descriptor<Wire> => shape20)),
}) as Descriptor as Descriptor<Wire>;

type Wire = "NotServed" | "Dropped" | "RemoteForward" | "Forward" | { readonly [kind: string]: unknown };

const options: HalfCodec<Descriptor<Wire>> = {
  shapeFor: (generation) => (generation === "0.20" ? shape20 : shape18),
  embed(error, embedding) {
    if (CuttleError.is(error)) return toWire(error, embedding.link.mux.peer.generation);
    throw new CuttleError("local_encode", "a CallError is a CuttleError, for instance one that a call rejected with");
  },
  receive: fromWire,
};

/** Describes remoc's `CallError`, of remote traits and of remote functions: a {@link CuttleError}. */
export const callError: Descriptor<CuttleError> = /* @__PURE__ */ transported<CuttleError>({
  name: "CallError",
  shape: shape18,
  options,
});

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
