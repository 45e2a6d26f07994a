/** What RFC 6455 allows as the reason of a close frame, in UTF-8 bytes; browsers throw above it. */
const REASON_BYTES = 123;

/**
 * The code with which cuttle closes a WebSocket whose peer broke the rules. Browsers allow scripts only 1000 and
 * 3000 to 4999; 4002 follows 1002, "protocol error".
 */
export const CLOSE_PROTOCOL_ERROR = 4002;

/** `text` cut to what a close frame can carry, never inside a character. */
export function cutReason(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(REASON_BYTES));
  return text.slice(0, read);
}

/** A close event in words, for instance `WebSocket closed with code 1001 (going away): "tab closed"`. */
export function describeClose(code: number, reason: string): string {
  const meaning = MEANINGS[code];
  const named = meaning === undefined ? "" : ` (${meaning})`;
  const said = reason === "" ? "" : `: ${JSON.stringify(reason)}`;
  return `WebSocket closed with code ${code}${named}${said}`;
}

/** The registered codes; what is not here is the application's own. */
const MEANINGS: Readonly<Record<number, string>> = {
  1000: "normal",
  1001: "going away: the page was left or the server is shutting down",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no code given",
  1006: "no close frame: the connection broke, or the other side dropped it as remoc servers do after Goodbye",
  1007: "invalid data",
  1008: "policy violation",
  1009: "message too big",
  1010: "extension missing",
  1011: "server error",
  1012: "server restarting",
  1013: "try again later",
  1014: "bad gateway",
  1015: "TLS failed",
  3000: "unauthorized",
  3003: "forbidden",
  3008: "timeout",
  4002: "cuttle found a protocol error",
};
