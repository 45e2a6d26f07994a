import * as broadcast from "../channel/broadcast.ts";
import type { TryRecv } from "../channel/ends.ts";
import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { broadcastMessage } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { iterate } from "../util/iterate.ts";
import { BatchReader } from "./batch-reader.ts";
import { BatchSink, type Bringing } from "./batches.ts";
import { sourceClosed } from "./closed.ts";
import { type Initial, streamed } from "./content.ts";
import type { StateEvent } from "./events.ts";
import type { MirrorOptions } from "./follower.ts";
import type { Batched, Beginning } from "./options.ts";
import { type Movable, notMovable, type Range, RemoteMoves } from "./range.ts";
import {
  assertCarried,
  type Batch,
  batchType,
  isNamed,
  type Resume,
  type SubscriptionTypes,
  type WireSubscription,
  wireSubscription,
} from "./wire.ts";

/** What subscriptions of one kind of collection need to know: `E` its events, `I` items, `C` plain content, `M` mirror. */
export interface Kind<E, I, C extends Iterable<I>, M> extends Bringing<E, I> {
  sizeOf(content: C): number;
  /** An event as it came, in the form that this program uses. */
  fromWire(event: E): E;
  /** Fewer events that lead to the same content. */
  collapse(events: readonly E[]): E[];
  mirror(subscription: Subscription<E, I, C, M>, options: MirrorOptions<Subscription<E, I, C, M>>): M;
}

/**
 * A subscription of a collection: what it holds, and what happens to it from then on. It can be sent to a peer once,
 * before anything is taken from it. Either {@link mirror} it, or take {@link takeInitial} and then {@link recv}.
 */
export class Subscription<E, I, C extends Iterable<I>, M> implements AsyncIterable<E> {
  /** @internal Where it begins, when the collection remembers what happens. */
  readonly resume: Resume | undefined;
  readonly #kind: Kind<E, I, C, M>;
  #initial: Initial<I, C>;
  /** Undefined when the collection was done, or when `Done` has come. */
  #events: broadcast.Receiver<E> | undefined;
  /** Brings both in whole steps; undefined where the source cannot. */
  #batches: BatchReader<E, I> | undefined;
  /** What a peer that takes whole steps gets. */
  readonly #batched: Batched<E> | undefined;
  /** What such a peer was sent; when it was not sent after all, it is to be dropped before the content is read here. */
  #offered: { readonly rx: mpsc.Receiver<Batch<E, I>>; readonly over: Promise<void> } | undefined;
  readonly #moves: Movable | undefined;
  /** The events came from a peer, or are typed for one. */
  #isTyped: boolean;
  /** Items that are still to come. */
  #remaining: number;
  #isComplete = false;
  #isOver = false;

  /** @internal Use `subscribe()` of a collection. */
  constructor(
    kind: Kind<E, I, C, M>,
    parts: Beginning<E> & {
      initial: Initial<I, C>;
      isTyped?: boolean;
      batches?: mpsc.Receiver<Batch<E, I>> | undefined;
    },
  ) {
    this.#kind = kind;
    this.#initial = parts.initial;
    this.#remaining = "len" in parts.initial ? parts.initial.len : 0;
    this.#events = parts.events;
    this.resume = parts.resume;
    this.#batched = parts.batched;
    this.#moves = parts.moves;
    if (parts.batches !== undefined) this.#batches = new BatchReader(parts.batches, kind);
    this.#isTyped = parts.isTyped ?? false;
  }

  /** Whether the content comes item by item, as events before "InitialComplete". */
  get isIncremental(): boolean {
    return "len" in this.#initial;
  }

  /** How many items the content has that {@link recv} has not brought. @internal */
  get remaining(): number {
    return this.#remaining;
  }

  /** Whether the content was taken, or has come as a whole. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether the collection has said that no more changes follow. */
  get isDone(): boolean {
    return this.#events === undefined;
  }

  /** The content at the time of subscribing; undefined when it comes incrementally, and the second time. */
  takeInitial(): C | undefined {
    if (!("content" in this.#initial)) return undefined;
    const { content } = this.#initial;
    this.#initial = { content: undefined };
    this.#isComplete = true;
    return content;
  }

  /** @internal How many items {@link takeInitial} brings. */
  get initialSize(): number {
    const { content } = this.#initial as { content?: C };
    return content === undefined ? 0 : this.#kind.sizeOf(content);
  }

  /**
   * The next event; of an incremental subscription first those that make the content, then "InitialComplete". After
   * "Done" undefined. Rejects with `remote_closed` when the collection was dropped without `done()`, with
   * `local_lagged` (once; later events follow, with a gap), with `local_misuse` before {@link takeInitial}, with what
   * receiving fails with, or with the abort reason.
   */
  async recv(options: AbortOptions = {}): Promise<E | undefined> {
    if (!this.#isComplete) return this.#initialEvent(await this.recvInitial(options));
    if (this.#isOver) return undefined;
    if (this.#events === undefined) return this.#done();
    if (this.#batches !== undefined) return this.#received(await this.#chosen(this.#batches).event(options));
    const event = await this.#events.recv(options);
    if (event === undefined) throw sourceClosed();
    return this.#received(event);
  }

  /** As {@link recv} if something is here, `"empty"` when nothing is, `"closed"` at the end. */
  tryRecv(): TryRecv<E> {
    if (!this.#isComplete) return this.#tryInitial();
    if (this.#isOver) return "closed";
    if (this.#events === undefined) return { value: this.#done() };
    if (this.#batches !== undefined) {
      const event = this.#chosen(this.#batches).tryEvent();
      return event === undefined ? "empty" : { value: this.#received(event.value) };
    }
    const taken = this.#events.tryRecv();
    if (taken === "closed") throw sourceClosed();
    return taken === "empty" ? taken : { value: this.#received(taken.value) };
  }

  /**
   * @internal Adds what is here to `events` until it `isEnough`, but whole batches. Throws as {@link tryRecv} does; what
   * was added before counts.
   */
  takeNow(events: E[], isEnough: () => boolean): void {
    do {
      const together = this.#tryBatch();
      if (together !== undefined) {
        for (const event of together) events.push(event);
        continue;
      }
      const next = this.tryRecv();
      if (typeof next !== "object") return;
      events.push(next.value);
    } while (!isEnough());
  }

  /**
   * A copy that follows the collection from now on; this subscription is spent then. Content that came with the
   * subscription is there at once. Throws nothing: see the mirror's `error`.
   */
  mirror(options: MirrorOptions<Subscription<E, I, C, M>>): M {
    return this.#kind.mirror(this, options);
  }

  /** @internal How many events were left out of those that came since the last call. */
  takeSkipped(): bigint {
    return this.#batches?.takeSkipped() ?? 0n;
  }

  /**
   * Of a part of a sequence: asks the source for other places, for which it needs no new subscription. Resolves when that
   * is on its way; the events that remove and insert items follow. Rejects with `local_misuse` when the source did not
   * allow it or there is no such range, and with `remote_closed` when the source takes no requests any more.
   */
  async move(range: Range): Promise<void> {
    if (this.#moves === undefined) throw notMovable();
    await this.#moves.move(range);
  }

  /** Where such a part is with the events that have come; undefined when it cannot be moved. */
  get range(): Range | undefined {
    return this.#batches?.range ?? this.#moves?.range;
  }

  /** Receives no more. */
  drop(): void {
    this.#moves?.drop();
    if ("rx" in this.#initial) this.#initial.rx.drop();
    this.#events?.drop();
    this.#batches?.drop();
    this.#offered?.rx.drop();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** Iterates the events until the end. Leaving the loop drops the subscription. */
  [Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    return iterate(this);
  }

  /** @internal The wire form of a subscription that is sent away. */
  embed(types: SubscriptionTypes<E, I, C>, codec: string): WireSubscription<E, I, C> {
    const batches = isNamed(codec) ? this.#embedBatches(types) : null;
    if (this.#isOver || (this.#isComplete && this.#events === undefined)) throw alreadyRead();
    if (this.#isComplete || ("content" in this.#initial && this.#initial.content === undefined)) throw alreadyRead();
    if (this.#events !== undefined && !this.#isTyped) {
      const untyped = this.#events;
      this.#events = new broadcast.Receiver({ ...untyped.end, type: broadcastMessage(types.event) });
      untyped.drop();
      this.#isTyped = true;
    }
    const events = this.#events ?? null;
    const beyond = {
      resume: this.resume ?? null,
      batches,
      moves: batches === null ? null : (this.#moves?.embed() ?? null),
    };
    if ("content" in this.#initial) return { initial: { Value: this.#initial.content as C }, events, ...beyond };
    if ("items" in this.#initial) this.#initial = streamed(this.#initial, types.item, this.#offered?.over);
    const { rx } = this.#initial;
    return { initial: { Incremental: { len: this.#remaining, rx } }, events, ...beyond };
  }

  /** @internal The next item of the content; undefined when it is complete. Rejects as {@link recv}. */
  async recvInitial(options: AbortOptions = {}): Promise<{ readonly item: I } | undefined> {
    const initial = this.#initial;
    if ("content" in initial) {
      throw new CuttleError("local_misuse", "call takeInitial() before recv(): the content came with the subscription");
    }
    if (this.#remaining === 0 || "items" in initial) return this.#nextItem();
    if (this.#batches !== undefined) {
      const item = await this.#chosen(this.#batches).item(options);
      this.#remaining -= 1;
      return { item };
    }
    this.#offered?.rx.drop();
    const item = await initial.rx.recv(options);
    if (item === undefined) throw sourceClosed();
    this.#remaining -= 1;
    return { item };
  }

  /** The channel for peers that take whole steps; others refuse it, and this side then stops filling it. */
  #embedBatches(types: SubscriptionTypes<E, I, C>): mpsc.Receiver<Batch<E, I>> | null {
    if (this.#batches !== undefined) return this.#batches.untouched;
    this.#offered?.rx.drop();
    this.#offered = undefined;
    if (this.#batched === undefined || "rx" in this.#initial) return null;
    const { tap, buffer, before } = this.#batched;
    const collapse = this.#batched.collapse ? this.#kind.collapse : undefined;
    const items = "again" in this.#initial ? this.#initial.again() : undefined;
    const events = this.#events?.end.queue;
    const sink = new BatchSink<E, I>(buffer, {
      items,
      before,
      collapse,
      bringing: this.#kind,
      isAlone: () => events?.closedReason !== undefined,
    });
    const close = tap.open(sink);
    if (close === undefined) return null;
    const { maxItemBytes } = this.#batched;
    const limit = maxItemBytes === undefined ? {} : { maxItemBytes };
    const [tx, rx] = mpsc.channel(types.batch, { capacity: 0, ...limit });
    this.#offered = { rx, over: sink.pump(tx, close) };
    return rx;
  }

  /** What a whole batch brings, where there are batches and one is here. */
  #tryBatch(): readonly E[] | undefined {
    if (this.#batches === undefined || this.#isOver || this.#events === undefined) return undefined;
    if (this.#isComplete)
      return this.#chosen(this.#batches)
        .tryEvents()
        ?.map((event) => this.#received(event));
    if (this.#remaining === 0 || "content" in this.#initial) return undefined;
    const items = this.#chosen(this.#batches).tryItems(this.#remaining);
    this.#remaining -= items?.length ?? 0;
    return items?.map((item) => this.#kind.eventOf(item));
  }

  /** From now on everything comes in batches: the channels that remoc has are not needed. */
  #chosen(batches: BatchReader<E, I>): BatchReader<E, I> {
    if ("rx" in this.#initial) this.#initial.rx.drop();
    this.#events?.drop();
    return batches;
  }

  #tryInitial(): TryRecv<E> {
    const initial = this.#initial;
    if ("content" in initial) return "empty";
    if (this.#remaining === 0 || "items" in initial) return { value: this.#initialEvent(this.#nextItem()) };
    if (this.#batches !== undefined) {
      const item = this.#chosen(this.#batches).tryItem();
      if (item === undefined) return "empty";
      this.#remaining -= 1;
      return { value: this.#kind.eventOf(item.value) };
    }
    this.#offered?.rx.drop();
    const taken = initial.rx.tryRecv();
    if (taken === "closed") throw sourceClosed();
    if (taken === "empty") return taken;
    this.#remaining -= 1;
    return { value: this.#kind.eventOf(taken.value) };
  }

  /** The next item of a content that is here; undefined when there is none. */
  #nextItem(): { readonly item: I } | undefined {
    const next = this.#remaining > 0 ? (this.#initial as { items: Iterator<I> }).items.next() : undefined;
    if (next === undefined || next.done === true) {
      this.#isComplete = true;
      if ("rx" in this.#initial) this.#initial.rx.drop();
      return undefined;
    }
    this.#remaining -= 1;
    return { item: next.value };
  }

  #initialEvent(got: { readonly item: I } | undefined): E {
    return got === undefined ? ("InitialComplete" as E & StateEvent) : this.#kind.eventOf(got.item);
  }

  #received(event: E): E {
    if (event === ("Done" as E)) return this.#done();
    return this.#kind.fromWire(event);
  }

  #done(): E {
    this.drop();
    this.#events = undefined;
    this.#isOver = true;
    return "Done" as E & StateEvent;
  }
}

/** Describes subscriptions of a kind. */
export function subscriptionType<E, I, C extends Iterable<I>, M>(
  kind: Kind<E, I, C, M>,
  parts: Omit<SubscriptionTypes<E, I, C>, "batch">,
): Descriptor<Subscription<E, I, C, M>> {
  const types = { ...parts, batch: batchType(parts.event, parts.item) };
  const shape = wireSubscription(types);
  const options: HalfCodec<typeof shape> = {
    embed(value, { link }) {
      if (value instanceof Subscription) {
        assertCarried(value.resume, link.codec.name);
        return (value as Subscription<E, I, C, M>).embed(types, link.codec.name);
      }
      throw new CuttleError("local_encode", `expected a ${types.name}, made by subscribe() of a collection`);
    },
    receive({ initial, events, resume, batches, moves }) {
      const window = moves === null || moves === undefined ? undefined : new RemoteMoves(moves);
      const beyond = { resume: resume ?? undefined, batches: batches ?? undefined, moves: window };
      const parts = { events: events ?? undefined, isTyped: true, ...beyond };
      if ("Value" in initial) return new Subscription(kind, { initial: { content: initial.Value }, ...parts });
      const { len, rx } = initial.Incremental;
      return new Subscription(kind, { initial: { len: Number(len), rx }, ...parts });
    },
  };
  return transported<Subscription<E, I, C, M>>({ name: types.name, shape, item: types.content, options });
}

function alreadyRead(): CuttleError {
  return new CuttleError("local_half_used", "this subscription was read from here and cannot be sent any more");
}
