import { CuttleError } from "../errors/error.ts";

/** Where messages stand among others that wait to be sent, in the shape of RFC 9218. Nothing of it is on the wire. */
export interface Priority {
  /**
   * 0 to 7; default 3. 0 to 2 go before the others and 5 to 7 after them. What waits still gets an eighth of the bytes.
   */
  urgency?: number | undefined;
  /**
   * Whether messages take turns with those of others, piece by piece; default true. False lets each become whole before
   * the next such one of the same urgency begins, so that the first is there sooner.
   */
  incremental?: boolean | undefined;
}

/** The two settings out of `options`; undefined when neither is there. Throws `local_misuse` for no such urgency. */
export function priorityOf({ urgency, incremental }: Priority): Priority | undefined {
  if (urgency === undefined && incremental === undefined) return undefined;
  if (urgency !== undefined && !(Number.isInteger(urgency) && urgency >= 0 && urgency <= 7)) {
    throw new CuttleError("local_misuse", `urgency must be a whole number from 0 (first) to 7 (last), got ${urgency}`);
  }
  return { urgency, incremental };
}
