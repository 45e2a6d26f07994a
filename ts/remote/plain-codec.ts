import type { Embedding, Receiving } from "../channel/half.ts";
import type { Codec, DecodeContext, EncodeContext } from "../codec/codec.ts";
import type { PortRequest } from "../mux/inbox.ts";
import { type Bytes, wholeOf } from "../util/pieces.ts";
import { Incoming } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";
import type { Session } from "./session.ts";

/** Writes and reads the items of channels that were sent inside plain values; what describes them is not asked. */
export function plainCodec(session: Session): Codec {
  const encode = (value: unknown, context: EncodeContext): Bytes => {
    const outgoing = new Outgoing(session, context as Embedding);
    const bytes = outgoing.value([], value);
    outgoing.sent();
    return bytes;
  };
  const decode = (bytes: Bytes, context: DecodeContext): unknown =>
    new Incoming(session, bytes, NO_REQUESTS, context as Receiving).decode();
  return {
    name: "plain",
    encode: (_, value, context) => wholeOf(encode(value, context)),
    encodePieces: (_, value, context) => encode(value, context),
    decode: (_, bytes, context) => decode(bytes, context),
    decodePieces: (_, bytes, context) => decode(bytes, context),
  };
}

const NO_REQUESTS: readonly PortRequest[] = [];
