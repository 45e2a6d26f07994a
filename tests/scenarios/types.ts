/** The types of the scenarios, as tests/interop/README.md has them. */

import { type Descriptor, type Infer, type mpsc, type oneshot, t } from "../../ts/index.ts";

/** `scenario count`, page to peer. */
export const CountReq = t.struct("CountReq", { up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });

/** `count`, peer to page: counting ended early. */
export const CountNote = t.enum("CountNote", { Stopped: t.struct({ at: t.u32, reason: t.str }) });

/** `request-count`: what the peer received. */
export const CountReport = t.struct("CountReport", { received: t.vec(t.u32), ended: t.str });

/** `request-count`, peer to page. */
export const Ask = t.enum("Ask", { Count: CountReq, Report: CountReport });

const Shape = t.enum("Shape", {
  Empty: t.unit,
  Circle: t.f64,
  Rectangle: t.tuple(t.u32, t.u32),
  Label: t.struct({ text: t.str, size: t.u8 }),
});

/** Every shape that serde knows. */
export const Everything = t.struct("Everything", {
  flag: t.bool,
  u8: t.u8,
  u16: t.u16,
  u32: t.u32,
  u64: t.u64,
  u128: t.u128,
  i8: t.i8,
  i16: t.i16,
  i32: t.i32,
  i64: t.i64,
  i128: t.i128,
  f32: t.f32,
  f64: t.f64,
  char: t.char,
  text: t.str,
  bytes: t.bytes,
  byte_list: t.byteVec,
  maybe: t.option(t.u32),
  maybe_maybe: t.option(t.option(t.u32)),
  list: t.vec(t.str),
  tuple: t.tuple(t.u32, t.bool, t.str),
  array: t.array(t.u16, 3),
  map: t.map(t.str, t.u32),
  number_map: t.map(t.u32, t.str),
  set: t.set(t.u32),
  nested: t.struct("Nested", { id: t.u32, label: t.option(t.str) }),
  unit_struct: t.unitStruct,
  newtype: t.newtype(t.f64),
  tuple_struct: t.tupleStruct(t.i32, t.i32),
  shapes: t.vec(Shape),
  result: t.result(t.u32, t.str),
  duration: t.duration,
  unit: t.unit,
});

/** A value of {@link Everything}. */
export type Everything = Infer<typeof Everything>;

/** `echo`, page to peer. */
export const Echo = t.struct("Echo", { value: Everything, reply: t.oneshot.sender(Everything) });

/** What a sink took in. */
export const SinkReport = t.struct("SinkReport", { items: t.u64, bytes: t.u64, sum: t.u64, error: t.option(t.str) });

/** `sink`, page to peer. */
export const Sink = t.struct("Sink", {
  rx: t.mpsc.receiver(t.bytes),
  go: t.oneshot.receiver(t.unit),
  report: t.oneshot.sender(SinkReport),
});

/** `source`, page to peer. */
export const Source = t.struct("Source", { tx: t.mpsc.sender(t.bytes), item_bytes: t.u32, items: t.u32 });

/** `stop`, page to peer. */
export const Stop = t.struct("Stop", {
  rx: t.mpsc.receiver(t.u32),
  after: t.u32,
  how: t.enum("How", { Close: t.unit, Drop: t.unit }),
  report: t.oneshot.sender(t.vec(t.u32)),
});

const Leaf = t.enum("Leaf", {
  None: t.unit,
  Tx: t.mpsc.sender(t.str),
  Pair: t.struct({ a: t.oneshot.sender(t.str), b: t.mpsc.receiver(t.u32) }),
});

/** `tree`, page to peer: halves at any depth. */
export interface Tree {
  name: string;
  tx: mpsc.Sender<string> | null;
  children: Tree[];
  extra: Map<string, readonly [number, TreeLeaf]>;
}

/** What hangs on a tree. */
export type TreeLeaf =
  | "None"
  | { Tx: mpsc.Sender<string> }
  | { Pair: { a: oneshot.Sender<string>; b: mpsc.Receiver<number> } };

/** Describes {@link Tree}. */
export const Tree: Descriptor<Tree> = t.struct("Tree", {
  name: t.str,
  tx: t.option(t.mpsc.sender(t.str)),
  children: t.vec(t.lazy((): Descriptor<Tree> => Tree)),
  extra: t.map(t.str, t.tuple(t.u8, Leaf)),
});

/** `limit`, page to peer. */
export const Limited = t.struct("Limited", { tx: t.mpsc.sender(t.str) });

/** `bin`, halves for whoever gets them: it reads `rx` and writes `tx`. */
export const BinLines = t.struct("Bytelines", { rx: t.bin.receiver, tx: t.bin.sender });

/** `bin`, page to peer. */
export const BinAsk = t.enum("Ask", {
  Echo: t.struct({ lines: BinLines, close_after: t.option(t.u32) }),
  Offer: t.struct({ close_after: t.option(t.u32) }),
});

/** `lr`, as {@link BinLines}. */
export const LrLines = t.struct("Lines", { rx: t.lr.receiver(t.str), tx: t.lr.sender(t.str) });

/** `lr`, page to peer. */
export const LrAsk = t.enum("Ask", {
  Echo: t.struct({ lines: LrLines, close_after: t.option(t.u32) }),
  Offer: t.struct({ close_after: t.option(t.u32) }),
});

/** `watch`, page to peer. */
export const WatchAsk = t.enum("Ask", {
  Follow: t.struct({ rx: t.watch.receiver(t.u32), report: t.oneshot.sender(t.vec(t.u32)) }),
  Drive: t.struct({ tx: t.watch.sender(t.u32), up_to: t.u32, report: t.oneshot.sender(t.u32) }),
  Offer: t.struct({ first: t.u32, up_to: t.u32 }),
});

/** `watch`, peer to page. */
export const WatchOffered = t.struct("Offered", {
  rx: t.watch.receiver(t.u32),
  tx: t.watch.sender(t.u32),
  report: t.oneshot.receiver(t.vec(t.u32)),
});

/** `broadcast`: what a receiver heard, and how often it lagged. */
export const Heard = t.struct("Heard", { values: t.vec(t.u32), lags: t.u32 });

/** `broadcast`, page to peer. */
export const BroadcastAsk = t.enum("Ask", {
  Listen: t.struct({ rx: t.broadcast.receiver(t.u32), report: t.oneshot.sender(Heard) }),
  Subscribe: t.struct({
    count: t.u32,
    send_buffer: t.u32,
    go: t.oneshot.receiver(t.unit),
    reply: t.oneshot.sender(t.broadcast.receiver(t.u32)),
  }),
});
