import { CuttleError, type ErrorCode } from "./error.ts";

/**
 * What an error of a channel means for the channel; remoc's `is_closed`, `is_disconnected`, `is_item_specific` and
 * `is_final`. All are false for what is no CuttleError, such as the reason of an abort.
 */

const CLOSED: readonly ErrorCode[] = ["remote_closed"];

const DISCONNECTED: readonly ErrorCode[] = [
  "peer_not_remoc",
  "peer_handshake_timeout",
  "peer_timeout",
  "peer_protocol",
  "peer_reset",
  "local_closed",
  "local_wasm_blocked",
  "transport_connect",
  "transport_lost",
  "remote_connection_closed",
  "bug",
];

const ITEM_SPECIFIC: readonly ErrorCode[] = [
  "peer_decode",
  "peer_item_too_large",
  "peer_missing_ports",
  "local_misuse",
  "local_encode",
  "local_item_too_large",
  "local_lagged",
];

/** Whether the other half of the channel was closed or dropped, by an application and in an orderly way. */
export function isClosed(error: unknown): error is CuttleError {
  return CuttleError.is(error, ...CLOSED);
}

/** Whether the connection was lost, closed or never made: all its channels have failed. */
export function isDisconnected(error: unknown): error is CuttleError {
  return CuttleError.is(error, ...DISCONNECTED) || isFinalRemote(error, "connection");
}

/** Whether the error concerns one value or call alone: the channel goes on. */
export function isItemSpecific(error: unknown): error is CuttleError {
  return CuttleError.is(error, ...ITEM_SPECIFIC) || isFinalRemote(error, "item");
}

/** Whether nothing can be sent or received on the channel any more. */
export function isFinal(error: unknown): error is CuttleError {
  return CuttleError.is(error) && !isItemSpecific(error);
}

/** What another hop tells of says itself what it concerns. */
function isFinalRemote(error: unknown, concerns: string): error is CuttleError {
  return CuttleError.is(error, "remote_failed") && error.data.concerns === concerns;
}
