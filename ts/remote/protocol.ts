/** The records of the lane between two sides that exchange plain objects. PROTOCOL.md section 14. */

/** The first message of either side: what follows is this protocol. */
export const GREETING = "cuttle objects 1";

/** Kinds of records: the first number of each. The numbers that follow, then what else. */
export const Kind = {
  /** question, target, path; the arguments. */
  call: 0,
  /** question, target, path. */
  get: 1,
  /** question; the result. */
  returned: 2,
  /** question; the error. */
  threw: 3,
  /** export and count, repeated: references that the sender has no longer. */
  release: 4,
  /** question, repeated: nothing will refer to its result any more. */
  finish: 5,
  /** promise, 0 fulfilled or 1 rejected; the value. */
  settle: 6,
  /** port, kind, question or promise, exports that it refers to: the record comes on this port. */
  large: 7,
  /** questions that the arguments refer to; then as a call. */
  callWith: 8,
} as const;

/** What a live tag says, counted from `Tag.live`. */
export const Live = {
  /** A function or object of the sender: its export number. */
  exported: 0,
  /** A function or object of the receiver: its export number. */
  home: 1,
  /** The result of a question of the sender, at a path. */
  answer: 2,
  /** A promise of the sender: its number. */
  promise: 3,
  /** An AbortSignal of the sender: its number, whether it is aborted, the reason. */
  signal: 4,
  /** A channel half: its kind, its shape. */
  half: 5,
  /** A stream: readable 0, writable 1, async iterable 2; the shape of the half that carries it. */
  stream: 6,
} as const;

/** A record of more bytes goes over a port of its own, so that small ones need not wait behind it. */
export const LARGE_BYTES = 16 * 1024;

/** How a record names the result of a question as its target: exports are 0 and above. */
export function targetOfQuestion(question: number): number {
  return -1 - question;
}

/** How a call or promise ended. A result is not known: what came of it is an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };
