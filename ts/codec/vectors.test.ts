import { describe, expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { codecs, DESCRIBED } from "./test-support/codecs.ts";
import { plainType } from "./test-support/plain-types.ts";
import { remocType } from "./test-support/remoc-types.ts";
import { bytesOf, hexOf, jsValueOf } from "./test-support/value-of.ts";
import combinations from "./vectors/combinations.json" with { type: "json" };
import compact from "./vectors/compact.json" with { type: "json" };
import floats from "./vectors/floats.json" with { type: "json" };
import plain from "./vectors/plain.json" with { type: "json" };
import remoc from "./vectors/remoc.json" with { type: "json" };

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

type Row = { type: string; value: unknown } & Record<string, unknown>;

/** How often rows were checked in a certain way. */
const counts = new Map<string, number>();

function count(outcome: string): void {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
}

describe.each(codecs)("$name writes and reads what remoc writes", (codec) => {
  for (const row of plain as unknown as Row[]) {
    it(`${row.type} ${JSON.stringify(row.value).slice(0, 60)}`, () => check(codec, row, plainType(row.type), context));
  }
});

describe.each(codecs)("$name writes and reads remoc's own types and items", (codec) => {
  for (const isCompact of [false, true]) {
    for (const row of (isCompact ? compact : remoc) as unknown as Row[]) {
      if (!(codec.name in row)) continue;
      it(`${row.type} ${JSON.stringify(row.value).slice(0, 60)}`, () =>
        check(codec, row, remocType(row.type, isCompact, row.value), isCompact ? compactContext : context));
    }
  }
});

/** Between two remoc 0.20, which leave out fields that have their default. */
const compactContext = {
  ...context,
  dialect: { generation: "0.20", compact: true, postbag1: true, skipDefaults: true } as const,
};

function check(codec: Codec, row: Row, descriptor: Descriptor | undefined, from: typeof context): void {
  if (descriptor === undefined) throw new Error(`no descriptor for ${row.type}`);
  const value = jsValueOf(descriptor, row.value);
  const expected = row[codec.name] as string | { error: string };
  const isUnknownLength = row.type.includes("unknown length");
  if (typeof expected === "object") {
    if (isUnknownLength) return count("refused by Rust because the length is unknown; an Array always has one");
    expect(() => codec.encode(descriptor, value, from)).toThrow(expected.error);
    return count("refused by both");
  }
  const written = hexOf(codec.encode(descriptor, value, from));
  if (isOfPlaceOnly(codec, row)) {
    expect(written).not.toBe(expected);
    expect(codec.decode(descriptor, bytesOf(written), from)).toEqual(value);
    return count("left out where only places tell fields apart, which nobody can read; we write a None");
  }
  if (isUnknownLength && written !== expected) {
    expect(codec.decode(descriptor, bytesOf(expected), from)).toEqual(value);
    return count("read only: written with unknown length; an Array always has one");
  }
  expect(written).toBe(expected);
  const text = JSON.stringify(row.value);
  if (codec === json && /"\$float":"(NaN|Inf)/.test(text)) {
    expect(() => codec.decode(descriptor, bytesOf(expected), from)).toThrow(/^peer_decode/);
    return count("written only: JSON writes null for it, which no reader takes");
  }
  const read = codec.decode(descriptor, bytesOf(expected), from);
  if (DESCRIBED.includes(codec.name) && text.includes('"$some"')) {
    expect(read).toBeNull();
    return count("written only: Some(None) and None have the same bytes");
  }
  expect(read).toEqual(value);
  count("both directions");
}

/** Whether it is the row with a skipped field, in a codec without names. */
function isOfPlaceOnly(codec: Codec, row: Row): boolean {
  const named = DESCRIBED.includes(codec.name) || codec.name === "postbag" || codec.name === "postbag1";
  return !named && row.type.startsWith("struct Skip") && !("b" in (row.value as object));
}

describe("forms and versions of Postbag are independent", () => {
  it.each(combinations)("$codec, $form form, fields left out: $skip", (row) => {
    const codec = codecs.find(({ name }) => name === row.codec) as Codec;
    const descriptor = remocType(row.type, row.form === "compact", row.value) as Descriptor;
    const written = jsValueOf(descriptor, row.value);
    const whole = codec.decode(
      descriptor,
      codec.encode(descriptor, { ...WHOLE[row.form], ...row.value }, context),
      context,
    );
    expect(codec.decode(descriptor, bytesOf(row.hex), context)).toEqual(whole);
    if (!row.skip) expect(hexOf(codec.encode(descriptor, written, context))).toBe(row.hex);
    count(row.skip ? "read only: the same value as another row, with fields left out" : "both directions");
  });
});

/** The fields of an mpsc sender that may be left out. */
const WHOLE: Record<string, object> = {
  compact: { _1: 16777216n, _2: [] },
  old: { data: null, codec: null, max_item_size: 16777216n, parallel: [] },
};

it("every row of the vectors is checked, and all but these in both directions", () => {
  expect(Object.fromEntries(counts)).toEqual({
    "both directions": 2123,
    "refused by both": 1,
    "written only: JSON writes null for it, which no reader takes": 3,
    "written only: Some(None) and None have the same bytes": 6,
    "read only: written with unknown length; an Array always has one": 10,
    "refused by Rust because the length is unknown; an Array always has one": 6,
    "read only: the same value as another row, with fields left out": 4,
    "left out where only places tell fields apart, which nobody can read; we write a None": 5,
  });
});

it("floats have the text that serde_json gives them", () => {
  const view = new DataView(new ArrayBuffer(8));
  const text = (descriptor: Descriptor, value: number): string =>
    new TextDecoder().decode(json.encode(descriptor, value, context));
  for (const [bits, expected] of floats.f64 as [string, string][]) {
    view.setBigUint64(0, BigInt(`0x${bits}`));
    expect(text(t.f64, view.getFloat64(0))).toBe(expected);
  }
  for (const [bits, expected] of floats.f32 as [string, string][]) {
    view.setUint32(0, Number(`0x${bits}`));
    expect(text(t.f32, view.getFloat32(0))).toBe(expected);
    expect(json.decode(t.f32, new TextEncoder().encode(expected), context)).toBe(view.getFloat32(0));
  }
});
