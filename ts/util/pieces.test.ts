import { expect, test } from "vitest";
import { Pieces, wholeOf } from "./pieces.ts";

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

test("given parts are told apart from the rest, which is put together, or cut out of it", () => {
  const [head, given, tail] = [all.slice(0, 3), all.slice(3, 20), all.slice(20)];
  const mixed = new Pieces([head, given, tail.subarray(0, 4), tail.subarray(4)], [given]);
  expect(mixed.cut().map(({ bytes, isGiven }) => [bytes.length, isGiven])).toEqual([
    [3, false],
    [17, true],
    [10, false],
  ]);
  expect(mixed.apart()).toEqual({ own: Uint8Array.of(...head, ...tail), given: [{ at: 3, bytes: given }] });
  expect(mixed.apart().given[0]?.bytes).toBe(given);
  const other = mixed.behind(Uint8Array.of(7, 8));
  expect(wholeOf(other)).toEqual(Uint8Array.of(7, 8, ...all.subarray(1)));
  expect(other.apart().given).toEqual([{ at: 4, bytes: given }]);
});
