import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { codecs } from "../../ts/codec/test-support/codecs.ts";
import { consume, type Descriptor, type Infer, memoryPair, mpsc, provide, t } from "../../ts/index.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

interface Order {
  id: string;
  rows: { name: string; price: number }[];
}

const schemas: [string, StandardSchemaV1<unknown, Order>][] = [
  ["Zod", z.object({ id: z.string(), rows: z.array(z.object({ name: z.string(), price: z.number().positive() })) })],
  [
    "Valibot",
    v.object({
      id: v.string(),
      rows: v.array(v.object({ name: v.string(), price: v.pipe(v.number(), v.minValue(0)) })),
    }),
  ],
  ["ArkType", type({ id: "string", rows: type({ name: "string", price: "number > 0" }).array() })],
];

const good: Order = { id: "a", rows: [{ name: "b", price: 1.5 }] };
const bad = { id: "a", rows: [good.rows[0], { name: "c", price: -1 }] };
const Rust = t.struct("Order", { id: t.str, rows: t.vec(t.struct({ name: t.str, price: t.f64 })) });

describe.each(schemas)("values that a schema of %s accepts", (_, schema) => {
  test.each(codecs)("travel as they are in $name, with and without a descriptor of the Rust type", (codec) => {
    for (const kind of [t.from(schema), t.from(schema, Rust)]) {
      const bytes = codec.encode(kind, good, context);
      expect(codec.decode(kind, bytes, context)).toEqual(good);
    }
    expect(codec.encode(t.from(schema, Rust), good, context)).toEqual(codec.encode(Rust, good, context));
  });

  test("are checked in both directions, with the place in the message", () => {
    const [codec] = codecs;
    if (codec === undefined) throw new Error("there are no codecs");
    const list = t.vec(t.from(schema, Rust));
    const sending = (): unknown => codec.encode(list, [good, bad], context);
    expect(sending).toThrow(/^local_encode.*at \[1\]: rows\[1\]\.price: /);
    const bytes = codec.encode(t.vec(Rust), [good, bad], context);
    const receiving = (): unknown => codec.decode(list, bytes, context);
    expect(receiving).toThrow(/^peer_decode.*at \[1\]: rows\[1\]\.price: /);
  });
});

test("a value of a schema passes through a channel, and a wrong one is refused alone", async () => {
  const Note = t.from(z.object({ text: z.string().min(1), at: z.date(), tags: z.set(z.string()) }));
  const { a, b } = memoryPair();
  const [tx, rx] = mpsc.channel(Note);
  const [, remote] = await Promise.all([provide(t.mpsc.sender(Note), tx, { to: a }), consume(t.mpsc.sender(Note), b)]);
  const note = { text: "hello", at: new Date(0), tags: new Set(["x"]) };
  await expect(remote.send({ ...note, text: "" })).rejects.toThrow(/^local_encode.*text: /);
  await remote.send(note);
  expect(await rx.recv()).toEqual(note);
  remote.close();
  expect(await rx.recv()).toBeUndefined();
});

test("a schema that turns values into others does so where they are received", () => {
  const Length = t.from(
    z.string().transform((text) => text.length),
    t.str,
  );
  const [codec] = codecs;
  expect(codec?.decode(Length, codec.encode(t.str, "four", context), context)).toBe(4);
  expectTypeOf<Infer<typeof Length>>().toEqualTypeOf<number>();
});

test("an option of values that may be null tells the two apart", () => {
  for (const [schema, isNullable] of [
    [z.string(), false],
    [z.string().nullable(), true],
  ] as const) {
    const option = t.option(t.from(schema as StandardSchemaV1<unknown, string>));
    expect(option["~standard"].validate("a").issues === undefined).toBe(!isNullable);
    expect(option["~standard"].validate({ some: "a" }).issues === undefined).toBe(isNullable);
  }
});

test("a schema that answers later, and what is no schema, are misuse", () => {
  const later = z.string().refine(async () => true);
  const [codec] = codecs;
  expect(() => codec?.encode(t.from(later), "a", context)).toThrow(/^local_misuse.*answers later/);
  expect(() => t.from({} as never)).toThrow(/^local_misuse.*Standard Schema/);
});

test("the type of the values is the one of the schema", () => {
  const FromZod = t.from(z.object({ a: z.string() }));
  expectTypeOf<Infer<typeof FromZod>>().toEqualTypeOf<{ a: string }>();
  const FromValibot = t.from(v.object({ a: v.optional(v.number()) }));
  expectTypeOf<Infer<typeof FromValibot>>().toEqualTypeOf<{ a?: number | undefined }>();
  const FromArk = t.from(type({ a: "string[]" }));
  expectTypeOf<Infer<typeof FromArk>>().toEqualTypeOf<{ a: string[] }>();
});

describe("a descriptor", () => {
  const Form = t.struct({ name: t.str, age: t.option(t.u8) });

  test("is a schema of the published interface, types included", () => {
    const schema: StandardSchemaV1<{ name: string; age: number | null }> = Form;
    expect(schema["~standard"].version).toBe(1);
    expect(schema["~standard"].vendor).toBe("cuttle");
    expectTypeOf<StandardSchemaV1.InferOutput<typeof Form>>().toEqualTypeOf<{ name: string; age: number | null }>();
    expectTypeOf<StandardSchemaV1.InferInput<typeof Form>>().toEqualTypeOf<{ name: string; age: number | null }>();
  });

  test("of every kind is one, and stays frozen plain data", () => {
    const kinds: Descriptor[] = [t.u8, t.unit, t.mpsc.sender(t.u8), t.callError, t.any, t.uuid, t.enum({ A: t.unit })];
    for (const kind of kinds) {
      expect(kind["~standard"].version).toBe(1);
      expect(Object.keys(kind)).not.toContain("~standard");
      expect(Object.isFrozen(kind)).toBe(true);
    }
  });

  test("gives all issues with their places, or the value itself", () => {
    const value = { name: "a", age: 3 };
    expect(Form["~standard"].validate(value)).toEqual({ value });
    expect(Form["~standard"].validate({ name: 1, age: 256 })).toEqual({
      issues: [
        { path: ["name"], message: "expected a string, got 1" },
        { path: ["age"], message: "expected u8, got 256" },
      ],
    });
  });

  test("may be the inner schema of another one", () => {
    const kind = t.from(Form, Form);
    const [codec] = codecs;
    expect(() => codec?.encode(kind, { name: "a", age: -1 }, context)).toThrow(/age: expected u8, got -1/);
  });
});
