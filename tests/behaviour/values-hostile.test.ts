import { describe, expect, it } from "vitest";
import type { Codec } from "../../ts/codec/codec.ts";
import { json } from "../../ts/codec/json.ts";
import { codecs, DESCRIBED } from "../../ts/codec/test-support/codecs.ts";
import { bytesOf } from "../../ts/codec/test-support/value-of.ts";
import { CuttleError } from "../../ts/errors/error.ts";
import { any } from "../../ts/plain/types.ts";
import type { Descriptor } from "../../ts/schema/descriptor.ts";
import * as t from "../../ts/schema/index.ts";

/** What a peer can do to any codec; `ts/codec/hostile.test.ts` has what only some of them know. */

const context = {
  maxBytes: 1e9,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};
/** For inputs of megabytes on a machine that does much else. */
const SLOW_MS = 240_000;

function codecOf(name: string): Codec {
  const codec = codecs.find((known) => known.name === name);
  if (codec === undefined) throw new Error(`no codec ${name}`);
  return codec;
}

function refused(codec: Codec, type: Descriptor, bytes: Uint8Array): string {
  try {
    codec.decode(type, bytes, context);
  } catch (error) {
    if (CuttleError.is(error, "peer_decode")) return error.message;
    throw error;
  }
  throw new Error("it was read");
}

function repeated(before: string, hex: string, times: number): Uint8Array {
  const [head, part] = [bytesOf(before), bytesOf(hex)];
  const bytes = new Uint8Array(head.length + part.length * times);
  bytes.set(head);
  for (let i = 0; i < times; i++) bytes.set(part, head.length + i * part.length);
  return bytes;
}

const varint = "ffffffffffffffffff01";
/** Heads of text, bytes, a sequence and a map that announce 2^64 - 1 of what follows, or 2^32 - 1 where no more goes. */
const LENGTHS: Record<string, [text: string, bytes: string, seq: string, map: string]> = {
  cbor: ["7bffffffffffffffff", "5bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff"],
  messagePack: ["dbffffffff", "c6ffffffff", "ddffffffff", "dfffffffff"],
  postbag: [varint, varint, varint, varint],
  postbagSlim: [varint, varint, varint, varint],
  postbag1: [varint, varint, varint, varint],
  postbag1Slim: [varint, varint, varint, varint],
  postcard: [varint, varint, varint, varint],
  bincode: ["ffffffffffffffff", "ffffffffffffffff", "ffffffffffffffff", "ffffffffffffffff"],
  bincode2: ["fdffffffffffffffff", "fdffffffffffffffff", "fdffffffffffffffff", "fdffffffffffffffff"],
};

describe.each(Object.entries(LENGTHS))("%s", (name, [text, bytes, seq, map]) => {
  it("D01: a length of up to 2^64 that is not there is refused without allocating for it", () => {
    const codec = codecOf(name);
    refused(codec, t.str, bytesOf(`${text}6162`));
    refused(codec, t.bytes, bytesOf(`${bytes}6162`));
    refused(codec, t.vec(t.u8), bytesOf(`${seq}0102`));
    refused(codec, t.byteVec, bytesOf(`${seq}0102`));
    refused(codec, t.set(t.u8), bytesOf(`${seq}0102`));
    refused(codec, t.map(t.u8, t.u8), bytesOf(`${map}0102`));
    refused(codec, t.vec(t.vec(t.u8)), bytesOf(`${seq}${seq}01`));
  });
});

describe("D03: a million levels", { timeout: SLOW_MS }, () => {
  const lists: Descriptor = t.vec(t.lazy(() => lists));
  const values: Descriptor = t.untagged(t.unit, t.vec(t.lazy(() => values)));
  const ONE: Record<string, string> = { json: "5b", cbor: "81", messagePack: "91" };

  it.each(codecs)("of lists are refused by $name at the limit", (codec) => {
    const one = ONE[codec.name] ?? (codec.name === "bincode" ? "0100000000000000" : "01");
    expect(refused(codec, lists, repeated("", one, 1e6))).toContain("127 levels");
  });

  it.each(Object.keys(ONE))("in a field that nobody knows, and in untagged values, are refused by %s", (name) => {
    const codec = codecOf(name);
    const field = name === "json" ? "7b2278223a" : name === "cbor" ? "a16178" : "81a178";
    expect(refused(codec, t.struct({}), repeated(field, ONE[name] as string, 1e6))).toContain("127 levels");
    const flat = t.struct({ rest: t.flatten(t.record(lists)) });
    expect(refused(codec, flat, repeated(field, ONE[name] as string, 1e6))).toContain("127 levels");
    refused(codec, values, repeated("", ONE[name] as string, 1e6));
  });

  it("in a value that says itself what it is are refused", () => {
    const codec = codecOf("cbor");
    const inner = repeated("", "81", 1e5);
    expect(refused(codec, any, codec.encode(t.bytes, inner, context))).toMatch(/levels|deep/);
  });
});

describe("a struct with a million fields that nobody knows", () => {
  const Known = t.struct({ x: t.u8 });
  const types: [string, Descriptor][] = [
    ["a struct", Known],
    ["flattened fields", t.struct({ known: t.flatten(Known) })],
    ["a tagged enum", t.internallyTagged("tag", { A: Known })],
  ];
  const INPUTS: Record<string, Uint8Array> = {
    json: new TextEncoder().encode(`{${'"y":1,'.repeat(1e6)}"x":1}`),
    cbor: repeated("ba000f4240", "617901", 1e6),
    messagePack: repeated("df000f4240", "a17901", 1e6),
    postbag: repeated("c0843d", "01790101", 1e6),
  };

  it.each(["json", "cbor", "messagePack", "postbag"])(
    "is read once and in time by %s",
    { timeout: SLOW_MS },
    (name) => {
      const codec = codecOf(name);
      const input = INPUTS[name] as Uint8Array;
      if (name === "json") expect(codec.decode(Known, input, context)).toEqual({ x: 1 });
      else expect(refused(codec, Known, input)).toContain("at x: the field is missing");
      if (!DESCRIBED.includes(name)) return;
      for (const [, type] of types.slice(1)) {
        const read = (): unknown => codec.decode(type, input, context);
        if (name === "json" && type === types[1]?.[1]) expect(read()).toEqual({ known: { x: 1 } });
        else expect(read).toThrow(/^peer_decode/);
      }
    },
  );
});

describe("D08: bytes that are no UTF-8", () => {
  it.each(codecs)("are refused by $name", (codec) => {
    const text = codec.encode(t.struct({ s: t.str }), { s: "\u00e9\u00e9" }, context);
    const at = text.indexOf(0xc3);
    for (const [offset, byte] of [
      [0, 0xff],
      [1, 0x41],
      [0, 0xc0],
      [3, 0x22],
    ] as const) {
      const damaged = text.slice();
      damaged[at + offset] = byte;
      refused(codec, t.struct({ s: t.str }), damaged);
    }
  });
});

describe("D09: what is there twice", () => {
  const pairs = t.vec(t.tuple(t.str, t.u8));

  it.each(codecs)("is the last value of a key of a map in $name", (codec) => {
    const entries = [
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ];
    const input = DESCRIBED.includes(codec.name) ? TWICE[codec.name] : codec.encode(pairs, entries, context);
    expect(codec.decode(t.map(t.str, t.u8), input as Uint8Array, context)).toEqual(
      new Map([
        ["a", 3],
        ["b", 2],
      ]),
    );
  });

  const TWICE: Record<string, Uint8Array> = {
    json: new TextEncoder().encode('{"a":1,"b":2,"a":3}'),
    cbor: bytesOf("a3616101616202616103"),
    messagePack: bytesOf("83a16101a16202a16103"),
  };

  it.each(Object.keys(TWICE))("is an error for a field of a struct in %s, also where fields are merged", (name) => {
    const codec = codecOf(name);
    const Pair = t.struct({ a: t.u8, b: t.u8 });
    for (const type of [Pair, t.struct({ pair: t.flatten(Pair) })])
      expect(refused(codec, type, TWICE[name] as Uint8Array)).toContain("at a: the field is there twice");
  });
});

describe("an item that ends early or late", () => {
  const type = t.struct({ a: t.u32, list: t.vec(t.str), e: t.enum({ N: t.f64, U: t.unit }), b: t.bytes });
  const value = { a: 70_000, list: ["x", "yz"], e: { N: 0.1 }, b: Uint8Array.of(1, 2, 3) };

  it.each(codecs)("early is an error in $name, wherever it ends", (codec) => {
    const whole = codec.encode(type, value, context);
    for (let end = 0; end < whole.length; end++) refused(codec, type, whole.slice(0, end));
  });

  it.each(codecs)("late is an error in JSON and ignored in the others, as by remoc: $name", (codec) => {
    const whole = codec.encode(type, value, context);
    const longer = Uint8Array.of(...whole, 1, 2, 3);
    if (codec === json) expect(refused(codec, type, longer)).toContain("expected nothing more");
    else expect(codec.decode(type, longer, context)).toEqual(value);
  });
});

describe("D07: numbers that do not fit", () => {
  const kinds = [t.u8, t.i8, t.u16, t.i16, t.u32, t.i32, t.u64, t.i64, t.u128, t.i128] as Descriptor[];

  it.each(codecs)(
    "are refused by $name when they are sent, and when they come where bytes say what they are",
    (codec) => {
      for (const kind of kinds) {
        const { min, max } = kind as unknown as { min: number | bigint; max: number | bigint };
        for (const value of [BigInt(min) - 1n, BigInt(max) + 1n]) {
          const given = typeof max === "number" ? Number(value) : value;
          expect(() => codec.encode(kind, given, context)).toThrow(/^local_encode/);
          if (codec === json)
            expect(() => codec.decode(kind, new TextEncoder().encode(String(value)), context)).toThrow(/^peer_decode/);
        }
      }
    },
  );

  it("NaN and infinities in JSON are null, which no float is read from", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const bytes = json.encode(t.f64, value, context);
      expect(new TextDecoder().decode(bytes)).toBe("null");
      expect(refused(json, t.f64, bytes)).toContain("expected f64");
    }
    for (const text of ["NaN", "Infinity", "-Infinity", "1e999"]) refused(json, t.f64, new TextEncoder().encode(text));
  });
});
