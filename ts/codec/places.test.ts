import { describe, expect, it } from "vitest";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { pathText } from "../schema/standard.ts";
import { codecs, DESCRIBED } from "./test-support/codecs.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

/** A container of u8, a value with one that is wrong, one like it of u16 that a peer may have, and the place. */
interface Case {
  readonly what: string;
  readonly of: (item: Descriptor<number>) => Descriptor;
  readonly value: unknown;
  readonly place: string;
  /** The place that the schema names, which tells entries by their keys. */
  readonly schemaPlace?: string;
  /** What the container needs of a codec. */
  readonly only?: readonly string[];
}

const NAMED = [...DESCRIBED, "postbag", "postbag1"];

const cases: Case[] = [
  { what: "a sequence", of: t.vec, value: [1, 2, 999], place: "[2]" },
  { what: "a set", of: t.set, value: new Set([1, 999]), place: "[1]" },
  { what: "an array", of: (item) => t.array(item, 2), value: [1, 999], place: "[1]" },
  { what: "a tuple", of: (item) => t.tuple(t.str, item), value: ["a", 999], place: "[1]" },
  { what: "a struct", of: (item) => t.struct({ a: item }), value: { a: 999 }, place: "a" },
  {
    what: "a struct with a renamed field",
    of: (item) => t.struct({ a: t.field("b", item) }),
    value: { a: 999 },
    place: "a",
  },
  { what: "a record", of: t.record, value: { a: 1, b: 999 }, place: "[1]", schemaPlace: "b" },
  {
    what: "a map, in a value",
    of: (item) => t.map(t.str, item),
    value: new Map([["a", 999]]),
    place: "[0]",
    schemaPlace: "a",
  },
  { what: "a map, in a key", of: (item) => t.map(item, t.str), value: new Map([[999, "a"]]), place: "[0]" },
  { what: "a newtype variant", of: (item) => t.enum({ N: item }), value: { N: 999 }, place: "N" },
  { what: "a tuple variant", of: (item) => t.enum({ T: t.tuple(item, item) }), value: { T: [1, 999] }, place: "T[1]" },
  {
    what: "a struct variant",
    of: (item) => t.enum({ S: t.struct({ x: item }) }),
    value: { S: { x: 999 } },
    place: "S.x",
  },
  { what: "a Result", of: (item) => t.result(item, t.str), value: { Ok: 999 }, place: "Ok" },
  { what: "an option", of: (item) => t.struct({ o: t.option(item) }), value: { o: 999 }, place: "o" },
  {
    what: "nested ones",
    of: (item) => t.struct({ rows: t.vec(t.struct({ price: item })) }),
    value: { rows: [{ price: 1 }, { price: 999 }] },
    place: "rows[1].price",
  },
  {
    what: "a recursive one",
    of: lists,
    value: { next: { next: { next: null, value: 999 }, value: 1 }, value: 1 },
    place: "next.next.value",
  },
  {
    what: "a flattened field",
    of: (item) => t.vec(t.struct({ f: t.flatten(t.struct({ x: item })) })),
    value: [{ f: { x: 999 } }],
    place: "[0].x",
    schemaPlace: "[0].f.x",
    only: DESCRIBED,
  },
  {
    what: "an internally tagged enum",
    of: (item) => t.internallyTagged("t", { A: t.struct({ x: item }) }),
    value: { t: "A", x: 999 },
    place: "x",
    only: DESCRIBED,
  },
  {
    what: "an adjacently tagged enum",
    of: (item) => t.adjacentlyTagged("t", "c", { A: item }),
    value: { t: "A", c: 999 },
    place: "c",
    only: NAMED,
  },
];

interface List {
  next: List | null;
  value: number;
}
function lists(item: Descriptor<number>): Descriptor<List> {
  const List: Descriptor<List> = t.struct({ next: t.option(t.lazy(() => List)), value: item });
  return List;
}

describe.each(cases)("an integer out of range in $what", ({ of, value, place, schemaPlace, only }) => {
  const carrying = codecs.filter(({ name }) => only === undefined || only.includes(name));

  it.each(carrying)(`is refused at ${place} by $name, in both directions`, (codec) => {
    expect(() => codec.encode(of(t.u8), value, context)).toThrow(`at ${place}: expected u8, got 999`);
    // Where bytes do not say what they are, a u16 is read as a u8 and something else behind it, without an error.
    if (!DESCRIBED.includes(codec.name)) return;
    const bytes = codec.encode(of(t.u16), value, context);
    try {
      codec.decode(of(t.u8), bytes, context);
      expect.unreachable();
    } catch (error) {
      expect(CuttleError.is(error, "peer_decode")).toBe(true);
      expect(String(error)).toContain(`at ${place}: expected u8, got 999`);
    }
  });

  it("is an issue of the schema, at the same place", () => {
    const { issues } = of(t.u8)["~standard"].validate(value) as { issues: { message: string; path: PropertyKey[] }[] };
    expect(issues.map(({ message }) => message)).toEqual(["expected u8, got 999"]);
    expect(pathText(issues[0]?.path)).toBe(schemaPlace ?? place);
  });
});
