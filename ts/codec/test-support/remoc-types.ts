/** Test support: the wire shapes of remoc's own types, as far as the vectors need them. */

import type { Descriptor } from "../../schema/descriptor.ts";
import * as t from "../../schema/index.ts";

const parallel = t.withDefault(t.vec(t.u32), () => []);
const sender = t.struct({ port: t.option(t.u32), data: t.phantom, codec: t.phantom, max_item_size: t.u64, parallel });
const receiver = t.struct({
  port: t.u32,
  data: t.phantom,
  codec: t.phantom,
  closed: t.bool,
  max_item_size: t.u64,
  parallel,
});
const broadcast = t.struct({ rx: receiver });
const watchData = t.result(t.u32, t.str);
const strategy = t.enum({ Single: t.unit, ChannelBuffered: t.unit, GlobalBuffered: t.unit });
const lr = t.struct({ port: t.u32, data: t.phantom, codec: t.phantom, max_item_size: t.u64 });
const bin = t.struct({ port: t.u32 });
const tracing = t.enum({ Off: t.unit, Client: t.unit, Server: t.unit, Both: t.unit });
const rfn = t.struct({ request_tx: sender, trace: t.struct({ name: t.option(t.str), tracing, level: t.u8 }) });
const client = t.struct({
  req_tx: sender,
  max_response_size: t.u64,
  sequential: t.bool,
  stop_on_error: t.bool,
  tracing,
});
const connectError = t.enum({ Rejected: t.unit });
const remoteError = t.enum({ Receive: t.enum({ Receive: t.enum({ ChMux: t.unit }) }), Connect: connectError });
const callError = t.enum({
  NotServed: t.unit,
  Dropped: t.unit,
  Send: t.enum({ MaxItemSizeExceeded: t.unit }),
  Forward: t.unit,
  Remote: t.option(remoteError),
});
const subscription = <T>(value: Descriptor<T>): Descriptor =>
  t.struct({
    initial: t.enum({ Value: value, Incremental: t.struct({ len: t.usize, rx: receiver }) }),
    events: t.option(broadcast),
  });
const mapEvent = t.enum({ Set: t.tuple(t.str, t.u32), Remove: t.str, Done: t.unit });
const vecEvent = t.enum({
  Push: t.u32,
  Pop: t.unit,
  Insert: t.tuple(t.usize, t.u32),
  Set: t.tuple(t.usize, t.u32),
  Retain: t.newtype(t.vec(t.usize)),
  Clear: t.unit,
  Done: t.unit,
});
const broadcastOf = <T>(item: Descriptor<T>): Descriptor<{ Value: T } | "Lagged"> =>
  t.enum({ Value: t.newtype(item), Lagged: t.unit });
const item = <T>(value: Descriptor<T>): Descriptor => t.result(value, t.str);
const request = t.enum({
  Ref: t.enum({ Value: t.struct({ __reply_tx: sender }), _0: t.struct({ _59: sender }) }),
  RefMut: t.enum({
    Increase: t.struct({ __reply_tx: sender, by: t.u32 }),
    _1: t.struct({ _59: sender, _0: t.u32 }),
    Add: t.struct({ _59: sender, _3: t.u32 }),
  }),
});

const NAMED: [RegExp, Descriptor][] = [
  [/^(mpsc|oneshot)::Sender/, sender],
  [/^(mpsc|oneshot)::Receiver/, receiver],
  [
    /^watch::Sender/,
    t.struct({
      port: t.u32,
      data: watchData,
      codec: t.phantom,
      max_item_size: t.u64,
      sender_rate_limit: t.duration,
      receiver_rate_limit: t.duration,
      transfer_strategy: strategy,
    }),
  ],
  [
    /^watch::Receiver/,
    t.struct({
      port: t.u32,
      data: watchData,
      codec: t.phantom,
      max_item_size: t.u64,
      rate_limit: t.duration,
      transfer_strategy: strategy,
    }),
  ],
  [/^broadcast::Receiver$/, broadcast],
  [/^lr::/, lr],
  [/^bin::/, bin],
  [
    /^io::Sender/,
    t.struct({
      bin_sender: t.option(bin),
      size_mode: t.enum({ Known: t.u64, Unknown: t.newtype(sender) }),
      bytes_written: t.u64,
    }),
  ],
  [
    /^io::Receiver/,
    t.struct({ bin_receiver: bin, size: t.enum({ Determined: t.u64, Undetermined: t.newtype(receiver) }) }),
  ],
  [/^RFn/, rfn],
  [/^Handle$/, t.struct({ id: t.uuid, dropped_tx: sender, data: t.phantom, codec: t.phantom })],
  [/^CounterClient/, client],
  [/^Vec(Deque)?Subscription/, subscription(t.vec(t.u32))],
  [/^HashMapSubscription/, subscription(t.map(t.str, t.u32))],
  [/^HashSetSubscription/, subscription(t.set(t.u32))],
  [/^rtc::CallError/, callError],
  [/^Result<u32,rtc::CallError>/, t.result(t.u32, callError)],
  [/^Vec<rtc::CallError>/, t.vec(callError)],
  [/^TracingContext/, t.struct({ trace_id: t.u128, span_id: t.u64, flags: t.u8 })],
  [/^VecEvent/, vecEvent],
  [/^HashMapEvent/, mapEvent],
  [/^item: request/, item(request)],
  [/^item: response Ok\(\(\)\)/, item(t.result(t.unit, t.str))],
  [/^item: response/, item(t.result(t.u32, t.str))],
  [
    /^item: RFn request \(3/,
    item(t.struct({ argument: t.tuple(t.u32, t.u32), result_tx: sender, tracing: t.option(t.unitStruct) })),
  ],
  [/^item: event (Set|Remove)/, item(broadcastOf(mapEvent))],
  [/^item: (mpsc|watch) item/, item(t.u32)],
  [/^item: broadcast item/, item(broadcastOf(t.u32))],
];

/** The descriptor of one of remoc's types in the vectors; undefined for those that the codec tests leave out. */
export function remocType(type: string): Descriptor | undefined {
  return NAMED.find(([pattern]) => pattern.test(type))?.[1];
}
