/** cuttle: remoc for the web. See README.md. */
export type { BaseReceiver, BaseSender } from "./channel/base.ts";
export * as bin from "./channel/bin.ts";
export * as broadcast from "./channel/broadcast.ts";
export * as io from "./channel/io.ts";
export * as lr from "./channel/lr.ts";
export * as mpsc from "./channel/mpsc.ts";
export * as oneshot from "./channel/oneshot.ts";
export type { ClosedReason } from "./channel/queue.ts";
export * as watch from "./channel/watch.ts";
export { bincode } from "./codec/bincode.ts";
export { bincode2 } from "./codec/bincode2.ts";
export { cbor } from "./codec/cbor.ts";
export type { Codec } from "./codec/codec.ts";
export { json } from "./codec/json.ts";
export { messagePack } from "./codec/messagepack.ts";
export { postbag } from "./codec/postbag.ts";
export { postbagSlim } from "./codec/postbag-slim.ts";
export { postbag1 } from "./codec/postbag1.ts";
export { postbag1Slim } from "./codec/postbag1-slim.ts";
export { postcard } from "./codec/postcard.ts";
export { connect } from "./connect/connect.ts";
export type { Connection } from "./connect/connection.ts";
export { connectionOf, type ObjectConnection, type ObjectOptions } from "./connect/objects.ts";
export type { ConnectOptions, Limits, LinkOptions } from "./connect/options.ts";
export { consume, type ProvideOptions, provide } from "./connect/provide.ts";
export type { PeerSettings } from "./core/core.ts";
export { init, type WasmSource } from "./core/wasm.ts";
export { isClosed, isDisconnected, isFinal, isItemSpecific } from "./errors/classify.ts";
export { CuttleError, type ErrorCode, type ErrorDetails } from "./errors/error.ts";
export { MethodError } from "./errors/method-error.ts";
export type { CloseInfo, MuxStats, Path } from "./mux/mux.ts";
export type { PortStats, PortWait } from "./mux/port-stats.ts";
export type { FrameTap } from "./mux/trace.ts";
export type { RemoteFn } from "./object/function.ts";
export * as functions from "./object/functions.ts";
export { Handle } from "./object/handle.ts";
export { Lazy } from "./object/lazy.ts";
export { type FetchOptions, LazyBlob } from "./object/lazy-blob.ts";
export type { ReadGuard, ReadLock, RwLock, WriteGuard } from "./object/rw-lock.ts";
export { type RwLockOptions, RwLockOwner } from "./object/rw-lock-owner.ts";
export { type ClassCodec, registerClass } from "./plain/classes.ts";
export {
  type Backoff,
  type Reconnecting,
  type ReconnectOptions,
  type ReconnectState,
  reconnecting,
} from "./reconnect/reconnecting.ts";
export type { WakeupSource } from "./reconnect/wakeups.ts";
export { RemoteObject, type RemoteOptions, remote } from "./remote/mark.ts";
export type { Argument, Pending, Received, Remote, RemoteFunction } from "./remote/types.ts";
export type { Edit } from "./robs/edit.ts";
export type { ListEvent, MapEvent, SequenceEvent, SetEvent, VecDequeEvent, VecEvent } from "./robs/events.ts";
export type { MirrorOptions } from "./robs/follower.ts";
export type { KeyScope, Listener, RangeScope, Step } from "./robs/listeners.ts";
export { LiveMap } from "./robs/live-map.ts";
export { LiveSequence } from "./robs/live-sequence.ts";
export { LiveSet } from "./robs/live-set.ts";
export { MirroredVecDeque, type VecDequeSubscription } from "./robs/mirrored-deque.ts";
export { type ListOptions, type ListSubscription, MirroredList } from "./robs/mirrored-list.ts";
export { type MapSubscription, MirroredMap } from "./robs/mirrored-map.ts";
export { MirroredSet, type SetSubscription } from "./robs/mirrored-set.ts";
export { MirroredVec, type VecSubscription } from "./robs/mirrored-vec.ts";
export { ObservableVecDeque } from "./robs/observable-deque.ts";
export { ObservableList } from "./robs/observable-list.ts";
export { ObservableMap } from "./robs/observable-map.ts";
export { ObservableSet } from "./robs/observable-set.ts";
export { ObservableVec } from "./robs/observable-vec.ts";
export type { FilterOptions, RangeOptions, SubscribeOptions } from "./robs/options.ts";
export type { Comparand, Comparison, Predicate } from "./robs/predicate.ts";
export type { ResumePoint } from "./robs/publisher.ts";
export type { Range } from "./robs/range.ts";
export type { Live } from "./robs/steps.ts";
export type { Client, ClientMethod, ClientOf } from "./rtc/client.ts";
export { type ClientControl, clientControl } from "./rtc/client.ts";
export { forwardRequests } from "./rtc/forward.ts";
export type { Kind, Method, MethodOptions } from "./rtc/method.ts";
export * as monitor from "./rtc/monitor.ts";
export type { Pending as PendingClient } from "./rtc/pending.ts";
export type { MethodRequest, Request, Requests } from "./rtc/requests.ts";
export {
  type ArgsOf,
  type CallContext,
  type ErrorOf,
  type Impl,
  type RequestOptions,
  requestsOf,
  type ServedConnection,
  type ServeOptions,
  type Server,
  type ServerEnd,
  serveObject,
  serveRequests,
} from "./rtc/server.ts";
export { type Service, type ServiceOptions, service } from "./rtc/service.ts";
export type { TracingContext, TracingMode } from "./rtc/tracing.ts";
export type { Descriptor, Infer } from "./schema/descriptor.ts";
export * as t from "./t.ts";
export {
  type DataChannelLike,
  type DataChannelTransportOptions,
  dataChannelTransport,
} from "./transport/data-channel.ts";
export { transfer } from "./transport/given.ts";
export { memoryPair } from "./transport/memory.ts";
export { type MessagePortTransportOptions, messagePortTransport } from "./transport/message-port.ts";
export { acceptClients, type OnClient, serviceWorkerTransport } from "./transport/service-worker.ts";
export { introduceTabs, meetTab } from "./transport/tabs.ts";
export type { Target } from "./transport/target.ts";
export type { Transport, TransportEnd, TransportSink } from "./transport/transport.ts";
export { type WebStreamsLike, type WebStreamTransportOptions, webStreamTransport } from "./transport/web-stream.ts";
export { type WebSocketTransportOptions, webSocketTransport } from "./transport/websocket.ts";
export { type OtherWindow, type WindowTransportOptions, windowTransport } from "./transport/window.ts";
export type { AbortOptions } from "./util/abort.ts";
export type { Progress, ProgressOptions } from "./util/progress.ts";
export { type DirectOptions, openDataChannel, type Signaling, type SignalMessage } from "./webrtc/direct.ts";
export { openDirect, type Place, Switchboard } from "./webrtc/switchboard.ts";
