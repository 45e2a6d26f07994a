import { Output } from "./output.ts";
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
    this.#scalar(String(value));
  }

  int(value: number): void {
    // Adding 0 turns -0 into 0.
    this.#scalar(String(value + 0));
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
    this.byte(QUOTE);
    this.text(ESCAPED.test(value) ? value.replace(ALL_ESCAPED, (char) => JSON.stringify(char).slice(1, -1)) : value);
    this.byte(QUOTE);
  }

  bytes(value: Uint8Array): void {
    this.#open("[");
    this.text(value.join(","));
    this.text("]");
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
    this.#open("[");
  }

  endSeq(): void {
    this.text("]");
  }

  beginTuple(): void {
    this.#open("[");
  }

  endTuple(): void {
    this.text("]");
  }

  element(index: number): void {
    if (index > 0) this.text(",");
  }

  beginMap(): void {
    this.#open("{");
  }

  key(index: number): void {
    this.element(index);
    this.#inKey = true;
  }

  value(): void {
    this.#inKey = false;
    this.text(":");
  }

  endMap(): void {
    this.text("}");
  }

  beginStruct(): void {
    this.#open("{");
  }

  field(name: string, index: number): void {
    this.element(index);
    this.str(name);
    this.text(":");
  }

  endField(): void {}

  endStruct(): void {
    this.text("}");
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
    this.#open("{");
    this.field(name, 0);
  }

  endVariant(): void {
    this.text("}");
  }

  #float(value: number, large: number, small: number): void {
    if (!Number.isFinite(value)) return this.unit();
    const size = Math.abs(value);
    if (size !== 0 && (size < small || size >= large)) return this.#scalar(value.toExponential());
    this.#scalar((Object.is(value, -0) ? "-0" : String(value)) + (Number.isInteger(value) ? ".0" : ""));
  }

  #scalar(text: string): void {
    if (this.#inKey) this.byte(QUOTE);
    this.text(text);
    if (this.#inKey) this.byte(QUOTE);
  }

  #open(bracket: string): void {
    this.#notKey();
    this.text(bracket);
  }

  #notKey(): void {
    if (this.#inKey) this.fail("a map key must be a string in JSON. Use a Vec of pairs or another codec");
  }
}

const QUOTE = 0x22;
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
