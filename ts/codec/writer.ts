import type { FieldHead } from "./field-head.ts";
import type { Trail } from "./trail.ts";

/**
 * Where the encode walk writes to: one method per part of the serde data model. The walk has checked values
 * against the descriptor before it calls; a format refuses only what it cannot express, with `fail`.
 */
export interface Writer extends Trail {
  /** Whether types with two forms, such as UUIDs, use their text form. */
  readonly humanReadable: boolean;
  /** Whether fields are told apart by their place alone, so that none can be left out. */
  readonly positional: boolean;
  /** Whether fields that have their default may be left out where the peer allows it. */
  readonly leavesOutDefaults: boolean;

  /** Whether the bytes say what they are, so that readers can look ahead in them. */
  readonly selfDescribing: boolean;
  /** Byte arrays that `write` writes are not given away: who gave them keeps them. */
  keeping(write: () => void): void;

  unit(): void;
  unitStruct(): void;
  bool(value: boolean): void;
  /** A safe integer, of a type with this many bits. */
  int(value: number, bits: number, signed: boolean): void;
  /** Any integer of a type with 64 or 128 bits that is not a safe one. */
  bigint(value: bigint, bits: number, signed: boolean): void;
  f32(value: number): void;
  f64(value: number): void;
  char(value: string): void;
  /** May hold lone surrogates; those must be refused. */
  str(value: string): void;
  bytes(value: Uint8Array): void;
  /** A sequence of u8. */
  byteSeq(value: Uint8Array): void;

  none(): void;
  /** The value follows. */
  some(): void;

  /** `count` times `element` and a value follow, then `endSeq`. */
  beginSeq(count: number): void;
  endSeq(): void;
  /** As a sequence, but the length is part of the type. */
  beginTuple(count: number): void;
  endTuple(): void;
  /** Comes before each element of sequences and tuples, counted from 0. */
  element(index: number): void;

  /** `count` times `key`, a value, `value` and a value follow, then `endMap`. */
  beginMap(count: number): void;
  /** Comes before each key, counted from 0. */
  key(index: number): void;
  value(): void;
  endMap(): void;

  /** `count` times `field`, a value and `endField` follow, then `endStruct`. */
  beginStruct(count: number): void;
  /** Makes what {@link field} takes as `head`; one function for each format. */
  readonly fieldHead: FieldHead;
  /** Comes before each field, counted from 0; with what `fieldHead` makes of the name where that is at hand, which is faster. */
  field(name: string, index: number, head?: Uint8Array): void;
  endField(): void;
  endStruct(): void;

  /** As a struct, but it may say that its count was not known; only where `selfDescribing`. */
  beginFlat(count: number): void;
  endFlat(): void;

  /** A variant without payload; `index` is its place in the declaration. */
  unitVariant(name: string, index: number): void;
  /** The payload follows, then `endVariant`; `isEmpty` for tuple and struct variants without any fields. */
  beginVariant(name: string, index: number, isEmpty: boolean): void;
  endVariant(): void;

  /** Whether the value that follows will be one that readers can step over; then `endRecoverable` comes after it. */
  beginRecoverable(): boolean;
  endRecoverable(): void;
}
