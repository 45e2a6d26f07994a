/** Byte arrays that were moved here, inside values: they stand beside the other bytes, and nowhere else. */

import { expect, test } from "vitest";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { Pieces } from "../util/pieces.ts";
import { bincode } from "./bincode.ts";
import { bincode2 } from "./bincode2.ts";
import { cbor } from "./cbor.ts";
import { messagePack } from "./messagepack.ts";
import { postcard } from "./postcard.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const array = Uint8Array.from({ length: 70_000 }, (_, at) => at);
const codecs = [cbor, messagePack, postcard, bincode, bincode2];
const Two = t.struct({ before: t.str, bytes: t.bytes, list: t.vec(t.bytes), after: t.u32 });
const value = { before: "é", bytes: array, list: [array.slice(0, 300), array], after: 7 };

/** The value as it comes when `array` was moved: once as what it is, the other time as bytes. */
function pieces(type: Descriptor, codec = cbor, of: unknown = value): { all: Uint8Array; at: number } {
  const all = codec.encode(type, of, context);
  return { all, at: Buffer.from(all).indexOf(Buffer.from(array)) };
}

test.each(codecs)("$name: a moved array is what the value has, and all else is read as ever", (codec) => {
  const { all, at } = pieces(Two, codec);
  const parts = [all.slice(0, at), array, all.slice(at + array.length)];
  const got = codec.decodePieces?.(Two, new Pieces(parts, [array]), context) as typeof value;
  expect(got).toEqual(value);
  expect(got.bytes).toBe(array);
  expect(got.list[1]).not.toBe(array);
});

test.each(codecs)("$name: a moved array that is a part of an array, or of something else, is refused", (codec) => {
  const { all, at } = pieces(Two, codec);
  for (const [from, to] of [
    [at, at + array.length - 1],
    [at + 1, at + array.length],
    [at - 1, at + array.length],
    [0, 1],
    [all.length - 1, all.length],
  ] as const) {
    const moved = all.slice(from, to);
    const parts = [all.slice(0, from), moved, all.slice(to)].filter(({ length }) => length > 0);
    expect(() => codec.decodePieces?.(Two, new Pieces(parts, [moved]), context)).toThrow(/^peer_decode/);
  }
});

test("a value of an alternative that is read again has the array as well", () => {
  const Either = t.vec(t.untagged(t.struct({ a: t.bytes, b: t.u8 }), t.struct({ a: t.bytes, c: t.str })));
  const of = [{ a: array, c: "x" }];
  const { all, at } = pieces(Either, cbor, of);
  const parts = [all.slice(0, at), array, all.slice(at + array.length)];
  const got = cbor.decodePieces?.(Either, new Pieces(parts, [array]), context) as typeof of;
  expect(got).toEqual(of);
  expect(got[0]?.a).toBe(array);
});
