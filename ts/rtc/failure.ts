import { CuttleError } from "../errors/error.ts";
import { describe } from "../schema/describe.ts";
import type { Descriptor } from "../schema/descriptor.ts";

/** What a call is called in messages. */
export interface CallName {
  /** For instance `"increase" of Counter`. */
  readonly text: string;
  /** What the declaration says, for the error of a peer that has another one. */
  readonly args: Readonly<Record<string, Descriptor>>;
}

/** Why a request could not be sent. Errors of this program and of the connection stay what they are. */
export function sendFailure(error: unknown, name: CallName): unknown {
  return CuttleError.is(error, "remote_closed", "remote_rejected", "remote_failed") ? notServed(error, name) : error;
}

/** Nobody took the request. */
export function notServed(cause: unknown, { text }: CallName): CuttleError {
  return new CuttleError(
    "remote_closed",
    `${text} was not called: the other side serves it no more, or refused the channel for its requests`,
    { cause, data: { kind: "NotServed" } },
  );
}

/** Why there is no reply. */
export function replyFailure(error: unknown, { text, args }: CallName): unknown {
  if (CuttleError.is(error, "remote_rejected")) {
    const parts = Object.entries(args).map(([name, type]) => `${name}: ${typeText(type)}`);
    return new CuttleError(
      "peer_incompatible",
      `${text} was refused by the other side: it could not read the request, or had just ended. The declaration here ` +
        `has (${parts.join(", ")}); the other side may be older, lack it, or use another codec. Compare both`,
      { cause: error, data: { kind: "Rejected" } },
    );
  }
  if (CuttleError.is(error, "remote_closed")) {
    return new CuttleError(
      "remote_failed",
      `${text} was begun on the other side and not answered: it failed there without a declared error, its reply ` +
        "could not be sent or exceeds the limit, or the other side ended",
      { cause: error, data: { kind: "Dropped" } },
    );
  }
  return error;
}

function typeText(type: Descriptor): string {
  return describe(type.kind === "field" ? (type as unknown as { type: Descriptor }).type : type, 1);
}
