/** The types of other crates that have a descriptor, by the path where they are declared. */

import { call, type Expression, flat } from "./expression.ts";
import { bytes, list, option, result, type Said, word } from "./said.ts";

/** What stands between the angle brackets: types, and the codec when one is named. */
export interface Arguments {
  readonly types: readonly Said[];
  readonly codec: string | undefined;
}

type Known = (args: Arguments) => Said | undefined;

/** The type at a path with its arguments; undefined when there is none, or it does not take these. */
export function knownType(path: string, args: Arguments): Said | undefined {
  return TYPES.get(path)?.(args);
}

/** Whether there is a known type at this path or below it. */
export function isKnownPath(path: string): boolean {
  return PATHS.has(path);
}

/** The primitive types. */
export const PRIMITIVES: ReadonlyMap<string, Said> = new Map(
  [
    ["bool", "boolean", "false"],
    ["u8", "number", "0"],
    ["u16", "number", "0"],
    ["u32", "number", "0"],
    ["u64", "bigint", "0n"],
    ["u128", "bigint", "0n"],
    ["usize", "bigint", "0n"],
    ["i8", "number", "0"],
    ["i16", "number", "0"],
    ["i32", "number", "0"],
    ["i64", "bigint", "0n"],
    ["i128", "bigint", "0n"],
    ["isize", "bigint", "0n"],
    ["f32", "number", "0"],
    ["f64", "number", "0"],
    ["char", "string", '"\\0"'],
    ["str", "string", '""'],
  ].map(([name = "", type = "", zero = ""]) => {
    const said = word(name, type, name.slice(0, 1).toUpperCase() + name.slice(1), zero);
    return [name, name === "u8" ? { ...said, as: { kind: "u8" } } : said];
  }),
);

const STRING = word("str", "string", "String", '""');

/** Takes no arguments. */
function plain(said: Said): Known {
  return ({ types }) => (types.length === 0 ? said : undefined);
}

/** Takes one type, and shows nothing of itself. */
const wrapper: Known = ({ types: [one, ...rest] }) => (rest.length === 0 ? one : undefined);

/** A sequence; a `u8` in it stays a number. */
const sequence: Known = ({ types: [one] }) =>
  one && {
    descriptor: call("t.vec", one.descriptor),
    type: `(${one.type})[]`,
    label: `Vec${one.label}`,
    zero: "[]",
  };

const set: Known = ({ types: [one] }) =>
  one && {
    descriptor: call("t.set", one.descriptor),
    type: `Set<${one.type}>`,
    label: `Set${one.label}`,
    zero: "new Set()",
  };

const map: Known = ({ types: [key, value] }) =>
  key &&
  value && {
    descriptor: call("t.map", key.descriptor, value.descriptor),
    type: `Map<${key.type}, ${value.type}>`,
    label: `Map${key.label}${value.label}`,
    zero: "new Map()",
    as: { kind: "map", key, value },
  };

const range: Known = ({ types: [one] }) =>
  one && {
    descriptor: call("t.struct", '"Range"', flat(rangeFields(one))),
    type: `{ start: ${one.type}; end: ${one.type} }`,
    label: `Range${one.label}`,
  };

function rangeFields({ descriptor }: Said): Expression {
  return `{ start: ${flat(descriptor)}, end: ${flat(descriptor)} }`;
}

/** A half of a channel of values. */
function half(channel: string, end: "Sender" | "Receiver"): Known {
  return ({ types: [of, ...rest], codec }) => {
    if (of === undefined || rest.length > 0) return undefined;
    const args = codec === undefined ? [] : [`{ codec: ${codec} }`];
    return {
      descriptor: call(`t.${channel}.${end.toLowerCase()}`, of.descriptor, ...args),
      type: `${channel}.${end}<${of.type}>`,
      label: `${end}${of.label}`,
    };
  };
}

/** A function: its arguments are one tuple. */
function fn(name: "rfn" | "rfnMut" | "rfnOnce"): Known {
  return ({ types: [args, returned], codec }) => {
    if (args === undefined || returned === undefined || codec !== undefined) return undefined;
    const items = args.as?.kind === "tuple" ? args.as.items : args.as?.kind === "unit" ? [] : undefined;
    if (items === undefined) return undefined;
    const { ok, err } = returned.as?.kind === "result" ? returned.as : { ok: returned, err: undefined };
    const given = `[${items.map(({ descriptor }) => flat(descriptor)).join(", ")}]`;
    return {
      descriptor: call(`t.${name}`, given, ok.descriptor, ...(err === undefined ? [] : [err.descriptor])),
      type: `(${items.map(({ type }, at) => `argument${at}: ${type}`).join(", ")}) => Promise<${ok.type}>`,
      label: "Fn",
    };
  };
}

/** A remote object around one type. */
function about(name: string, type: string): Known {
  return ({ types: [of, ...rest], codec }) => {
    if (of === undefined || rest.length > 0 || codec !== undefined) return undefined;
    return { descriptor: call(`t.${name}`, of.descriptor), type: `${type}<${of.type}>`, label: `${type}${of.label}` };
  };
}

/** A subscription to a live collection. */
function subscription(collection: string, type: string): Known {
  return ({ types: [of, ...rest], codec }) => {
    if (of === undefined || rest.length > 0 || codec !== undefined) return undefined;
    return {
      descriptor: call(`t.observable${collection}.subscription`, of.descriptor),
      type: `${type}<${of.type}>`,
      label: `${type}${of.label}`,
    };
  };
}

const mapSubscription: Known = ({ types: [key, value, ...rest], codec }) => {
  if (key === undefined || value === undefined || rest.length > 0 || codec !== undefined) return undefined;
  return {
    descriptor: call("t.observableMap.subscription", key.descriptor, value.descriptor),
    type: `MapSubscription<${key.type}, ${value.type}>`,
    label: `MapSubscription${key.label}${value.label}`,
  };
};

const HALVES = ["mpsc", "oneshot", "watch", "lr"].flatMap((channel): [string, Known][] => [
  [`remoc::rch::${channel}::Sender`, half(channel, "Sender")],
  [`remoc::rch::${channel}::Receiver`, half(channel, "Receiver")],
]);

const NONZERO = ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"].map(
  (name): [string, Known] => {
    const { zero: _, as: __, ...said } = PRIMITIVES.get(name) as Said;
    return [`std::num::NonZero${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, plain(said)];
  },
);

const ADDRESSES = ["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "SocketAddrV4", "SocketAddrV6"].map(
  (name): [string, Known] => {
    const key = name.slice(0, 1).toLowerCase() + name.slice(1).replace(/^pv(\d)Addr$/, "pv$1");
    return [`std::net::${name}`, plain(word(key, "string", name))];
  },
);

const SYSTEM_TIME = "{ secs_since_epoch: t.u64, nanos_since_epoch: t.u32 }";

const TYPES: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["std::string::String", plain(STRING)],
  ["std::path::PathBuf", plain(STRING)],
  ["std::option::Option", ({ types: [one] }) => one && option(one)],
  ["std::result::Result", ({ types: [ok, err] }) => ok && err && result(ok, err)],
  ["std::vec::Vec", ({ types: [one] }) => one && list(one)],
  ["std::collections::VecDeque", sequence],
  ["std::collections::LinkedList", sequence],
  ["std::collections::BinaryHeap", sequence],
  ["std::collections::HashSet", set],
  ["std::collections::BTreeSet", set],
  ["std::collections::HashMap", map],
  ["std::collections::BTreeMap", map],
  ["indexmap::IndexMap", map],
  ["indexmap::IndexSet", set],
  ["std::boxed::Box", wrapper],
  ["std::sync::Arc", wrapper],
  ["std::rc::Rc", wrapper],
  ["std::borrow::Cow", wrapper],
  ["std::num::Wrapping", wrapper],
  ["std::ops::Range", range],
  ["std::ops::RangeInclusive", range],
  ["std::marker::PhantomData", () => ({ ...word("phantom", "null", "Phantom", "null"), nullable: true })],
  [
    "std::time::Duration",
    plain(word("duration", "{ secs: bigint; nanos: number }", "Duration", "{ secs: 0n, nanos: 0 }")),
  ],
  [
    "std::time::SystemTime",
    plain({
      descriptor: call("t.struct", '"SystemTime"', SYSTEM_TIME),
      type: "{ secs_since_epoch: bigint; nanos_since_epoch: number }",
      label: "SystemTime",
    }),
  ],
  ...ADDRESSES,
  ["bytes::Bytes", plain(bytes)],
  ["bytes::BytesMut", plain(bytes)],
  ["serde_bytes::ByteBuf", plain(bytes)],
  ["uuid::Uuid", plain(word("uuid", "string", "Uuid"))],
  ...NONZERO,
  ...HALVES,
  ["remoc::rch::broadcast::Receiver", half("broadcast", "Receiver")],
  ["remoc::rch::bin::Sender", plain(word("bin.sender", "bin.Sender", "Sender"))],
  ["remoc::rch::bin::Receiver", plain(word("bin.receiver", "bin.Receiver", "Receiver"))],
  ["remoc::rch::io::Sender", plain(word("io.sender", "io.Sender", "Sender"))],
  ["remoc::rch::io::Receiver", plain(word("io.receiver", "io.Receiver", "Receiver"))],
  ["remoc::rtc::CallError", plain(word("callError", "CuttleError", "CallError"))],
  ["remoc::rfn::CallError", plain(word("rfnCallError", "CuttleError", "CallError"))],
  ["remoc::rfn::RFn", fn("rfn")],
  ["remoc::rfn::RFnMut", fn("rfnMut")],
  ["remoc::rfn::RFnOnce", fn("rfnOnce")],
  ["remoc::robj::lazy::Lazy", about("lazyValue", "Lazy")],
  ["remoc::robj::lazy_blob::LazyBlob", plain(word("lazyBlob", "LazyBlob", "LazyBlob"))],
  ["remoc::robj::rw_lock::RwLock", about("rwLock", "RwLock")],
  ["remoc::robj::rw_lock::ReadLock", about("readLock", "ReadLock")],
  ["remoc::robs::vec::VecSubscription", subscription("Vec", "VecSubscription")],
  ["remoc::robs::vec_deque::VecDequeSubscription", subscription("VecDeque", "VecDequeSubscription")],
  ["remoc::robs::hash_set::HashSetSubscription", subscription("Set", "SetSubscription")],
  ["remoc::robs::hash_map::HashMapSubscription", mapSubscription],
  ["remoc::robs::list::ListSubscription", subscription("List", "ListSubscription")],
]);

/** Known to {@link isKnownPath} beside the types: what is treated by itself elsewhere. */
const OTHERS = ["remoc::rtc::remote", "remoc::robj::handle::Handle", "remoc::codec::Codec", "remoc::codec::Default"];

const PATHS: ReadonlySet<string> = new Set(
  [...TYPES.keys(), ...OTHERS].flatMap((path) => {
    const names = path.split("::");
    return names.map((_, at) => names.slice(0, at + 1).join("::"));
  }),
);

/** The codecs of remoc that a channel may have of its own, by their paths; the default is undefined. */
export const CODECS: ReadonlyMap<string, string | undefined> = new Map([
  ["remoc::codec::Default", undefined],
  ["remoc::codec::Postbag", "postbag"],
  ["remoc::codec::PostbagSlim", "postbagSlim"],
  ["remoc::codec::Json", "json"],
  ["remoc::codec::Ciborium", "cbor"],
  ["remoc::codec::MessagePack", "messagePack"],
  ["remoc::codec::Postcard", "postcard"],
  ["remoc::codec::Bincode", "bincode"],
  ["remoc::codec::Bincode2", "bincode2"],
]);
