import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { postbag } from "./postbag.ts";
import { codecs } from "./test-support/codecs.ts";
import { remocType } from "./test-support/remoc-types.ts";
import { bytesOf, hexOf } from "./test-support/value-of.ts";

const context = {
  maxBytes: 1e6,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const fromJson = (descriptor: Descriptor, text: string): unknown => json.decode(descriptor, utf8(text), context);
const toJson = (descriptor: Descriptor, value: unknown): string =>
  new TextDecoder().decode(json.encode(descriptor, value, context));
const fromPostbag = (descriptor: Descriptor, hex: string): unknown => postbag.decode(descriptor, bytesOf(hex), context);

/** Runs what must fail and returns the error. */
function errorOf(run: () => unknown, code: "peer_decode" | "local_encode"): CuttleError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CuttleError);
    expect((error as CuttleError).code).toBe(code);
    return error as CuttleError;
  }
  throw new Error("nothing was thrown");
}
const refused = (run: () => unknown): string => errorOf(run, "peer_decode").message;
const unsendable = (descriptor: Descriptor, value: unknown, codec: Codec = postbag): string =>
  errorOf(() => codec.encode(descriptor, value, context), "local_encode").message;

interface Tree {
  children: Tree[];
}
const Tree: Descriptor<Tree> = t.struct("Tree", { children: t.vec(t.lazy(() => Tree)) });
interface Chain {
  next: Chain | null;
}
const Chain: Descriptor<Chain> = t.struct("Chain", { next: t.option(t.lazy(() => Chain)) });

describe("lengths", () => {
  it.each(["8080808008", "80d0dbc3f402", "ffffffffffffffffff01"])(
    "D01: a claimed length (%s) of a string, bytes or byte vector is refused without allocating",
    (length) => {
      for (const type of [t.str, t.bytes, t.byteVec, t.char])
        expect(refused(() => fromPostbag(type, `${length}6162`))).toContain("are left");
    },
  );

  it("D01: a claimed count of elements that are not there is refused", () => {
    expect(refused(() => fromPostbag(t.vec(t.u8), "8080808008010203"))).toContain("end too early");
    expect(refused(() => fromPostbag(t.map(t.str, t.u8), "80808080080161"))).toContain("end too early");
  });

  it("D01: a claimed count of 2^31 elements without bytes is refused soon", () => {
    const nothings = [t.unit, t.unitStruct, t.tuple(), t.array(t.unit, 3), t.newtype(t.tuple(t.unit, t.phantom))];
    for (const type of nothings)
      expect(refused(() => fromPostbag(t.vec<unknown>(type), "8080808008"))).toContain("elements without content");
    expect(refused(() => fromPostbag(t.map(t.unit, t.unit), "8080808008"))).toContain("elements without content");
    expect(refused(() => fromPostbag(t.vec(t.vec(t.unit)), "01ffffffff07"))).toContain("elements without content");
    expect(refused(() => fromPostbag(t.vec(t.unit), "7d000102"))).toContain("elements without content");
  });

  it("D01: a claimed count of fields or a block beyond the end is refused", () => {
    expect(refused(() => fromPostbag(Chain, "ffffffff07"))).toContain("end too early");
    expect(refused(() => fromPostbag(t.struct({ x: t.u8 }), "010178feff0301"))).toContain("are left");
  });

  it("a value that reads beyond its block is refused", () => {
    expect(refused(() => fromPostbag(t.struct({ x: t.u16, y: t.u8 }), "02017801ff0179010101"))).toContain("at x");
  });

  it("integers that are longer than their type are refused", () => {
    expect(refused(() => fromPostbag(t.u16, "ffff04"))).toContain("more than 16 bits");
    expect(refused(() => fromPostbag(t.u32, "ffffffff10"))).toContain("more than 32 bits");
    expect(refused(() => fromPostbag(t.u64, "ffffffffffffffffff02"))).toContain("more than 64 bits");
    expect(refused(() => fromPostbag(t.u128, `${"ff".repeat(18)}04`))).toContain("more than 128 bits");
    expect(fromPostbag(t.u32, "8000")).toBe(0);
  });
});

describe("depth", () => {
  const nestedTree = (levels: number): Tree => {
    let tree: Tree = { children: [] };
    for (let i = 1; i < levels; i++) tree = { children: [tree] };
    return tree;
  };

  it("D03: JSON nested a million times is refused at 128, also where it is skipped", () => {
    expect(refused(() => fromJson(Tree, '{"children":['.repeat(1e6)))).toContain("127 levels");
    expect(refused(() => fromJson(t.struct({}), `{"x":${"[".repeat(1e6)}`))).toContain("127 levels");
    expect(refused(() => fromJson(t.struct({}), `{"x":${'{"a":'.repeat(1e6)}`))).toContain("127 levels");
  });

  it("D03: Postbag nested very deeply is refused at 128", () => {
    const vecs: Descriptor = t.vec(t.lazy(() => vecs));
    expect(refused(() => fromPostbag(vecs, "01".repeat(1e5)))).toContain("127 levels");
    const Enum: Descriptor = t.enum({ N: t.newtype(t.lazy(() => Enum)) });
    expect(refused(() => fromPostbag(Enum, "014e".repeat(1e5)))).toContain("127 levels");
  });

  it("D03: options and newtypes around themselves are refused", () => {
    const options: Descriptor = t.option(t.lazy(() => options));
    expect(refused(() => fromPostbag(options, "01".repeat(1e5)))).toContain("levels");
    const nothing: Descriptor = t.newtype(t.lazy(() => nothing));
    expect(refused(() => fromPostbag(nothing, ""))).toContain("128 options or newtypes");
    expect(unsendable(nothing, 1)).toContain("128 options or newtypes");
  });

  it.each(codecs)("D12: the same depth is the limit in both directions", (codec) => {
    // Each tree is a struct and a list.
    const deepest = nestedTree(63);
    expect(codec.decode(Tree, codec.encode(Tree, deepest, context), context)).toEqual(deepest);
    expect(unsendable(Tree, nestedTree(64), codec)).toContain("127 levels");
  });

  it.each(codecs)("a linked list may be as long as the depth that serde_json reads", (codec) => {
    let chain: Chain = { next: null };
    for (let i = 1; i < 127; i++) chain = { next: chain };
    expect(codec.decode(Chain, codec.encode(Chain, chain, context), context)).toEqual(chain);
    expect(unsendable(Chain, { next: chain }, codec)).toContain("127 levels");
  });
});

const NAMES = ["__proto__", "constructor", "prototype", "toString", "toJSON", "then", "hasOwnProperty"];

describe("names", () => {
  it.each(codecs)("D04: names that objects inherit are plain data everywhere", (codec) => {
    const fields = Object.fromEntries(NAMES.map((name) => [name, t.u8]));
    Object.defineProperty(fields, "__proto__", { value: t.u8, enumerable: true });
    const types = [t.struct(fields), t.record(t.u8), t.map(t.str, t.u8), t.vec(t.enum(fields))];
    const object = JSON.parse(`{${NAMES.map((name, i) => `"${name}":${i}`).join()}}`) as Record<string, number>;
    const variants = NAMES.map((name, i) => JSON.parse(`{"${name}":${i}}`) as unknown);
    const values = [object, object, new Map(Object.entries(object)), variants];
    types.forEach((type, i) => {
      const back = codec.decode(type as Descriptor, codec.encode(type as Descriptor, values[i], context), context);
      const entries = back instanceof Map ? [...back] : Object.entries(back as object);
      expect(entries.map(([key]) => key)).toEqual(i === 3 ? ["0", "1", "2", "3", "4", "5", "6"] : NAMES);
      if (i === 3) expect((back as object[]).map((variant) => Object.keys(variant)[0])).toEqual(NAMES);
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { constructor: unknown }).constructor).toBe(Object);
  });

  it("D04: unknown fields and variants with such names are no lookups in prototypes", () => {
    for (const name of NAMES) {
      expect(fromJson(t.struct({ x: t.u8 }), `{"${name}":{"a":[1,"b",null,true,-1.5e3]},"x":1}`)).toEqual({ x: 1 });
      expect(refused(() => fromJson(t.enum("E", { U: t.unit }), `"${name}"`))).toContain(name);
      expect(unsendable(t.enum("E", { U: t.unit }), name)).toContain(`expected enum E { U }, got "${name}"`);
    }
  });

  it("D04: inherited properties are not values of fields", () => {
    expect(unsendable(t.struct({ toString: t.str }), {})).toContain("got undefined");
    expect(toJson(t.struct({ constructor: t.option(t.str) }), {})).toBe('{"constructor":null}');
  });
});

describe("numbers", () => {
  it("D07: integers beyond 2^53 are exact, and too many digits are refused quickly", () => {
    expect(fromJson(t.u128, "340282366920938463463374607431768211455")).toBe(2n ** 128n - 1n);
    expect(fromJson(t.i128, "-170141183460469231731687303715884105728")).toBe(-(2n ** 127n));
    expect(refused(() => fromJson(t.u64, "18446744073709551616"))).toContain("expected u64, got 18446744073709551616");
    expect(refused(() => fromJson(t.u128, "9".repeat(1e6)))).toContain("1000000 digits");
    expect(refused(() => fromJson(t.u32, "9".repeat(1e6)))).toContain("expected u32, got Infinity");
  });

  it.each(["5.0", "1e3", "-0", "01", "+1", "", "-", "NaN", "null", '"1"', "1.", ".5"])(
    "D07: JSON %j is not an integer",
    (text) => {
      for (const type of [t.i32, t.i64]) refused(() => fromJson(type, text));
    },
  );

  it("D07: minus zero, NaN and infinities keep what they are or are refused", () => {
    expect(fromJson(t.f64, "-0.0")).toBe(-0);
    expect(toJson(t.f64, Number.NaN)).toBe("null");
    refused(() => fromJson(t.f64, "null"));
    expect(refused(() => fromJson(t.f64, "1e400"))).toContain("expected f64, got 1e400");
    refused(() => fromJson(t.f64, "1e"));
    expect(fromJson(t.f64, "5")).toBe(5);
    expect(fromPostbag(t.f64, "010000000000f07f")).toBeNaN();
    expect(toJson(t.f32, -0)).toBe("-0.0");
    expect(toJson(t.u32, -0)).toBe("0");
  });

  it.each(codecs)("D07: integers around the limits of numbers are exact", (codec) => {
    for (const limit of [2n ** 31n, 2n ** 49n, 2n ** 52n, 2n ** 53n, 2n ** 56n, 10n ** 15n]) {
      for (const value of [limit - 1n, limit, limit + 1n, -limit + 1n, -limit, -limit - 1n]) {
        for (const type of value < 0n ? [t.i64, t.i128] : [t.i64, t.i128, t.u64, t.u128]) {
          expect(codec.decode(type, codec.encode(type, value, context), context)).toBe(value);
        }
      }
    }
  });

  it("D07: numbers that do not fit are refused instead of rounded", () => {
    for (const value of [256, -1, 1.5, Number.NaN, 2n, "1", null]) unsendable(t.u8, value);
    for (const value of [2n ** 64n, -1n, 2 ** 53, 0.5]) unsendable(t.u64, value);
    expect(toJson(t.u64, 7)).toBe("7");
    unsendable(t.f32, 1e300);
  });
});

describe("text", () => {
  it.each(["ff", "c080", "eda080", "e282", "f8808080"])("D08: the bytes %s are not UTF-8", (hex) => {
    const bytes = bytesOf(hex);
    expect(refused(() => fromPostbag(t.str, hexOf(Uint8Array.of(bytes.length)) + hex))).toContain("UTF-8");
    refused(() => json.decode(t.str, Uint8Array.of(0x22, ...bytes, 0x22), context));
  });

  it("D08: lone surrogates are refused in both directions", () => {
    for (const codec of codecs) {
      expect(unsendable(t.str, "a\ud800", codec)).toContain("lone surrogate");
      expect(unsendable(t.str, `${"x".repeat(100)}\udc00`, codec)).toContain("lone surrogate");
      expect(unsendable(t.char, "\ud800", codec)).toContain("lone surrogate");
    }
    for (const text of ['"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\ud800x"', '"\\u00g0"', '"\\x"', '"\\u12'])
      refused(() => fromJson(t.str, text));
    expect(fromJson(t.str, '"\\uD83D\\uDE00\\/\\u00e9"')).toBe("😀/é");
  });

  it("D08: NUL, byte order marks and combining characters come back exactly", () => {
    for (const text of ["\0", "\ufeffa", "e\u0301", "\u2028", "\u007f", "😀".repeat(50)]) {
      for (const codec of codecs) expect(codec.decode(t.str, codec.encode(t.str, text, context), context)).toBe(text);
    }
    expect(toJson(t.str, "\b\f\n\r\t\0\u001f\u007f/")).toBe('"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f/"');
    refused(() => fromJson(t.str, '"a\nb"'));
  });

  it("a char is exactly one character", () => {
    for (const value of ["", "ab", "e\u0301", 1]) unsendable(t.char, value);
    refused(() => fromJson(t.char, '"ab"'));
    refused(() => fromPostbag(t.char, "00"));
  });
});

describe("structs and enums that differ", () => {
  const P = t.struct("P", { x: t.u8, y: t.option(t.u8), z: t.withDefault(t.u8, 7) });

  it("D09: fields in another order, extra fields and left-out optional ones are fine", () => {
    expect(fromJson(P, ' { "z" : 1 , "other" : [ { } , "\\"" ] , "x" : 2 } ')).toEqual({ x: 2, y: null, z: 1 });
    expect(fromPostbag(P, "02017103aabbcc01780102")).toEqual({ x: 2, y: null, z: 7 });
    // A known field may hold more than is known.
    expect(fromPostbag(P, "0101780302ffff")).toEqual({ x: 2, y: null, z: 7 });
  });

  it("D09: a missing field, a duplicate one and an unknown variant are errors that name the place", () => {
    expect(refused(() => fromJson(t.vec(P), '[{"x":1},{}]'))).toContain("at [1].x: the field is missing");
    expect(refused(() => fromJson(P, '{"x":1,"x":1}'))).toContain("at x: the field is there twice");
    expect(refused(() => fromPostbag(P, "0201780101017801 01".replace(" ", "")))).toContain("twice");
    const E = t.enum("E", { U: t.unit, N: t.u8 });
    expect(refused(() => fromJson(t.struct({ e: E }), '{"e":"V"}'))).toContain(
      'at e: expected one of the variants U, N, got "V"',
    );
    expect(refused(() => fromPostbag(E, "0156"))).toContain("U, N");
    expect(fromJson(E, '{"U":null}')).toBe("U");
    refused(() => fromJson(E, '"N"'));
    refused(() => fromJson(E, '{"U":1}'));
    refused(() => fromJson(E, '{"N":1,"U":null}'));
    refused(() => fromPostbag(E, "7d"));
  });

  it("D14: a message in another codec is refused with that suspicion", () => {
    const value = { x: 1, y: 2, z: 3 };
    const message = refused(() => postbag.decode(P, json.encode(P, value, context), context));
    expect(message).toMatch(
      /^peer_decode: cannot decode the value as struct P \{ x: u8, y: Option<u8>, z: u8 \}: .*another codec than postbag$/,
    );
    refused(() => json.decode(P, postbag.encode(P, value, context), context));
  });

  it("bytes after the value are an error in JSON and ignored in Postbag", () => {
    expect(refused(() => fromJson(t.u8, "1 2"))).toContain("nothing more");
    expect(fromJson(t.u8, " 1\n")).toBe(1);
    expect(fromPostbag(t.u8, "01ff")).toBe(1);
  });

  it("JSON map keys must be strings", () => {
    for (const [type, value] of [
      [t.map(t.option(t.u8), t.u8), new Map([[1, 1]])],
      [t.map(t.vec(t.u8), t.u8), new Map([[[1], 1]])],
      [t.map(t.unit, t.u8), new Map([[null, 1]])],
      [t.map(t.f64, t.u8), new Map([[Number.NaN, 1]])],
    ] as [Descriptor, unknown][]) {
      expect(unsendable(type, value, json)).toContain("key must be a string");
    }
    const map = new Map([[1.5, 1]]);
    expect(fromJson(t.map(t.f64, t.u8), toJson(t.map(t.f64, t.u8), map))).toEqual(map);
    for (const text of ["{1:2}", '{"1:2}', '{"1",2}', '{"1":2,}', '{"x":2}', "{"])
      refused(() => fromJson(t.map(t.u8, t.u8), text));
  });
});

describe("values that misbehave", () => {
  it("D10: what cannot be read or does not fit is refused with its place, before anything is written", () => {
    const P = t.struct({ rows: t.vec(t.struct({ name: t.str })) });
    const cyclic: { children: unknown[] } = { children: [] };
    cyclic.children.push(cyclic);
    const { proxy, revoke } = Proxy.revocable<string[]>([], {});
    revoke();
    const throwing = {
      get name(): string {
        throw new TypeError("no");
      },
    };
    expect(unsendable(Tree, cyclic)).toContain("127 levels");
    expect(unsendable(P, { rows: [{ name: "a" }, throwing] })).toContain(
      "at rows[1].name: reading it threw TypeError: no",
    );
    expect(unsendable(t.vec(t.str), proxy)).toContain("revoked");
    expect(unsendable(t.vec(t.str), { length: 2 ** 32 })).toContain("expected an Array");
    expect(unsendable(t.vec(t.u8), new Array(3))).toContain("at [0]");
    expect(unsendable(P, { rows: [{ name: 5 }] })).toContain("at rows[0].name: expected a string, got 5");
    expect(unsendable(t.str, Symbol("x"))).toContain("Symbol(x)");
    expect(unsendable(t.bytes, [1, 2])).toContain("Uint8Array");
    expect(unsendable(t.tuple(t.u8), [])).toContain("an Array of 1");
  });

  it("D10: a Map that changes while it is encoded is refused", () => {
    const map = new Map<string, { x: number }>();
    map.set("a", {
      get x() {
        map.set("b", { x: 1 });
        return 1;
      },
    });
    expect(unsendable(t.map(t.str, t.struct({ x: t.u8 })), map)).toContain("changed");
  });

  it("a value that is too large is refused while it is written", () => {
    for (const codec of codecs) {
      const limited = { ...context, maxBytes: 100 };
      expect(codec.encode(t.str, "x".repeat(92), limited).length).toBeLessThanOrEqual(100);
      for (const [type, value] of [
        [t.str, "x".repeat(101)],
        [t.str, "é".repeat(51)],
        [t.vec(t.u8), new Array(101).fill(100)],
        [t.byteVec, new Uint8Array(101)],
        [t.vec(t.str), new Array(1e5).fill("abc")],
      ] as [Descriptor, unknown][]) {
        expect(() => codec.encode(type, value, limited)).toThrow(/^local_item_too_large/);
      }
    }
  });
});

describe("random bytes", () => {
  const types = ["mpsc::Sender", "io::Receiver", "VecSubscription", "item: request", "rtc::CallError", "Handle"].map(
    (type) => remocType(type),
  ) as Descriptor[];
  types.push(t.map(t.i64, t.vec(t.f32)), t.option(t.option(t.u128)), Tree, t.record(t.bytes), t.vec(t.unit));
  const textual = fc.stringMatching(/^[[\]{}",:\\u0-9eE.\- ntrfalsPOkdNR_]*$/).map(utf8);

  it.each(codecs)("only ever make peer_decode errors", (codec) => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), textual);
    fc.assert(
      fc.property(fc.constantFrom(...types), bytes, (type, input) => {
        try {
          codec.decode(type, input, context);
        } catch (error) {
          if (!CuttleError.is(error, "peer_decode")) throw error;
        }
      }),
      // CODEC_RUNS=200000 for a long run by hand.
      { numRuns: Number(process.env.CODEC_RUNS ?? 1000) },
    );
  });

  it.each(codecs)("in the place of one byte of a valid value only ever make peer_decode errors", (codec) => {
    const type = remocType("mpsc::Receiver") as Descriptor;
    const value = { port: 2, data: null, codec: null, closed: false, max_item_size: 16777216n, parallel: [3, 4] };
    const valid = codec.encode(type, value, context);
    for (let i = 0; i < valid.length; i++) {
      for (const byte of [0, 1, 0x22, 0x5c, 0x7d, 0x80, 0xff]) {
        const input = valid.slice();
        input[i] = byte;
        try {
          codec.decode(type, input, context);
        } catch (error) {
          expect(CuttleError.is(error, "peer_decode")).toBe(true);
        }
      }
      expect(() => codec.decode(type, valid.slice(0, i), context)).toThrow(/^peer_decode/);
    }
  });
});
