import { expect, test } from "vitest";
import * as t from "../schema/index.ts";
import { Pieces } from "../util/pieces.ts";
import { bincode } from "./bincode.ts";
import { bincode2 } from "./bincode2.ts";
import { cbor } from "./cbor.ts";
import type { Codec, EncodeContext } from "./codec.ts";
import { messagePack } from "./messagepack.ts";
import { postbag } from "./postbag.ts";
import { postbagSlim } from "./postbag-slim.ts";
import { postbag1 } from "./postbag1.ts";
import { postbag1Slim } from "./postbag1-slim.ts";
import { postcard } from "./postcard.ts";

const codecs: Codec[] = [postbag, postbagSlim, postbag1, postbag1Slim, cbor, messagePack, postcard, bincode, bincode2];

const Inner = t.struct({ name: t.str, data: t.bytes, list: t.byteVec });
const Outer = t.struct({ before: t.str, inner: t.option(Inner), many: t.vec(t.bytes), after: t.u32 });
const Shape = t.enum({ Raw: t.bytes, Whole: Outer });

function context(maxBytes = Number.POSITIVE_INFINITY): EncodeContext {
  return { maxBytes, transport: () => null } as unknown as EncodeContext;
}

function bytes(length: number): Uint8Array {
  return new Uint8Array(length).fill(length % 251);
}

function joined(codec: Codec, value: unknown): { all: Uint8Array; isPieces: boolean } {
  const encoded = codec.encodePieces?.(Shape, value, context());
  if (encoded === undefined) throw new Error(`${codec.name} has no pieces`);
  return { all: encoded.subarray(0, encoded.length), isPieces: encoded instanceof Pieces };
}

/** Lengths around the chunks of a block of Postbag, from where on byte arrays are referred to. */
const LENGTHS = [262_144, 4 * 65_535 + 4, 5 * 65_535 - 1, 5 * 65_535, 5 * 65_535 + 1, 1_000_000];

test.each(codecs)("$name: pieces are the same bytes as the whole, wherever large arrays stand", (codec) => {
  for (const length of LENGTHS) {
    const inner = { name: "x".repeat(length % 7), data: bytes(length), list: bytes(3) };
    const many = [bytes(2), bytes(length), bytes(length + 1), bytes(0)];
    for (const value of [
      { Raw: bytes(length) },
      { Whole: { before: "b".repeat(200), inner, many, after: 7 } },
      { Whole: { before: "", inner: null, many: [bytes(length)], after: 7 } },
    ]) {
      const { all, isPieces } = joined(codec, value);
      expect(isPieces).toBe(true);
      expect(Buffer.compare(all, codec.encode(Shape, value, context()))).toBe(0);
    }
  }
});

test.each(codecs)("$name: what is small is copied, and the limit holds with references, too", (codec) => {
  expect(joined(codec, { Raw: bytes(262_143) }).isPieces).toBe(false);
  expect(() => codec.encodePieces?.(Shape, { Raw: bytes(300_000) }, context(299_999))).toThrow("local_item_too_large");
});

test.each(codecs)(
  "$name: a value of bytes that nobody else has is the same, and its large array a view of them",
  (codec) => {
    for (const length of [...LENGTHS, 20 * 65_535]) {
      const inner = { name: "n", data: bytes(length), list: bytes(3) };
      const value = { Whole: { before: "b".repeat(200), inner, many: [bytes(9)], after: 7 } };
      const encoded = codec.encode(Shape, value, context());
      const got = codec.decode(Shape, encoded, { receive: () => null, ownsBytes: true }) as typeof value;
      expect(Buffer.compare(got.Whole.inner.data, inner.data)).toBe(0);
      expect(got.Whole.inner.data.buffer).toBe(encoded.buffer);
      expect([got.Whole.before, got.Whole.inner.list, got.Whole.many, got.Whole.after]).toEqual([
        value.Whole.before,
        inner.list,
        value.Whole.many,
        7,
      ]);
    }
  },
);

test.each(codecs)("$name: a large array that a getter of the value takes away is refused", (codec) => {
  const data = bytes(300_000);
  const inner = {
    name: "n",
    data,
    get list(): Uint8Array {
      structuredClone(data.buffer, { transfer: [data.buffer] });
      return bytes(3);
    },
  };
  const value = { Whole: { before: "", inner, many: [], after: 7 } };
  expect(() => codec.encodePieces?.(Shape, value, context())).toThrow("resized or transferred");
});

test("small values that are lent do not change with later ones, and neither do those that belong to the caller", () => {
  const value = { Raw: bytes(100) };
  const owned = postbag.encode(Shape, value, context());
  const lent = Array.from({ length: 300 }, () => joined(postbag, value).all);
  for (let i = 0; i < 300; i++) joined(postbag, { Raw: bytes(i) });
  for (const one of lent) expect(one).toEqual(owned);
  owned.fill(0);
  expect(joined(postbag, value).all).toEqual(lent[0]);
  expect(owned.buffer.byteLength).toBe(owned.length);
});
