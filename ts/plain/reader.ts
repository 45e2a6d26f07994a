import { BinaryInput } from "../codec/binary-input.ts";
import { ofHalf } from "../codec/cbor-reader.ts";
import { CuttleError } from "../errors/error.ts";
import { unit } from "../schema/scalars.ts";
import { type Bytes, Pieces } from "../util/pieces.ts";
import { classByName } from "./classes.ts";
import { completeError, errorOf } from "./errors.ts";
import { MAX_BIGINT_BYTES, Tag, typedArrays } from "./tags.ts";

/** Reads what lives in a connection. */
export interface LiveReader {
  /** The value of a tag from {@link Tag.live} on, whose content comes next. */
  read(tag: number, reader: PlainReader): unknown;
}

/** A container whose number is taken and that is not there yet. */
const UNFINISHED: unique symbol = Symbol("unfinished");
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/** Reads what `PlainWriter` writes; lengths are believed only as far as there are bytes. */
export class PlainReader extends BinaryInput {
  readonly #live: LiveReader;
  /** Containers in the order in which they began. */
  #containers: unknown[] = [];
  /** Where the bytes end; before that `end` may stand at what is not among them. */
  #limit: number;

  constructor(bytes: Bytes, live: LiveReader) {
    const { own, given } = bytes instanceof Pieces ? bytes.apart() : { own: bytes, given: undefined };
    super({ codec: "plain", descriptor: unit }, own);
    this.#limit = own.length;
    if (given !== undefined) this.given = given;
    this.#live = live;
  }

  /** Goes on with the bytes from `from` to `to`, which have nothing to do with those before. */
  restart(from: number, to: number): void {
    this.pos = from;
    this.end = to;
    this.#limit = to;
    this.depth = 0;
    if (this.#containers.length > 0) this.#containers = [];
  }

  /** The bytes that are not read yet; lent. */
  get rest(): Uint8Array {
    return this.buffer.subarray(this.pos, this.#limit);
  }

  /** Whether all bytes are read. */
  get done(): boolean {
    return this.pos >= this.#limit;
  }

  /** The elements of an array that is no container of its own; as {@link value}. */
  list(): unknown[] {
    const values: unknown[] = [];
    this.#fill(this.#count(ARRAY), values);
    return values;
  }

  /** The next value. Throws `peer_decode`. */
  value(): unknown {
    const first = this.byte();
    const info = first & 31;
    switch (first >> 5) {
      case 0:
        return this.#safe(this.#argument(info));
      case 1:
        return this.#safe(-1 - this.#argument(info));
      case BYTES:
        return this.#counted(this.copy(this.#argument(info)));
      case TEXT:
        return this.textOf(this.#argument(info));
      case ARRAY:
        return this.#array(this.#argument(info));
      case MAP:
        return this.#object(this.#argument(info));
      case 6:
        return this.#tagged(this.#argument(info));
      default:
        return this.#simple(info);
    }
  }

  /** The next value, which must be an integer from 0 on. */
  index(): number {
    const value = this.integer();
    if (value < 0) this.fail("expected an index");
    return value;
  }

  /** The next value, which must be an integer. */
  integer(): number {
    const value = this.value();
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return this.fail("expected an integer");
  }

  /** The next value, which must be a text. */
  string(): string {
    const value = this.value();
    if (typeof value !== "string") this.fail("expected a text");
    return value;
  }

  /** The head of an array: how many values follow. */
  beginArray(): number {
    return this.#count(ARRAY);
  }

  #count(major: number): number {
    const first = this.byte();
    if (first >> 5 !== major) this.fail(`expected ${major === MAP ? "a map" : "an array"}, got byte ${first}`);
    return this.#checked(this.#argument(first & 31));
  }

  /** Every element has at least one byte. */
  #checked(count: number): number {
    const left = this.#limit - this.pos;
    if (count > left) this.fail(`expected ${count} elements in ${left} bytes`);
    return count;
  }

  #array(count: number): unknown[] {
    const array: unknown[] = [];
    this.#counted(array);
    this.#fill(count, array);
    return array;
  }

  #object(count: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#counted(object);
    this.#entries(count, object);
    return object;
  }

  #entries(count: number, object: Record<string, unknown>): void {
    this.#checked(count);
    this.descend();
    for (let i = 0; i < count; i++) {
      const key = this.string();
      this.at(key);
      const value = this.value();
      if (key === "__proto__") {
        Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
      } else object[key] = value;
    }
    this.ascend();
  }

  #fill(count: number, values: unknown[]): void {
    this.#checked(count);
    this.descend();
    for (let i = 0; i < count; i++) {
      this.at(i);
      values.push(this.value());
    }
    this.ascend();
  }

  #tagged(tag: number): unknown {
    if (tag >= Tag.live) return this.#live.read(tag, this);
    switch (tag) {
      case Tag.date:
        return this.#counted(new Date(Math.round(this.#number() * 1000)));
      case Tag.bigint:
        return this.#bigint();
      case Tag.negativeBigint:
        return -1n - this.#bigint();
      case Tag.object:
        return this.#instance();
      case Tag.shared:
        return this.#shared();
      case Tag.set: {
        const set = this.#counted(new Set());
        for (const value of this.list()) set.add(value);
        return set;
      }
      case Tag.map:
        return this.#map();
      case Tag.regexp:
        return this.#regexp();
      default:
        return this.#typedArray(tag);
    }
  }

  /** A number that is no tag, or dates could be nested without end. */
  #number(): number {
    const first = this.byte();
    const value = first >> 5 === 7 ? this.#simple(first & 31) : this.fail(`expected a float, got byte ${first}`);
    return typeof value === "number" ? value : this.fail("expected a number of seconds");
  }

  #map(): Map<unknown, unknown> {
    const map = this.#counted(new Map());
    const count = this.#count(MAP);
    this.descend();
    for (let i = 0; i < count; i++) map.set(this.value(), this.value());
    this.ascend();
    return map;
  }

  #regexp(): RegExp {
    if (this.#count(ARRAY) !== 2) this.fail("expected source and flags of a regular expression");
    const slot = this.#reserve();
    const [source, flags] = [this.string(), this.string()];
    return this.#fulfil(slot, () => new RegExp(source, flags));
  }

  #typedArray(tag: number): unknown {
    const type = typedArrays.get(tag) ?? this.fail(`unknown tag ${tag}`);
    const bytes = this.#bytes();
    if (bytes.length % type.BYTES_PER_ELEMENT !== 0) this.fail("the last element of a typed array is cut");
    return this.#counted(new type(bytes.buffer as ArrayBuffer));
  }

  #bigint(): bigint {
    const bytes = this.#bytes();
    if (bytes.length > MAX_BIGINT_BYTES) this.fail(`a bigint of more than ${MAX_BIGINT_BYTES} bytes`);
    let digits = "";
    for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
    return BigInt(`0x${digits || "0"}`);
  }

  /** A byte string that is a part of something else; owned. */
  #bytes(): Uint8Array {
    const first = this.byte();
    if (first >> 5 !== BYTES) this.fail(`expected bytes, got byte ${first}`);
    return this.copy(this.#argument(first & 31));
  }

  #instance(): unknown {
    const parts = this.#count(ARRAY);
    const slot = this.#reserve();
    const name = this.string();
    if (name === "ArrayBuffer" && parts === 2) return this.#fulfil(slot, () => this.#bytes().buffer);
    if (name === "DataView" && parts === 2) return this.#fulfil(slot, () => new DataView(this.#bytes().buffer));
    const codec = classByName(name);
    if (codec !== undefined && parts === 2) {
      this.descend();
      const payload = this.value();
      this.ascend();
      return this.#fulfil(slot, () => codec.decode(payload));
    }
    if (parts !== 4) this.fail(`the class ${JSON.stringify(name.slice(0, 40))} is not registered here`);
    return this.#error(slot, name);
  }

  #error(slot: number, type: string): Error {
    const error = errorOf(type, this.string(), this.string());
    this.#containers[slot] = error;
    const more: Record<string, unknown> = {};
    this.#entries(this.#count(MAP), more);
    completeError(error, more);
    return error;
  }

  #shared(): unknown {
    const number = this.index();
    const container = this.#containers[number];
    if (container === UNFINISHED || number >= this.#containers.length) this.fail(`there is no container ${number}`);
    return container;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        return ofHalf(this.view(2).getUint16(0));
      case 26:
        return this.view(4).getFloat32(0);
      case 27:
        return this.view(8).getFloat64(0);
      default:
        return this.fail(`expected a value, got simple value ${info}`);
    }
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info === 24) return this.byte();
    if (info === 25) return this.view(2).getUint16(0);
    if (info === 26) return this.view(4).getUint32(0);
    if (info === 27) return Number(this.view(8).getBigUint64(0));
    return this.fail("a value of unknown length");
  }

  #safe(value: number): number {
    if (!Number.isSafeInteger(value)) this.fail("an integer beyond 2^53 that is no bigint");
    return value;
  }

  #counted<T>(container: T): T {
    this.#containers.push(container);
    return container;
  }

  /** Takes the number of something that is made of what follows. */
  #reserve(): number {
    return this.#containers.push(UNFINISHED) - 1;
  }

  /** Puts it there. */
  #fulfil<T>(slot: number, make: () => T): T {
    try {
      const value = make();
      this.#containers[slot] = value;
      return value;
    } catch (error) {
      if (CuttleError.is(error)) throw error;
      throw this.error(error instanceof Error ? error.message : String(error), error);
    }
  }

  protected override makeError(problem: string, _type: string, _codec: string, cause: unknown): CuttleError {
    return new CuttleError("peer_decode", `cannot read a value of the other side: ${problem}`, { cause });
  }
}
