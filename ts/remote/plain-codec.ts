import type { Embedding, Receiving } from "../channel/half.ts";
import type { Codec } from "../codec/codec.ts";
import type { PortRequest } from "../mux/inbox.ts";
import { Incoming } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";
import type { Session } from "./session.ts";

/** Writes and reads the items of channels that were sent inside plain values; what describes them is not asked. */
export function plainCodec(session: Session): Codec {
  return {
    name: "plain",
    encode(_, value, context) {
      const outgoing = new Outgoing(session, false, context as Embedding);
      const bytes = outgoing.value([], value);
      outgoing.sent();
      return bytes;
    },
    decode(_, bytes, context) {
      return new Incoming(session, bytes, NO_REQUESTS, context as Receiving).decode();
    },
  };
}

const NO_REQUESTS: readonly PortRequest[] = [];
