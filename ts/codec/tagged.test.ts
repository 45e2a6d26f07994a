import { describe, expect, it } from "vitest";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";
import { bincode } from "./bincode.ts";
import { bincode2 } from "./bincode2.ts";
import { cbor } from "./cbor.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { messagePack } from "./messagepack.ts";
import { postbag } from "./postbag.ts";
import { postbagSlim } from "./postbag-slim.ts";
import { postbag1 } from "./postbag1.ts";
import { postbag1Slim } from "./postbag1-slim.ts";
import { postcard } from "./postcard.ts";
import { codecs, DESCRIBED } from "./test-support/codecs.ts";
import { hexOf } from "./test-support/value-of.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
const described = [json, cbor, messagePack];

function text(type: Descriptor, value: unknown): string {
  return new TextDecoder().decode(json.encode(type, value, context));
}

function read(type: Descriptor, text: string): unknown {
  return json.decode(type, new TextEncoder().encode(text), context);
}

/** Expects the value to survive, and its JSON to be this. */
function both(type: Descriptor, value: unknown, expected: string): void {
  expect(text(type, value)).toBe(expected);
  for (const codec of described) {
    expect(codec.decode(type, codec.encode(type, value, context), context)).toEqual(value);
  }
  expect(type["~standard"].validate(value).issues).toBeUndefined();
}

const Point = t.struct("Point", { x: t.u8, y: t.u8 });
const Shape = t.internallyTagged("type", {
  Dot: t.unit,
  Circle: t.struct({ at: Point, radius: t.f64 }),
  Square: t.field("square", Point),
  Free: t.record(t.str),
});

describe("an internally tagged enum", () => {
  it("is one object with the variant among the fields", () => {
    both(Shape, { type: "Dot" }, '{"type":"Dot"}');
    both(Shape, { type: "Circle", at: { x: 1, y: 2 }, radius: 2 }, '{"type":"Circle","at":{"x":1,"y":2},"radius":2.0}');
    both(Shape, { type: "Square", x: 1, y: 2 }, '{"type":"square","x":1,"y":2}');
    both(Shape, { type: "Free", a: "b" }, '{"type":"Free","a":"b"}');
  });

  it("may have its tag anywhere, and fields that nobody knows", () => {
    expect(read(Shape, '{"x":1,"z":[{"type":"Dot"}],"type":"square","y":2}')).toEqual({ type: "Square", x: 1, y: 2 });
    expect(read(Shape, '{"z":[1],"type":"Dot"}')).toEqual({ type: "Dot" });
  });

  it("may be within another one", () => {
    const outer = t.internallyTagged("kind", { Inner: Shape, None: t.unit });
    both(outer, { kind: "Inner", type: "Square", x: 1, y: 2 }, '{"kind":"Inner","type":"square","x":1,"y":2}');
  });

  it.each([
    ['{"x":1}', /type: the field that names the variant is missing/],
    ['{"type":"Dot","type":"Dot"}', /type: the field is there twice/],
    ['{"type":"Line"}', /type: expected one of the variants Dot, Circle, square, Free, got "Line"/],
    ['{"type":"square","x":1}', /y: the field is missing/],
    ['{"type":"square","x":1,"y":-1}', /y: expected/],
    ["[]", /expected \{/],
    ['{"type":1}', /type: expected str/],
  ])("refuses %s and names the place", (input, message) => {
    expect(() => read(Shape, input)).toThrow(message);
    expect(() => read(Shape, input)).toThrow(/^peer_decode/);
  });

  it("cannot have payloads without fields", () => {
    expect(() => t.internallyTagged("type", { N: t.u32 })).toThrow(/^local_misuse: .*not u32/);
    expect(() => t.internallyTagged("type", { T: t.tuple(t.u32, t.u8) })).toThrow(/^local_misuse/);
    expect(() => t.internallyTagged("type", { M: t.map(t.str, t.u8) })).toThrow(/^local_misuse.*t\.record\(\)/);
    expect(() => t.internallyTagged("type", { S: t.struct({ type: t.u32 }) })).toThrow(/a field type of its own/);
  });

  it("refuses to encode what it is not", () => {
    expect(() => text(Shape, { type: "square", x: 1, y: 2 })).toThrow(
      /expected one of Dot, Circle, Square, Free as type/,
    );
    expect(() => text(Shape, "Dot")).toThrow(/expected an object/);
    expect(() => text(Shape, { type: "Square", x: 1 })).toThrow(/at y: expected/);
  });
});

it("an internally tagged enum may be an instance of a class, as any struct", () => {
  class Square {
    readonly type = "Square";
    get x(): number {
      return 1;
    }
    get y(): number {
      return 2;
    }
  }
  expect(Shape["~standard"].validate(new Square()).issues).toBeUndefined();
  expect(text(Shape, new Square())).toBe('{"type":"square","x":1,"y":2}');
});

describe("an adjacently tagged enum", () => {
  const Message = t.adjacentlyTagged("t", "c", {
    Quit: t.unit,
    Write: t.str,
    Move: t.struct({ x: t.i32 }),
    Color: t.tuple(t.u8, t.u8, t.u8),
  });

  it("has the variant and the payload in two fields", () => {
    both(Message, { t: "Quit" }, '{"t":"Quit"}');
    both(Message, { t: "Write", c: "hi" }, '{"t":"Write","c":"hi"}');
    both(Message, { t: "Move", c: { x: -1 } }, '{"t":"Move","c":{"x":-1}}');
    both(Message, { t: "Color", c: [1, 2, 3] }, '{"t":"Color","c":[1,2,3]}');
  });

  it.each([...described, postbag, postbag1])("passes through $name", (codec) => {
    for (const value of [{ t: "Quit" }, { t: "Write", c: "hi" }, { t: "Color", c: [1, 2, 3] }]) {
      const list = t.vec(Message);
      expect(codec.decode(list, codec.encode(list, [value, value], context), context)).toEqual([value, value]);
    }
  });

  it("may have its payload first where bytes say what they are", () => {
    expect(read(Message, '{"c":"hi","z":0,"t":"Write"}')).toEqual({ t: "Write", c: "hi" });
    expect(read(Message, '{"c":null,"t":"Quit"}')).toEqual({ t: "Quit" });
    expect(read(Message, '{"t":"Quit","c":null}')).toEqual({ t: "Quit" });
    expect(() => read(Message, '{"c":1,"t":"Write"}')).toThrow(/at c: expected str/);
  });

  it.each([
    ['{"t":"Write"}', /at c: the field is missing/],
    ['{"c":1}', /at t: the field that names the variant is missing/],
    ['{"t":"Nope","c":1}', /at t: expected one of the variants/],
    ['{"t":"Write","c":"","c":""}', /at c: the field is there twice/],
    ['{"c":"","c":"","t":"Write"}', /at c: the field is there twice/],
  ])("refuses %s", (input, message) => {
    expect(() => read(Message, input)).toThrow(message);
  });
});

describe("an untagged enum", () => {
  const Value = t.untagged(t.unit, t.bool, t.u8, t.str, t.vec(t.u8), Point);

  it("is the payload alone, and the first variant that fits", () => {
    both(Value, null, "null");
    both(Value, true, "true");
    both(Value, 7, "7");
    both(Value, "a", '"a"');
    both(Value, [1, 2], "[1,2]");
    both(Value, { x: 1, y: 2 }, '{"x":1,"y":2}');
    both(t.vec(Value), [null, [1], 3], "[null,[1],3]");
    both(t.option(Value), { some: true }, "true");
  });

  it("refuses what fits none", () => {
    expect(() => read(t.vec(Value), "[1,256]")).toThrow(/^peer_decode: .*at \[1\]: expected one of .*none of these/);
    expect(() => text(Value, 256)).toThrow(/^local_encode: .*expected one of .*got 256/);
  });

  it("may be recursive, deep and wide", () => {
    type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
    const Json: Descriptor<Json> = t.untagged(
      t.unit,
      t.bool,
      t.f64,
      t.str,
      t.vec(t.lazy(() => Json)),
      t.record(t.lazy(() => Json)),
    );
    let value: Json = 1;
    for (let i = 0; i < 100; i++) value = i % 2 ? { a: value, b: [i] } : [value, "x"];
    for (const codec of described)
      expect(codec.decode(Json, codec.encode(Json, value, context), context)).toEqual(value);
  });

  it("that would have to be read too often is refused, not read forever", () => {
    type Deep = { x: Deep | null; y: number } | { x: Deep | null; z: number };
    const Deep: Descriptor<Deep> = t.untagged(
      t.struct({ x: t.option(t.lazy(() => Deep)), y: t.u8 }),
      t.struct({ x: t.option(t.lazy(() => Deep)), z: t.u8 }),
    );
    const depth = 60;
    const input = `${'{"x":'.repeat(depth)}null${',"z":1}'.repeat(depth)}`;
    expect(() => read(Deep, input)).toThrow(/would have to be read too often/);
  });

  it("gives no half away: a variant that fails after one fails the value", () => {
    const half = transported({ name: "half", shape: t.u32 });
    const type = t.untagged(t.struct({ half, more: t.u8 }), t.struct({ half }));
    expect(() => read(type, '{"half":1}')).toThrow(/at more: the field is missing/);
    expect(read(type, '{"more":1,"half":1}')).toEqual({ more: 1, half: 1 });
  });
});

describe("flattened fields", () => {
  const Page = t.struct("Page", { offset: t.u8, limit: t.u8 });

  it("stand among those of the struct around them", () => {
    const Query = t.struct({ text: t.str, page: t.flatten(Page), last: t.bool });
    both(
      Query,
      { text: "a", page: { offset: 1, limit: 2 }, last: true },
      '{"text":"a","offset":1,"limit":2,"last":true}',
    );
    expect(read(Query, '{"limit":2,"last":true,"x":[{}],"offset":1,"text":"a"}')).toEqual({
      text: "a",
      page: { offset: 1, limit: 2 },
      last: true,
    });
    expect(hexOf(cbor.encode(Query, { text: "a", page: { offset: 1, limit: 2 }, last: true }, context))).toBe(
      "bf6474657874616166" + "6f66667365740165" + "6c696d697402646c617374f5ff",
    );
  });

  it("of a record and a map take what nothing before them has", () => {
    const Open = t.struct({ id: t.u8, page: t.flatten(Page), rest: t.flatten(t.record(t.str)) });
    both(
      Open,
      { id: 1, page: { offset: 1, limit: 2 }, rest: { a: "b", c: "d" } },
      '{"id":1,"offset":1,"limit":2,"a":"b","c":"d"}',
    );
    const Mapped = t.struct({ id: t.u8, rest: t.flatten(t.map(t.str, t.u8)) });
    both(Mapped, { id: 1, rest: new Map([["__proto__", 2]]) }, '{"id":1,"__proto__":2}');
  });

  it("may be options, enums of any form, and nested", () => {
    const Kind = t.enum({ A: t.u8, B: t.unit, C: t.struct({ z: t.u8 }) });
    const Whole = t.struct({
      page: t.flatten(t.option(Page)),
      kind: t.flatten(Kind),
      shape: t.flatten(Shape),
      inner: t.flatten(t.struct({ deep: t.flatten(t.struct({ d: t.u8 })) })),
    });
    both(
      Whole,
      { page: null, kind: { A: 1 }, shape: { type: "Dot" }, inner: { deep: { d: 3 } } },
      '{"A":1,"type":"Dot","d":3}',
    );
    both(
      Whole,
      { page: { offset: 0, limit: 1 }, kind: "B", shape: { type: "Square", x: 1, y: 2 }, inner: { deep: { d: 3 } } },
      '{"offset":0,"limit":1,"B":null,"type":"square","x":1,"y":2,"d":3}',
    );
  });

  it("name their place when they are wrong", () => {
    const Query = t.vec(t.struct({ text: t.str, page: t.flatten(Page) }));
    expect(() => read(Query, '[{"text":"a","offset":1}]')).toThrow(/at \[0\]\.limit: the field is missing/);
    expect(() => text(Query, [{ text: "a", page: { offset: 1, limit: -2 } }])).toThrow(/at \[0\]\.limit: expected/);
    expect(() => text(Query, [{ text: "a" }])).toThrow(/at \[0\]: expected an object, got undefined/);
  });

  it("that are called the same as others are refused", () => {
    const Open = t.struct({ id: t.u8, rest: t.flatten(t.record(t.u8)) });
    expect(() => text(Open, { id: 1, rest: { id: 2 } })).toThrow(/two of the merged fields are called "id"/);
  });

  it("must be maps on the wire", () => {
    expect(() => t.flatten(t.u32)).toThrow(
      /^local_misuse: .*t\.flatten\(\) takes a struct, a record or an enum, not u32/,
    );
    expect(() => t.flatten(t.map(t.u8, t.u8))).toThrow(/^local_misuse/);
  });
});

describe("codecs whose bytes do not say what they are", () => {
  const undescribed = codecs.filter(({ name }) => !DESCRIBED.includes(name));
  const types: [string, Descriptor, unknown][] = [
    ["t.flatten()", t.struct({ page: t.flatten(Point) }), { page: { x: 1, y: 2 } }],
    ["t.internallyTagged()", Shape, { type: "Dot" }],
    ["t.untagged()", t.untagged(t.u8, t.str), 1],
  ];

  it.each([postbagSlim, postbag1Slim, postcard, bincode, bincode2])("$name writes no adjacent tags", (codec) => {
    const type = t.adjacentlyTagged("t", "c", { A: t.u8 });
    const encoding = (): unknown => codec.encode(type, { t: "A", c: 1 }, context);
    expect(encoding).toThrow(/^local_encode.*cannot carry t\.adjacentlyTagged\(\)/);
  });

  it.each(undescribed)("$name refuses what is read by looking ahead, and says so", (codec: Codec) => {
    for (const [what, type, value] of types) {
      const encoding = (): unknown => codec.encode(type, value, context);
      expect(encoding).toThrow(`this codec cannot carry ${what}`);
      expect(encoding).toThrow(/^local_encode/);
      try {
        codec.decode(type, Uint8Array.of(1, 1, 1), context);
        expect.unreachable();
      } catch (error) {
        expect(CuttleError.is(error, "local_misuse")).toBe(true);
      }
    }
  });
});
