/**
 * The CBOR tags of plain values. Those above {@link Tag.live} are not registered anywhere: they name things that live
 * in one connection. PROTOCOL.md section 14.
 */

/** RFC 8949 unless said otherwise. */
export const Tag = {
  /** Seconds since 1970. */
  date: 1,
  bigint: 2,
  negativeBigint: 3,
  /** An array of a class name and what it was made of; `http://cbor.schmorp.de/generic-object`. */
  object: 27,
  /** The container with this number; `http://cbor.schmorp.de/value-sharing`, but every container counts. */
  shared: 29,
  /** RFC 8746: 68 to 86. */
  typedArrays: 64,
  set: 258,
  map: 259,
  /** An array of source and flags. */
  regexp: 21066,
  /** The first of the live ones. */
  live: 52_000,
} as const;

/** A larger bigint is refused: making one of it takes more than linear time. */
export const MAX_BIGINT_BYTES = 64 * 1024;

type AnyTypedArray = { new (buffer: ArrayBuffer): ArrayBufferView<ArrayBuffer>; readonly BYTES_PER_ELEMENT: number };

/** Newer than some engines, and than the types here. */
const float16 = (globalThis as { Float16Array?: AnyTypedArray }).Float16Array;

/** Typed arrays by their tag, little-endian as all engines are. A `Uint8Array` is a byte string without a tag. */
export const typedArrays: ReadonlyMap<number, AnyTypedArray> = /* @__PURE__ */ new Map<number, AnyTypedArray>([
  [68, Uint8ClampedArray],
  [69, Uint16Array],
  [70, Uint32Array],
  [71, BigUint64Array],
  [72, Int8Array],
  [77, Int16Array],
  [78, Int32Array],
  [79, BigInt64Array],
  [85, Float32Array],
  [86, Float64Array],
  ...(float16 === undefined ? [] : ([[84, float16]] as const)),
]);

/** The tag of a typed array, undefined for a `Uint8Array` and for anything else. */
export function typedArrayTag(value: ArrayBufferView): number | undefined {
  for (const [tag, type] of typedArrays) if (value instanceof type) return tag;
  return undefined;
}
