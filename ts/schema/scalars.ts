import { build } from "./build.ts";
import type { Descriptor, PlainShape, UnitDescriptor } from "./descriptor.ts";

/** `()`: null; encoding also takes undefined. As an enum variant it makes a unit variant. */
export const unit: UnitDescriptor = /* @__PURE__ */ plain("unit") as UnitDescriptor;
/** `struct Name;`: null. MessagePack writes it in another way than `()`. */
export const unitStruct: Descriptor<null> = /* @__PURE__ */ plain("unitStruct");
/** `PhantomData<T>`: null. */
export const phantom: Descriptor<null> = unitStruct;
/** `bool`. */
export const bool: Descriptor<boolean> = /* @__PURE__ */ plain("bool");

/** `u8`: a number. */
export const u8: Descriptor<number> = /* @__PURE__ */ int("u8", 8, false);
/** `u16`: a number. */
export const u16: Descriptor<number> = /* @__PURE__ */ int("u16", 16, false);
/** `u32`: a number. */
export const u32: Descriptor<number> = /* @__PURE__ */ int("u32", 32, false);
/** `u64`: a bigint; encoding also takes a safe integer. */
export const u64: Descriptor<bigint> = /* @__PURE__ */ bigint("u64", 64, false);
/** `u128`: a bigint; encoding also takes a safe integer. */
export const u128: Descriptor<bigint> = /* @__PURE__ */ bigint("u128", 128, false);
/** `usize`, a u64 on the wire: a bigint; encoding also takes a safe integer. */
export const usize: Descriptor<bigint> = /* @__PURE__ */ bigint("usize", 64, false);
/** `i8`: a number. */
export const i8: Descriptor<number> = /* @__PURE__ */ int("i8", 8, true);
/** `i16`: a number. */
export const i16: Descriptor<number> = /* @__PURE__ */ int("i16", 16, true);
/** `i32`: a number. */
export const i32: Descriptor<number> = /* @__PURE__ */ int("i32", 32, true);
/** `i64`: a bigint; encoding also takes a safe integer. */
export const i64: Descriptor<bigint> = /* @__PURE__ */ bigint("i64", 64, true);
/** `i128`: a bigint; encoding also takes a safe integer. */
export const i128: Descriptor<bigint> = /* @__PURE__ */ bigint("i128", 128, true);
/** `isize`, an i64 on the wire: a bigint; encoding also takes a safe integer. */
export const isize: Descriptor<bigint> = /* @__PURE__ */ bigint("isize", 64, true);

/** `f32`: a number, rounded to the nearest f32. JSON cannot carry NaN and infinities: it writes null, which fails to decode. */
export const f32: Descriptor<number> = /* @__PURE__ */ plain("f32");
/** `f64`: a number. JSON cannot carry NaN and infinities: it writes null, which fails to decode. */
export const f64: Descriptor<number> = /* @__PURE__ */ plain("f64");
/** `char`: a string of exactly one Unicode scalar value. */
export const char: Descriptor<string> = /* @__PURE__ */ plain("char");
/** `String`: a string. Lone surrogates cannot be encoded. */
export const str: Descriptor<string> = /* @__PURE__ */ plain("str");
/** serde bytes (`bytes::Bytes`, `serde_bytes`): a Uint8Array. Not `Vec<u8>`, see {@link byteVec}. */
export const bytes: Descriptor<Uint8Array> = /* @__PURE__ */ plain("bytes");
/** `Vec<u8>` without serde_bytes, a sequence of u8 on the wire: a Uint8Array. */
export const byteVec: Descriptor<Uint8Array> = /* @__PURE__ */ plain("byteVec");

function plain<T>(kind: PlainShape["kind"]): Descriptor<T> {
  return build<T>({ kind });
}

function int(name: string, bits: number, signed: boolean): Descriptor<number> {
  const size = 2 ** bits;
  const min = signed ? -size / 2 : 0;
  return build({ kind: "int", name, bits, signed, min, max: min + size - 1 });
}

function bigint(name: string, bits: number, signed: boolean): Descriptor<bigint> {
  const size = 1n << BigInt(bits);
  const min = signed ? -size / 2n : 0n;
  return build({ kind: "bigint", name, bits, signed, min, max: min + size - 1n });
}
