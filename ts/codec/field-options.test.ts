import { expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import { PLAIN_DIALECT } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import { cbor } from "./cbor.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { postbag } from "./postbag.ts";
import { postbagSlim } from "./postbag-slim.ts";
import { postbag1 } from "./postbag1.ts";
import { codecs } from "./test-support/codecs.ts";
import { hexOf } from "./test-support/value-of.ts";

const contextOf = (skipDefaults: boolean) => ({
  dialect: { ...PLAIN_DIALECT, skipDefaults },
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
});
const size = (codec: Codec, descriptor: Descriptor, value: unknown, skipDefaults = false): number =>
  codec.encode(descriptor, value, contextOf(skipDefaults)).length;

const limits = t.withDefault(t.struct({ list: t.vec(t.u32), big: t.u64 }), () => ({ list: [1, 2], big: 7n }));
const standard = { list: [1, 2], big: 7 };
const Always = t.struct({ a: t.u8, limits: t.field("limits", limits, { skipDefault: "always" }) });
const Allowed = t.struct({ a: t.u8, limits: t.field("limits", limits, { skipDefault: "allowed" }) });
const Empty = t.struct({ a: t.u8 });

it("a field with skipDefault is left out where fields have names, and comes back as its default", () => {
  const value = { a: 1, limits: standard };
  for (const codec of codecs) {
    const bytes = codec.encode(Always, value, contextOf(false));
    expect(codec.decode(Always, bytes, contextOf(false))).toEqual({ a: 1, limits: { list: [1, 2], big: 7n } });
    const isNamed = [json, cbor, postbag, postbag1].includes(codec) || codec.name === "messagePack";
    expect(bytes.length === size(codec, Empty, value)).toBe(isNamed);
  }
});

it("a field is left out only in Postbag Full where the peer has to allow it", () => {
  const value = { a: 1, limits: standard };
  for (const codec of codecs) {
    expect(size(codec, Allowed, value, false)).toBeGreaterThan(size(codec, Empty, value));
    const isFull = codec === postbag || codec === postbag1;
    expect(size(codec, Allowed, value, true) === size(codec, Empty, value)).toBe(isFull);
  }
});

it("a field that differs from its default in any part is written", () => {
  for (const changed of [
    { list: [1], big: 7n },
    { list: [1, 3], big: 7n },
    { list: [1, 2], big: 8n },
  ]) {
    const bytes = json.encode(Always, { a: 1, limits: changed }, contextOf(true));
    expect(json.decode(Always, bytes, contextOf(true))).toEqual({ a: 1, limits: changed });
  }
});

it("skipDefault without a default is refused", () => {
  expect(() => t.struct({ a: t.field("a", t.u8, { skipDefault: "always" }) })).toThrow(/needs t.withDefault/);
});

const Wide = t.enum({ Red: t.unit, Green: t.unit, Mixed: t.struct({ r: t.u8 }) });
const Narrow = t.enum({ red: t.field("Red", t.unit), unknown: t.field("Unknown", t.unit, { other: true }) });

it("a renamed variant has one name on the wire and one in JavaScript", () => {
  expect(hexOf(postbag.encode(Narrow, "red", contextOf(false)))).toBe(
    hexOf(postbag.encode(Wide, "Red", contextOf(false))),
  );
  expect(() => json.encode(Narrow as Descriptor, "Red", contextOf(false))).toThrow(/got "Red"/);
});

it("a variant that is not listed becomes the one that stands for others", () => {
  for (const codec of codecs) {
    // In codecs without names the place counts: the third one is beyond the list.
    const isNamed = ["json", "cbor", "messagePack", "postbag", "postbag1"].includes(codec.name);
    const from = isNamed ? Wide : t.enum({ Red: t.unit, Unknown: t.unit, Green: t.unit });
    const bytes = codec.encode(from, "Green", contextOf(false));
    expect(codec.decode(Narrow, bytes, contextOf(false))).toBe("unknown");
  }
});

it("the payload of such a variant is stepped over in Postbag 1 alone", () => {
  const wide = t.tuple(Wide, t.u8);
  const narrow = t.tuple(Narrow, t.u8);
  const bytes = postbag1.encode(wide, [{ Mixed: { r: 5 } }, 9], contextOf(false));
  expect(postbag1.decode(narrow, bytes, contextOf(false))).toEqual(["unknown", 9]);
  const other = json.encode(wide, [{ Mixed: { r: 5 } }, 9], contextOf(false));
  expect(() => json.decode(narrow, other, contextOf(false))).toThrow(/cannot decode/);
});

it("only a unit variant can stand for others", () => {
  expect(() => t.enum({ a: t.field("a", t.u8, { other: true }) })).toThrow(/only a t.unit/);
});

it("Postbag Slim leaves nothing out", () => {
  expect(size(postbagSlim, Always, { a: 1, limits: standard }, true)).toBe(
    size(postbagSlim, t.struct({ a: t.u8, limits }), { a: 1, limits: standard }),
  );
});

it("a struct is read by its keys, in whatever order they stand, whatever else is there, own or inherited", () => {
  const Point = t.struct({ x: t.u8, toString: t.str, y: t.u8, z: t.option(t.u8) });
  const Plain = t.struct({ x: t.u8, y: t.u8, z: t.option(t.u8) });
  class Inherits {
    x = 1;
    get y(): number {
      return 2;
    }
    z = 3;
  }
  const values: object[] = [
    { x: 1, y: 2, z: 3 },
    { z: 3, y: 2, x: 1 },
    { x: 1, more: 9, y: 2, z: 3 },
    { x: 1, y: 2, z: 3, more: 9 },
    { [Symbol.iterator]: 9, x: 1, z: 3, y: 2 },
    Object.create({ x: 1, y: 2, z: 3 }),
    Object.assign(Object.create({ y: 2, z: 3 }), { x: 1 }),
    new Inherits(),
    new Proxy({ x: 1, y: 2, z: 3 }, {}),
  ];
  for (const codec of codecs) {
    const read = (type: Descriptor, value: object): unknown =>
      codec.decode(type, codec.encode(type, value, contextOf(false)), contextOf(false));
    for (const value of values) expect(read(Plain, value)).toEqual({ x: 1, y: 2, z: 3 });
    expect(read(Plain, { x: 1, y: 2 })).toEqual({ x: 1, y: 2, z: null });
    expect(read(Point, { x: 1, toString: "a", y: 2 })).toEqual({ x: 1, toString: "a", y: 2, z: null });
    expect(() => read(Point, { x: 1, y: 2, z: 3 })).toThrow("at toString: expected a string");
  }
});
