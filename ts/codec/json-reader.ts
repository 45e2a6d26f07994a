import type { Names } from "../schema/descriptor.ts";
import { LONE_SURROGATE } from "./char.ts";
import { type FieldHead, jsonHead } from "./field-head.ts";
import { Input } from "./input.ts";
import { intName } from "./int-name.ts";
import { NO_FIELD, type Reader, UNKNOWN_FIELD } from "./reader.ts";

/** Reads JSON as serde_json does, guided by the descriptor. Works on the bytes, so no value keeps the whole text alive. */
export class JsonReader extends Input implements Reader {
  /** Whether a map key is being read: numbers and bools stand in quotes. */
  #inKey = false;
  /** Whether the variant that was read last stands in an object with its payload. */
  #tagged = false;

  // A getter, because a field would cost time for each value.
  get humanReadable(): boolean {
    return true;
  }

  override get selfDescribing(): boolean {
    return true;
  }

  protected override get state(): number {
    return this.#inKey ? 1 : 0;
  }
  protected override set state(inKey: number) {
    this.#inKey = inKey === 1;
  }

  unit(): void {
    if (!this.#word(NULL)) this.#expected("null");
  }

  unitStruct(): void {
    this.unit();
  }

  bool(): boolean {
    this.#quoteOfKey();
    const value = this.#word(TRUE);
    if (!value && !this.#word(FALSE)) this.#expected("bool");
    this.#quoteOfKey();
    return value;
  }

  int(bits: number, signed: boolean): number {
    const digits = this.#digits();
    return digits < 0 ? Number(this.#number(INTEGER, intName(bits, signed))) : digits;
  }

  bigint(bits: number, signed: boolean): bigint {
    const digits = this.#digits();
    if (digits >= 0) return BigInt(digits);
    const text = this.#number(INTEGER, intName(bits, signed));
    // No integer type has more digits, and converting a very long text would take very long.
    if (text.length > MAX_DIGITS)
      this.fail(`expected ${intName(bits, signed)}, got an integer of ${text.length} digits`);
    return BigInt(text);
  }

  f32(): number {
    return Math.fround(this.#float("f32"));
  }

  f64(): number {
    return this.#float("f64");
  }

  char(): string {
    return this.str();
  }

  str(): string {
    if (this.#peek() !== QUOTE) this.#expected("str");
    const { buffer, end } = this;
    const start = this.pos;
    let escapes = false;
    let at = start + 1;
    // Reading beyond a buffer is slow in engines.
    for (; at < end; at++) {
      const byte = buffer[at] as number;
      if (byte > BACKSLASH) continue;
      if (byte === QUOTE || byte < 0x20) break;
      if (byte !== BACKSLASH) continue;
      escapes = true;
      at++;
    }
    if (at >= end || buffer[at] !== QUOTE) {
      this.pos = at;
      this.fail("expected str, got its end or a control character");
    }
    this.pos = at + 1;
    return escapes ? this.#unescape(this.utf8(start, at + 1)) : this.utf8(start + 1, at);
  }

  bytes(): Uint8Array {
    return this.#peek() === QUOTE ? new TextEncoder().encode(this.str()) : this.byteSeq();
  }

  byteSeq(): Uint8Array {
    this.beginSeq();
    const compact = this.#compactBytes();
    if (compact !== undefined) return compact;
    const values: number[] = [];
    this.descend();
    for (let i = 0; this.more(i); i++) {
      this.at(i);
      const value = this.int(8, false);
      if (value < 0 || value > 255) this.fail(`expected u8, got ${value}`);
      values.push(value);
    }
    this.ascend();
    this.endSeq();
    return new Uint8Array(values);
  }

  some(): boolean {
    return !this.#word(NULL);
  }

  beginSeq(): number {
    this.#mark(OPEN_ARRAY);
    return -1;
  }

  more(index: number): boolean {
    const next = this.#peek();
    if (index === 0) return next !== CLOSE_ARRAY && next !== CLOSE_OBJECT;
    if (next !== COMMA) return false;
    this.pos++;
    return true;
  }

  endSeq(): void {
    this.#mark(CLOSE_ARRAY);
  }

  beginTuple(): void {
    this.#mark(OPEN_ARRAY);
  }

  element(index: number): void {
    if (index > 0) this.#mark(COMMA);
  }

  endTuple(): void {
    this.#mark(CLOSE_ARRAY);
  }

  beginMap(): number {
    return this.beginStruct();
  }

  key(): void {
    if (this.#peek() !== QUOTE) this.#expected("a key in quotes");
    this.#inKey = true;
  }

  value(): void {
    this.#inKey = false;
    this.#mark(COLON);
  }

  endMap(): void {
    this.#mark(CLOSE_OBJECT);
  }

  beginStruct(): number {
    this.#mark(OPEN_OBJECT);
    return -1;
  }

  get fieldHead(): FieldHead {
    return jsonHead;
  }

  nextField(index: number, _count: number, names: Names, head?: Uint8Array): number {
    // Before the first one stands no comma.
    if (head !== undefined && this.take(head, index > 0 ? 0 : 1)) return index;
    if (!this.more(index)) return NO_FIELD;
    const place = names.index.get(this.str());
    this.#mark(COLON);
    return place ?? UNKNOWN_FIELD;
  }

  endField(): void {}

  skipField(): void {
    this.#skip();
  }

  endStruct(): void {
    this.#mark(CLOSE_OBJECT);
  }

  variant(names: Names): number {
    this.#tagged = this.#peek() === OPEN_OBJECT;
    if (this.#tagged) this.pos++;
    const name = this.str();
    if (this.#tagged) this.#mark(COLON);
    return names.index.get(name) ?? this.unknownVariant(name, names);
  }

  unitVariant(): void {
    if (!this.#tagged) return;
    this.unit();
    this.endPayload();
  }

  beginPayload(): void {
    if (!this.#tagged) this.fail("expected a variant with its payload, got its name alone");
  }

  endPayload(): void {
    this.#mark(CLOSE_OBJECT);
  }

  finish(): void {
    if (this.#peek() !== undefined) this.#expected("nothing more");
  }

  /** The next byte that is not white space, which is not consumed; undefined at the end. */
  #peek(): number | undefined {
    const { buffer, end } = this;
    for (; this.pos < end; this.pos++) {
      const byte = buffer[this.pos] as number;
      if (byte > 0x20 || !isSpace(byte)) return byte;
    }
    return undefined;
  }

  /** Steps over a word when it comes next. */
  #word(word: Uint8Array): boolean {
    return this.#peek() === word[0] && this.take(word);
  }

  /** Steps over a punctuation mark, which has to come next. */
  #mark(mark: number): void {
    if (this.#peek() !== mark) this.#expected(String.fromCharCode(mark));
    this.pos++;
  }

  #expected(what: string): never {
    if (this.#peek() === undefined) this.fail(`expected ${what}, got the end`);
    const rest = String.fromCharCode(...this.buffer.subarray(this.pos, this.pos + 40)).replace(/[^ -~]/g, "?");
    this.fail(`expected ${what}, got ${FIRST_TOKEN.exec(rest)?.[0] ?? rest}`);
  }

  /** Steps over a quote before and after what is a number or bool in a key. */
  #quoteOfKey(): void {
    if (!this.#inKey) return;
    if (this.buffer[this.pos] !== QUOTE) this.#expected("a quote");
    this.pos++;
  }

  /** Steps over bytes without white space and the end of their array. Stays where anything else is, be it wrong or not. */
  #compactBytes(): Uint8Array | undefined {
    const { buffer, pos, end } = this;
    let count = 1;
    let close = pos;
    for (; close < end; close++) {
      if (buffer[close] === COMMA) count++;
      else if (!isDigit(buffer[close] as number)) break;
    }
    if (close === end || buffer[close] !== CLOSE_ARRAY) return undefined;
    const values = new Uint8Array(count);
    let at = pos;
    for (let i = 0; i < count; i++) {
      const start = at;
      let value = 0;
      for (; isDigit(buffer[at] as number); at++) value = value * 10 + (buffer[at] as number) - 0x30;
      const isPadded = at > start + 1 && buffer[start] === 0x30;
      if (at === start || isPadded || value > 255) return undefined;
      if (buffer[at++] !== (i < count - 1 ? COMMA : CLOSE_ARRAY)) return undefined;
      values[i] = value;
    }
    this.pos = at;
    return values;
  }

  /** Steps over what most integers are: a few digits and no key. Otherwise stays and returns -1. */
  #digits(): number {
    this.#peek();
    const { buffer, pos: start } = this;
    let value = 0;
    let at = start;
    let byte = 0;
    for (; at < this.end; at++) {
      byte = buffer[at] as number;
      if (!isDigit(byte)) break;
      value = value * 10 + byte - 0x30;
    }
    const length = at - start;
    const padded = length > 1 && buffer[start] === 0x30;
    if (length === 0 || length > 15 || padded || (at < this.end && isOfNumber(byte))) return -1;
    this.pos = at;
    return value;
  }

  /** Steps over what most floats are: few digits and a point among them. Otherwise stays and returns NaN. */
  #decimal(): number {
    if (this.#inKey) return Number.NaN;
    const isNegative = this.#peek() === MINUS;
    const { buffer } = this;
    const start = isNegative ? this.pos + 1 : this.pos;
    let end = start;
    let point = -1;
    let digits = 0;
    for (; end < this.end; end++) {
      const byte = buffer[end] as number;
      if (isDigit(byte)) digits = digits * 10 + byte - 0x30;
      else if (byte === POINT && point < 0) point = end;
      else if (isOfNumber(byte)) return Number.NaN;
      else break;
    }
    const whole = point < 0 ? end : point;
    const isPadded = buffer[start] === 0x30 && whole > start + 1;
    // Up to so many digits and powers of ten are exact, so that the quotient is rounded once.
    if (end - start > 16 || digits > Number.MAX_SAFE_INTEGER) return Number.NaN;
    if (whole === start || whole === end - 1 || isPadded) return Number.NaN;
    this.pos = end;
    const size = point < 0 ? digits : digits / (POWERS[end - point - 1] as number);
    return isNegative ? -size : size;
  }

  #float(type: string): number {
    const short = this.#decimal();
    if (!Number.isNaN(short)) return short;
    const text = this.#number(NUMBER, type);
    const value = Number(text);
    if (!Number.isFinite(value)) this.fail(`expected ${type}, got ${text.slice(0, 40)}`);
    return value;
  }

  /** Steps over a number of this form, in quotes when it is a key. */
  #number(form: RegExp, type: string): string {
    this.#quoteOfKey();
    this.#peek();
    const start = this.pos;
    for (let byte = this.buffer[start]; byte !== undefined && isOfNumber(byte); byte = this.buffer[++this.pos]);
    const text = this.utf8(start, this.pos);
    if (!form.test(text)) {
      this.pos = start;
      this.#expected(type);
    }
    this.#quoteOfKey();
    return text;
  }

  /** The text that a string in quotes with escapes means. */
  #unescape(quoted: string): string {
    let text: string | undefined;
    try {
      text = JSON.parse(quoted) as string;
    } catch {}
    if (text === undefined || LONE_SURROGATE.test(text)) this.fail("expected str, got wrong escapes in it");
    return text;
  }

  /** Steps over a value of any kind. */
  #skip(): void {
    const next = this.#peek();
    if (next === QUOTE) this.str();
    else if (next === OPEN_OBJECT || next === OPEN_ARRAY) this.#skipContainer(next === OPEN_OBJECT);
    else if (!this.#word(NULL) && !this.#word(TRUE) && !this.#word(FALSE)) this.#number(NUMBER, "a value");
  }

  #skipContainer(isObject: boolean): void {
    this.pos++;
    this.descend();
    for (let i = 0; this.more(i); i++) {
      if (isObject) {
        this.str();
        this.#mark(COLON);
      }
      this.#skip();
    }
    this.ascend();
    this.#mark(isObject ? CLOSE_OBJECT : CLOSE_ARRAY);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte > 0x2f && byte < 0x3a;
}

/** Whether a byte is one of `0-9 + - . E e`. */
function isOfNumber(byte: number): boolean {
  return isDigit(byte) || byte === 0x2d || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65;
}

const NULL: Uint8Array = /* @__PURE__ */ new TextEncoder().encode("null");
const TRUE: Uint8Array = /* @__PURE__ */ new TextEncoder().encode("true");
const FALSE: Uint8Array = /* @__PURE__ */ new TextEncoder().encode("false");
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
/** Powers of ten, from 1 on. */
const POWERS: readonly number[] = /* @__PURE__ */ Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** A string, a number or a word: what comes next, without what is behind it. */
const FIRST_TOKEN = /^("([^"\\]|\\.)*"?|[^\s,:"[\]{}]+)/;
/** serde_json takes -0 for a float. */
const INTEGER = /^(0|-?[1-9]\d*)$/;
/** A sign and the 39 digits of a u128. */
const MAX_DIGITS = 40;
