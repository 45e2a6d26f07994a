import { CuttleError } from "../errors/error.ts";

/** A `local_misuse` error. */
export function misuse(message: string): CuttleError {
  return new CuttleError("local_misuse", message);
}
