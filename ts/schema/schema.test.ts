import { describe, expect, expectTypeOf, it } from "vitest";
import type { Descriptor, Infer } from "./descriptor.ts";
import * as t from "./index.ts";
import { transported } from "./transported.ts";

class Sender<T> {
  readonly item: T | undefined;
}
const sender = <T>(item: Descriptor<T>): Descriptor<Sender<T>> =>
  transported<Sender<T>>({ name: "mpsc.sender", shape: t.struct({ port: t.option(t.u32) }), item });

describe("the TypeScript type of a descriptor", () => {
  it("is the natural one for plain values and containers", () => {
    expectTypeOf<Infer<typeof t.u32>>().toEqualTypeOf<number>();
    expectTypeOf<Infer<typeof t.u64>>().toEqualTypeOf<bigint>();
    expectTypeOf<Infer<typeof t.unit>>().toEqualTypeOf<null>();
    const list = t.vec(t.option(t.str));
    expectTypeOf<Infer<typeof list>>().toEqualTypeOf<(string | null)[]>();
    const pair = t.tuple(t.u8, t.vec(t.bool));
    expectTypeOf<Infer<typeof pair>>().toEqualTypeOf<[number, boolean[]]>();
    const map = t.map(t.str, t.set(t.i64));
    expectTypeOf<Infer<typeof map>>().toEqualTypeOf<Map<string, Set<bigint>>>();
    const record = t.record(t.withDefault(t.bytes, () => new Uint8Array()));
    expectTypeOf<Infer<typeof record>>().toEqualTypeOf<Record<string, Uint8Array>>();
  });

  it("wraps the values of nested options", () => {
    const nested = t.option(t.option(t.u32));
    expectTypeOf<Infer<typeof nested>>().toEqualTypeOf<{ some: number | null } | null>();
    const nothing = t.option(t.unit);
    expectTypeOf<Infer<typeof nothing>>().toEqualTypeOf<{ some: null } | null>();
  });

  it("is an object for structs, with halves inside", () => {
    const CountReq = t.struct("CountReq", {
      up_to: t.u32,
      seq_tx: sender(t.u32),
      note: t.field("Note", t.option(t.str)),
    });
    expectTypeOf<Infer<typeof CountReq>>().toEqualTypeOf<{
      up_to: number;
      seq_tx: Sender<number>;
      note: string | null;
    }>();
    expectTypeOf(CountReq).toExtend<Descriptor<{ up_to: number }>>();
    expectTypeOf<Infer<typeof t.duration>>().toEqualTypeOf<{ secs: bigint; nanos: number }>();
  });

  it("is a union for enums", () => {
    const E = t.enum("E", {
      U: t.unit,
      N: t.u32,
      T: t.tuple(t.u32, t.bool),
      S: t.struct({ a: t.u8 }),
      W: t.newtype(t.unit),
    });
    expectTypeOf<Infer<typeof E>>().toEqualTypeOf<
      "U" | { N: number } | { T: [number, boolean] } | { S: { a: number } } | { W: null }
    >();
    const outcome = t.result(t.unit, t.str);
    expectTypeOf<Infer<typeof outcome>>().toEqualTypeOf<{ Ok: null } | { Err: string }>();
  });

  it("may be recursive when it is spelled out", () => {
    interface Tree {
      value: number;
      children: Tree[];
    }
    const Tree: Descriptor<Tree> = t.struct({ value: t.u8, children: t.vec(t.lazy(() => Tree)) });
    expectTypeOf<Infer<typeof Tree>>().toEqualTypeOf<Tree>();
    expect(t.describe(Tree)).toBe("struct { value: u8, children: Vec<…> }");
  });
});

describe("describe", () => {
  it("looks like Rust", () => {
    const CountReq = t.struct("CountReq", { up_to: t.u32, seq_tx: sender(t.u32), m: t.map(t.str, t.byteVec) });
    expect(t.describe(CountReq)).toBe("struct CountReq { up_to: u32, seq_tx: mpsc.sender<u32>, m: Map<str, Vec<u8>> }");
    expect(t.describe(t.result(t.option(t.usize), t.array(t.f32, 3)))).toBe(
      "enum Result { Ok(Option<usize>), Err([f32; 3]) }",
    );
    expect(t.describe(t.tuple(t.option(t.usize), t.array(t.f32, 3), t.unit))).toBe("(Option<usize>, [f32; 3], ())");
  });

  it("stays short", () => {
    const wide = t.struct(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, t.u8])));
    let deep: Descriptor = wide;
    for (let i = 0; i < 5; i++) deep = t.struct({ a: deep, b: deep, c: deep });
    expect(t.describe(wide)).toContain("f7: u8, …");
    expect(t.describe(deep).length).toBeLessThan(400);
  });
});

describe("a wrong descriptor", () => {
  it("is refused where it is made", () => {
    const wrong = "u32" as unknown as Descriptor;
    for (const make of [
      () => t.vec(wrong),
      () => t.option(undefined as unknown as Descriptor),
      () => t.struct("S", { x: wrong }),
      () => t.enum({ X: null as unknown as Descriptor }),
      () => t.struct({ a: t.u8, b: t.field("a", t.u8) }),
      () => t.vec(t.field("x", t.u8)),
      () => t.array(t.u8, -1),
      () => t.tuple(wrong),
    ]) {
      expect(make).toThrow(/^local_misuse/);
    }
    expect(() => t.struct("S", { x: wrong })).toThrow(
      "field x of t.struct(S) needs a descriptor such as t.u32, not u32",
    );
  });

  it("cannot be made by changing a good one", () => {
    expect(Object.isFrozen(t.struct({ x: t.u8 }))).toBe(true);
  });
});
