import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { postbag } from "./postbag.ts";
import { codecs } from "./test-support/codecs.ts";

const context = {
  maxBytes: Number.POSITIVE_INFINITY,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const Photo = t.struct("Photo", { name: t.str, data: t.bytes, after: t.u32 });
const Album = t.struct("Album", { photos: t.vec(Photo), cover: t.option(Photo), title: t.str });

const filled = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
const photo = (length: number) => ({ name: `of ${length}`, data: filled(length), after: 7 });
const concat = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));
/** As `toEqual`, which takes long over large arrays. Values from encoded bytes have the same prototypes. */
const same = isDeepStrictEqual;
const pieces = (codec: Codec, descriptor: Descriptor, value: unknown) =>
  codec.encodePieces?.(descriptor, value, context) ?? [];

describe.each(codecs)("$name with large byte arrays", (codec) => {
  // Around the smallest array that is not copied, and around the chunks of Postbag's blocks.
  it.each([16383, 16384, 65519, 65526, 65530, 65535, 65536, 131070, 200_000])("comes back with %i bytes", (length) => {
    const value = { photos: [photo(length), photo(3), photo(length + 1)], cover: photo(length), title: "x" };
    const bytes = codec.encode(Album, value, context);
    expect(same(concat(pieces(codec, Album, value)), bytes)).toBe(true);
    expect(same(codec.decode(Album, bytes, context), value)).toBe(true);
  });

  it("writes the same bytes whether an array is copied or not", () => {
    // Two halves that are copied are as long as one that is not.
    const halves = t.struct({ data: t.vec(t.tuple(t.u8)) });
    const whole = t.struct({ data: t.byteVec });
    const data = filled(150_000);
    const expected = codec.encode(halves, { data: Array.from(data, (byte) => [byte]) }, context);
    const bytes = codec.encode(whole, { data }, context);
    const isOfTuples = codec === json || ["cbor", "messagePack"].includes(codec.name);
    if (!isOfTuples) expect(same(bytes, expected)).toBe(true);
    expect(same(codec.decode(whole, bytes, context), { data })).toBe(true);
  });
});

describe.each(codecs.filter((codec) => codec !== json))("$name", (codec) => {
  it("does not copy a large byte array", () => {
    const data = filled(1_000_000);
    const parts = pieces(codec, Photo, { name: "n", data, after: 1 });
    const shared = parts.filter((part) => part.buffer === data.buffer);
    expect(shared.reduce((sum, part) => sum + part.length, 0)).toBeGreaterThan(1_000_000 - 16384);
    expect(parts.length).toBeLessThan(40);
  });
});

it("counts byte arrays that are not copied towards the limit", () => {
  const value = { name: "", data: filled(20_000), after: 1 };
  const limited = { ...context, maxBytes: 20_000 };
  for (const codec of codecs) expect(() => codec.encodePieces?.(Photo, value, limited)).toThrow(/larger than 20000/);
});

it("refuses a byte array that is moved away while the value is read", () => {
  const { buffer } = new Uint8Array(50_000);
  const value = {
    name: "",
    data: new Uint8Array(buffer),
    get after() {
      structuredClone(buffer, { transfer: [buffer] });
      return 1;
    },
  };
  expect(() => postbag.encode(Photo, value, context)).toThrow(/resized or transferred while/);
});
