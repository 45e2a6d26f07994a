import type { Names } from "../schema/descriptor.ts";
import type { FieldHead } from "./field-head.ts";
import type { Trail } from "./trail.ts";

/** Returned by {@link Reader.nextField} for a field that is not in the descriptor; it must be skipped. */
export const UNKNOWN_FIELD = -1;
/** Returned by {@link Reader.nextField} after the last field. */
export const NO_FIELD = -2;

/** Byte arrays in order, and before which of the other bytes each stands. */
export type Given = readonly { readonly at: number; readonly bytes: Uint8Array }[];

/** A place in what is read. */
export interface Mark {
  readonly pos: number;
  readonly depth: number;
  /** Whatever else the format keeps. */
  readonly state: number;
  /** How many given arrays are behind it. */
  readonly givenRead: number;
}

/**
 * Where the decode walk reads from: one method per part of the serde data model, to be called in the order of
 * {@link Writer}. Everything comes from a peer: each method fails (`peer_decode`) on whatever is not such a part,
 * reads nothing beyond the input, and allocates no more than in proportion to the bytes that are there.
 */
export interface Reader extends Trail {
  /** Nobody else has the bytes: large byte arrays may be views of them. */
  ownsBytes: boolean;
  /** Byte arrays that stand between the bytes, at these places; to be set before anything is read. */
  set given(given: Given);
  /** Whether types with two forms, such as UUIDs, use their text form. */
  readonly humanReadable: boolean;

  /** Whether the bytes say what they are: then any value can be skipped with `skipField`, and read again. */
  readonly selfDescribing: boolean;
  /** The present place, to come back to it; only where `selfDescribing`. */
  mark(): Mark;
  /** Goes to a place that was marked, and out of the containers that were entered since. Fails when it is done too much. */
  rewind(mark: Mark): void;

  unit(): void;
  unitStruct(): void;
  bool(): boolean;
  /** A number that may lie outside the type's range; the walk checks. */
  int(bits: number, signed: boolean): number;
  /** As `int`, for 64 and 128 bits. */
  bigint(bits: number, signed: boolean): bigint;
  f32(): number;
  f64(): number;
  /** A string; the walk checks that it is one character. */
  char(): string;
  str(): string;
  /** A copy. */
  bytes(): Uint8Array;
  /** A copy of a sequence of u8. */
  byteSeq(): Uint8Array;

  /** Whether a value follows. */
  some(): boolean;

  /** The announced count, or -1 when only the end will tell; to be handed back to `more` and `endSeq`. */
  beginSeq(): number;
  /** Whether another element or key follows after `index` of them; fails on endless runs of elements of no bytes. */
  more(index: number, count: number): boolean;
  endSeq(count: number): void;
  beginTuple(count: number): void;
  /** Comes before each element of a tuple, counted from 0. */
  element(index: number): void;
  endTuple(): void;

  /** As `beginSeq`. */
  beginMap(): number;
  /** Comes before each key. */
  key(): void;
  /** Comes before each value of a map. */
  value(): void;
  endMap(count: number): void;

  /** A number to be handed back to `nextField`. */
  beginStruct(): number;
  /** Makes what {@link nextField} takes as `head`; one function for each format. */
  readonly fieldHead: FieldHead;
  /**
   * The place of the next field in `names`, {@link UNKNOWN_FIELD} or {@link NO_FIELD}; `index` counts the calls. With what
   * `fieldHead` makes of the name at this index where that is at hand, because fields mostly come in order.
   */
  nextField(index: number, count: number, names: Names, head?: Uint8Array): number;
  /** Comes after the value of each known field. */
  endField(): void;
  /** Comes in place of the value and `endField` of each unknown field. */
  skipField(): void;
  endStruct(): void;

  /** The place of the variant in `names`; fails for an unknown one. `unitVariant` or `beginPayload` follows. */
  variant(names: Names): number;
  unitVariant(): void;
  beginPayload(): void;
  endPayload(): void;

  /** Whether the value that follows can be stepped over; then `endRecoverable` comes after it. */
  beginRecoverable(): boolean;
  /** Also after a failure within the value: steps over what is left of it, and out of its containers. */
  endRecoverable(): void;

  /** Comes after the whole value. */
  finish(): void;
}
