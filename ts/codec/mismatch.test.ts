import { describe, expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { codecs, DESCRIBED } from "./test-support/codecs.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

const table = (price: Descriptor): Descriptor => t.struct("Table", { rows: t.vec(t.struct("Row", { price })) });
const prices = (last: unknown): unknown => ({ rows: [1, 2, 3, last].map((price) => ({ price })) });

/** The message of what encoding or decoding throws. */
function problem(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return expect.unreachable();
}

describe.each(codecs)("with $name", (codec) => {
  it.each<[Descriptor, unknown, string]>([
    [t.u8, 256, "expected u8, got 256"],
    [t.u32, -1, "expected u32, got -1"],
    [t.u32, 1.5, "expected u32, got 1.5"],
    [t.u32, "7", 'expected u32, got "7"'],
    [t.i16, 40000, "expected i16, got 40000"],
    [t.u64, -5n, "expected u64, got -5"],
    [t.i64, 2n ** 63n, "expected i64, got 9223372036854775808"],
    [t.usize, undefined, "expected usize, got undefined"],
    [t.f32, 1e300, "expected f32, got 1e+300"],
    [t.f64, "1", 'expected f64, got "1"'],
  ])("a value that does not fit %o is refused with the place, the Rust type and the value", (type, value, message) => {
    const refused = problem(() => codec.encode(table(type), { rows: [{ price: value }] }, context));
    expect(refused).toContain(`at rows[0].price: ${message}`);
    const { issues } = type["~standard"].validate(value) as { issues: { message: string }[] };
    expect(issues.map((issue) => issue.message)).toEqual([message]);
  });

  it("names the row that is wrong, of several", () => {
    expect(problem(() => codec.encode(table(t.u32), prices(-1), context))).toContain(
      "at rows[3].price: expected u32, got -1",
    );
  });
});

describe.each(codecs.filter(({ name }) => DESCRIBED.includes(name)))(
  "from a peer with another type, $name",
  (codec) => {
    it.each<[Descriptor, unknown, Descriptor, string]>([
      [t.i32, -1, t.u32, "expected u32, got -1"],
      [t.i64, -1n, t.u64, "expected u64, got -1"],
      [t.u16, 999, t.u8, "expected u8, got 999"],
      [t.str, "a lot", t.u32, 'expected u32, got "a lot"'],
      [t.str, "a lot", t.u64, 'expected u64, got "a lot"'],
      [t.str, "a lot", t.f64, 'expected f64, got "a lot"'],
      [t.str, "a lot", t.f32, 'expected f32, got "a lot"'],
      [t.str, "a lot", t.bool, 'expected bool, got "a lot"'],
      [t.str, "ab", t.char, 'expected char, got "ab"'],
      [t.f64, 0.5, t.i32, "expected i32, got 0.5"],
      [t.bool, true, t.u32, "expected u32, got true"],
      [t.u32, 7, t.str, "expected str, got 7"],
      [t.bool, false, t.str, "expected str, got false"],
    ])("%o with %o is refused as %o with the place, the Rust type and the value", (sent, value, type, message) => {
      const bytes = codec.encode(table(sent), { rows: [{ price: value }] }, context);
      expect(problem(() => codec.decode(table(type), bytes, context))).toContain(`at rows[0].price: ${message}`);
    });
  },
);

describe("from a peer with another type, where bytes do not say what they are", () => {
  const named = (name: string) => codecs.find((codec) => codec.name === name) ?? expect.unreachable();

  it.each<[string, Descriptor, unknown, Descriptor, string]>([
    ["postbag", t.u32, 70_000, t.u16, "expected u16, got more than 16 bits"],
    ["postcard", t.i32, 70_000, t.i16, "expected i16, got more than 16 bits"],
    ["postcard", t.u64, 2n ** 64n - 1n, t.u32, "expected u32, got more than 32 bits"],
    ["bincode2", t.u32, 70_000, t.u16, "expected u16, got an integer of 32 bits"],
    ["bincode2", t.i64, 2n ** 40n, t.i32, "expected i32, got an integer of 64 bits"],
    ["bincode", t.u8, 7, t.bool, "expected 0 or 1 for bool, got 7"],
    ["postbag", t.str, "ab", t.char, 'expected char, got "ab"'],
  ])("%s refuses what cannot be one", (name, sent, value, type, message) => {
    const codec = named(name);
    const bytes = codec.encode(table(sent), { rows: [{ price: value }] }, context);
    expect(problem(() => codec.decode(table(type), bytes, context))).toContain(`at rows[0].price: ${message}`);
  });
});
