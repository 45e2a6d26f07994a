/**
 * Everything cuttle rejects with is a {@link CuttleError}. Its `code` says who is at fault and what happened;
 * its message says what happened, the likely cause and what to do.
 *
 * Normal ends are not errors: a channel whose sender closed ends its iteration, and an aborted operation rejects
 * with the reason of its `AbortSignal`.
 */

/**
 * The closed set of codes. The prefix names who is at fault:
 * `peer_` the other endpoint broke the protocol or sent something unreadable, `local_` this program misused the
 * library or hit a limit it set, `transport_` the carrier failed, `remote_` the application on the other side
 * ended or refused something, `bug` is a defect in cuttle itself.
 */
export type ErrorCode =
  /** The other side does not speak remoc: wrong URL, an HTTP or echo server, random bytes. */
  | "peer_not_remoc"
  /** The other side never completed the handshake in time. */
  | "peer_handshake_timeout"
  /** The other side sent nothing for the connection timeout, or for 3 s after the platform said that it is online again. */
  | "peer_timeout"
  /** The other side broke the multiplexer protocol; the connection is lost. */
  | "peer_protocol"
  /** The other side restarted its end (sent Reset) while this one still talked to the old one. */
  | "peer_reset"
  /** The other side speaks a version of the protocol that cuttle does not. */
  | "peer_incompatible"
  /** A value from the other side could not be decoded; that value is lost, the channel goes on. */
  | "peer_decode"
  /** A value from the other side is larger than the limit set here; it was skipped, the channel goes on. */
  | "peer_item_too_large"
  /** The other side promised channel halves inside a value and did not deliver them. */
  | "peer_missing_ports"
  /** An argument or a call of this program is wrong. */
  | "local_misuse"
  /** A value given to send does not fit its descriptor, or the codec cannot write it. */
  | "local_encode"
  /** A value given to send is larger than the limit of the channel. */
  | "local_item_too_large"
  /** A channel half was already sent or received elsewhere, or is used after it was closed. */
  | "local_half_used"
  /** This program closed the connection or the channel. */
  | "local_closed"
  /** A limit set here (ports, memory) is reached. */
  | "local_limit"
  /** This receiver of a broadcast was too slow: some values were skipped for it; it goes on with later ones. */
  | "local_lagged"
  /** WebAssembly could not be started, mostly because a content security policy forbids it. */
  | "local_wasm_blocked"
  /** The carrier could not be opened. */
  | "transport_connect"
  /** The carrier ended or failed before the connection was closed in an orderly way. */
  | "transport_lost"
  /** The other application closed or dropped its half of the channel. */
  | "remote_closed"
  /** The other application or its library refused to open the channel. */
  | "remote_rejected"
  /** The other application failed to receive or to forward a value. */
  | "remote_failed"
  /** The other side closed the connection in an orderly way while this operation was under way. */
  | "remote_connection_closed"
  /** A defect in cuttle. */
  | "bug";

/** What a {@link CuttleError} may carry beside its message. */
export interface ErrorDetails {
  /** The error that led to this one. */
  cause?: unknown;
  /** Facts for programs, for instance `{ limitBytes, sizeBytes }`; plain JSON values. */
  data?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Marks errors of every copy of this package that a page may have loaded. */
const BRAND = Symbol.for("cuttle.CuttleError");

/** The one error class of cuttle. */
export class CuttleError extends Error {
  /** What happened and who is at fault; see {@link ErrorCode}. */
  readonly code: ErrorCode;
  /** Facts for programs; empty when there are none. */
  readonly data: NonNullable<ErrorDetails["data"]>;

  /** Makes an error; the message says what happened, the likely cause and what to do. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(`${code}: ${message}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CuttleError";
    this.code = code;
    this.data = details.data ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /**
   * Whether `error` is a CuttleError, of this copy of the package or of another one, and has one of `codes` when
   * any are named.
   */
  static is(error: unknown, ...codes: ErrorCode[]): error is CuttleError {
    return (
      typeof error === "object" &&
      error !== null &&
      (error as Record<symbol, unknown>)[BRAND] === true &&
      (codes.length === 0 || codes.includes((error as CuttleError).code))
    );
  }

  /** `error` itself when it is a CuttleError, else a `bug` (or `code`) that keeps it as its cause. */
  static from(error: unknown, code: ErrorCode = "bug", what = "unexpected failure"): CuttleError {
    if (CuttleError.is(error)) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new CuttleError(code, `${what}: ${reason}`, { cause: error });
  }
}
