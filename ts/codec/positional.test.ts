import { describe, expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { bincode } from "./bincode.ts";
import { bincode2 } from "./bincode2.ts";
import { postbagSlim } from "./postbag-slim.ts";
import { postbag1 } from "./postbag1.ts";
import { postbag1Slim } from "./postbag1-slim.ts";
import { postcard } from "./postcard.ts";
import { reads } from "./test-support/reads.ts";
import { hexOf } from "./test-support/value-of.ts";

const context = {
  maxBytes: 1e8,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const P = t.struct("P", { x: t.u8, y: t.option(t.u8), z: t.withDefault(t.u8, 7) });
const E = t.enum("E", { U: t.unit, N: t.u8, S: t.struct({ a: t.u8 }), Es: t.struct({}), Et: t.tuple() });
const Deep: Descriptor = t.vec(t.lazy(() => Deep));
const Nested: Descriptor = t.enum({ N: t.newtype(t.lazy(() => Nested)) });
const Chain: Descriptor = t.struct({ next: t.option(t.lazy(() => Chain)) });
const MAX64 = "ffffffffffffffffff01";

describe("Postbag Slim", () => {
  for (const codec of [postbagSlim, postbag1Slim]) {
    reads(
      codec,
      [
        ["a struct without its last fields", P, "010105", { x: 5, y: null, z: 7 }],
        ["a struct with more fields", t.tuple(P, t.u8), "040605010302ffff09", [{ x: 5, y: 3, z: 2 }, 9]],
        ["a struct with more bytes than its fields", t.tuple(P, t.u8), "030605010302010209", [{ x: 5, y: 3, z: 2 }, 9]],
        ["integers in longer forms", t.u32, "8500", 5],
        ["what comes before other bytes", t.u8, "05ff", 5],
      ],
      [
        ["a struct without a needed field", P, "0000"],
        ["a struct whose block ends within a field", P, "030205010302"],
        ["a struct with more fields than bytes", P, "ff010105"],
        ["a block beyond the end", P, "03ff7f05"],
        ["an unknown variant", E, "05"],
        ["a variant beyond 32 bits", E, "ffffffff1f"],
        ["an escaped count of another kind", t.vec(t.u8), "7d7e"],
        ["a string longer than what is there", t.str, `${MAX64}61`],
        ["more elements than there are", t.vec(t.u8), `${MAX64}01`],
        ["endless elements without content", t.vec(t.unit), MAX64],
        ["a bool of another value", t.bool, "02"],
        ["an option of another value", t.option(t.u8), "02"],
        ["deep nesting", Deep, "01".repeat(1e5)],
        ["deeply nested variants", Nested, "00".repeat(1e5)],
        ["deeply nested blocks", Chain, `01${"7f0101".repeat(1e5)}`],
      ],
    );
  }
  reads(
    postbag1Slim,
    [["a recoverable value with more than is known", t.tuple(t.recoverable(t.u8), t.u8), "0305010209", [5, 9]]],
    [["a recoverable value that is cut", t.recoverable(t.u16), "01ff01"]],
  );

  it("a field that has no value is written, because nothing says that it is missing", () => {
    const type = t.struct({ a: t.u8, b: t.field("b", t.option(t.u8), { skipNone: true }), c: t.u8 });
    for (const codec of [postbagSlim, postcard, bincode, bincode2]) {
      const value = { a: 1, b: null, c: 3 };
      expect(codec.decode(type, codec.encode(type, value, context), context)).toEqual(value);
    }
    expect(hexOf(postcard.encode(type, { a: 1, c: 3 }, context))).toBe("010003");
  });
});

describe("Postcard", () => {
  reads(
    postcard,
    [
      ["a count of 125 as any other", t.byteVec, `7d${"00".repeat(125)}`, new Uint8Array(125)],
      ["integers in longer forms", t.u32, "8500", 5],
      ["what comes before other bytes", P, "05010302ff", { x: 5, y: 3, z: 2 }],
    ],
    [
      ["a struct that ends early", P, "0501"],
      ["an unknown variant", E, "05"],
      ["an integer that is too long", t.u16, "808004"],
      ["a string longer than what is there", t.str, `${MAX64}61`],
      ["more elements than there are", t.vec(P), `${MAX64}01`],
      ["endless elements without content", t.vec(t.struct({})), MAX64],
      ["a char of two characters", t.char, "026162"],
      ["deep nesting", Deep, "01".repeat(1e5)],
      ["deeply nested options", Chain, "01".repeat(1e5)],
    ],
  );
});

describe("Bincode", () => {
  const MAX = "ffffffffffffffff";
  reads(
    bincode,
    [
      ["a char of four bytes", t.vec(t.char), "0200000000000000f09f988061", ["😀", "a"]],
      ["the smallest i64", t.i64, "0000000000000080", -(2n ** 63n)],
      ["the largest i32", t.i32, "ffffff7f", 2147483647],
      ["what comes before other bytes", t.u16, "0501ff", 261],
    ],
    [
      ["an integer that is cut", t.u32, "050000"],
      ["a char that is cut", t.char, "f09f98"],
      ["a char that is not UTF-8", t.char, "ff616161"],
      ["a char that begins in the middle", t.char, "80"],
      ["no char", t.char, ""],
      ["an unknown variant", E, "05000000"],
      ["a string longer than what is there", t.str, `${MAX}61`],
      ["bytes longer than what is there", t.bytes, "000000008000000061"],
      ["more elements than there are", t.vec(P), `${MAX}01`],
      ["endless elements without content", t.vec(t.struct({})), MAX],
      ["a bool of another value", t.bool, "02"],
      ["deep nesting", Deep, "0100000000000000".repeat(1e5)],
      ["deeply nested variants", Nested, "00".repeat(1e6)],
    ],
  );
});

describe("Bincode 2", () => {
  reads(
    bincode2,
    [
      ["integers in longer forms", t.u64, "fc05000000", 5n],
      ["u8 as it is", t.u8, "fb", 251],
      ["i8 as it is", t.i8, "ff", -1],
      ["the smallest i64", t.i64, "fdffffffffffffffff", -(2n ** 63n)],
      ["u128 in sixteen bytes", t.u128, `fe05${"00".repeat(15)}`, 5n],
      ["a char of two bytes", t.char, "c3a9", "é"],
      ["what comes before other bytes", t.u16, "05ff", 5],
    ],
    [
      ["an integer that is wider than its type", t.u16, "fc05000000"],
      ["a length that is wider than 64 bits", t.str, `fe01${"00".repeat(15)}61`],
      ["a variant that is wider than 32 bits", E, "fd0100000000000000"],
      ["the byte without meaning", t.u128, "ff"],
      ["an integer that is cut", t.u32, "fc0500"],
      ["an unknown variant", E, "05"],
      ["a string longer than what is there", t.str, "fdffffffffffffffff61"],
      ["more elements than there are", t.vec(P), "fdffffffffffffffff01"],
      ["endless elements without content", t.vec(t.unit), "fdffffffffffffffff"],
      ["deep nesting", Deep, "01".repeat(1e5)],
    ],
  );

  it("takes the smallest form of integers and lengths", () => {
    const hex = (type: Descriptor, value: unknown): string => hexOf(bincode2.encode(type, value, context));
    for (const [value, expected] of [
      [250, "fa"],
      [251, "fbfb00"],
      [65535, "fbffff"],
      [65536, "fc00000100"],
      [2 ** 32, "fd0000000001000000"],
      [2n ** 64n, "fe00000000000000000100000000000000"],
    ] as const)
      expect(hex(t.u128, value)).toBe(expected);
    expect(hex(t.str, "a".repeat(250)).slice(0, 4)).toBe("fa61");
    expect(hex(t.str, "a".repeat(251)).slice(0, 8)).toBe("fbfb0061");
    expect(hex(t.str, "a".repeat(65536)).slice(0, 12)).toBe("fc0000010061");
  });
});

describe("Postbag 1", () => {
  const S = t.struct({ e: E, after: t.u8 });
  reads(
    postbag1,
    [
      ["fields in another order and unknown ones", P, "03017a0109017103aabbcc01780102", { x: 2, y: null, z: 9 }],
      ["a unit variant with a payload", t.tuple(E, t.u8), "815502010209", ["U", 9]],
      ["a payload with more than is known", t.tuple(E, t.u8), "814e02010209", [{ N: 1 }, 9]],
      ["a final unit variant with a payload", S, "020165040155ffff0561667465720109", { e: "U", after: 9 }],
      ["an empty struct variant with an empty payload", t.tuple(E, t.u8), "8245730009", [{ Es: {} }, 9]],
      ["an empty struct variant without", t.tuple(E, t.u8), "02457309", [{ Es: {} }, 9]],
      ["an empty tuple variant without", t.tuple(E, t.u8), "02457409", [{ Et: [] }, 9]],
      [
        "a sequence of unknown length, skipping what is left",
        t.tuple(t.vec(t.u8), t.u8),
        "7d00060105010600ff09",
        [[5, 6], 9],
      ],
      ["bytes of a sequence of unknown length", t.byteVec, "7d00050105010600", Uint8Array.of(5, 6)],
      ["what comes before other bytes", t.u8, "05ff", 5],
    ],
    [
      ["a payload without its block", t.tuple(E, t.u8), "014e0109"],
      ["a payload that is cut", E, "814e00"],
      ["a field name with a payload", P, "0181780102"],
      ["a name number without meaning", E, "7d"],
      ["a name number without meaning and a payload", E, "fd00"],
      ["an unknown variant", E, "815600"],
      ["a marker of another value", t.vec(t.u8), "7d0003020500"],
      ["a sequence of unknown length without end", t.vec(t.u8), "7d00020105"],
      ["a field that is there twice", P, "020178010101780102"],
      ["a struct that is cut", P, "0201780101"],
      ["a string longer than what is there", t.str, `${MAX64}61`],
      ["endless elements without content", t.vec(t.unit), MAX64],
      ["a final char without characters", t.struct({ c: t.char }), "01016300"],
      ["deeply nested variants", Nested, "814eff7f".repeat(1e5)],
      ["deeply nested final variants", Nested, `814e80fe05${"014e".repeat(5e4)}`],
    ],
  );
});

describe("recoverable values", () => {
  const Known = t.enum("Known", { A: t.unit, B: t.u8 });
  const Newer = t.enum("Newer", { A: t.unit, B: t.u8, C: t.struct({ deep: t.vec(t.str) }) });
  const before = t.tuple(t.vec(t.recoverable(Known, () => "A" as const)), t.u8);
  const after = t.tuple(t.vec(t.recoverable(Newer)), t.u8);
  const value = [[{ B: 1 }, { C: { deep: ["x", "y"] } }, "A"], 9];

  it.each([postbag1, postbag1Slim])("$name puts the fallback in the place of what is not known", (codec) => {
    const bytes = codec.encode(after, value, context);
    expect(codec.decode(after, bytes, context)).toEqual(value);
    expect(codec.decode(before, bytes, context)).toEqual([[{ B: 1 }, "A", "A"], 9]);
  });

  it("in fields they have no block of their own, and are recovered all the same", () => {
    const type = t.struct({ a: t.recoverable(Known, () => "A" as const), b: t.u8 });
    const newer = t.struct({ a: t.recoverable(Newer), b: t.u8 });
    const bytes = postbag1.encode(newer, { a: { C: { deep: ["x"] } }, b: 9 }, context);
    expect(postbag1.decode(type, bytes, context)).toEqual({ a: "A", b: 9 });
  });

  it("without a fallback, and in formats that cannot step over them, they fail", () => {
    const strict = t.tuple(t.vec(t.recoverable(Known)), t.u8);
    expect(() => postbag1.decode(strict, postbag1.encode(after, value, context), context)).toThrow(
      /^peer_decode: .*at \[0\]\[1\]/,
    );
    for (const codec of [postcard, bincode, bincode2, postbagSlim])
      expect(() => codec.decode(before, codec.encode(after, value, context), context)).toThrow(/^peer_decode/);
  });

  it("nested ones are recovered at the innermost place that can", () => {
    const type = (item: Descriptor): Descriptor =>
      t.recoverable(t.vec(t.recoverable(t.vec(item), () => null)), () => null);
    for (const codec of [postbag1, postbag1Slim]) {
      const bytes = codec.encode(type(Newer), [["A"], ["A", { C: { deep: [] } }], []], context);
      expect(codec.decode(type(Known), bytes, context)).toEqual([["A"], null, []]);
    }
  });
});
