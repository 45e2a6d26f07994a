import { type FieldHead, jsonHead } from "./field-head.ts";
import { Output, SHORT_TEXT } from "./output.ts";
import type { Writer } from "./writer.ts";

/** Writes JSON exactly as serde_json in its compact form. */
export class JsonWriter extends Output implements Writer {
  readonly humanReadable = true;
  readonly positional = false;
  /** Whether a map key is being written: it must become a string. */
  #inKey = false;

  override get selfDescribing(): boolean {
    return true;
  }

  unit(): void {
    this.#notKey();
    this.text("null");
  }

  unitStruct(): void {
    this.unit();
  }

  bool(value: boolean): void {
    this.#scalar(value ? "true" : "false");
  }

  int(value: number): void {
    if (value >= 0 && value <= SHORT_INTEGER && !this.#inKey) this.#digits(value);
    // Adding 0 turns -0 into 0.
    else this.#scalar(String(value + 0));
  }

  bigint(value: bigint): void {
    this.#scalar(String(value));
  }

  f32(value: number): void {
    this.#float(shortestF32(value), 1e13, 1e-6);
  }

  f64(value: number): void {
    this.#float(value, 1e16, 1e-5);
  }

  char(value: string): void {
    this.str(value);
  }

  str(value: string): void {
    if (this.#plain(value)) return;
    this.byte(QUOTE);
    this.text(ESCAPED.test(value) ? value.replace(ALL_ESCAPED, (char) => JSON.stringify(char).slice(1, -1)) : value);
    this.byte(QUOTE);
  }

  bytes(value: Uint8Array): void {
    this.#open(OPEN_ARRAY);
    for (let from = 0; from < value.length; from += BYTES_AT_ONCE) {
      this.#someBytes(value.subarray(from, from + BYTES_AT_ONCE), from === 0);
    }
    this.byte(CLOSE_ARRAY);
  }

  byteSeq(value: Uint8Array): void {
    this.bytes(value);
  }

  none(): void {
    this.unit();
  }

  some(): void {
    this.#notKey();
  }

  beginSeq(): void {
    this.#open(OPEN_ARRAY);
  }

  endSeq(): void {
    this.byte(CLOSE_ARRAY);
  }

  beginTuple(): void {
    this.#open(OPEN_ARRAY);
  }

  endTuple(): void {
    this.byte(CLOSE_ARRAY);
  }

  element(index: number): void {
    if (index > 0) this.byte(COMMA);
  }

  beginMap(): void {
    this.#open(OPEN_OBJECT);
  }

  key(index: number): void {
    this.element(index);
    this.#inKey = true;
  }

  value(): void {
    this.#inKey = false;
    this.byte(COLON);
  }

  endMap(): void {
    this.byte(CLOSE_OBJECT);
  }

  beginStruct(): void {
    this.#open(OPEN_OBJECT);
  }

  get fieldHead(): FieldHead {
    return jsonHead;
  }

  field(name: string, index: number, head?: Uint8Array): void {
    // Before the first one stands no comma.
    if (head !== undefined) return this.few(head, index > 0 ? 0 : 1);
    this.element(index);
    this.str(name);
    this.byte(COLON);
  }

  endField(): void {}

  endStruct(): void {
    this.byte(CLOSE_OBJECT);
  }

  override beginFlat(): void {
    this.beginStruct();
  }
  override endFlat(): void {
    this.endStruct();
  }

  unitVariant(name: string): void {
    this.str(name);
  }

  beginVariant(name: string): void {
    this.#open(OPEN_OBJECT);
    this.field(name, 0);
  }

  endVariant(): void {
    this.byte(CLOSE_OBJECT);
  }

  /** Writes a short text in which nothing is to be escaped; false, and nothing written, for any other. */
  #plain(value: string): boolean {
    const count = value.length;
    if (count > SHORT_TEXT) return false;
    this.reserve(count + 2);
    const { buffer } = this;
    let at = this.len;
    buffer[at++] = QUOTE;
    for (let i = 0; i < count; i++) {
      const code = value.charCodeAt(i);
      // Most are small letters.
      if (code > BACKSLASH ? code > 0x7f : code < 0x20 || code === QUOTE || code === BACKSLASH) return false;
      buffer[at++] = code;
    }
    buffer[at++] = QUOTE;
    this.len = at;
    return true;
  }

  /** Writes at most {@link BYTES_AT_ONCE} bytes, each behind a comma but for the first of all. */
  #someBytes(value: Uint8Array, isFirst: boolean): void {
    this.reserve(value.length * 4);
    const { buffer } = this;
    let at = this.len;
    for (let i = 0; i < value.length; i++) {
      const byte = value[i] as number;
      if (i > 0 || !isFirst) buffer[at++] = COMMA;
      const tens = (byte / 10) | 0;
      const hundreds = (byte / 100) | 0;
      if (hundreds > 0) buffer[at++] = 0x30 + hundreds;
      if (tens > 0) buffer[at++] = 0x30 + tens - hundreds * 10;
      buffer[at++] = 0x30 + byte - tens * 10;
    }
    this.len = at;
  }

  /** Writes an integer up to {@link SHORT_INTEGER}. */
  #digits(value: number): void {
    let count = 1;
    for (let limit = 10; value >= limit; limit *= 10) count++;
    this.reserve(count);
    const { buffer, len } = this;
    let rest = value;
    for (let at = len + count - 1; at >= len; at--) {
      const tens = (rest / 10) | 0;
      buffer[at] = 0x30 + rest - tens * 10;
      rest = tens;
    }
    this.len = len + count;
  }

  #float(value: number, large: number, small: number): void {
    if (!Number.isFinite(value)) return this.unit();
    const size = Math.abs(value);
    if (size !== 0 && (size < small || size >= large)) return this.#scalar(value.toExponential());
    if (value > 0 && this.#decimal(value)) return;
    this.#scalar((Object.is(value, -0) ? "-0" : String(value)) + (Number.isInteger(value) ? ".0" : ""));
  }

  /** Writes a float of few digits, as prices have; false, and nothing written, for any other. */
  #decimal(value: number): boolean {
    const scaled = Math.round(value * DECIMAL_UNIT);
    // Up to 15 digits are those of one float only, so that no other digits, and no fewer, mean this one.
    if (value > SHORT_INTEGER || scaled / DECIMAL_UNIT !== value || this.#inKey) return false;
    const whole = Math.floor(value);
    let rest = scaled - whole * DECIMAL_UNIT;
    this.#digits(whole);
    this.byte(POINT);
    let unit = DECIMAL_UNIT / 10;
    do {
      const digit = (rest / unit) | 0;
      this.byte(0x30 + digit);
      rest -= digit * unit;
      unit /= 10;
    } while (rest > 0);
    return true;
  }

  #scalar(text: string): void {
    if (this.#inKey) this.byte(QUOTE);
    this.text(text);
    if (this.#inKey) this.byte(QUOTE);
  }

  #open(bracket: number): void {
    this.#notKey();
    this.byte(bracket);
  }

  #notKey(): void {
    if (this.#inKey) this.fail("a map key must be a string in JSON. Use a Vec of pairs or another codec");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const POINT = 0x2e;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** So many bytes need no more than 256 KiB of room, and the limit is kept soon after it is passed. */
const BYTES_AT_ONCE = 65_536;
/** A float with so many parts to the unit is written by hand. */
const DECIMAL_UNIT = 1e6;
/** The largest integer that is written by hand. */
const SHORT_INTEGER = 999_999_999;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes
const ESCAPED = /["\\\u0000-\u001f]/;
const ALL_ESCAPED: RegExp = /* @__PURE__ */ new RegExp(ESCAPED, "g");

/**
 * The number with the fewest digits that rounds to the same f32. At some powers of two and exact ties serde_json
 * takes another last digit; both read back as the same f32.
 */
function shortestF32(value: number): number {
  // toPrecision drops the sign of -0.
  if (value === 0) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
