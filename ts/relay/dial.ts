import { connect } from "node:net";
import { WebSocket } from "ws";
import { streamTransport } from "../node/stream.ts";
import { toTransport } from "../transport/target.ts";
import type { Transport } from "../transport/transport.ts";
import type { WebSocketLike } from "../transport/websocket.ts";
import type { Address } from "./address.ts";

/** How to reach a target. */
export interface DialOptions {
  /** Certificates that are trusted in place of the system's, in PEM; for `wss:`. */
  readonly ca?: string | undefined;
}

/** Largest WebSocket message accepted, as everywhere in cuttle. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** A transport to `target`; whether it can be reached is seen when it is started. */
export function dial(target: Address, { ca }: DialOptions = {}): Transport {
  switch (target.kind) {
    case "websocket": {
      const options = { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES, ...(ca === undefined ? {} : { ca }) };
      return toTransport(new WebSocket(target.url, options) as unknown as WebSocketLike);
    }
    case "tcp":
      return streamTransport(connect(target.port, target.host));
    case "unix":
      return streamTransport(connect(target.path));
  }
}
