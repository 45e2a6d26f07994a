import { expect, test } from "vitest";
import { Pieces } from "./pieces.ts";

const all = Uint8Array.from({ length: 30 }, (_, at) => at);
const pieces = new Pieces([all.subarray(0, 7), all.subarray(7, 7), all.subarray(7, 8), all.subarray(8)]);

test("any stretch is found, forwards and backwards, across parts and empty ones", () => {
  expect(pieces.length).toBe(30);
  for (let from = 29; from >= 0; from -= 1) {
    for (let to = from; to <= 30; to += 1) expect(pieces.subarray(from, to)).toEqual(all.subarray(from, to));
  }
  expect(pieces.subarray(30, 30)).toEqual(new Uint8Array(0));
  expect(new Pieces([]).subarray(0, 0)).toEqual(new Uint8Array(0));
});

test("a stretch within one part is no copy", () => {
  expect(pieces.subarray(9, 20).buffer).toBe(all.buffer);
  expect(pieces.subarray(6, 8).buffer).not.toBe(all.buffer);
});
