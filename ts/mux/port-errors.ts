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
