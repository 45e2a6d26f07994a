import { describe, expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { cbor } from "./cbor.ts";
import { messagePack } from "./messagepack.ts";
import { reads } from "./test-support/reads.ts";
import { hexOf } from "./test-support/value-of.ts";

const context = {
  maxBytes: 1e8,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const P = t.struct("P", { x: t.u8, y: t.option(t.u8) });
const E = t.enum("E", { U: t.unit, N: t.u8 });
const Uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const Deep: Descriptor = t.vec(t.lazy(() => Deep));

describe("MessagePack", () => {
  reads(
    messagePack,
    [
      ["a struct in another order with unknown fields", P, "84a17a9201c0a17105a17901a17802", { x: 2, y: 1 }],
      ["a struct from an array", P, "920201", { x: 2, y: 1 }],
      ["a struct from a map with indices", P, "8201010002", { x: 2, y: 1 }],
      ["a struct without its optional field", P, "81a17802", { x: 2, y: null }],
      ["a field name in bytes", P, "81c4017802", { x: 2, y: null }],
      ["extensions in an unknown field", P, "83a17ac70305010203a171d60102030400a17800", { x: 0, y: null }],
      ["a unit variant with nil", E, "81a155c0", "U"],
      ["a unit variant by index", E, "00", "U"],
      ["a variant by index", E, "810105", { N: 5 }],
      ["f64 from integers", t.f64, "d0fb", -5],
      ["f64 from an exact large integer", t.f64, "cf8000000000000000", 2 ** 63],
      ["f64 from f32", t.f64, "ca3fc00000", 1.5],
      ["f32 from f64", t.f32, "cb3ff8000000000000", 1.5],
      ["f32 from an integer", t.f32, "05", 5],
      ["u8 from eight bytes", t.u8, "cf0000000000000005", 5],
      ["i8 from eight bytes", t.i8, "d3ffffffffffffffff", -1],
      ["u128 from a plain integer", t.u128, "cfffffffffffffffff", 2n ** 64n - 1n],
      ["i64 from one byte", t.i64, "d080", -128n],
      ["Vec<u8> from bytes", t.byteVec, "c403010203", Uint8Array.of(1, 2, 3)],
      ["bytes from an array", t.bytes, "9301ccff03", Uint8Array.of(1, 255, 3)],
      ["str from bytes", t.str, "c4026162", "ab"],
      ["PhantomData from nil", t.phantom, "c0", null],
      ["what comes before other bytes", t.u8, "05ff", 5],
    ],
    [
      ["an unknown field that is an extension cut short", P, "82a17ac7ff05"],
      ["an integer from a float", t.u8, "cb4014000000000000"],
      ["a bool from an integer", t.bool, "01"],
      ["f64 from an integer that is not exact", t.f64, "cf8000000000000001"],
      ["f32 from a too large f64", t.f32, "cb7fe0000000000000"],
      ["Vec<u8> from text", t.byteVec, "a3616263"],
      ["bytes from an array of larger integers", t.bytes, "91cd0100"],
      ["() from an empty array", t.unit, "90"],
      ["PhantomData from an array", t.phantom, "9101"],
      ["an integer key from text", t.map(t.u8, t.u8), "81a13705"],
      ["a tuple that is too long", t.tuple(t.u8), "920102"],
      ["a tuple that is too short", t.tuple(t.u8, t.u8), "9101"],
      ["a struct from an array that is too long", P, "93010203"],
      ["a struct from an array without a needed field", P, "90"],
      ["a UUID that is text", t.uuid, `d924${hexOf(new TextEncoder().encode(Uuid))}`],
      ["u128 of other bytes", t.u128, `c40f${"00".repeat(15)}`],
      ["u64 from sixteen bytes", t.u64, `c410${"00".repeat(16)}`],
      ["the byte without meaning", t.u8, "c1"],
      ["an unknown variant index", E, "02"],
      ["a variant with two entries", E, "82a14e01a14e01"],
      ["a payload left out", E, "a14e"],
      ["a value out of range", t.u8, "cd0100"],
      ["text that is not UTF-8", t.str, "a1ff"],
      ["a text longer than what is there", t.str, "dbffffffff6162"],
      ["bytes longer than what is there", t.bytes, "c6ffffffff6162"],
      ["more elements than there are", t.vec(t.unit), "ddffffffffc0"],
      ["more bytes of a Vec<u8> than there are", t.byteVec, "ddffffffff01"],
      ["more entries than there are", t.map(t.unit, t.unit), "dfffffffffc0c0"],
      ["deep nesting", Deep, "91".repeat(1e5)],
      ["deep nesting that is skipped", P, `82a17a${"91".repeat(1e5)}`],
    ],
  );

  it("takes the smallest form of every length and integer", () => {
    const head = (type: Descriptor, value: unknown): string =>
      hexOf(messagePack.encode(type, value, context)).slice(0, 10);
    expect(head(t.str, "a".repeat(31))).toMatch(/^bf61/);
    expect(head(t.str, "é".repeat(15))).toMatch(/^bec3/);
    expect(head(t.str, "é".repeat(16))).toMatch(/^d920c3/);
    expect(head(t.str, "é".repeat(128))).toMatch(/^da0100c3/);
    expect(head(t.str, "a".repeat(65536))).toBe("db00010000");
    expect(head(t.bytes, new Uint8Array(256))).toMatch(/^c50100/);
    expect(head(t.bytes, new Uint8Array(65536))).toBe("c600010000");
    expect(head(t.byteVec, new Uint8Array(65536))).toBe("dd00010000");
    expect(head(t.set(t.u32), new Set(Array(65535).keys()))).toMatch(/^dcffff/);
    expect(head(t.map(t.u32, t.unit), new Map(Array.from({ length: 16 }, (_, i) => [i, null])))).toMatch(/^de0010/);
    for (const [value, hex] of [
      [127, "7f"],
      [255, "ccff"],
      [256, "cd0100"],
      [65536, "ce00010000"],
      [2 ** 32, "cf00000001"],
      [-32, "e0"],
      [-33, "d0df"],
      [-128, "d080"],
      [-129, "d1ff7f"],
      [-32768, "d18000"],
      [-32769, "d2ffff7fff"],
      [-(2 ** 31), "d280000000"],
      [-(2 ** 31) - 1, "d3ffffffff"],
    ] as const)
      expect(head(t.i64, value)).toBe(hex);
  });
});

describe("CBOR", () => {
  reads(
    cbor,
    [
      ["a struct in another order with unknown fields", P, "a4617a8201f6617105617901617802", { x: 2, y: 1 }],
      ["a struct without its optional field", P, "a1617802", { x: 2, y: null }],
      ["a struct of unknown length", P, "bf6178026179f6ff", { x: 2, y: null }],
      ["a field name in pieces", P, "a17f6178ff02", { x: 2, y: null }],
      [
        "values of unknown length in an unknown field",
        P,
        "a2617a9fbf0102ff5f41ff4100ff7f6161ffff617801",
        { x: 1, y: null },
      ],
      ["arrays of unknown length", t.vec(t.u8), "9f0102ff", [1, 2]],
      ["tuples of unknown length", t.tuple(t.u8, t.u8), "9f0102ff", [1, 2]],
      ["tuples with more elements", t.vec(t.tuple(t.u8)), "8282018203048105", [[1], [5]]],
      ["tuples of unknown length with more elements", t.vec(t.tuple(t.u8)), "829f018203049fffff8105", [[1], [5]]],
      ["maps of unknown length", t.map(t.u8, t.u8), "bf0102ff", new Map([[1, 2]])],
      ["text in pieces", t.str, "7f616162c3a9ff", "aé"],
      ["bytes in pieces", t.bytes, "5f4101420203ff", Uint8Array.of(1, 2, 3)],
      ["Vec<u8> from bytes", t.byteVec, "43010203", Uint8Array.of(1, 2, 3)],
      ["bytes from an array", t.bytes, "830118ff03", Uint8Array.of(1, 255, 3)],
      ["integers in longer forms", t.u8, "1b0000000000000005", 5],
      ["negative integers in longer forms", t.i8, "390004", -5],
      ["the smallest i64", t.i64, "3b7fffffffffffffff", -(2n ** 63n)],
      ["small integers as large ones", t.u8, "c24105", 5],
      ["large integers with leading zeros", t.u64, `c25818${"00".repeat(23)}05`, 5n],
      ["large negative integers", t.i128, "c349010000000000000000", -(2n ** 64n) - 1n],
      ["what is tagged", t.vec(t.f64), "d9d9f781d8dcf93e00", [1.5]],
      ["null as undefined", t.unit, "f7", null],
      ["an option as undefined", t.option(t.u8), "f7", null],
      ["a unit variant with null", E, "a16155f6", "U"],
      ["f64 from f32", t.f64, "fa3fc00000", 1.5],
      ["f32 from f64", t.f32, "fb3ff8000000000000", 1.5],
      ["the smallest half", t.f64, "f90001", 2 ** -24],
      ["the smallest normal half", t.f64, "f98400", -(2 ** -14)],
      ["the infinite half", t.f64, "f9fc00", Number.NEGATIVE_INFINITY],
      ["what comes before other bytes", t.u8, "05ff", 5],
    ],
    [
      ["a float from an integer", t.f64, "05"],
      ["an integer from a float", t.u8, "f94500"],
      ["PhantomData from an empty array", t.phantom, "80"],
      ["a struct from an array", P, "820102"],
      ["a struct with integer keys", P, "a10001"],
      ["a variant by index", E, "00"],
      ["a payload left out", E, "614e"],
      ["a variant with two entries", E, "a2614e01614e01"],
      ["a tuple that is too short", t.tuple(t.u8, t.u8), "8101"],
      ["a tuple of unknown length that is too short", t.tuple(t.u8, t.u8), "9f01ff"],
      ["pieces in pieces", t.str, "7f7f6161ffff"],
      ["pieces of another kind", t.str, "7f4161ff"],
      ["a piece that cuts a character", t.str, "7f61c361a9ff"],
      ["pieces without end", t.bytes, "5f4101"],
      ["an end that ends nothing", t.u8, "ff"],
      ["an end in the place of a value", P, "a1617aff"],
      ["a map of unknown length that ends before a value", t.map(t.u8, t.u8), "bf01ff"],
      ["lengths without meaning", t.u8, "1c"],
      ["integers without length", t.u8, "1f"],
      ["simple values without meaning", t.unit, "f0"],
      ["an integer of more than 128 bits", t.u128, `c251${"ff".repeat(17)}`],
      ["an integer of a million bytes", t.u128, `c25a000f4240${"ff".repeat(1e6)}`],
      ["a tag without value", t.u8, "c1"],
      ["a text longer than what is there", t.str, "7bffffffffffffffff6162"],
      ["bytes longer than what is there", t.bytes, "5a7fffffff6162"],
      ["more elements than there are", t.vec(t.unit), "9bfffffffffffffffff6"],
      ["more bytes of a Vec<u8> than there are", t.byteVec, "9b7fffffffffffffff01"],
      ["a million tags", t.u8, "c1".repeat(1e6)],
      ["deep nesting", Deep, "81".repeat(1e5)],
      ["deep nesting of unknown length", Deep, "9f".repeat(1e5)],
      ["deep nesting that is skipped", P, `a2617a${"81".repeat(1e5)}`],
    ],
  );

  it("takes the shortest form that is exact", () => {
    const hex = (type: Descriptor, value: unknown): string => hexOf(cbor.encode(type, value, context));
    for (const [value, expected] of [
      [0, "f90000"],
      [-0, "f98000"],
      [65504, "f97bff"],
      [65505, "fa477fe100"],
      [65536, "fa47800000"],
      [2 ** -24, "f90001"],
      [2 ** -25, "fa33000000"],
      [1023 * 2 ** -24, "f903ff"],
      [2 ** -14, "f90400"],
      [-2049, "fac5001000"],
      [3.4028234663852886e38, "fa7f7fffff"],
      [Number.NEGATIVE_INFINITY, "f9fc00"],
      [1e300, "fb7e37e43c8800759c"],
    ] as const)
      expect(hex(t.f64, value)).toBe(expected);
    for (const [value, expected] of [
      [23, "17"],
      [24, "1818"],
      [256, "190100"],
      [65536, "1a00010000"],
      [2 ** 32, "1b0000000100000000"],
      [-24, "37"],
      [-25, "3818"],
      [-(2 ** 32), "3affffffff"],
      [2n ** 64n, "c249010000000000000000"],
      [-(2n ** 64n), "3bffffffffffffffff"],
      [-(2n ** 64n) - 1n, "c349010000000000000000"],
    ] as const)
      expect(hex(t.i128, value)).toBe(expected);
    expect(hex(t.str, "é".repeat(12))).toMatch(/^7818c3/);
    expect(hex(t.str, "a".repeat(65536))).toMatch(/^7a0001000061/);
  });

  it("halves are exact for each of their values", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      const bytes = Uint8Array.of(0xf9, bits >> 8, bits & 255);
      const value = cbor.decode(t.f64, bytes, context);
      if (!Number.isNaN(value) && hexOf(cbor.encode(t.f64, value, context)) !== hexOf(bytes)) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });
});
