/**
 * How subscriptions and events look on the wire. Source: remoc 0.18.3 and 0.20.5 `robs`; PROTOCOL.md section 16.
 */

import * as broadcast from "../channel/broadcast.ts";
import * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { owned } from "../schema/dialect.ts";
import * as t from "../schema/index.ts";
import { numberedEnum } from "../schema/numbered.ts";
import type { ListEvent, MapEvent, SetEvent, VecDequeEvent, VecEvent } from "./events.ts";

/** Events of a vec; their indices are bigints on arrival. */
export function vecEvent<T>(item: Descriptor<T>): Descriptor<VecEvent<T>> {
  return numbered("VecEvent", {
    Push: t.newtype(item),
    Pop: t.unit,
    Insert: t.tuple(t.usize, item),
    Set: t.tuple(t.usize, item),
    Remove: t.usize,
    SwapRemove: t.usize,
    Fill: t.newtype(item),
    Resize: t.tuple(t.usize, item),
    Truncate: t.usize,
    Retain: t.set(t.usize),
    RetainNot: t.set(t.usize),
    Clear: t.unit,
    ShrinkToFit: t.unit,
    Done: t.unit,
  });
}

/** Events of a deque; their indices are bigints on arrival. */
export function vecDequeEvent<T>(item: Descriptor<T>): Descriptor<VecDequeEvent<T>> {
  return numbered("VecDequeEvent", {
    PushBack: t.newtype(item),
    PushFront: t.newtype(item),
    PopBack: t.unit,
    PopFront: t.unit,
    Insert: t.tuple(t.usize, item),
    Set: t.tuple(t.usize, item),
    Remove: t.usize,
    SwapRemoveBack: t.usize,
    SwapRemoveFront: t.usize,
    Resize: t.tuple(t.usize, item),
    Truncate: t.usize,
    Retain: t.set(t.usize),
    RetainNot: t.set(t.usize),
    Clear: t.unit,
    ShrinkToFit: t.unit,
    Done: t.unit,
  });
}

/** Events of a map. */
export function mapEvent<K, V>(key: Descriptor<K>, value: Descriptor<V>): Descriptor<MapEvent<K, V>> {
  return numbered("HashMapEvent", {
    Set: t.tuple(key, value),
    Remove: t.newtype(key),
    Clear: t.unit,
    ShrinkToFit: t.unit,
    Done: t.unit,
  });
}

/** Events of a set. */
export function setEvent<T>(item: Descriptor<T>): Descriptor<SetEvent<T>> {
  return numbered("HashSetEvent", {
    Set: t.newtype(item),
    Remove: t.newtype(item),
    Clear: t.unit,
    ShrinkToFit: t.unit,
    Done: t.unit,
  });
}

/** Events of a list. */
export function listEvent<T>(item: Descriptor<T>): Descriptor<ListEvent<T>> {
  return numbered("ListEvent", { Push: t.newtype(item), Done: t.unit });
}

/** A subscription of anything but a list; `C` is what its content is read as. */
export interface WireSubscription<E, I, C> {
  readonly initial: { Value: C } | { Incremental: { len: bigint | number; rx: mpsc.Receiver<I> } };
  /** None when the collection was done when it was subscribed to. */
  readonly events: broadcast.Receiver<E> | null;
  readonly resume?: Resume | null;
  readonly batches?: mpsc.Receiver<Batch<E, I>> | null;
  readonly moves?: WireMoves | null;
}

/** Of a subscription whose range the subscriber may move. */
export interface WireMoves {
  /** Where it begins. */
  readonly range: WireRange;
  /** Takes where the subscriber wants it to be. */
  readonly tx: mpsc.Sender<WireRange>;
}

/** Places from `from` up to but without `to`. */
export interface WireRange {
  readonly from: bigint | number;
  readonly to: bigint | number;
}

/** See {@link WireRange}. */
export const wireRange: Descriptor<WireRange> = /* @__PURE__ */ t.struct("Range", { from: t.usize, to: t.usize });

const moves = /* @__PURE__ */ t.option(
  /* @__PURE__ */ t.struct("Moves", { range: wireRange, tx: /* @__PURE__ */ mpsc.sender(wireRange) }),
) as Descriptor<WireMoves | null>;
/** As `resumeField`. */
const movesField = /* @__PURE__ */ t.field("cuttle_moves", moves, { skipNone: true, namedOnly: true });

/** What comes in one message between two sides of cuttle; items of an incremental content come first. */
export type Batch<E, I> =
  | { Items: I[] }
  | { Events: E[] }
  | "Lagged"
  /** The events of the next message are those of the range being moved there. */
  | { Moved: WireRange }
  /** What is left of `count` events. */
  | { Collapsed: { events: E[]; count: bigint | number } };

/** See {@link Batch}. */
export function batchType<E, I>(event: Descriptor<E>, item: Descriptor<I>): Descriptor<Batch<E, I>> {
  return t.enum("Batch", {
    Items: t.newtype(t.vec(item)),
    Events: t.newtype(t.vec(event)),
    Lagged: t.unit,
    Moved: t.newtype(wireRange),
    Collapsed: t.struct("Collapsed", { events: t.vec(event), count: t.u64 }),
  });
}

/** Where a subscription of a collection that remembers what happens begins. Between two sides of cuttle; see PROTOCOL.md. */
export interface Resume {
  /** Names the collection. */
  readonly source: string;
  /** How many events had happened. */
  readonly position: bigint;
  /** The content is that of a mirror at `position`, and is not sent. */
  readonly resumed: boolean;
}

const resume = /* @__PURE__ */ t.option(
  /* @__PURE__ */ t.struct("Resume", { source: t.str, position: t.u64, resumed: t.bool }),
);
/** Stands last and with a name alone, so that remoc steps over it; codecs without names do not have it. */
const resumeField = /* @__PURE__ */ t.field("cuttle_resume", resume, { skipNone: true, namedOnly: true });

/** As `resumeField`. */
function batchField<E, I>(batch: Descriptor<Batch<E, I>>): Descriptor<mpsc.Receiver<Batch<E, I>> | null> {
  const batches = t.option(mpsc.receiver(batch)) as Descriptor<mpsc.Receiver<Batch<E, I>> | null>;
  return t.field("cuttle_batches", batches, { skipNone: true, namedOnly: true });
}

/** Whether a codec has names, which whoever does not know them steps over. */
export function isNamed(codec: string): boolean {
  return NAMED.includes(codec);
}

const NAMED: readonly string[] = ["postbag", "postbag1", "json", "cbor", "messagePack"];

/** Codecs without names would lose that the content is not there. */
export function assertCarried(resume: Resume | undefined, codec: string): void {
  if (resume?.resumed !== true || isNamed(codec)) return;
  throw new CuttleError("local_encode", `${codec} cannot carry a subscription made with \`since\``);
}

/** The descriptors of what is in a subscription. */
export interface SubscriptionTypes<E, I, C> {
  readonly name: string;
  readonly event: Descriptor<E>;
  readonly item: Descriptor<I>;
  readonly content: Descriptor<C>;
  /** See {@link batchType}. */
  readonly batch: Descriptor<Batch<E, I>>;
}

/** `VecSubscription`, `VecDequeSubscription`, `HashMapSubscription` and `HashSetSubscription`. */
export function wireSubscription<E, I, C>(types: SubscriptionTypes<E, I, C>): Descriptor<WireSubscription<E, I, C>> {
  const { name, content } = types;
  const incremental = t.struct("Incremental", { len: t.usize, rx: mpsc.receiver(types.item) });
  const initial = numbered<WireSubscription<E, I, C>["initial"]>(`${name}Initial`, {
    Value: t.newtype(content),
    Incremental: incremental,
  });
  const events = t.option(broadcast.receiver(types.event)) as Descriptor<broadcast.Receiver<E> | null>;
  const beyond = { resume: resumeField, batches: batchField(types.batch), moves: movesField };
  const long = t.struct(name, { initial, events, ...beyond });
  const compact = t.struct(name, {
    initial: t.field("_0", initial),
    events: t.field("_1", events),
    ...beyond,
  });
  return owned<WireSubscription<E, I, C>>({ old: long, long, compact });
}

/** A subscription of a list. */
export interface WireListSubscription<T> {
  readonly initial_len: bigint | number;
  readonly events: mpsc.Receiver<ListEvent<T>> | null;
  /** How many items it had brought before it was sent. */
  readonly len: bigint | number;
  readonly resume?: Resume | null;
  readonly batches?: mpsc.Receiver<Batch<ListEvent<T>, T>> | null;
}

/** `ListSubscription`. */
export function wireListSubscription<T>(
  item: Descriptor<T>,
  batch: Descriptor<Batch<ListEvent<T>, T>>,
): Descriptor<WireListSubscription<T>> {
  const events = t.option(mpsc.receiver(listEvent(item))) as Descriptor<mpsc.Receiver<ListEvent<T>> | null>;
  const len = t.withDefault(t.usize, 0n);
  const beyond = { resume: resumeField, batches: batchField(batch) };
  const old = t.struct("ListSubscription", { initial_len: t.usize, events, len: t.usize, ...beyond });
  const long = t.struct("ListSubscription", {
    initial_len: t.usize,
    events,
    len: t.field("len", len, { skipDefault: "allowed" }),
    ...beyond,
  });
  const compact = t.struct("ListSubscription", {
    initial_len: t.field("_0", t.usize),
    events: t.field("_1", events),
    len: t.field("_2", len, { skipDefault: "allowed" }),
    ...beyond,
  });
  return owned<WireListSubscription<T>>({ old, long, compact });
}

function numbered<T>(name: string, variants: t.Variants): Descriptor<T> {
  return numberedEnum(name, variants) as Descriptor as Descriptor<T>;
}
