import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type ContractOptions, readContract } from "./contract.ts";

// Compiling the grammar takes its time where much else runs.
vi.setConfig({ testTimeout: 30_000 });

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Reads files of a crate, `lib.rs` first; problems and notes with the names of the files alone. */
async function read(files: Record<string, string> | string, options: ContractOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "cuttle-import-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(typeof files === "string" ? { "lib.rs": files } : files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { text, problems, notes } = await readContract(join(folder, "lib.rs"), options);
  const short = (lines: readonly string[]) => lines.map((line) => line.replaceAll(`${folder}/`, ""));
  return { text, problems: short(problems), notes: short(notes) };
}

const USES = `
use remoc::{prelude::*, rtc::CallError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
`;

/** A trait with one method that takes an argument of each of these types, each on a line of its own. */
function taking(...types: string[]): string {
  const args = types.map((type, at) => `    a${at}: ${type},\n`).join("");
  // So long that each argument has a line of its own in TypeScript as well.
  const last = `    ${"long".repeat(30)}: u8,\n`;
  return `${USES}#[rtc::remote]\npub trait Taker {\n  async fn take(&self,\n${args}${last}  ) -> Result<(), CallError>;\n}\n`;
}

/** What became of the arguments of {@link taking}. */
function taken(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^ *(a\d+): (.*?),?$/gm)].map(([, name, type]) => [name, type]));
}

/** An enum or a struct that can be sent. */
function sendable(declaration: string): string {
  return `#[derive(Serialize, Deserialize)] ${declaration}\n`;
}

describe("a remote trait", () => {
  test("has its methods in order, with receivers, defaults, errors, flags and docs", async () => {
    const { text, problems, notes } = await read(`${USES}
      ${sendable("pub enum Why { /// too much\n Full { limit: u32 }, Call(CallError) }")}
      /// Keeps things. */ And ends no comment.
      #[rtc::remote(clone, server(SharedMut))]
      pub trait Shelf: Send + Sync {
        /// Puts one there.
        ///
        /// It stays.
        async fn put(&mut self, #[doc = "what"] thing: String, #[serde(default)] twice: bool) -> Result<u64, Why>;
        #[no_cancel]
        async fn r#move(&self, r#in: u8) -> Result<(), CallError> { Ok(()) }
        fn size(&self) -> impl std::future::Future<Output = Result<u32, rtc::CallError>> + Send;
        async fn then(&self) -> Result<(), CallError>;
        #[serde(rename = "_1", rename_all = "camelCase")]
        async fn many(&self, #[doc = "a"] #[serde(default)] // odd
          one_two: u8) -> Result<(), CallError>;
      }`);
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      "lib.rs:21:9: remoc before 0.20 ignores serde's attributes on methods: there many cannot be called",
    ]);
    expect(text).toBe(`import { type ClientOf, service, t } from "cuttle";

export const Why = t.enum("Why", {
  /** too much */
  Full: t.struct({ limit: t.u32 }),
  Call: t.callError,
});

/** A value of {@link Why}. */
export type Why = t.Infer<typeof Why>;

/** Keeps things. *\\/ And ends no comment. */
export const Shelf = service(
  "Shelf",
  {
    /**
     * Puts one there.
     *
     * It stays.
     *
     * @param thing what
     */
    put: t.method("&mut self", { thing: t.str, twice: t.withDefault(t.bool, false) }, t.u64, Why),
    move: t.method("&self", { in: t.u8 }, t.unit, undefined, { noCancel: true }),
    size: t.method("&self", {}, t.u32),
    andThen: t.method("&self", {}, t.unit, undefined, { name: "then" }),
    /** @param one_two a */
    many: t.method("&self", { oneTwo: t.withDefault(t.u8, 0) }, t.unit, undefined, { variant: "_1" }),
  },
  { clone: true },
);

/** Calls a {@link Shelf}. */
export type ShelfClient = ClientOf<typeof Shelf>;
`);
  });

  test("says which of its calls are taken before their client is there", async () => {
    const { text, problems } = await read(`${USES}
      #[rtc::remote]
      pub trait Inner { async fn say(&self) -> Result<(), rfn::CallError>; }
      #[rtc::remote]
      pub trait Outer {
        #[pipelinable]
        async fn one(&self) -> Result<InnerClient, CallError>;
        #[pipelinable(two_at_once)] #[no_cancel]
        async fn two(&self) -> Result<InnerClient, CallError>;
        async fn three(&self) -> Result<InnerClient, CallError>;
      }`);
    expect(problems).toEqual([]);
    expect(text).toContain(`service("Inner", { say: t.method("&self", {}, t.unit, t.rfnCallError) })`);
    expect(text).toContain(`service("Outer", {
  one: t.method("&self", {}, t.client(Inner), undefined, { pipelinable: true }),
  two: t.method("&self", {}, t.client(Inner), undefined, { noCancel: true, pipelinable: true }),
  three: t.method("&self", {}, t.client(Inner)),
});`);
  });

  test("is found by the name that remote was brought in under, and in other files", async () => {
    const { text, problems } = await read({
      "lib.rs": 'mod a;\n#[path = "elsewhere.rs"]\nmod b;\nmod c { pub mod d; }\n#[cfg(test)]\nmod tests;\n',
      "a/mod.rs":
        "mod deep;\nuse remoc::rtc::{remote as r, CallError};\n#[r] trait A { async fn f(self) -> Result<(), CallError>; }",
      "a/deep.rs": "use remoc::rtc::*;\n#[remote] trait Deep { async fn f(&self) -> Result<(), CallError>; }",
      "elsewhere.rs":
        "#[remoc::rtc::remote] trait B { async fn f(&self, x: super::c::d::D) -> Result<(), remoc::rtc::CallError>; }",
      "c/d.rs":
        "#[derive(serde::Serialize, serde::Deserialize)] pub struct D { own: self::E }\npub type E = (u8, char);",
    });
    expect(problems).toEqual([]);
    expect([...text.matchAll(/^export const (\w+)/gm)].map(([, name]) => name)).toEqual(["A", "Deep", "D", "B"]);
    expect(text).toContain('D = t.struct("D", { own: t.tuple(t.u8, t.char) });');
  });

  test("that is generic is there for each use, and associated types are as arguments", async () => {
    const store = `${USES}#[rtc::remote] pub trait Store<K> where K: RemoteSend {
      type Item: RemoteSend;
      async fn put(&mut self, key: K, item: Self::Item, same: <Self as Store<K>>::Item) -> Result<(), CallError>;
    }\n`;
    const used = `${store}pub type Texts = StoreClient<u32, String>;
      #[rtc::remote] pub trait Stores {
        async fn texts(&self) -> Result<Texts, CallError>;
        async fn flags(&self) -> Result<StoreClient<String, bool>, CallError>;
        async fn serve(&self, rx: StoreReqReceiver<u32, String>) -> Result<(), CallError>;
      }`;
    const { text, problems } = await read(used);
    expect(problems).toEqual([]);
    expect(text).toContain('StoreU32String = service("StoreU32String", {');
    expect(text).toContain("{ key: t.u32, item: t.str, same: t.str }");
    expect(text).toContain("{ key: t.str, item: t.bool, same: t.bool }");
    expect(text).toContain('serve: t.method("&self", { rx: t.requests(StoreU32String) }, t.unit)');
    expect((await read(store)).problems).toEqual([
      "lib.rs:5:16: Store is generic, and nothing here says for what; name what you need, such as 'StoreClient<u32, u32>'",
    ]);
    expect((await read(store, { names: ["StoreClient<u8, u16>"] })).text).toContain(
      "{ key: t.u8, item: t.u16, same: t.u16 }",
    );
  });

  test("may lead back to itself", async () => {
    const { text } = await read(
      `${USES}#[rtc::remote] trait Node { async fn up(&self) -> Result<NodeClient, CallError>; }`,
    );
    expect(text).toContain('up: t.method("&self", {}, t.lazy((): t.Descriptor<NodeClient> => t.client(Node)))');
    expect(text).toContain("export interface NodeClient extends ClientOf<typeof Node> {}");
  });
});

describe("types", () => {
  test("of the standard library and of well-known crates have their descriptors", async () => {
    const types: Record<string, string> = {
      "Vec<u8>": "t.byteVec",
      "Vec<(u8, String)>": "t.vec(t.tuple(t.u8, t.str))",
      "std::collections::VecDeque<u8>": "t.vec(t.u8)",
      "[u16; 3]": "t.array(t.u16, 3)",
      "Box<[char]>": "t.vec(t.char)",
      "std::sync::Arc<str>": "t.str",
      "std::borrow::Cow<'static, str>": "t.str",
      "Option<Option<()>>": "t.option(t.option(t.unit))",
      "HashSet<i128>": "t.set(t.i128)",
      "BTreeMap<String, f32>": "t.map(t.str, t.f32)",
      "core::time::Duration": "t.duration",
      "Result<u8, String>": "t.result(t.u8, t.str)",
      "std::num::NonZeroU32": "t.u32",
      "bytes::Bytes": "t.bytes",
      "uuid::Uuid": "t.uuid",
      "std::net::IpAddr": "t.ipAddr",
      "std::net::Ipv6Addr": "t.ipv6",
      "std::net::SocketAddrV4": "t.socketAddrV4",
      "std::marker::PhantomData<u8>": "t.phantom",
    };
    const { text, problems } = await read(taking(...Object.keys(types)));
    expect(problems).toEqual([]);
    expect(Object.values(taken(text))).toEqual(Object.values(types));
  });

  test("of remoc have their descriptors, with the codec that a channel has of its own", async () => {
    const types: Record<string, string> = {
      "rch::mpsc::Sender<u8>": "t.mpsc.sender(t.u8)",
      "rch::mpsc::Receiver<u8, remoc::codec::Default, 5>": "t.mpsc.receiver(t.u8)",
      "rch::mpsc::Receiver<u16, remoc::codec::Default, { rch::DEFAULT_BUFFER }, 64>": "t.mpsc.receiver(t.u16)",
      "rch::mpsc::Receiver<u32, remoc::codec::Default, rch::DEFAULT_BUFFER, 64>": "t.mpsc.receiver(t.u32)",
      "rch::oneshot::Sender<u8, remoc::codec::Json>": "t.oneshot.sender(t.u8, { codec: json })",
      "rch::watch::Receiver<u8>": "t.watch.receiver(t.u8)",
      "rch::broadcast::Receiver<u8>": "t.broadcast.receiver(t.u8)",
      "rch::lr::Sender<u8>": "t.lr.sender(t.u8)",
      "rch::bin::Receiver": "t.bin.receiver",
      "rch::io::Sender": "t.io.sender",
      "remoc::rfn::RFn<(u8, String), Result<u8, remoc::rfn::CallError>>": "t.rfn([t.u8, t.str], t.u8, t.rfnCallError)",
      "remoc::rfn::RFnMut<(), u8>": "t.rfnMut([], t.u8)",
      "robj::handle::Handle<std::sync::Mutex<u8>>": "t.handle(MutexU8)",
      "robj::lazy::Lazy<u8>": "t.lazyValue(t.u8)",
      "robj::lazy_blob::LazyBlob": "t.lazyBlob",
      "robj::rw_lock::RwLock<u8>": "t.rwLock(t.u8)",
      "robs::vec::VecSubscription<String>": "t.observableVec.subscription(t.str)",
      "robs::vec_deque::VecDequeSubscription<u8>": "t.observableVecDeque.subscription(t.u8)",
      "robs::hash_set::HashSetSubscription<String>": "t.observableSet.subscription(t.str)",
      "remoc::robs::hash_map::HashMapSubscription<String, Vec<u8>>": "t.observableMap.subscription(t.str, t.byteVec)",
      "robs::list::ListSubscription<u32, remoc::codec::Default>": "t.observableList.subscription(t.u32)",
    };
    const { text, problems } = await read(taking(...Object.keys(types)));
    expect(problems).toEqual([]);
    expect(Object.values(taken(text))).toEqual(Object.values(types));
    expect(text).toContain('import { type ClientOf, json, service, t } from "cuttle";');
  });

  test("with a live collection inside a type that contains itself are spelled out, and what they name is imported", async () => {
    const { text, problems } = await read(`${taking("Room")}
      ${sendable("pub struct Room { people: remoc::robs::hash_map::HashMapSubscription<u32, String>, next: Option<Box<Room>> }")}`);
    expect(problems).toEqual([]);
    expect(text).toContain("type MapSubscription");
    expect(text).toContain("people: MapSubscription<number, string>");
  });

  test("of the same name have the names of their modules in front", async () => {
    const one = sendable("pub struct Error(u8);");
    const { text } = await read(`${taking("a::Error", "b::Error", "a::Error")}
      mod a { use serde::*; ${one} } mod b { use serde::*; ${one} }`);
    expect(Object.values(taken(text))).toEqual(["Error", "BError", "Error"]);
  });

  test("that contain themselves are spelled out", async () => {
    const { text, problems } = await read(`${taking("Tree<u8>")}
      /// Grows.
      ${sendable("pub struct Tree<T> { of: T, next: Option<Box<Tree<T>>>, twigs: Vec<Twig<T>> }")}
      ${sendable("pub enum Twig<T> { End, More(Tree<T>), Feed { to: rch::mpsc::Sender<T> } }")}`);
    expect(problems).toEqual([]);
    expect(text).toContain(`/** Grows. */
export interface TreeU8 {
  of: number;
  next: TreeU8 | null;
  twigs: TwigU8[];
}`);
    expect(text).toContain('export const TreeU8: t.Descriptor<TreeU8> = t.struct("TreeU8", {');
    expect(text).toContain("More: t.lazy((): t.Descriptor<TreeU8> => TreeU8)");
  });

  test("take constants, aliases and parameters that are numbers or codecs", async () => {
    const { text, problems } =
      await read(`${taking("[u8; SIZE]", "Pairs<u8>", "Grid<2>", "Feed<remoc::codec::Default>")}
      const SIZE: usize = 1_024;
      type Pairs<T, U = T> = Vec<(T, U)>;
      ${sendable("pub struct Grid<const N: usize>([u8; N]);")}
      #[serde(bound = "C: remoc::codec::Codec")] ${sendable("pub struct Feed<C>(rch::mpsc::Sender<u8, C>);")}`);
    expect(problems).toEqual([]);
    expect(Object.values(taken(text))).toEqual(["t.array(t.u8, 1024)", "t.vec(t.tuple(t.u8, t.u8))", "Grid2", "Feed"]);
  });
});

describe("serde's attributes", () => {
  test("of structs: names, defaults, what is skipped and what is transparent", async () => {
    const { text, problems, notes } = await read(`${taking("Options", "Id", "Name", "Marker", "Point", "Proxy")}
      fn ten() -> u64 { 10 }
      fn lately() -> u32 { compute() }
      ${sendable(`#[serde(rename_all = "camelCase", deny_unknown_fields)] pub struct Options {
        first_name: String,
        #[serde(rename = "type")] kind: u8,
        #[serde(rename = "_0", default)] numbered: bool,
        #[serde(default = "ten")] ten_times: u64,
        #[serde(default = "lately")] late: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")] list: Vec<u32>,
        #[serde(skip_serializing_if = "Option::is_none")] maybe: Option<u8>,
        #[serde(skip)] cache: std::cell::Cell<u8>,
        #[serde(with = "serde_bytes")] raw: Vec<u8>,
        #[serde(with = "remoc::codec::map::hashmap")] cells: std::collections::HashMap<(u8, u8), String>,
        #[serde(rename = "__proto__")] proto: u8,
      }`)}
      ${sendable("pub struct Id(u32);")}
      ${sendable("#[serde(transparent)] pub struct Name { text: String }")}
      ${sendable("pub struct Marker;")}
      ${sendable("pub struct Point(i8, f64);")}
      ${sendable('#[serde(from = "Vec<u8>", into = "Vec<u8>")] pub struct Proxy { a: std::fs::File }')}`);
    expect(problems).toEqual([]);
    expect(notes).toEqual(["lib.rs:25:38: only Rust knows the default of late: here it must always be given"]);
    expect(text).toContain(`t.struct("Options", {
  firstName: t.str,
  type: t.u8,
  numbered: t.field("_0", t.withDefault(t.bool, false)),
  tenTimes: t.withDefault(t.u64, 10n),
  late: t.u32,
  list: t.field("list", t.withDefault(t.vec(t.u32), () => []), { skipDefault: "always" }),
  maybe: t.field("maybe", t.option(t.u8), { skipNone: true }),
  raw: t.bytes,
  cells: t.pairs(t.tuple(t.u8, t.u8), t.str),
  ["__proto__"]: t.u8,
});`);
    for (const line of ["Id = t.newtype(t.u32)", "Name = t.str", "Marker = t.unitStruct", "Proxy = t.byteVec"]) {
      expect(text).toContain(`export const ${line};`);
    }
    expect(text).toContain("export const Point = t.tupleStruct(t.i8, t.f64);");
  });

  test("of enums: names, the variant for others, payloads of all shapes", async () => {
    const { text, problems } = await read(`${taking("Kind", "Holder")}
      ${sendable(`#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")] #[derive(Default)] pub enum Kind {
        #[default] LightBlue,
        #[serde(rename = "_1")] Numbered,
        Nothing(()),
        Two(u8, u8),
        Named { in_it: u8 },
        #[serde(rename_all = "UPPERCASE")] Loud { in_it: u8 },
        #[serde(skip)] Never(std::fs::File),
        #[serde(other)] Else,
      }`)}
      ${sendable("#[derive(Default)] #[serde(default)] pub struct Holder { kind: Kind, n: u8 }")}`);
    expect(problems).toEqual([]);
    expect(text).toContain(`t.enum("Kind", {
  "light-blue": t.unit,
  Numbered: t.field("_1", t.unit),
  nothing: t.newtype(t.unit),
  two: t.tuple(t.u8, t.u8),
  named: t.struct({ inIt: t.u8 }),
  loud: t.struct({ IN_IT: t.u8 }),
  else: t.field("else", t.unit, { other: true }),
});`);
    expect(text).toContain('{ kind: t.withDefault(Kind, "light-blue"), n: t.withDefault(t.u8, 0) }');
  });
});

describe("serde's forms of enums and structs", () => {
  test("have their descriptors, and their types where they contain themselves", async () => {
    const { text, problems } = await read(`${taking("Inner", "Beside", "Any", "Flat", "Rec")}
      ${sendable('#[serde(tag = "type", rename_all = "lowercase")] pub enum Inner { Unit, Of(Point), Named { a: u8 } }')}
      ${sendable('#[serde(tag = "t", content = "c")] pub enum Beside { Unit, Number(u8), Two(u8, u8) }')}
      ${sendable("#[serde(untagged)] pub enum Any { Nothing, Number(u8), Named { a: u8 } }")}
      ${sendable("pub struct Point { x: i32, y: i32 }")}
      ${sendable("pub struct Flat { id: u8, #[serde(flatten)] at: Point, #[serde(flatten)] rest: BTreeMap<String, u8> }")}
      ${sendable('#[serde(tag = "type")] pub enum Rec { End, Of(Point), Next { next: Box<Rec> } }')}`);
    expect(problems).toEqual([]);
    expect(text).toContain(
      'Inner = t.internallyTagged("type", { unit: t.unit, of: Point, named: t.struct({ a: t.u8 }) });',
    );
    expect(text).toContain(
      'Beside = t.adjacentlyTagged("t", "c", { Unit: t.unit, Number: t.u8, Two: t.tuple(t.u8, t.u8) });',
    );
    expect(text).toContain("Any = t.untagged(t.unit, t.u8, t.struct({ a: t.u8 }));");
    expect(text).toContain("{ id: t.u8, at: t.flatten(Point), rest: t.flatten(t.map(t.str, t.u8)) }");
    expect(text).toContain(
      'export type Rec = { type: "End" } | ({ type: "Of" } & Point) | ({ type: "Next" } & { next: Rec });',
    );
  });
});

describe("what cannot be said", () => {
  test("is named with its file and line, all of it at once", async () => {
    const types = [
      "&str",
      "Box<dyn Fn()>",
      "Gone",
      "chrono::DateTime<u8>",
      "Tagged",
      "Plain",
      "Extra",
      "Taker",
      "[u8; LEN]",
    ];
    const { problems } = await read(`${taking(...types, "robs::vec::ObservableVec<u8>", "macros!(u8)", "*const u8")}
declare! { struct Gone; }
${sendable('pub struct Tagged { #[serde(with = "hex")] a: u8, #[serde(skip_serializing_if = "odd")] b: u8 }').trim()}
pub struct Plain;
#[cfg(feature = "extra")] ${sendable("pub struct Extra;").trim()}
const LEN: usize = 2 + 2;
mod missing;
#[rtc::remote] trait Odd { fn a(&self) -> u8; async fn b() -> Result<(), CallError>; async fn c<T>(&self) -> u8; }
`);
    const at = (line: number) =>
      problems.filter((problem) => problem.startsWith(`lib.rs:${line}:`)).map((one) => one.replace(/^\S+ /, ""));
    expect(at(8)).toEqual(["a reference cannot be a value on the wire"]);
    expect(at(9)).toEqual(["a dyn cannot be a value on the wire"]);
    expect(at(10)).toEqual([
      "Gone is not declared in crate, nor brought in by a use; macros are not expanded, such as the one in line 24",
    ]);
    expect(at(11)).toEqual(["chrono::DateTime is of another crate, and it or its arguments have no descriptor here"]);
    expect(at(15)).toEqual(["Taker is a trait, of which no value can be sent"]);
    expect(at(16)).toEqual(["the length LEN is not known here"]);
    expect(at(17)).toEqual([
      "remoc::robs::vec::ObservableVec cannot be sent, in Rust neither: a subscription to it can",
    ]);
    expect(at(18)).toEqual(["what a macro makes cannot be a value on the wire"]);
    expect(at(19)).toEqual(["a pointer cannot be a value on the wire"]);
    expect(at(25)).toEqual([
      'serde\'s with = "hex" cannot be said in TypeScript',
      "b is left out at times, and has no default that says what is meant then",
    ]);
    expect(at(26)).toEqual([
      "Plain does not derive Serialize and Deserialize, so how it looks on the wire is not known",
    ]);
    expect(at(27)).toEqual([
      'Extra is there only under cfg(feature="extra"); say --cfg \'feature="extra"\' if that holds',
    ]);
    expect(at(29)).toEqual(["there is no file missing.rs or missing/mod.rs"]);
    expect(at(30)).toEqual([
      "a is neither async nor does it return an impl Future<Output = Result<…>>",
      "b takes neither self nor &self nor &mut self",
      "c has parameters of its own, which a remote method cannot have",
      "c does not return a Result",
    ]);
    expect(problems).toHaveLength(18);
  });

  test("is a module that leads back to itself", async () => {
    const { problems } = await read({ "lib.rs": "mod a;", "a.rs": '#[path = "lib.rs"] mod b;' });
    expect(problems).toEqual(["a.rs:1:20: b would be inside itself"]);
  });

  test("is a syntax error outside of bodies", async () => {
    expect((await read("struct X { a: }\n")).problems).toEqual(["lib.rs:1:14: this is no Rust that can be read here"]);
    const body = `${USES}#[rtc::remote] trait A { async fn a(&self) -> Result<(), CallError> { some new syntax } }`;
    expect((await read(body)).problems).toEqual([]);
  });

  test("conditions that hold are said, and others leave out what is only for tests", async () => {
    const source = `${USES}#[cfg(feature = "a")] #[rtc::remote] trait A {
      #[cfg(test)] async fn probe(&self) -> Result<(), CallError>;
      async fn f(&self) -> Result<(), CallError>;
    }`;
    expect((await read(source)).problems).toHaveLength(1);
    const { text, problems } = await read(source, { cfg: ['feature = "a"'] });
    expect(problems).toEqual([]);
    expect(text).toContain('service("A", { f: t.method("&self", {}, t.unit) })');
  });

  test("is a crate without traits, an ambiguous name and a name that means nothing", async () => {
    await expect(read("struct A;")).rejects.toThrow(/no #\[remoc::rtc::remote\] trait/);
    const twice = `use serde::*; mod a { use serde::*; ${sendable("pub struct X;")} } mod b { use serde::*; ${sendable("pub struct X;")} }`;
    await expect(read(twice, { names: ["X"] })).rejects.toThrow("say which: crate::a::X, crate::b::X");
    expect((await read(twice, { names: ["b::X"] })).text).toContain("export const X = t.unitStruct;");
    expect((await read(twice, { names: ["Y"] })).problems).toEqual([
      "Y:1:14: Y is not declared in crate, nor brought in by a use",
    ]);
  });
});
