import { CuttleError, type ErrorCode } from "../errors/error.ts";

/** Numbers that come with a failure; their meaning depends on its code, see `Error` in `wasm-core/mux`. */
type Numbers = readonly [number, number, number];

interface Failure {
  code: ErrorCode;
  text: (numbers: Numbers) => string;
}

const PROTOCOL_HINT = "The connection is lost; the peer, or a proxy that changes messages, is at fault";

/** Indexed by the core's error code. */
const FAILURES: readonly (Failure | undefined)[] = [
  undefined,
  protocol(() => "the peer sent an empty message where a header was due"),
  protocol(([id]) => `the peer sent a message of unknown kind ${id}`),
  protocol(([id]) => `the peer sent a message of kind ${id} that is cut short`),
  protocol(([id]) => `the peer sent an integer that is no u32 in a message of kind ${id}`),
  protocol(() => "the peer sent a Hello with a wrong magic"),
  {
    code: "peer_not_remoc",
    text: ([frames, bytes]) =>
      `${frames} messages (${bytes} bytes) came and none was a remoc Hello. Check the URL: the other side is ` +
      "probably another kind of server",
  },
  {
    code: "peer_not_remoc",
    text: () => "the other side returns what is sent to it. Check the URL: it is probably an echo server",
  },
  {
    code: "peer_incompatible",
    text: ([field, value]) =>
      `the peer announced ${HELLO_FIELDS[field] ?? "a setting"} ${value}, with which no connection can work. ` +
      "Correct the peer's configuration",
  },
  {
    code: "peer_handshake_timeout",
    text: () =>
      "the connection is open, but the peer did not say Hello in time. Check that a remoc or cuttle endpoint " +
      "listens there, or raise handshakeTimeoutMs",
  },
  {
    code: "peer_timeout",
    text: () =>
      "nothing came from the peer for the connection timeout, or for 3 s after the network was said to be back. It " +
      "hangs, or the network is gone",
  },
  protocol(() => "the peer sent a second Hello"),
  {
    code: "peer_reset",
    text: () => "the peer started anew on the same transport. Connect again on a new one",
  },
  protocol(([id, port]) => `the peer sent a message of kind ${id} for port ${port}, which does not exist`),
  protocol(([id, port]) => `the peer sent a message of kind ${id} for port ${port}, whose state forbids it`),
  protocol(([port, size, limit]) => `the peer sent a chunk of ${size} bytes on port ${port}; ${limit} are allowed`),
  protocol(
    ([port, cost, available]) => `the peer sent ${cost} bytes on port ${port} with only ${available} credits in hand`,
  ),
  protocol(([port]) => `the peer paid on port ${port} from a pool that it was not given`),
  protocol(([port]) => `the peer granted more credits on port ${port} than a u32 holds`),
  protocol(([port]) => `the peer requested its port ${port} twice`),
  protocol(([limit]) => `the peer requested more than ${limit} ports without waiting for answers`),
  protocol(([port]) => `the peer sent an empty list of ports on port ${port}`),
  protocol(([size, limit]) => `the peer sent a header of ${size} bytes; no header is longer than ${limit}`),
  protocol(([queued]) => `the peer made this side queue ${queued} answers without reading them`),
  {
    code: "transport_lost",
    text: () => "the transport ended before the connection was closed. The peer or the network is gone",
  },
  {
    code: "peer_not_remoc",
    text: () =>
      "the other side closed the connection before it said Hello. Check the URL and the path, and whether the " +
      "server refuses this origin",
  },
  protocol(() => "the peer acknowledged more than was sent to it"),
  {
    code: "peer_timeout",
    text: () =>
      "nothing of what waits could be sent for half of the connection timeout: the peer does not read. It hangs, or " +
      "the network is gone",
  },
  {
    code: "local_limit",
    text: ([bytes]) =>
      `${bytes} bytes were received that the program did not take, more than limits.bufferedBytes. Take values as fast ` +
      "as they come, drop receivers that are not needed, or raise the limit",
  },
];

/** By the core's number of the field. */
const HELLO_FIELDS = ["protocol version", "chunk size", "port receive buffer", "connect queue"];

function protocol(text: Failure["text"]): Failure {
  return { code: "peer_protocol", text: (numbers) => `${text(numbers)}. ${PROTOCOL_HINT}` };
}

/** The error that the core's failure `code` with its numbers stands for; `detail` is added by whoever knows more. */
export function failureError(code: number, numbers: Numbers, detail?: string): CuttleError {
  const failure = FAILURES[code];
  if (failure === undefined) return new CuttleError("bug", `the core failed with unknown code ${code}`);
  const [a, b, c] = numbers;
  const text = detail === undefined ? failure.text(numbers) : `${failure.text(numbers)} (${detail})`;
  return new CuttleError(failure.code, text, { data: { failure: code, a, b, c } });
}

/** The core refused a command; it reached the core although the facade should have known better. */
export function misuseError(misuse: number): CuttleError {
  const text = MISUSES[misuse] ?? `unknown misuse ${misuse}`;
  if (misuse === MISUSE_PORTS_EXHAUSTED) {
    return new CuttleError("local_limit", `${text}. Close channels that are not used, or raise limits.ports`);
  }
  if (misuse === MISUSE_LISTENER_GONE) return new CuttleError("remote_rejected", text);
  return new CuttleError(misuse === MISUSE_ENDED ? "local_closed" : "bug", text);
}

/** The connection has ended. */
export const MISUSE_ENDED = 2;
const MISUSE_PORTS_EXHAUSTED = 4;
const MISUSE_LISTENER_GONE = 6;

const MISUSES = [
  "no misuse",
  "the port does not exist any more",
  "the connection has ended",
  "the port's state forbids this",
  "as many channels exist as are allowed",
  "that request was answered already",
  "the peer accepts no more ports",
  "the peer's receiver is closed",
  "more was consumed than received",
  "the peer cannot do that",
];
