import { expect, test } from "vitest";
import * as t from "../schema/index.ts";
import { json } from "./json.ts";
import { codecs } from "./test-support/codecs.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const Cell = t.struct({ x: t.u8, y: t.u8 });
const Board = t.struct({ cells: t.pairs(Cell, t.str) });
const board = {
  cells: new Map([
    [{ x: 1, y: 2 }, "a"],
    [{ x: 3, y: 4 }, "b"],
  ]),
};

test.each(codecs)("$name: a map of pairs may have any keys, and is what a sequence of tuples is", (codec) => {
  const bytes = codec.encode(Board, board, context);
  expect(codec.decode(Board, bytes, context)).toEqual(board);
  const List = t.struct({ cells: t.vec(t.tuple(Cell, t.str)) });
  expect(codec.encode(List, { cells: [...board.cells] }, context)).toEqual(bytes);
});

test("in JSON it is a list of lists, of which a key that is there twice has its last value", () => {
  const text = '{"cells":[[{"x":1,"y":2},"a"],[{"x":3,"y":4},"b"]]}';
  expect(new TextDecoder().decode(json.encode(Board, board, context))).toBe(text);
  const twice = new TextEncoder().encode("[[1,2],[3,4],[1,5]]");
  expect(json.decode(t.pairs(t.u8, t.u8), twice, context)).toEqual(
    new Map([
      [1, 5],
      [3, 4],
    ]),
  );
});

test("what is no Map, and a wrong key or value, are refused with their place in every direction", () => {
  const wrong = { cells: new Map([[{ x: 1, y: 256 }, "a"]]) };
  expect(() => json.encode(Board, { cells: [] as never }, context)).toThrow("at cells: expected a Map");
  expect(() => json.encode(Board, wrong, context)).toThrow("at cells[0][0].y: expected u8, got 256");
  const bytes = new TextEncoder().encode('{"cells":[[{"x":1,"y":256},"a"]]}');
  expect(() => json.decode(Board, bytes, context)).toThrow("at cells[0][0].y: expected u8, got 256");
  expect(Board["~standard"].validate(wrong)).toMatchObject({ issues: [{ path: ["cells", 0, 0, "y"] }] });
});
