// From tests/interop/peers/shared/peer.rs, by `cuttle import`. Changes belong there.
import { type ClientOf, type mpsc, service, t } from "../../ts/index.ts";

export const IncreaseError = t.enum("IncreaseError", {
  Overflow: t.struct({ current_value: t.u32 }),
  Call: t.callError,
});

/** A value of {@link IncreaseError}. */
export type IncreaseError = t.Infer<typeof IncreaseError>;

export const Session = service("Session", { name: t.method("&self", {}, t.str), end: t.method("self", {}, t.str) });

/** Calls a {@link Session}. */
export type SessionClient = ClientOf<typeof Session>;

export const Counter = service(
  "Counter",
  {
    value: t.method("&self", {}, t.u32),
    watch: t.method("&mut self", {}, t.watch.receiver(t.u32)),
    increase: t.method("&mut self", { by: t.u32 }, t.unit, IncreaseError),
    count_to_value: t.method("&self", { step: t.u32, delay: t.duration }, t.mpsc.receiver(t.u32)),
    /** Never returns; tells when it has begun, and `cancelled` counts when it is cancelled. */
    wait: t.method("&self", { begun: t.oneshot.sender(t.unit) }, t.unit),
    cancelled: t.method("&self", {}, t.u32),
    /** Goes on when its caller does not wait. */
    insist: t.method("&self", { begun: t.oneshot.sender(t.unit), go: t.oneshot.receiver(t.unit) }, t.unit, undefined, {
      noCancel: true,
    }),
    text: t.method("&self", { len: t.u32 }, t.str),
    measure: t.method("&self", { text: t.str, twice: t.withDefault(t.bool, false) }, t.u32),
    open: t.method("&self", { name: t.str }, t.client(Session)),
    /** Is not in the page's declaration of the trait. */
    unknown_to_page: t.method("&self", {}, t.u32),
  },
  { clone: true },
);

/** Calls a {@link Counter}. */
export type CounterClient = ClientOf<typeof Counter>;

export const FnError = t.enum("FnError", { TooLarge: t.struct({ limit: t.u32 }), Call: t.rfnCallError });

/** A value of {@link FnError}. */
export type FnError = t.Infer<typeof FnError>;

/** Stands for Rust's Secret, which never leaves its program. What is handed out from here extends it. */
export class Secret {}

export const Objects = t.struct("Objects", {
  /** At most 1000 comes of it. */
  add: t.rfn([t.u32, t.u32], t.u32, FnError),
  next: t.rfnMut([], t.u32, FnError),
  last: t.rfnOnce([t.str], t.str, FnError),
  secret: t.handle(Secret),
  reveal: t.rfn([t.handle(Secret)], t.str, FnError),
  lazy: t.lazyValue(t.str),
  blob: t.lazyBlob,
  lock: t.rwLock(t.u32),
  /** Calls what it is given with 3 and 4. */
  apply: t.rfn([t.rfn([t.u32, t.u32], t.u32, FnError)], t.u32, FnError),
});

/** A value of {@link Objects}. */
export type Objects = t.Infer<typeof Objects>;

export const CountReq = t.struct("CountReq", { up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });

/** A value of {@link CountReq}. */
export type CountReq = t.Infer<typeof CountReq>;

export const CountNote = t.enum("CountNote", {
  /** Counting ended before `up_to`. `at` is the number that could not be sent any more. */
  Stopped: t.struct({ at: t.u32, reason: t.str }),
});

/** A value of {@link CountNote}. */
export type CountNote = t.Infer<typeof CountNote>;

export const CountReport = t.struct("CountReport", {
  received: t.vec(t.u32),
  /** `"end"` if the page dropped its sender, otherwise the error text. */
  ended: t.str,
});

/** A value of {@link CountReport}. */
export type CountReport = t.Infer<typeof CountReport>;

export const Ask = t.enum("Ask", { Count: CountReq, Report: CountReport });

/** A value of {@link Ask}. */
export type Ask = t.Infer<typeof Ask>;

export const Nested = t.struct("Nested", { id: t.u32, label: t.option(t.str) });

/** A value of {@link Nested}. */
export type Nested = t.Infer<typeof Nested>;

export const Marker = t.unitStruct;

/** A value of {@link Marker}. */
export type Marker = t.Infer<typeof Marker>;

export const Meters = t.newtype(t.f64);

/** A value of {@link Meters}. */
export type Meters = t.Infer<typeof Meters>;

export const Point = t.tupleStruct(t.i32, t.i32);

/** A value of {@link Point}. */
export type Point = t.Infer<typeof Point>;

export const Shape = t.enum("Shape", {
  Empty: t.unit,
  Circle: t.f64,
  Rectangle: t.tuple(t.u32, t.u32),
  Label: t.struct({ text: t.str, size: t.u8 }),
});

/** A value of {@link Shape}. */
export type Shape = t.Infer<typeof Shape>;

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
  /** One block of bytes. */
  bytes: t.bytes,
  /** A sequence of numbers. */
  byte_list: t.byteVec,
  maybe: t.option(t.u32),
  maybe_maybe: t.option(t.option(t.u32)),
  list: t.vec(t.str),
  tuple: t.tuple(t.u32, t.bool, t.str),
  array: t.array(t.u16, 3),
  map: t.map(t.str, t.u32),
  number_map: t.map(t.u32, t.str),
  set: t.set(t.u32),
  nested: Nested,
  unit_struct: Marker,
  newtype: Meters,
  tuple_struct: Point,
  shapes: t.vec(Shape),
  result: t.result(t.u32, t.str),
  duration: t.duration,
  unit: t.unit,
});

/** A value of {@link Everything}. */
export type Everything = t.Infer<typeof Everything>;

export const Echo = t.struct("Echo", { value: Everything, reply: t.oneshot.sender(Everything) });

/** A value of {@link Echo}. */
export type Echo = t.Infer<typeof Echo>;

export const SinkReport = t.struct("SinkReport", {
  items: t.u64,
  bytes: t.u64,
  /** The wrapping sum of all bytes. */
  sum: t.u64,
  /** Why reading stopped, unless it was the end of `rx`. */
  error: t.option(t.str),
});

/** A value of {@link SinkReport}. */
export type SinkReport = t.Infer<typeof SinkReport>;

export const Sink = t.struct("Sink", {
  rx: t.mpsc.receiver(t.bytes),
  /** `rx` is not read before this resolves. */
  go: t.oneshot.receiver(t.unit),
  report: t.oneshot.sender(SinkReport),
});

/** A value of {@link Sink}. */
export type Sink = t.Infer<typeof Sink>;

export const Source = t.struct("Source", { tx: t.mpsc.sender(t.bytes), item_bytes: t.u32, items: t.u32 });

/** A value of {@link Source}. */
export type Source = t.Infer<typeof Source>;

export const How = t.enum("How", {
  /** Close, then keep reading to the end. */
  Close: t.unit,
  Drop: t.unit,
});

/** A value of {@link How}. */
export type How = t.Infer<typeof How>;

export const Stop = t.struct("Stop", {
  rx: t.mpsc.receiver(t.u32),
  /** How many items to read before stopping. */
  after: t.u32,
  how: How,
  /** Gets all items that were read. */
  report: t.oneshot.sender(t.vec(t.u32)),
});

/** A value of {@link Stop}. */
export type Stop = t.Infer<typeof Stop>;

export const Leaf = t.enum("Leaf", {
  None: t.unit,
  /** Gets its path, then is dropped. */
  Tx: t.mpsc.sender(t.str),
  /** `a` gets the sum of all numbers from `b` as text. */
  Pair: t.struct({ a: t.oneshot.sender(t.str), b: t.mpsc.receiver(t.u32) }),
});

/** A value of {@link Leaf}. */
export type Leaf = t.Infer<typeof Leaf>;

export interface Tree {
  name: string;
  tx: mpsc.Sender<string> | null;
  children: Tree[];
  extra: Map<string, [number, Leaf]>;
}

/** Describes {@link Tree}. */
export const Tree: t.Descriptor<Tree> = t.struct("Tree", {
  name: t.str,
  tx: t.option(t.mpsc.sender(t.str)),
  children: t.vec(t.lazy((): t.Descriptor<Tree> => Tree)),
  extra: t.map(t.str, t.tuple(t.u8, Leaf)),
});

export const Limited = t.struct("Limited", { tx: t.mpsc.sender(t.str) });

/** A value of {@link Limited}. */
export type Limited = t.Infer<typeof Limited>;

/** Halves for whoever gets them: it reads `rx` and writes `tx`. */
export const Bytelines = t.struct("Bytelines", { rx: t.bin.receiver, tx: t.bin.sender });

/** A value of {@link Bytelines}. */
export type Bytelines = t.Infer<typeof Bytelines>;

export const BinAsk = t.enum("BinAsk", {
  /** Send everything from `rx` back over `tx`; after `close_after` messages close `rx`, and go on to its end. */
  Echo: t.struct({ lines: Bytelines, close_after: t.option(t.u32) }),
  /** Make the channels, send the page its halves and echo. */
  Offer: t.struct({ close_after: t.option(t.u32) }),
});

/** A value of {@link BinAsk}. */
export type BinAsk = t.Infer<typeof BinAsk>;

/** Halves for whoever gets them: it reads `rx` and writes `tx`. */
export const Lines = t.struct("Lines", { rx: t.lr.receiver(t.str), tx: t.lr.sender(t.str) });

/** A value of {@link Lines}. */
export type Lines = t.Infer<typeof Lines>;

export const LrAsk = t.enum("LrAsk", {
  /** Send everything from `rx` back over `tx`; after `close_after` texts close `rx`, and go on to its end. */
  Echo: t.struct({ lines: Lines, close_after: t.option(t.u32) }),
  /** Make the channels, send the page its halves and echo. */
  Offer: t.struct({ close_after: t.option(t.u32) }),
});

/** A value of {@link LrAsk}. */
export type LrAsk = t.Infer<typeof LrAsk>;

export const WatchAsk = t.enum("WatchAsk", {
  /** Follow `rx` to its end, and report every value that was seen. */
  Follow: t.struct({ rx: t.watch.receiver(t.u32), report: t.oneshot.sender(t.vec(t.u32)) }),
  /** Count up to `up_to`, from what `tx` has, or until nobody watches any more; report the last number. */
  Drive: t.struct({ tx: t.watch.sender(t.u32), up_to: t.u32, report: t.oneshot.sender(t.u32) }),
  /** Make two channels that begin with `first` and send the page one half of each. */
  Offer: t.struct({ first: t.u32, up_to: t.u32 }),
});

/** A value of {@link WatchAsk}. */
export type WatchAsk = t.Infer<typeof WatchAsk>;

/** The page follows `rx` and counts in `tx`; `report` tells what the peer saw of that. */
export const Offered = t.struct("Offered", {
  rx: t.watch.receiver(t.u32),
  tx: t.watch.sender(t.u32),
  report: t.oneshot.receiver(t.vec(t.u32)),
});

/** A value of {@link Offered}. */
export type Offered = t.Infer<typeof Offered>;

export const Heard = t.struct("Heard", {
  values: t.vec(t.u32),
  /** How often receiving said that values were lost. */
  lags: t.u32,
});

/** A value of {@link Heard}. */
export type Heard = t.Infer<typeof Heard>;

export const BroadcastAsk = t.enum("BroadcastAsk", {
  /** Receive to the end and report. */
  Listen: t.struct({ rx: t.broadcast.receiver(t.u32), report: t.oneshot.sender(Heard) }),
  /** Make a channel and reply with a receiver; when `go` comes, send `0..count` without a pause. */
  Subscribe: t.struct({
    count: t.u32,
    send_buffer: t.u32,
    go: t.oneshot.receiver(t.unit),
    reply: t.oneshot.sender(t.broadcast.receiver(t.u32)),
  }),
});

/** A value of {@link BroadcastAsk}. */
export type BroadcastAsk = t.Infer<typeof BroadcastAsk>;

/** Halves for whoever gets them: it reads `rx` and writes `tx`. */
export const Streams = t.struct("Streams", { rx: t.io.receiver, tx: t.io.sender });

/** A value of {@link Streams}. */
export type Streams = t.Infer<typeof Streams>;
