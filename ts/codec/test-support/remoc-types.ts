/** Test support: the wire shapes of remoc's own types, as far as the vectors need them, in both forms of 0.20. */

import type { Descriptor, Shape } from "../../schema/descriptor.ts";
import * as t from "../../schema/index.ts";

/**
 * The descriptor of one of remoc's types in the vectors; undefined for those that no list here has. The value tells which
 * collection an event is of, where the name does not.
 */
export function remocType(type: string, isCompact = false, value?: unknown): Descriptor | undefined {
  const text = type === "item: event Done" ? `${type} ${JSON.stringify(value)}` : type;
  return (isCompact ? compact : old).find(([pattern]) => pattern.test(text))?.[1];
}

type Named = [RegExp, Descriptor];
type Parts = Record<string, Descriptor>;

/** Builds shapes in one form: in the compact one names are numbers and markers are gone. */
interface Form {
  struct(fields: Parts): Descriptor;
  enum(variants: Parts, special?: Record<string, string>): Descriptor;
  /** A Result that is compact in the compact form. */
  result(ok: Descriptor, err: Descriptor): Descriptor;
  /** A duration that is a tuple in the compact form. */
  duration: Descriptor;
  isCompact: boolean;
}

function form(isCompact: boolean): Form {
  const struct = (fields: Parts): Descriptor => {
    if (!isCompact) return t.struct(fields);
    const left = Object.values(fields).filter((field) => field !== t.phantom);
    const named = left.map((field, i) => {
      const isSkipped = (field as Shape).kind === "default";
      return [`_${i}`, isSkipped ? t.field(`_${i}`, field, { skipDefault: "allowed" }) : field];
    });
    return t.struct(Object.fromEntries(named));
  };
  const enumeration = (variants: Parts, special: Record<string, string> = {}): Descriptor => {
    if (!isCompact) return t.enum(variants);
    return t.enum(Object.fromEntries(Object.entries(variants).map(([k, v], i) => [special[k] ?? `_${i}`, v])));
  };
  return {
    struct,
    enum: enumeration,
    result: (ok, err) => enumeration({ Ok: t.newtype(ok), Err: t.newtype(err) }),
    duration: isCompact ? t.withDefault(t.tuple(t.u64, t.u32), () => [0n, 0]) : t.duration,
    isCompact,
  };
}

const LIMIT = t.withDefault(t.u64, 16777216n);
const FLAG = t.withDefault(t.bool, false);
const PARALLEL = t.withDefault(t.vec(t.u32), () => []);

/** An option that 0.20 leaves out in Postbag when it is none. */
function skipped(type: Descriptor): Descriptor {
  return t.withDefault(t.option(type) as Descriptor<null>, null);
}

/** Halves of channels. */
function halves(f: Form) {
  const markers = { data: t.phantom, codec: t.phantom };
  const sender = f.struct({ port: t.option(t.u32), ...markers, max_item_size: LIMIT, parallel: PARALLEL });
  const receiver = f.struct({ port: t.u32, ...markers, closed: FLAG, max_item_size: LIMIT, parallel: PARALLEL });
  const broadcast = f.struct({ rx: receiver });
  const lr = f.struct({ port: t.u32, ...markers, max_item_size: LIMIT });
  const bin = f.struct({ port: t.u32 });
  const strategies = f.enum(
    { Single: t.unit, GlobalBuffered: t.unit, ChannelBuffered: t.unit },
    { ChannelBuffered: "_59" },
  );
  const strategy = t.withDefault(strategies as Descriptor<string>, f.isCompact ? "_59" : "ChannelBuffered");
  const watch = (item: Descriptor, limits: Parts): Descriptor =>
    f.struct({
      port: t.u32,
      data: f.result(item, t.str),
      codec: t.phantom,
      max_item_size: LIMIT,
      ...limits,
      transfer_strategy: strategy,
    });
  const watchReceiver = (item: Descriptor): Descriptor => watch(item, { rate_limit: f.duration });
  const watchSender = watch(t.u32, { sender_rate_limit: f.duration, receiver_rate_limit: f.duration });
  const ioSender = f.struct({
    bin_sender: t.option(bin),
    size_mode: f.enum({ Known: t.u64, Unknown: t.newtype(sender) }),
    bytes_written: t.withDefault(t.u64, 0n),
  });
  const ioReceiver = f.struct({
    bin_receiver: bin,
    size: f.enum({ Determined: t.u64, Undetermined: t.newtype(receiver) }),
  });
  const list: Named[] = [
    [/^(mpsc|oneshot)::Sender/, sender],
    [/^(mpsc|oneshot)::Receiver/, receiver],
    [/^watch::Sender/, watchSender],
    [/^watch::Receiver/, watchReceiver(t.u32)],
    [/^broadcast::Receiver$/, broadcast],
    [/^lr::/, lr],
    [/^bin::/, bin],
    [/^io::Sender/, ioSender],
    [/^io::Receiver/, ioReceiver],
  ];
  return { sender, receiver, broadcast, bin, watchReceiver, list };
}

/** Errors that may be sent. */
function errors(f: Form) {
  const units = (...names: string[]): Parts => Object.fromEntries(names.map((name) => [name, t.unit]));
  const connect = f.enum(
    units("LocalPortsExhausted", "RemotePortsExhausted", "TooManyPendingConnectReqs", "Rejected", "ChMux"),
  );
  const listen = f.enum({ LocalPortsExhausted: t.unit, RemotePortAlreadyAllocated: t.u32, ChMux: t.unit });
  const muxReceive = f.enum({ ChMux: t.unit, ExceedsMaxDataSize: t.usize, ExceedsMaxPortCount: t.usize });
  const muxSend = f.enum({ ChMux: t.unit, Closed: t.struct({ gracefully: t.bool }) });
  const receive = f.enum({
    Receive: muxReceive,
    Deserialize: t.str,
    MissingPorts: t.newtype(t.vec(t.u32)),
    MaxItemSizeExceeded: t.unit,
  });
  const sendKind = f.enum({ Serialize: t.str, Send: muxSend, MaxItemSizeExceeded: t.unit });
  const withRemote = (before: Parts, after: Parts = {}): Descriptor => {
    const self: Descriptor = f.enum(
      {
        ...before,
        Receive: receive,
        Connect: connect,
        Listen: listen,
        ...after,
        Remote: t.option(t.lazy(() => whole)),
      },
      { Remote: "_50" },
    );
    const whole = t.recoverable(self);
    return whole;
  };
  const call = withRemote({ NotServed: t.unit, Dropped: t.unit, Send: sendKind }, { Forward: t.unit });
  const list: Named[] = [
    [/^mpsc::RecvError/, withRemote({})],
    [/^oneshot::RecvError/, withRemote({ Closed: t.unit })],
    [/^rtc::CallError/, call],
    [/^Result<u32,rtc::CallError>/, t.result(t.u32, call)],
    [/^Vec<rtc::CallError>/, t.vec(call)],
    [/^rfn::CallError/, withRemote({ Dropped: t.unit })],
    [/^robs::RecvError/, withRemote({ Closed: t.unit, Lagged: t.unit, MaxSizeExceeded: t.usize })],
    [/^chmux::SendError/, muxSend],
    [/^base::RecvError/, receive],
    [/^base::SendErrorKind/, sendKind],
    [/^base::SendError{/, f.struct({ kind: sendKind, item: t.u32 })],
    [/^ClosedReason/, f.enum(units("Closed", "Dropped", "Failed"))],
  ];
  return { call, list };
}

/** Observable collections. */
function collections(f: Form, { receiver, broadcast }: ReturnType<typeof halves>) {
  const subscription = (value: Descriptor): Descriptor =>
    f.struct({
      initial: f.enum({ Value: t.newtype(value), Incremental: t.struct({ len: t.usize, rx: receiver }) }),
      events: t.option(broadcast),
    });
  const at = t.tuple(t.usize, t.u32);
  const indices = t.newtype(t.vec(t.usize));
  const vec = f.enum({
    Push: t.u32,
    Pop: t.unit,
    Insert: at,
    Set: at,
    Remove: t.usize,
    SwapRemove: t.usize,
    Fill: t.u32,
    Resize: at,
    Truncate: t.usize,
    Retain: indices,
    RetainNot: indices,
    Clear: t.unit,
    ShrinkToFit: t.unit,
    Done: t.unit,
  });
  const ends = { Clear: t.unit, ShrinkToFit: t.unit, Done: t.unit };
  const map = f.enum({ Set: t.tuple(t.str, t.u32), Remove: t.str, ...ends });
  const listEvent = f.enum({ Push: t.u32, Done: t.unit });
  const list: Named[] = [
    [/^Vec(Deque)?Subscription/, subscription(t.vec(t.u32))],
    [/^HashMapSubscription/, subscription(t.map(t.str, t.u32))],
    [/^HashSetSubscription/, subscription(t.set(t.u32))],
    [
      /^ListSubscription/,
      f.struct({ initial_len: t.usize, events: t.option(receiver), len: t.withDefault(t.usize, 0n) }),
    ],
    [/^VecEvent/, vec],
    [/^VecDequeEvent/, f.enum({ PushBack: t.u32, PushFront: t.u32 })],
    [/^HashMapEvent/, map],
    [/^HashSetEvent/, f.enum({ Set: t.u32, Remove: t.u32, ...ends })],
    [/^ListEvent/, listEvent],
  ];
  return { map, listEvent, list };
}

/** Functions, objects and remote traits. */
function remote(f: Form, { sender, receiver, bin, watchReceiver }: ReturnType<typeof halves>) {
  const tracings = f.enum({ Off: t.unit, Client: t.unit, Server: t.unit, Both: t.unit });
  const both = f.isCompact ? "_3" : "Both";
  const tracing = t.withDefault(tracings as Descriptor<string>, both);
  const level = t.withDefault(t.u8, 0);
  const settings = f.struct({ name: skipped(t.str), tracing, level });
  const standard = f.isCompact ? { _0: null, _1: both, _2: 0 } : { name: null, tracing: both, level: 0 };
  const context = f.struct({
    trace_id: t.withDefault(t.u128, 0n),
    span_id: t.withDefault(t.u64, 0n),
    flags: t.withDefault(t.u8, 0),
  });
  const client = f.struct({
    req_tx: sender,
    max_response_size: LIMIT,
    sequential: FLAG,
    stop_on_error: FLAG,
    tracing,
  });
  const readLock = f.struct({ req_tx: sender });
  const requests = f.struct({ req_rx: receiver });
  // Only the old form is a bare sender.
  const responder = f.isCompact
    ? f.struct({
        sender: f.enum({ Full: t.newtype(sender), Empty: t.newtype(sender) }),
        req_rx: skipped(requests),
        sequential: FLAG,
        stop_on_error: FLAG,
        tracing: skipped(context),
      })
    : sender;
  const list: Named[] = [
    [/^RFn/, f.struct({ request_tx: sender, trace: t.withDefault(settings as Descriptor<object>, () => standard) })],
    [/^Handle$/, f.struct({ id: t.uuid, dropped_tx: sender, data: t.phantom, codec: t.phantom })],
    [/^Lazy$/, f.struct({ request_tx: sender })],
    [/^LazyBlob/, f.struct({ req_tx: sender, len: t.u64 })],
    [/^RwLock$/, f.struct({ read: readLock, req_tx: sender })],
    [/^ReadLock$/, readLock],
    [/^CounterClient/, client],
    [/^CounterReqReceiver/, requests],
    [/^StorageRef/, t.unit],
    [/^tracing::Tracing/, tracings],
    [/^TracingContext/, context],
  ];
  const lockValue = { value: t.u32, dropped_tx: sender, invalid_rx: watchReceiver(t.bool) };
  const lockItems: Named[] = [
    [/^item: RwLock ReadRequest/, f.struct({ value_tx: sender })],
    [/^item: RwLock Value/, f.struct(lockValue)],
    [/^item: RwLock WriteRequest/, f.struct({ value_tx: sender, new_value_rx: receiver, confirm_tx: sender })],
    [/^item: LazyBlob request/, f.struct({ bin_tx: bin })],
    [/^item: Lazy request/, sender],
  ];
  return { client, responder, context, list, lockItems };
}

/** What goes through channels, before it is wrapped. */
function items(f: Form): Named[] {
  const half = halves(f);
  const { call } = errors(f);
  const { map, listEvent } = collections(f, half);
  const { client, responder, context, lockItems } = remote(f, half);
  const request = (shared: Parts, exclusive: Parts): Descriptor =>
    f.enum({ Value: t.enum({}), Ref: t.enum(shared), RefMut: t.enum(exclusive) });
  const renamed = { _59: responder };
  const counter = request(
    { Value: t.struct({ __reply_tx: responder }) },
    { Increase: t.struct({ __reply_tx: responder, by: t.u32 }) },
  );
  const opener = request({ Open: t.struct({ __reply_tx: responder, name: t.str }) }, {});
  const renamedCounter = request(
    { _0: t.struct(renamed) },
    { _1: t.struct({ ...renamed, _0: t.u32 }), Add: t.struct({ ...renamed, _3: t.u32 }) },
  );
  const broadcast = (item: Descriptor): Descriptor => f.enum({ Value: t.newtype(item), Lagged: t.unit });
  const rfnRequest = (argument: Descriptor): Descriptor =>
    f.struct({ argument, result_tx: half.sender, tracing: skipped(context) });
  return [
    [/^item: request open/, opener],
    [/^item: request to a method/, renamedCounter],
    [/^item: request/, counter],
    [/^item: response Ok\(\(\)\)/, f.result(t.unit, call)],
    [/^item: response Ok\(CounterClient\)/, f.result(client, call)],
    [/^item: response/, f.result(t.u32, call)],
    [/^item: RFn request \(3/, rfnRequest(t.tuple(t.u32, t.u32))],
    [/^item: RFn request \(\)/, rfnRequest(t.unit)],
    [/^item: RFn response Ok/, t.result(t.u32, t.str)],
    ...lockItems,
    [/^item: Lazy value/, t.str],
    [/^item: invalidation/, t.bool],
    [/^item: confirmation/, t.unit],
    [/^item: event (Set|Remove)|^item: event Done \{"(Ok|_0)":\{/, broadcast(map)],
    [/^item: broadcast item/, broadcast(t.u32)],
    [/^item: event Push|^item: event Done \{"(Ok|_0)":"/, listEvent],
    [/^item: (mpsc|watch) item|^item: RFn response|^item: (old|new) value|^item: forwarded/, t.u32],
  ];
}

function all(isCompact: boolean): Named[] {
  const f = form(isCompact);
  const half = halves(f);
  const error = errors(f);
  const [, receiveError] = error.list[0] as Named;
  const wrapped = items(f).map(([pattern, item]): Named => [pattern, f.result(item, receiveError)]);
  return [...half.list, ...error.list, ...collections(f, half).list, ...remote(f, half).list, ...wrapped];
}

const old = all(false);
const compact = all(true);
