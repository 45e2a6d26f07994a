/** Test support: the descriptors of the Rust types that the vector files name. */

import type { Descriptor } from "../../schema/descriptor.ts";
import * as t from "../../schema/index.ts";

const P = t.struct("P", { x: t.u32, y: t.str });
const E = t.enum("E", { U: t.unit, N: t.u32, T: t.tuple(t.u32, t.bool), S: t.struct({ a: t.u8, b: t.option(t.u8) }) });
const Num = t.enum("Num", { _0: t.unit, _1: t.u32, _59: t.struct({ _0: t.u8 }), _60: t.unit });
const En2 = t.enum("En2", {
  St: t.struct({ s: t.str }),
  Ns: t.str,
  Np: t.newtype(P),
  Ts: t.tuple(t.str, t.u8),
  Opt: t.option(t.str),
  Es: E,
});
const Skip = t.struct("Skip", { a: t.u32, b: t.field("b", t.option(t.u32), { skipNone: true }), c: t.u32 });
const LONG = "a23456789b123456789b123456789b123456789b123456789b123456789b123";
const compactResult = t.enum({ _0: t.u32, _1: t.str });

const compactV6 = t.tuple(t.ipv6, t.u16, t.u32, t.u32);

/** Where the text in the vector says more than the type, by the part of the text before the details. */
const NAMED: Record<string, Descriptor> = {
  "option<u32>": t.option(t.u32),
  "option<option<u32>>": t.option(t.option(t.u32)),
  "option<unit>": t.option(t.unit),
  "option<str>": t.option(t.str),
  "option<enum E>": t.option(E),
  "seq<u8>": t.byteVec,
  "seq<u8> of 124 zeros": t.byteVec,
  "seq<u8> of 125 zeros": t.vec(t.u8),
  "seq<u8> of 126 zeros": t.byteVec,
  "seq<unit> of 125": t.vec(t.unit),
  "seq<u32>": t.vec(t.u32),
  "seq<str>": t.vec(t.str),
  "seq<struct P>": t.vec(P),
  "seq<enum E>": t.vec(E),
  "seq<u32> of unknown length": t.vec(t.u32),
  "seq<recoverable str>": t.vec(t.recoverable(t.str)),
  "array<u8,3>": t.array(t.u8, 3),
  "str of 125 'a'": t.str,
  "unit struct": t.unitStruct,
  "newtype struct<u32>": t.newtype(t.u32),
  "newtype struct<str>": t.newtype(t.str),
  "tuple struct(u32,bool)": t.tupleStruct(t.u32, t.bool),
  "tuple(u32,str)": t.tuple(t.u32, t.str),
  "tuple(u32)": t.tuple(t.u32),
  "tuple(recoverable u32,u8)": t.tuple(t.recoverable(t.u32), t.u8),
  "struct P{x:u32,y:str}": P,
  "struct Empty{}": t.struct("Empty", {}),
  "struct{_3,_59,_60,_05: u8}": t.struct({ _3: t.u8, _59: t.u8, _60: t.u8, _05: t.u8 }),
  "struct Skip{a:u32,b?:u32 skipped if none,c:u32}": Skip,
  "struct with 63- and 64-byte field names": t.struct({ [LONG]: t.u8, [`${LONG}4`]: t.u8 }),
  "struct{a:recoverable str,b:u8}": t.struct({ a: t.recoverable(t.str), b: t.u8 }),
  "Result<u32,str>": t.result(t.u32, t.str),
  "Result<unit,str>": t.result(t.unit, t.str),
  "Result<Result<u32,str>,str>": t.result(t.result(t.u32, t.str), t.str),
  "map<u32,u32> of unknown length": t.map(t.u32, t.u32),
  "map<str,u32>": t.map(t.str, t.u32),
  "map<u32,str>": t.map(t.u32, t.str),
  "map<str,struct P>": t.map(t.str, P),
  "map<bool,i32>": t.map(t.bool, t.i32),
  "map<(u32,u32),i32>": t.map(t.tuple(t.u32, t.u32), t.i32),
  "map<char,i32>": t.map(t.char, t.i32),
  "set<u32>": t.set(t.u32),
  "deque<u32>": t.vec(t.u32),
  "Duration 1.5s": t.duration,
  Uuid: t.uuid,
  "struct Outer{inner:P,list:seq<P>,opt:option<P>,en:seq<E>,e:E}": t.struct("Outer", {
    inner: P,
    list: t.vec(P),
    opt: t.option(P),
    en: t.vec(E),
    e: E,
  }),
  "codec::compact Result<u32,str>": compactResult,
  "codec::compact Duration": t.tuple(t.u64, t.u32),
  "codec::compact SystemTime 1 ns before the epoch": t.tuple(t.i64, t.u32),
  "codec::compact Range<u32>": t.tuple(t.u32, t.u32),
  "codec::compact RangeInclusive<u32>": t.tuple(t.u32, t.u32),
  "codec::compact RangeFrom<u32>": t.u32,
  "codec::compact RangeTo<u32>": t.u32,
  "codec::compact Bound<u32>": t.enum({ _0: t.unit, _1: t.u32, _2: t.u32 }),
  "IpAddr v4": t.ipAddr,
  "codec::compact IpAddr v4": t.enum({ _0: t.ipv4, _1: t.ipv6 }),
  "codec::compact SocketAddr v4": t.enum({ _0: t.socketAddrV4, _1: compactV6 }),
  "codec::compact SocketAddrV6 (ip,port,flowinfo,scope)": compactV6,
  "codec::varfloat f64": t.varF64,
  "codec::varfloat f32": t.varF32,
  "codec::fixint u32": t.array(t.u8, 4),
  "codec::fixint i16": t.array(t.u8, 2),
};

const FIELDS = t.struct("Fields", {
  s: t.str,
  o: t.option(t.str),
  n: t.option(t.u32),
  v: t.byteVec,
  b: t.bytes,
  t: t.tuple(t.u8, t.str),
  p: t.struct({ x: t.u32 }),
  e: E,
  u: t.unit,
  ch: t.char,
});

/** The descriptor of a type in the plain vectors; undefined for one that is not known here. */
export function plainType(type: string): Descriptor | undefined {
  if (type.startsWith("enum E::")) return E;
  if (type.startsWith("enum Num::")) return Num;
  if (type.startsWith("enum En2::")) return En2;
  if (type.startsWith("struct Fields{")) return FIELDS;
  if (Object.hasOwn(NAMED, type)) return NAMED[type];
  return /^[a-z]+\d*$/.test(type) ? (t as unknown as Record<string, Descriptor>)[type] : undefined;
}
