import { CborWriter } from "../codec/cbor-writer.ts";
import { CuttleError } from "../errors/error.ts";
import { unit } from "../schema/scalars.ts";
import { classByPrototype } from "./classes.ts";
import { errorParts } from "./errors.ts";
import { MAX_BIGINT_BYTES, Tag, typedArrayTag } from "./tags.ts";

/** Writes what lives in a connection: functions, objects by reference, channel halves, streams, promises. */
export interface LiveWriter {
  /** Errors go with their stacks. */
  readonly stacks: boolean;
  /** Whether this object goes by reference although it could go by value. */
  isByReference(value: object): boolean;
  /** Writes `value`; false when it is nothing that lives. */
  write(value: object, writer: PlainWriter): boolean;
}

/**
 * Writes any value as CBOR that says what it is. A container that occurs again is written as its number, so identity
 * and cycles survive.
 */
export class PlainWriter extends CborWriter {
  readonly #live: LiveWriter;
  /** Containers by their number. */
  #seen: Map<object, number> | undefined;
  /** Instances whose parts are being written: they cannot be in themselves. */
  #open: object[] | undefined;

  constructor(live: LiveWriter, maxBytes: number) {
    super({ codec: "plain", descriptor: unit }, maxBytes);
    this.#live = live;
  }

  override release(): void {
    super.release();
    this.#seen = undefined;
  }

  /** Writes a value with all that is in it. Throws `local_encode`, `local_item_too_large`. */
  any(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.str(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.bool(value);
      case "undefined":
        return this.byte(0xf7);
      case "bigint":
        return this.#bigint(value);
      case "symbol":
        return this.fail("a symbol cannot be sent");
      default:
        if (value === null) this.unit();
        else this.#object(value as object);
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.int(value);
    else this.f64(value);
  }

  #bigint(value: bigint): void {
    this.tag(value < 0n ? Tag.negativeBigint : Tag.bigint);
    const size = value < 0n ? -1n - value : value;
    const digits = size === 0n ? "" : size.toString(16);
    if (digits.length > 2 * MAX_BIGINT_BYTES) this.fail(`a bigint of more than ${MAX_BIGINT_BYTES} bytes`);
    this.bytes(Uint8Array.from(digits.padStart(digits.length + (digits.length % 2), "0").match(/../g) ?? [], hex));
  }

  #object(value: object): void {
    if (typeof value === "function") return this.#reference(value);
    const number = this.#seen?.get(value);
    if (number !== undefined) {
      if (this.#open?.includes(value)) this.fail("an instance of a registered class is part of itself");
      this.tag(Tag.shared);
      return this.int(number);
    }
    const prototype: object | null = Object.getPrototypeOf(value);
    if ((prototype === Object.prototype || prototype === null) && !this.#live.isByReference(value)) {
      this.#count(value);
      return this.#entries(value as Record<string | symbol, unknown>);
    }
    if (Array.isArray(value)) {
      this.#count(value);
      return this.list(value);
    }
    if (this.#builtIn(value)) return;
    const codec = prototype === null ? undefined : classByPrototype(prototype);
    if (codec === undefined) {
      if (value instanceof Error) return this.#error(value);
      return this.#reference(value);
    }
    this.#count(value);
    this.#open ??= [];
    this.#open.push(value);
    this.#className(codec.name, 2);
    this.descend();
    this.any(codec.encode(value));
    this.ascend();
    this.#open.pop();
  }

  #reference(value: object): void {
    if (this.#live.write(value, this)) return;
    if (typeof value === "function") this.fail("a function can be sent only through a connection of plain objects");
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    this.fail(
      `an instance of the class ${typeof name === "string" && name ? name : "without a name"} cannot be sent by value. ` +
        "Extend RemoteObject or use remote(object) to send it by reference, registerClass() to send it by value, " +
        "or make it a plain object",
    );
  }

  #entries(value: Record<string | symbol, unknown>): void {
    const keys = Object.keys(value);
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol))
        this.fail(`the key ${String(symbol)} cannot be sent`);
    }
    this.beginMap(keys.length);
    this.descend();
    for (const key of keys) {
      this.at(key);
      this.str(key);
      this.any(value[key]);
    }
    this.ascend();
  }

  /** Writes an array that is no container of its own. */
  list(values: readonly unknown[]): void {
    this.beginSeq(values.length);
    this.descend();
    for (let i = 0; i < values.length; i++) {
      this.at(i);
      this.any(values[i]);
    }
    this.ascend();
  }

  /** Whether it was one of these. */
  #builtIn(value: object): boolean {
    if (value instanceof Date) {
      this.#count(value);
      this.tag(Tag.date);
      this.f64(value.getTime() / 1000);
    } else if (value instanceof Map) {
      this.#count(value);
      this.tag(Tag.map);
      this.#pairs(value);
    } else if (value instanceof Set) {
      this.#count(value);
      this.tag(Tag.set);
      this.list([...value]);
    } else if (value instanceof RegExp) {
      this.#count(value);
      this.tag(Tag.regexp);
      this.beginSeq(2);
      this.str(value.source);
      this.str(value.flags);
    } else if (ArrayBuffer.isView(value)) {
      this.#count(value);
      this.#view(value);
    } else if (value instanceof ArrayBuffer) {
      this.#count(value);
      this.#className("ArrayBuffer", 2);
      this.bytes(new Uint8Array(value));
    } else return false;
    return true;
  }

  #view(value: ArrayBufferView): void {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const tag = typedArrayTag(value);
    if (tag !== undefined) this.tag(tag);
    else if (!(value instanceof Uint8Array)) this.#className("DataView", 2);
    this.bytes(bytes);
  }

  #pairs(map: ReadonlyMap<unknown, unknown>): void {
    this.beginMap(map.size);
    this.descend();
    for (const [key, value] of map) {
      this.at(typeof key === "string" ? key : "key");
      this.any(key);
      this.any(value);
    }
    this.ascend();
  }

  #error(error: Error): void {
    this.#count(error);
    const [type, name, message, more] = errorParts(error, this.#live.stacks);
    this.#className(type, 4);
    this.str(name);
    this.str(message);
    this.#entries(more);
  }

  #className(name: string, parts: number): void {
    this.tag(Tag.object);
    this.beginSeq(parts);
    this.str(name);
  }

  /** Gives a container its number. */
  #count(value: object): void {
    this.#seen ??= new Map();
    this.#seen.set(value, this.#seen.size);
  }

  protected override makeError(problem: string, _type: string, _codec: string, cause: unknown): CuttleError {
    return new CuttleError("local_encode", `cannot send the value: ${problem}`, { cause });
  }
}

function hex(digits: string): number {
  return Number.parseInt(digits, 16);
}
