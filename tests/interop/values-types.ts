/** The types of `values/src/types.rs`, described. */

import { type Descriptor, t } from "../../ts/index.ts";

const P = t.struct("P", { x: t.u32, y: t.str });
const E: Descriptor<unknown> = t.enum("E", {
  U: t.unit,
  N: t.u32,
  T: t.tuple(t.u32, t.bool),
  S: t.struct({ a: t.u8, b: t.option(t.u8) }),
  Empty: t.struct({}),
  EmptyTuple: t.tuple(),
  Nested: t.lazy(() => E),
  Text: t.str,
  List: t.vec(t.lazy(() => E)),
  UnitOf: t.newtype(t.unit),
});

interface Options {
  u32: number | null;
  str: string | null;
  seq: (number | null)[] | null;
  variant: unknown;
  boxed: Options | null;
}
const Options: Descriptor<Options> = t.struct({
  u32: t.option(t.u32),
  str: t.option(t.str),
  seq: t.option(t.vec(t.option(t.i8))),
  variant: t.option(E) as Descriptor<unknown>,
  boxed: t.option(t.lazy(() => Options)),
});

interface Tree {
  value: number;
  children: Tree[];
  next: Tree | null;
}
const Tree: Descriptor<Tree> = t.struct({
  value: t.u8,
  children: t.vec(t.lazy(() => Tree)),
  next: t.option(t.lazy(() => Tree)),
});

/** `Page<T>`: a function makes the descriptor of a generic type. */
const page = <T>(item: Descriptor<T>) => t.struct({ items: t.vec(item), next: t.option(t.u32) });

const range = <T>(type: Descriptor<T>) => t.struct({ start: type, end: type });

const Key = t.enum({ A: t.unit, B: t.field("b key", t.unit) });
const Numbered = t.enum({ _0: t.unit, _1: t.u32, _59: t.struct({ _0: t.u8 }), _60: t.unit });

const Adjacent = t.adjacentlyTagged("t", "c", {
  Unit: t.unit,
  New: P,
  Number: t.u32,
  Tuple: t.field("tuple variant", t.tuple(t.u8, t.str)),
});
const AdjacentStruct = t.adjacentlyTagged("t", "c", {
  Unit: t.unit,
  Struct: t.struct({ a: t.option(t.bool), b: t.byteVec }),
});

const Point = t.struct({ px: t.i32, py: t.option(t.i32) });
const Inner = t.internallyTagged("inner", { A: t.unit, B: t.struct({ x: t.u8 }) });
const Internal = t.internallyTagged("type", {
  Unit: t.unit,
  New: P,
  Struct: t.field("structure", t.struct({ a: t.option(t.bool), b: t.vec(t.i32) })),
  Open: t.record(t.str),
  Inner,
  Flat: t.struct({ own: t.u8, point: t.flatten(Point) }),
});
const Untagged: Descriptor<unknown> = t.untagged(
  t.unit,
  t.bool,
  t.i64,
  t.f64,
  t.str,
  t.vec(t.lazy(() => Untagged)),
  t.struct({ u: t.u8, v: t.lazy(() => Untagged) }),
  Internal,
  t.map(t.str, t.u8),
) as Descriptor<unknown>;

const LONG = "a23456789b123456789b123456789b123456789b123456789b123456789b123";

/** Descriptors by the names that the program has for the types. */
export const valueTypes: Record<string, Descriptor> = {
  Scalars: t.struct({
    bool: t.bool,
    u8: t.u8,
    u16: t.u16,
    u32: t.u32,
    u64: t.u64,
    u128: t.u128,
    usize: t.usize,
    i8: t.i8,
    i16: t.i16,
    i32: t.i32,
    i64: t.i64,
    i128: t.i128,
    isize: t.isize,
    f32: t.f32,
    f64: t.f64,
    char: t.char,
    str: t.str,
  }),
  Units: t.struct({
    unit: t.unit,
    unit_struct: t.unitStruct,
    phantom: t.phantom,
    empty: t.struct({}),
    list: t.vec(t.unit),
    u8: t.u8,
  }),
  Binary: t.struct({
    bytes: t.bytes,
    vec: t.byteVec,
    array: t.array(t.u8, 5),
    maybe: t.option(t.bytes),
    list: t.vec(t.bytes),
  }),
  Options,
  NestedOptions: t.struct({
    twice: t.option(t.option(t.u32)),
    unit: t.option(t.unit),
    unit_struct: t.option(t.unitStruct),
    thrice: t.vec(t.option(t.option(t.option(t.bool)))),
  }),
  Tuples: t.struct({
    one: t.tuple(t.u32),
    many: t.tuple(t.u8, t.str, t.tuple(t.bool, t.i16)),
    newtype: t.newtype(t.u32),
    pair: t.tupleStruct(t.u32, t.bool),
    nothing: t.tupleStruct(),
    array: t.array(t.array(t.i16, 2), 3),
  }),
  Sequences: t.struct({
    vec: t.vec(t.vec(t.i32)),
    deque: t.vec(t.str),
    set: t.set(t.u16),
    chars: t.vec(t.char),
    structs: t.vec(P),
  }),
  Maps: t.struct({
    str: t.map(t.str, t.u32),
    u32: t.map(t.u32, t.str),
    i64: t.map(t.i64, t.bool),
    u128: t.map(t.u128, t.u8),
    char: t.map(t.char, t.i32),
    bool: t.map(t.bool, t.i32),
    unit: t.map(Key, t.u8),
    newtype: t.map(t.newtype(t.i16), P),
    nested: t.record(t.record(t.byteVec)),
  }),
  AnyKeys: t.struct({
    tuple: t.map(t.tuple(t.u8, t.i8), t.str),
    seq: t.map(t.vec(t.u16), t.u8),
    option: t.map(t.option(t.u8), t.u8),
    set: t.set(t.tuple(t.bool, t.char)),
  }),
  Enums: t.vec(E),
  Results: t.struct({
    value: t.result(t.u32, t.str),
    nothing: t.result(t.unit, E),
    nested: t.vec(t.result(t.result(t.i8, t.unit), P)),
  }),
  Tree,
  Standard: t.struct({
    duration: t.duration,
    time: t.struct({ secs_since_epoch: t.u64, nanos_since_epoch: t.u32 }),
    uuid: t.uuid,
    range: range(t.u8),
    inclusive: range(t.i16),
    from: t.struct({ start: t.u32 }),
    to: t.struct({ end: t.u64 }),
    bound: t.enum({ Unbounded: t.unit, Included: t.u16, Excluded: t.u16 }),
    wrapping: t.newtype(t.newtype(t.u32)),
  }),
  Addresses: t.struct({
    v4: t.ipv4,
    v6: t.ipv6,
    ip: t.ipAddr,
    socket_v4: t.socketAddrV4,
    socket_v6: t.socketAddrV6,
    sockets: t.vec(t.socketAddr),
  }),
  Names: t.struct({
    _0: t.u8,
    _59: t.u8,
    _60: t.u8,
    renamed: t.field("with space é", t.u8),
    kind: t.field("type", Numbered),
    [LONG]: t.u8,
    [`${LONG}4`]: t.u8,
    ["__proto__"]: t.u8,
    constructor: t.str,
  }),
  Adjacent: t.vec(Adjacent),
  AdjacentStruct: t.vec(AdjacentStruct),
  Page: page(E),
  Compact: t.struct({
    result: t.enum({ _0: t.u32, _1: t.str }),
    duration: t.tuple(t.u64, t.u32),
    time: t.tuple(t.i64, t.u32),
    range: t.tuple(t.u32, t.u32),
    inclusive: t.tuple(t.u32, t.u32),
    from: t.u32,
    to: t.u32,
    bound: t.enum({ _0: t.unit, _1: t.u32, _2: t.u32 }),
    ip: t.enum({ _0: t.ipv4, _1: t.ipv6 }),
    socket: t.enum({ _0: t.socketAddrV4, _1: t.tuple(t.ipv6, t.u16, t.u32, t.u32) }),
    fixed: t.array(t.u8, 4),
    fixed_i16: t.array(t.u8, 2),
  }),
  Varfloats: t.struct({ f32: t.varF32, f64: t.varF64 }),
  Recoverables: t.struct({
    str: t.recoverable(t.str),
    seq: t.recoverable(t.vec(t.u32)),
    variant: t.recoverable(E),
    u8: t.u8,
    inner: t.recoverable(P),
  }),
  Nested: t.vec(
    t.struct({
      inner: P,
      list: t.vec(P),
      opt: t.option(P),
      en: t.vec(E),
      e: E,
      map: t.record(E),
      tuple: t.tuple(E, t.option(t.vec(t.newtype(t.u32)))),
    }),
  ),
  Floats: t.vec(t.tupleStruct(t.f64, t.f32)),
  Skipping: t.struct({
    a: t.field("a", t.option(t.u32), { skipNone: true }),
    b: t.u8,
    c: t.field(
      "c",
      t.withDefault(t.vec(t.u8), () => []),
      { skipDefault: "always" },
    ),
    d: t.withDefault(t.str, ""),
  }),
  Internal: t.vec(Internal),
  Untagged: t.vec(Untagged),
  Flat: t.struct({
    id: t.u32,
    page: t.flatten(Point),
    name: t.str,
    kind: t.flatten(t.enum({ Ext0: t.u8, Ext1: t.struct({ q: t.bool }), Ext2: t.tuple(t.u8, t.u8) })),
    maybe: t.flatten(t.option(t.struct({ extra: t.vec(t.u8), more: t.bool }))),
    rest: t.flatten(t.record(t.vec(t.i8))),
  }),
};
