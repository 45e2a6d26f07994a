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

const unmapped = new Set<string>();

describe.each(codecs)("$name writes and reads what remoc writes", (codec) => {
  for (const row of plain as unknown as Row[]) {
    const descriptor = plainType(row.type);
    if (descriptor === undefined) unmapped.add(row.type);
    else it(`${row.type} ${JSON.stringify(row.value).slice(0, 60)}`, () => check(codec, row, descriptor));
  }
});

describe.each(codecs)("$name writes and reads remoc's own types and items", (codec) => {
  for (const isCompact of [false, true]) {
    for (const row of (isCompact ? compact : remoc) as unknown as Row[]) {
      const descriptor = remocType(row.type, isCompact);
      if (descriptor === undefined) unmapped.add(row.type);
      else if (codec.name in row)
        it(`${row.type} ${JSON.stringify(row.value).slice(0, 60)}`, () => check(codec, row, descriptor));
    }
  }
});

function check(codec: Codec, row: Row, descriptor: Descriptor): void {
  const value = jsValueOf(descriptor, row.value);
  const expected = row[codec.name] as string | { error: string };
  const isUnknownLength = row.type.includes("unknown length");
  if (typeof expected === "object") {
    // An Array always has a length.
    if (!isUnknownLength) expect(() => codec.encode(descriptor, value, context)).toThrow(expected.error);
    return;
  }
  const bytes = codec.encode(descriptor, value, context);
  if (isOfPlaceOnly(codec, row)) {
    // serde leaves the field out, and nobody can read that: what follows takes its place. We write a None.
    expect(hexOf(bytes)).not.toBe(expected);
    expect(codec.decode(descriptor, bytes, context)).toEqual(value);
    return;
  }
  // In the compact form it leaves fields out that have their default, which our descriptors cannot say.
  const leavesOut = codec.name === "postbag1" && (compact as unknown as Row[]).includes(row);
  if (leavesOut) expect(codec.decode(descriptor, bytes, context)).toEqual(value);
  else if (!isUnknownLength) expect(hexOf(bytes)).toBe(expected);
  if (!isLossy(codec, row.value)) expect(codec.decode(descriptor, bytesOf(expected), context)).toEqual(value);
}

/** Whether the codec loses the value on the way. */
function isLossy(codec: Codec, value: unknown): boolean {
  const text = JSON.stringify(value);
  return (
    (DESCRIBED.includes(codec.name) && text.includes('"$some"')) ||
    (codec === json && /"\$float":"(NaN|Inf)/.test(text))
  );
}

/** Whether it is the row with a skipped field, in a codec without names. */
function isOfPlaceOnly(codec: Codec, row: Row): boolean {
  const named = DESCRIBED.includes(codec.name) || codec.name === "postbag" || codec.name === "postbag1";
  return !named && row.type.startsWith("struct Skip") && !("b" in (row.value as object));
}

describe("forms and versions of Postbag are independent", () => {
  it.each(combinations)("$codec, $form form, fields left out: $skip", (row) => {
    const codec = codecs.find(({ name }) => name === row.codec) as Codec;
    const descriptor = remocType(row.type, row.form === "compact") as Descriptor;
    const written = jsValueOf(descriptor, row.value);
    const whole = codec.decode(
      descriptor,
      codec.encode(descriptor, { ...WHOLE[row.form], ...row.value }, context),
      context,
    );
    expect(codec.decode(descriptor, bytesOf(row.hex), context)).toEqual(whole);
    if (!row.skip) expect(hexOf(codec.encode(descriptor, written, context))).toBe(row.hex);
  });
});

/** The fields of an mpsc sender that may be left out. */
const WHOLE: Record<string, object> = {
  compact: { _1: 16777216n, _2: [] },
  old: { data: null, codec: null, max_item_size: 16777216n, parallel: [] },
};

it("all vectors but these are covered", () => {
  expect([...unmapped]).toEqual([
    // Their value in the file is not what is on the wire: addresses are bytes, floats are cut.
    "IpAddr v4",
    "codec::compact IpAddr v4",
    "codec::compact SocketAddr v4",
    "codec::compact SocketAddrV6 (ip,port,flowinfo,scope)",
    "codec::varfloat f64",
    "codec::varfloat f32",
    // The name does not tell which collection ends.
    "item: event Done",
  ]);
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
