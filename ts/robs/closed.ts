import { CuttleError } from "../errors/error.ts";

/** Of a source that ended without `done()`. */
export function sourceClosed(): CuttleError {
  return new CuttleError(
    "remote_closed",
    "the collection was dropped at its source before done(), or an event was too large to be sent",
  );
}
