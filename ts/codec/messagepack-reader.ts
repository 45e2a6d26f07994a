import type { Names } from "../schema/descriptor.ts";
import { ARRAY, BOOL, BYTES, DescribedReader, FLOAT, INT, MAP, NIL, OTHER, TEXT } from "./described-reader.ts";
import { type FieldHead, messagePackHead } from "./field-head.ts";
import { intName } from "./int-name.ts";
import { NO_FIELD, UNKNOWN_FIELD } from "./reader.ts";

/** Reads MessagePack as rmp-serde does: structs are maps or arrays, names may be indices. */
export class MessagePackReader extends DescribedReader {
  int(bits: number, signed: boolean): number {
    this.head();
    if (this.kind !== INT) this.unexpected(intName(bits, signed));
    return this.argument;
  }

  bigint(bits: number, signed: boolean): bigint {
    this.head();
    if (this.kind === BYTES && bits === 128 && this.argument === 16) {
      const view = this.view(16);
      const high = signed ? view.getBigInt64(0) : view.getBigUint64(0);
      return (high << 64n) | view.getBigUint64(8);
    }
    if (this.kind !== INT) this.unexpected(intName(bits, signed));
    return this.#exact();
  }

  protected override readFloat(type: string): number {
    this.head();
    if (this.kind === FLOAT) return this.float;
    if (this.kind !== INT) this.unexpected(type);
    if (!Number.isSafeInteger(this.argument) && BigInt(this.argument) !== this.#exact())
      this.fail(`expected ${type}, got an integer that is not exact as one`);
    return this.argument;
  }

  override unitStruct(): void {
    this.head();
    if (this.kind !== NIL && (this.kind !== ARRAY || this.argument !== 0)) this.unexpected(NIL);
  }

  override str(): string {
    this.head();
    if (this.kind !== TEXT && this.kind !== BYTES) this.unexpected(TEXT);
    return this.contents(this.argument);
  }

  /** The count of fields for a map, and for an array the count below -1. */
  override beginStruct(): number {
    this.head();
    if (this.kind === MAP) return this.argument;
    if (this.kind !== ARRAY) this.unexpected(MAP);
    return -1 - this.argument;
  }

  get fieldHead(): FieldHead {
    return messagePackHead;
  }

  override nextField(index: number, count: number, names: Names, head?: Uint8Array): number {
    if (count >= 0) return super.nextField(index, count, names, head);
    if (index >= -1 - count) return NO_FIELD;
    if (index >= names.list.length) this.fail(`expected an array of ${index}, got one of ${-1 - count}`);
    return index;
  }

  protected override fieldOf(names: Names): number {
    const { kind, argument } = this;
    if (kind === INT) return argument >= 0 && argument < names.list.length ? argument : UNKNOWN_FIELD;
    if (kind === BYTES) this.kind = TEXT;
    return super.fieldOf(names);
  }

  protected override variantOf(names: Names): number {
    const { kind, argument } = this;
    if (kind === BYTES) this.kind = TEXT;
    if (kind !== INT) return super.variantOf(names);
    return argument >= 0 && argument < names.list.length ? argument : this.unknownVariant(String(argument), names);
  }

  protected override checkLength(count: number, found: number): void {
    if (found !== count) this.fail(`expected an array of ${count}, got one of ${found}`);
  }

  protected override head(): void {
    const marker = this.byte();
    if (marker < 0x80) this.#set(INT, marker);
    else if (marker < 0x90) this.#set(MAP, marker & 15);
    else if (marker < 0xa0) this.#set(ARRAY, marker & 15);
    else if (marker < 0xc0) this.#set(TEXT, marker & 31);
    else if (marker >= 0xe0) this.#set(INT, marker - 256);
    else if (marker < 0xc4) {
      if (marker === 0xc1) this.fail("expected MessagePack, got byte c1, which has no meaning");
      this.#set(marker === 0xc0 ? NIL : BOOL, marker & 1);
    } else if (marker < 0xc7) this.#set(BYTES, this.uint(1 << (marker - 0xc4)));
    else if (marker < 0xca) this.#set(OTHER, 1 + this.uint(1 << (marker - 0xc7)));
    else if (marker < 0xcc) {
      this.kind = FLOAT;
      this.float = marker === 0xca ? this.view(4).getFloat32(0) : this.view(8).getFloat64(0);
    } else if (marker < 0xd0) this.#set(INT, this.uint(1 << (marker & 3)));
    else if (marker < 0xd4) this.#set(INT, this.#int(1 << (marker & 3)));
    else if (marker < 0xd9) this.#set(OTHER, 1 + (1 << (marker - 0xd4)));
    else if (marker < 0xdc) this.#set(TEXT, this.uint(1 << (marker - 0xd9)));
    else this.#set(marker < 0xde ? ARRAY : MAP, this.uint(marker & 1 ? 4 : 2));
  }

  protected override skipOther(): void {
    this.advance(this.argument);
  }

  #set(kind: number, argument: number): void {
    this.kind = kind;
    this.argument = argument;
  }

  #int(count: number): number {
    // Rounded towards the right sign for 8 bytes; `exact` reads those again.
    if (count === 8) return (this.uint(4) | 0) * 2 ** 32 + this.uint(4);
    const unused = 32 - 8 * count;
    return (this.uint(count) << unused) >> unused;
  }

  /** The integer whose head has just been read. */
  #exact(): bigint {
    if (Number.isSafeInteger(this.argument)) return BigInt(this.argument);
    this.pos -= 8;
    return this.argument < 0 ? this.view(8).getBigInt64(0) : this.view(8).getBigUint64(0);
  }
}
