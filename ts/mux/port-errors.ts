import { CuttleError } from "../errors/error.ts";
import { once } from "../util/once.ts";
import type { ErrorSource } from "./port-host.ts";

/** What sending fails with when the peer reads no more. */
export function receiverGone(reason: "closed" | "dropped"): ErrorSource {
  return once(() => new CuttleError("remote_closed", `the other side ${reason} its receiver`, { data: { reason } }));
}

/** What `taken` fails with where the peer cannot tell. */
export function noReports(): CuttleError {
  return new CuttleError(
    "peer_incompatible",
    "the other side does not tell when its application takes a value: remoc 0.18 and older cannot. Let it answer " +
      "through a channel instead",
  );
}

/** What a connection fails with when bytes that were lent to it are gone in the middle of a frame. */
export function changedMeanwhile(): CuttleError {
  return new CuttleError(
    "local_encode",
    "a Uint8Array was resized or transferred while it was being sent. Leave it as it is until send() resolved, or send a copy",
  );
}

/** What sending an array a second time fails with that was given away. */
export function sentTwice(): CuttleError {
  return new CuttleError("local_misuse", "an array that transfer() made was sent before; it can be sent once");
}
