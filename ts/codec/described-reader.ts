import type { Names } from "../schema/descriptor.ts";
import { BinaryInput } from "./binary-input.ts";
import type { FieldHead } from "./field-head.ts";
import { NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";

/** The kinds of values that bytes may announce: an integer, */
export const INT = 0;
/** bytes, */
export const BYTES = 1;
/** a text, */
export const TEXT = 2;
/** an array, */
export const ARRAY = 3;
/** a map, */
export const MAP = 4;
/** null, */
export const NIL = 5;
/** a bool, */
export const BOOL = 6;
/** a float, */
export const FLOAT = 7;
/** a tag (CBOR) or extension (MessagePack), */
export const OTHER = 8;
/** the end of something of unknown length. */
export const BREAK = 9;
/** For messages. */
const KINDS = ["an integer", "bytes", "str", "an array", "a map", "()", "bool", "a float", "an extension", "an end"];

/** Reads binary formats whose bytes say what they are. Every value has at least one byte. */
export abstract class DescribedReader extends BinaryInput implements Reader {
  /** The kind of the value whose head was read last. */
  protected kind = NIL;
  /**
   * What its head says: the integer (not exact beyond 2^53) or bool, the length of bytes and texts, the count of
   * arrays and maps; -1 when length or count are unknown.
   */
  protected argument = 0;
  /** The float whose head was read last. */
  protected float = 0;
  /** Whether the variant that was read last stands in a map with its payload. */
  #tagged = false;
  /** How many elements each open tuple has beyond those of its type; -1 when only its end will tell. */
  #surplus: number[] | undefined;

  /** Reads the head of a value and sets `kind` and `argument`; a float is read whole. */
  protected abstract head(): void;
  abstract int(bits: number, signed: boolean): number;
  abstract bigint(bits: number, signed: boolean): bigint;
  /** Steps over the contents of a value of the kind `OTHER`. */
  protected abstract skipOther(): void;

  override get selfDescribing(): boolean {
    return true;
  }

  protected override get state(): number {
    return this.#surplus?.length ?? 0;
  }
  protected override set state(open: number) {
    if (this.#surplus !== undefined) this.#surplus.length = open;
  }

  unit(): void {
    this.expect(NIL);
  }

  unitStruct(): void {
    this.unit();
  }

  bool(): boolean {
    return this.expect(BOOL) === 1;
  }

  f32(): number {
    const value = this.readFloat("f32");
    const rounded = Math.fround(value);
    if (Number.isFinite(value) && !Number.isFinite(rounded)) this.fail(`expected f32, got ${value}`);
    return rounded;
  }

  f64(): number {
    return this.readFloat("f64");
  }

  char(): string {
    return this.str();
  }

  str(): string {
    return this.contents(this.expect(TEXT));
  }

  bytes(): Uint8Array {
    this.head();
    if (this.kind === BYTES) return this.binary(this.argument);
    if (this.kind !== ARRAY) this.unexpected(BYTES);
    const count = this.argument;
    const values: number[] = [];
    this.descend();
    for (let i = 0; this.more(i, count); i++) {
      this.at(i);
      const value = this.int(8, false);
      if (value < 0 || value > 255) this.fail(`expected u8, got ${value}`);
      values.push(value);
    }
    this.ascend();
    this.endSeq(count);
    return new Uint8Array(values);
  }

  byteSeq(): Uint8Array {
    return this.bytes();
  }

  some(): boolean {
    const start = this.pos;
    this.head();
    if (this.kind === NIL) return false;
    this.pos = start;
    return true;
  }

  beginSeq(): number {
    return this.expect(ARRAY);
  }

  more(index: number, count: number): boolean {
    return count < 0 ? !this.atBreak() : index < count;
  }

  endSeq(count: number): void {
    if (count < 0) this.expect(BREAK);
  }

  beginTuple(count: number): void {
    const found = this.expect(ARRAY);
    if (found >= 0) this.checkLength(count, found);
    this.#surplus ??= [];
    this.#surplus.push(found < 0 ? -1 : found - count);
  }

  element(): void {
    if (this.atBreak()) this.fail("expected another element, got the end of the array");
  }

  endTuple(): void {
    const surplus = this.#surplus?.pop() as number;
    for (let i = 0; this.more(i, surplus); i++) this.skipField();
    this.endSeq(surplus);
  }

  beginMap(): number {
    return this.expect(MAP);
  }
  key(): void {}
  value(): void {}
  endMap(count: number): void {
    this.endSeq(count);
  }

  beginStruct(): number {
    return this.beginMap();
  }

  abstract get fieldHead(): FieldHead;

  nextField(index: number, count: number, names: Names, head?: Uint8Array): number {
    if (this.more(index, count)) {
      if (head !== undefined && this.take(head)) return index;
      this.head();
      return this.fieldOf(names);
    }
    this.endSeq(count);
    return NO_FIELD;
  }

  endField(): void {}

  skipField(): void {
    this.head();
    const { kind, argument } = this;
    if (kind === BYTES || kind === TEXT) this.binary(argument);
    else if (kind === OTHER) this.skipOther();
    else if (kind === BREAK) this.unexpected(NIL);
    if (kind !== ARRAY && kind !== MAP) return;
    this.descend();
    for (let i = 0; this.more(i, argument); i++) {
      if (kind === MAP) this.skipField();
      this.skipField();
    }
    this.ascend();
    this.endSeq(argument);
  }

  endStruct(): void {}

  variant(names: Names): number {
    this.head();
    this.#tagged = this.kind === MAP;
    if (this.#tagged) {
      if (this.argument !== 1) this.fail("expected a variant, got a map that has not one entry");
      this.head();
    }
    return this.variantOf(names);
  }

  unitVariant(): void {
    if (this.#tagged) this.unit();
  }

  beginPayload(): void {
    if (!this.#tagged) this.fail("expected a variant with its payload, got its name alone");
  }

  endPayload(): void {}

  /** Steps over the head of a value that must be of this kind; returns its argument. */
  protected expect(kind: number): number {
    this.head();
    if (this.kind !== kind) this.unexpected(kind);
    return this.argument;
  }

  /** Fails because the value whose head was read last is none of this kind, or of this Rust type. */
  protected unexpected(expected: number | string): never {
    this.fail(`expected ${KINDS[expected as number] ?? expected}, got ${this.#found()}`);
  }

  /** A float of the type that the message names. */
  protected readFloat(type: string): number {
    this.head();
    if (this.kind !== FLOAT) this.unexpected(type);
    return this.float;
  }

  /** A few words about the value whose head was read last. */
  #found(): string {
    const { kind, argument } = this;
    if (kind === INT) return String(argument);
    if (kind === FLOAT) return String(this.float);
    if (kind === BOOL) return String(argument === 1);
    if (kind !== TEXT || argument < 0) return KINDS[kind] as string;
    const start = this.buffer.subarray(this.pos, Math.min(this.end, this.pos + Math.min(argument, 40)));
    return `"${String.fromCharCode(...start).replace(/[^ -~]/g, "?")}"`;
  }

  /** The field that a key means whose head has been read. */
  protected fieldOf(names: Names): number {
    if (this.kind !== TEXT) this.unexpected(TEXT);
    return names.index.get(this.contents(this.argument)) ?? UNKNOWN_FIELD;
  }

  /** The variant that a value means whose head has been read. */
  protected variantOf(names: Names): number {
    if (this.kind !== TEXT) this.unexpected(TEXT);
    const name = this.contents(this.argument);
    return names.index.get(name) ?? this.unknownVariant(name, names);
  }

  /** Whether the end of something of unknown length is next. */
  protected atBreak(): boolean {
    return false;
  }

  /** Refuses an array that has too few elements, or too many where that matters. */
  protected checkLength(count: number, found: number): void {
    if (found < count) this.fail(`expected an array of ${count}, got one of ${found}`);
  }

  /** The contents of a text whose head has been read. */
  protected contents(length: number): string {
    return this.textOf(length);
  }

  /** A copy of bytes, or of a text, whose head has been read. */
  protected binary(length: number): Uint8Array {
    return this.copy(length);
  }
}
