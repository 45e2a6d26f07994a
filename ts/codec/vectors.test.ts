import { describe, expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { postbag } from "./postbag.ts";
import { plainType } from "./test-support/plain-types.ts";
import { remocType } from "./test-support/remoc-types.ts";
import { bytesOf, hexOf, jsValueOf } from "./test-support/value-of.ts";
import floats from "./vectors/floats.json" with { type: "json" };
import plain from "./vectors/plain.json" with { type: "json" };
import remoc from "./vectors/remoc.json" with { type: "json" };

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

interface Row {
  type: string;
  value: unknown;
  json: string | { error: string };
  postbag: string | { error: string };
}

/** Whether JSON loses the value on the way. */
function isLossy(codec: Codec, value: unknown): boolean {
  return codec === json && /"\$some"|"\$float":"(NaN|Inf)/.test(JSON.stringify(value));
}

const unmapped: string[] = [];

for (const codec of [json, postbag]) {
  describe(`${codec.name} writes and reads what remoc writes`, () => {
    for (const row of plain as Row[]) {
      const descriptor = plainType(row.type);
      if (descriptor === undefined) {
        unmapped.push(row.type);
        continue;
      }
      it(`${row.type} ${JSON.stringify(row.value).slice(0, 60)}`, () => check(codec, row, descriptor));
    }
  });
}

for (const codec of [json, postbag]) {
  describe(`${codec.name} writes and reads remoc's own types and items`, () => {
    for (const row of remoc as Row[]) {
      it(`${row.type} ${JSON.stringify(row.value).slice(0, 60)}`, () =>
        check(codec, row, remocType(row.type) as Descriptor));
    }
  });
}

function check(codec: Codec, row: Row, descriptor: Descriptor): void {
  const value = jsValueOf(descriptor, row.value);
  const expected = row[codec.name as "json" | "postbag"];
  if (typeof expected === "object") {
    expect(() => codec.encode(descriptor, value, context)).toThrow(expected.error);
    return;
  }
  // remoc writes these with an unknown length, which an Array never needs.
  if (!row.type.includes("unknown length")) expect(hexOf(codec.encode(descriptor, value, context))).toBe(expected);
  if (!isLossy(codec, row.value)) expect(codec.decode(descriptor, bytesOf(expected), context)).toEqual(value);
}

it("all but the address and float forms of the vectors are covered", () => {
  expect([...new Set(unmapped)]).toEqual([
    "IpAddr v4",
    "codec::compact IpAddr v4",
    "codec::compact SocketAddr v4",
    "codec::compact SocketAddrV6 (ip,port,flowinfo,scope)",
    "codec::varfloat f64",
    "codec::varfloat f32",
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
