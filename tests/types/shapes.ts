// From tests/types/shapes.rs, by `cuttle import`. Changes belong there.
import { type ClientOf, json, service, t } from "../../ts/index.ts";

export const Id = t.newtype(t.u32);

/** A value of {@link Id}. */
export type Id = t.Infer<typeof Id>;

export const PageId = t.struct("PageId", { items: t.vec(Id), next: t.option(Id) });

/** A value of {@link PageId}. */
export type PageId = t.Infer<typeof PageId>;

export const Kind = t.enum("Kind", {
  "light-blue": t.unit,
  x: t.unit,
  unknown: t.field("unknown", t.unit, { other: true }),
});

/** A value of {@link Kind}. */
export type Kind = t.Infer<typeof Kind>;

export const Error = t.enum("Error", { Inner: Kind, Call: t.callError });

/** A value of {@link Error}. */
export type Error = t.Infer<typeof Error>;

export const Options = t.struct("Options", {
  firstName: t.str,
  secondTry: t.withDefault(t.vec(t.u32), () => []),
  type: Kind,
  maybeIt: t.field("maybeIt", t.option(t.u8), { skipNone: true }),
  list: t.field("list", t.withDefault(t.vec(t.str), () => []), { skipDefault: "always" }),
  tenTimes: t.withDefault(t.u64, 10n),
  numbered: t.field("_0", t.withDefault(t.bool, false)),
  in: t.array(t.u8, 4),
  raw: t.bytes,
});

/** A value of {@link Options}. */
export type Options = t.Infer<typeof Options>;

/** Not the other one. */
export const ShapesError = t.enum("ShapesError", { Full: t.unit });

/** A value of {@link ShapesError}. */
export type ShapesError = t.Infer<typeof ShapesError>;

/** Keeps things. */
export const StoreU32String = service("StoreU32String", {
  get: t.method("&self", { key: t.str }, t.option(t.u32)),
  put: t.method("&mut self", { key: t.str, value: t.withDefault(t.u32, 0) }, t.unit),
});

/** Calls a {@link StoreU32String}. */
export type StoreU32StringClient = ClientOf<typeof StoreU32String>;

export const Deep = t.struct("Deep", {
  own: ShapesError,
  time: t.struct("SystemTime", { secs_since_epoch: t.u64, nanos_since_epoch: t.u32 }),
});

/** A value of {@link Deep}. */
export type Deep = t.Infer<typeof Deep>;

export const Name = t.str;

/** A value of {@link Name}. */
export type Name = t.Infer<typeof Name>;

export const Unit = t.unitStruct;

/** A value of {@link Unit}. */
export type Unit = t.Infer<typeof Unit>;

export const Pair = t.tupleStruct(t.i8, t.f64);

/** A value of {@link Pair}. */
export type Pair = t.Infer<typeof Pair>;

export const Twig = t.enum("Twig", {
  Leaf: t.unit,
  Sub: t.lazy((): t.Descriptor<Tree> => Tree),
  Both: t.tuple(t.lazy((): t.Descriptor<Tree> => Tree), t.u8),
  Maybe: t.struct({ x: t.option(t.option(t.u32)) }),
});

/** A value of {@link Twig}. */
export type Twig = t.Infer<typeof Twig>;

/** A tree. */
export interface Tree {
  /** Its name. */
  name: string;
  children: Tree[];
  twig: Twig | null;
}

/** Describes {@link Tree}. */
export const Tree: t.Descriptor<Tree> = t.struct("Tree", {
  /** Its name. */
  name: t.str,
  children: t.vec(t.lazy((): t.Descriptor<Tree> => Tree)),
  twig: t.option(Twig),
});

export const PageString = t.struct("PageString", { items: t.vec(t.str), next: t.option(t.str) });

/** A value of {@link PageString}. */
export type PageString = t.Infer<typeof PageString>;

export const PageU8 = t.struct("PageU8", { items: t.byteVec, next: t.option(t.u8) });

/** A value of {@link PageU8}. */
export type PageU8 = t.Infer<typeof PageU8>;

export const Tagged = t.internallyTagged("type", { unit: t.unit, of: PageU8, named: t.struct({ a: t.u8 }) });

/** A value of {@link Tagged}. */
export type Tagged = t.Infer<typeof Tagged>;

export const Beside = t.adjacentlyTagged("t", "c", { Unit: t.unit, Number: t.u8, Two: t.tuple(t.u8, t.u8) });

/** A value of {@link Beside}. */
export type Beside = t.Infer<typeof Beside>;

export type Any = null | number | { a: number } | Any[];

/** Describes {@link Any}. */
export const Any: t.Descriptor<Any> = t.untagged(
  t.unit,
  t.u8,
  t.struct({ a: t.u8 }),
  t.vec(t.lazy((): t.Descriptor<Any> => Any)),
);

export const Flat = t.struct("Flat", { id: t.u8, page: t.flatten(PageId), rest: t.flatten(t.map(t.str, t.u8)) });

/** A value of {@link Flat}. */
export type Flat = t.Infer<typeof Flat>;

export type Chain = { type: "End" } | ({ type: "Of" } & PageU8) | ({ type: "Next" } & { next: Chain; beside: Beside });

/** Describes {@link Chain}. */
export const Chain: t.Descriptor<Chain> = t.internallyTagged("type", {
  End: t.unit,
  Of: PageU8,
  Next: t.struct({ next: t.lazy((): t.Descriptor<Chain> => Chain), beside: Beside }),
});

/** Stands for Rust's std::sync::Mutex<u32>, which never leaves its program. What is handed out from here extends it. */
export class MutexU32 {}

export const Node = service(
  "Node",
  {
    /** The one above. */
    parent: t.method("&self", {}, t.lazy((): t.Descriptor<NodeClient> => t.client(Node))),
    /** @param options what for */
    andThen: t.method("&self", { options: Options }, PageId, Error, { name: "then" }),
    old: t.method("&self", { type: Kind, by: t.tuple(t.u8, t.char) }, t.unit, ShapesError),
    store: t.method("&self", {}, t.client(StoreU32String)),
    serve: t.method("&self", { requests: t.requests(StoreU32String) }, t.duration),
    all: t.method(
      "&self",
      { id: Id, name: Name, unit: Unit, pair: Pair, trees: t.map(t.str, Tree), pages: t.map(t.u32, PageString) },
      Deep,
    ),
    forms: t.method("&self", { tagged: Tagged, beside: Beside, any: Any, flat: Flat, chain: Chain }, t.unit),
    channels: t.method(
      "&mut self",
      {
        a: t.mpsc.sender(t.u8, { codec: json }),
        b: t.watch.receiver(Tree),
        c: t.broadcast.receiver(t.u8),
        d: t.bin.sender,
        e: t.io.receiver,
        f: t.lr.sender(t.u8),
      },
      t.unit,
      undefined,
      { noCancel: true },
    ),
    objects: t.method(
      "&mut self",
      {
        a: t.handle(MutexU32),
        b: t.lazyValue(Tree),
        c: t.lazyBlob,
        d: t.rwLock(Id),
        e: t.rfn([t.u8, Tree], t.u8, t.rfnCallError),
        f: t.rfnOnce([], t.byteVec),
      },
      t.unit,
    ),
    others: t.method(
      "&self",
      {
        a: t.uuid,
        b: t.bytes,
        c: t.u8,
        d: t.str,
        e: t.vec(t.u16),
        f: t.struct("Range", { start: t.u32, end: t.u32 }),
        g: t.socketAddr,
      },
      t.unit,
    ),
  },
  { clone: true },
);

/** Calls a {@link Node}. */
export interface NodeClient extends ClientOf<typeof Node> {}
