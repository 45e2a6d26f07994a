/** The back channel: what the receiver of values tells their sender, on the other direction of the port. */

import type { Received } from "../mux/inbox.ts";
import type { Port } from "../mux/port.ts";
import { wholeOf } from "../util/pieces.ts";
import type { Link } from "./half.ts";

/** The first byte of a message: the receiver takes no more. */
export const BACK_CLOSED = 1;
/** The first byte of a message: the values could not be received or passed on. */
export const BACK_FAILED = 2;
/** No message of a back channel is longer than 17 bytes. */
export const MAX_BACK_BYTES = 64;

/**
 * What a message says, beginning with a code. Undefined for those that are empty or much too long, which say nothing, and
 * for ports, which nobody expects there and which are refused.
 */
export function backBytes(message: Received, link: Link): Uint8Array | undefined {
  if (message.kind === "ports") link.mux.refuse(message.requests);
  return message.kind === "bytes" && message.bytes.length > 0 ? wholeOf(message.bytes) : undefined;
}

/** The next message of a back channel that says something, or undefined at its end. */
export async function receiveBack(port: Port, link: Link): Promise<Uint8Array | undefined> {
  port.maxMessageBytes = MAX_BACK_BYTES;
  for (;;) {
    const message = await port.receive();
    const bytes = message && backBytes(message, link);
    if (message === undefined || bytes !== undefined) return bytes;
  }
}
