import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CuttleError } from "../errors/error.ts";
import { nullable } from "../schema/containers.ts";
import type { Descriptor, TransportedDescriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";
import { json } from "./json.ts";
import { postbag } from "./postbag.ts";
import { postbagSlim } from "./postbag-slim.ts";
import { postbag1 } from "./postbag1.ts";
import { codecs, DESCRIBED } from "./test-support/codecs.ts";
import { hexOf } from "./test-support/value-of.ts";

const context = {
  maxBytes: 1e8,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

/** CODEC_RUNS=20000 for a long run by hand. */
const RUNS = Number(process.env.CODEC_RUNS ?? 100);

/** A descriptor and an arbitrary of its values. */
interface Typed {
  type: Descriptor;
  value: fc.Arbitrary<unknown>;
}

const text = fc.string({ unit: "binary", maxLength: 60 });
const name = fc.oneof(
  fc.constantFrom("_0", "_59", "_60", "_05", "é", "Ã©", "__proto__", "constructor", "x".repeat(70)),
  text,
);
const float = (json: boolean): fc.DoubleConstraints => (json ? { noNaN: true, noDefaultInfinity: true } : {});

const scalars = (isJson: boolean): Typed[] => [
  { type: t.unit, value: fc.constant(null) },
  { type: t.bool, value: fc.boolean() },
  { type: t.u8, value: fc.nat(255) },
  { type: t.i8, value: fc.integer({ min: -128, max: 127 }) },
  { type: t.i16, value: fc.integer({ min: -32768, max: 32767 }) },
  { type: t.u32, value: fc.nat(0xffffffff) },
  { type: t.i32, value: fc.integer() },
  { type: t.u64, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { type: t.i64, value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { type: t.u128, value: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }) },
  { type: t.i128, value: fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }) },
  { type: t.f32, value: fc.float(float(isJson) as fc.FloatConstraints) },
  { type: t.f64, value: fc.double(float(isJson)) },
  { type: t.char, value: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
  { type: t.str, value: text },
  { type: t.bytes, value: fc.uint8Array({ maxLength: 300 }) },
  { type: t.byteVec, value: fc.uint8Array({ maxLength: 300 }) },
  { type: t.uuid, value: fc.uuid() },
];

/** Any type of a few levels. Not those that JSON and other self-describing ones cannot carry. */
function typed(levels: number, isJson: boolean, described: boolean): fc.Arbitrary<Typed> {
  const scalar = fc.constantFrom(...scalars(isJson));
  if (levels === 0) return scalar;
  const inner = typed(levels - 1, isJson, described);
  const few = { maxLength: 4 };
  const containers: fc.Arbitrary<Typed>[] = [
    inner.map(({ type, value }) => ({ type: t.vec(type), value: fc.array(value, few) })),
    inner.map(({ type, value }) => ({ type: t.array(type, 2), value: fc.tuple(value, value) })),
    inner.map(({ type, value }) => ({
      type: t.set(type),
      value: fc.uniqueArray(value, few).map((items) => new Set(items)),
    })),
    inner.map(({ type, value }) => ({ type: t.newtype(t.lazy(() => type)), value })),
    inner
      .filter(({ type }) => !described || !nullable(type))
      .map(({ type, value }) => ({
        type: t.option(type),
        value: fc.option(nullable(type) ? value.map((some) => ({ some })) : value),
      })),
    fc.array(inner, few).map((parts) => ({
      type: t.tuple(...parts.map(({ type }) => type)),
      value: fc.tuple(...parts.map(({ value }) => value)),
    })),
    fc.tuple(isJson ? fc.constantFrom(...scalars(true).slice(1, 15)) : inner, inner).map(([key, item]) => ({
      type: t.map(key.type, item.type),
      value: fc.array(fc.tuple(key.value, item.value), few).map((entries) => new Map(entries)),
    })),
    named(inner).map((parts) => ({
      type: t.struct(objectOf(parts.map(([key, { type }]) => [key, type]))),
      value: fc
        .tuple(...parts.map(([, { value }]) => value))
        .map((values) => objectOf(parts.map(([key], i) => [key, values[i]]))),
    })),
    named(inner).map((parts) => ({
      type: t.enum(objectOf(parts.map(([key, { type }]) => [key, type]))),
      value: fc.oneof(
        ...parts.map(([key, { type, value }]) =>
          value.map((payload) => (type === t.unit ? key : objectOf([[key, payload]]))),
        ),
      ),
    })),
  ];
  return fc.oneof(scalar, ...containers);
}

function named(inner: fc.Arbitrary<Typed>): fc.Arbitrary<[string, Typed][]> {
  return fc.uniqueArray(fc.tuple(name, inner), { minLength: 1, maxLength: 4, selector: ([key]) => key });
}

function objectOf<V>(entries: [string, V][]): Record<string, V> {
  const object = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  return object;
}

describe("any value of any type", () => {
  it.each(codecs)("is the same after encoding and decoding ($name)", (codec) => {
    const anything = typed(3, codec === json, DESCRIBED.includes(codec.name)).chain(({ type, value }) =>
      value.map((item) => ({ type, item })),
    );
    fc.assert(
      fc.property(anything, ({ type, item }) => {
        const bytes = codec.encode(type, item, context);
        expect(codec.decode(type, bytes, context)).toEqual(item);
        if (codec === json) JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
        expect(type["~standard"].validate(item).issues).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });
});

describe("any value of any type that is damaged", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom("change", "remove", "insert", "end"), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  });

  it.each(codecs)("is decoded or refused with peer_decode ($name)", (codec) => {
    const anything = typed(3, codec === json, DESCRIBED.includes(codec.name)).chain(({ type, value }) =>
      value.map((item) => ({ type, item })),
    );
    fc.assert(
      fc.property(anything, damage, ({ type, item }, changes) => {
        const bytes = [...codec.encode(type, item, context)];
        for (const [place, change, byte] of changes) {
          const at = place % (bytes.length + 1);
          if (change === "end") bytes.length = at;
          else bytes.splice(at, change === "insert" ? 0 : 1, ...(change === "remove" ? [] : [byte]));
        }
        try {
          codec.decode(type, Uint8Array.from(bytes), context);
        } catch (error) {
          if (!CuttleError.is(error, "peer_decode")) throw error;
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe.each([postbag, postbagSlim, postbag1])("blocks of $name", (codec) => {
  const S = t.struct({ s: t.str });
  const inside = t.struct({ outer: S, after: t.u8 });

  it.each([0, 1, 127, 128, 65531, 65532, 65533, 131066, 131067, 131068, 300000])("carry %d bytes", (length) => {
    const value = { outer: { s: "a".repeat(length) }, after: 7 };
    const bytes = codec.encode(inside, value, context);
    expect(codec.decode(inside, bytes, context)).toEqual(value);
    // Unknown ones are skipped, as are those at the end where there are no names.
    const fewer = codec === postbagSlim ? t.struct({ outer: S }) : t.struct({ after: t.u8 });
    const { outer, after } = value;
    expect(codec.decode(fewer, bytes, context)).toEqual(codec === postbagSlim ? { outer } : { after });
  });

  it.each([
    [65531, "feff03", ""],
    [65532, "ffff03", "00"],
    [65533, "ffff03", "0161"],
  ])("of a string of %d bytes are cut as Rust does", (length, head, tail) => {
    // Version 1 leaves the three bytes of the length of the string out.
    const s = "a".repeat(codec === postbag1 ? length + 3 : length);
    const bytes = hexOf(codec.encode(S, { s }, context));
    const start = codec === postbagSlim ? "01" : "010173";
    expect(bytes.slice(0, start.length + 6)).toBe(start + head);
    expect(bytes.slice(start.length + 6 + 65535 * 2)).toBe(tail);
  });
});

describe("names", () => {
  it("are not taken for others whose characters are the bytes of theirs", () => {
    for (const codec of codecs.filter(({ name }) => ["cbor", "messagePack", "postbag", "postbag1"].includes(name))) {
      const bytes = codec.encode(t.struct({ é: t.u8 }), { é: 1 }, context);
      expect(() => codec.decode(t.struct({ "Ã©": t.u8 }), bytes, context)).toThrow(/^peer_decode: .*missing/);
    }
  });
});

describe("buffers", () => {
  it("decoded bytes are copies, also of a Buffer of Node", () => {
    const input = Buffer.from(postbag.encode(t.bytes, Uint8Array.of(1, 2), context));
    const value = postbag.decode(t.bytes, input, context) as Uint8Array;
    input.fill(0);
    expect(value).toEqual(Uint8Array.of(1, 2));
    expect(value.constructor).toBe(Uint8Array);
    expect(value.buffer.byteLength).toBe(2);
  });

  it("encoded bytes stay as they are when more is encoded", () => {
    for (const size of [10, 10_000]) {
      const first = postbag.encode(t.byteVec, new Uint8Array(size).fill(1), context);
      const copy = first.slice();
      postbag.encode(t.byteVec, new Uint8Array(size).fill(2), context);
      expect(first).toEqual(copy);
    }
  });
});

describe("halves inside values", () => {
  class Sender {
    readonly port: number;
    constructor(port: number) {
      this.port = port;
    }
  }
  const sender: TransportedDescriptor<Sender> = transported<Sender>({
    name: "mpsc.sender",
    shape: t.struct({ port: t.u32 }),
    item: t.u32,
  });
  const Request = t.struct("Request", { tx: sender, more: t.vec(t.option(sender)), text: t.str });
  const value = { tx: new Sender(1), more: [null, new Sender(2)], text: "" };

  it.each(codecs)("travel as their shapes, in the order of the bytes", (codec) => {
    const order: unknown[] = [];
    const live = {
      maxBytes: 1000,
      transport(descriptor: TransportedDescriptor, half: unknown): unknown {
        expect(descriptor).toBe(sender);
        order.push((half as Sender).port);
        // Encoding something meanwhile must not disturb.
        codec.encode(t.str, "x".repeat(50), context);
        return { port: (half as Sender).port };
      },
      receive(descriptor: TransportedDescriptor, plain: unknown): unknown {
        expect(descriptor).toBe(sender);
        return new Sender((plain as { port: number }).port);
      },
    };
    const bytes = codec.encode(Request, value, live);
    expect(order).toEqual([1, 2]);
    expect(codec.decode(Request, bytes, live)).toEqual(value);
  });

  it("errors of whoever transports them come through unchanged", () => {
    const used = new CuttleError("local_half_used", "sent before");
    const transport = (): never => {
      throw used;
    };
    expect(() => postbag.encode(Request, value, { ...context, transport })).toThrow(used);
  });

  it("are not looked into by a standard schema, which names the place of an issue", () => {
    const { validate } = Request["~standard"];
    expect(validate(value)).toEqual({ value });
    const result = validate({ ...value, text: 5 });
    expect(result.issues?.[0]?.path).toEqual(["text"]);
    expect(result.issues?.[0]?.message).toContain("expected a string");
  });
});
