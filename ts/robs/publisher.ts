import * as broadcast from "../channel/broadcast.ts";
import type { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import { TransientSet } from "../util/transient.ts";
import type { StateEvent } from "./events.ts";
import type { Range } from "./range.ts";

/** Events of a collection are given their type when a subscription is sent. */
const UNTYPED = t.unit as Descriptor as Descriptor<never>;

/** What subscribers of a part of a collection are told. */
export interface View<E> {
  /** In place of an event that has happened just now. */
  see(event: E): readonly E[];
  /** When the content was replaced as a whole. */
  reset(): readonly E[];
}

/** Subscribers that are told the same. */
interface Outlet<E> {
  readonly sender: broadcast.Sender<E>;
  readonly view: View<E> | undefined;
  /** What `view` made in the present step. */
  pending: E[];
  /** How often `view` was moved. */
  moves: number;
  /** Subscribers elsewhere that take whole steps. */
  readonly sinks: Set<StepSink<E>>;
}

/** Takes whole steps. */
export interface StepSink<E> {
  /** Whether its subscriber gets nothing else, and counts therefore. */
  readonly isAlone: boolean;
  /** `range` is where a window is from this step on, when it was moved. */
  add(events: readonly E[], range?: Range): void;
  finish(): void;
}

/** A place where the events of one subscription can be had as whole steps, as long as none has happened since. */
export interface Tap<E> {
  /** Undefined when there was an event already. */
  open(sink: StepSink<E>): ((error?: CuttleError) => void) | undefined;
}

/** A point in the life of one collection: what a mirror of it has seen. */
export interface ResumePoint {
  /** Names the collection. */
  readonly source: string;
  /** How many events had happened. */
  readonly position: bigint;
}

/** What a subscriber gets. */
export interface EventOptions {
  /** Events that wait for it before it lags. */
  readonly buffer: number;
  readonly maxItemBytes: number | undefined;
}

/** Tells the subscribers of one collection what happens to it. */
export class Publisher<E> {
  readonly #all: Outlet<E> = outlet(undefined);
  /** Who reads a list at its own pace. */
  readonly #readers: TransientSet<{ wake(): void }> = new TransientSet();
  readonly #views: Set<Outlet<E>> = new Set();
  /** Of {@link unread}. */
  #unread: Deferred<void> | undefined;
  #isClosed = false;
  #isReported = false;
  /** Names this collection among others, for those who come back. */
  #source: string | undefined;
  #history: { readonly limit: number; readonly events: Fifo<E> } | undefined;
  /** How many events were published since the collection began. */
  position = 0;
  /** Called with why the last remaining subscriber could not be sent an event. */
  onError: ((error: CuttleError) => void) | undefined;

  /** How many subscribers there are; those behind a subscription that was sent away count as one. */
  get subscriberCount(): number {
    let count = this.#readers.size;
    for (const { sender, sinks } of [this.#all, ...this.#views]) {
      count += sender.receiverCount + [...sinks].filter(({ isAlone }) => isAlone).length;
    }
    return count;
  }

  /** The events from now on. */
  subscribe(options: EventOptions): broadcast.Receiver<E> {
    this.#isReported = false;
    return this.#all.sender.subscribe(optionsOf(options));
  }

  /** Where {@link subscribe} gets its events from. */
  tap(): Tap<E> {
    return this.#tapOf(this.#all);
  }

  /** As {@link subscribe}, with what `view` makes of them, if there is one; `before` comes first. */
  subscribeAlone(
    { view, before = [] }: { view?: View<E>; before?: readonly E[] },
    { buffer, maxItemBytes }: EventOptions,
  ): { receiver: broadcast.Receiver<E>; tap: Tap<E> } {
    this.#isReported = false;
    const added = outlet(view);
    const receiver = added.sender.subscribe(optionsOf({ buffer: buffer + before.length, maxItemBytes }));
    for (const event of before) added.sender.send(event);
    this.#views.add(added);
    return { receiver, tap: this.#tapOf(added) };
  }

  #tapOf(one: Outlet<E>): Tap<E> {
    const { position } = this;
    const { moves } = one;
    return {
      open: (sink) => {
        if (this.position !== position || one.moves !== moves || this.#isClosed) return undefined;
        one.sinks.add(sink);
        return (error) => {
          one.sinks.delete(sink);
          this.#left(error);
        };
      },
    };
  }

  /** Counts as a subscriber until it is removed, and is woken when nobody is told any more. */
  addReader(reader: { wake(): void }): void {
    this.#isReported = false;
    this.#readers.add(reader);
  }

  /** See {@link addReader}; `error` is why it could not be sent something. */
  removeReader(reader: { wake(): void }, error?: CuttleError): void {
    this.#readers.delete(reader);
    this.#left(error);
  }

  /** Of a list: resolves when there are no readers, nor those that take whole steps in their place. */
  unread(): Promise<void> {
    this.#unread ??= deferred();
    const { promise } = this.#unread;
    this.#settle();
    return promise;
  }

  /** A subscriber has gone. */
  #left(error: CuttleError | undefined): void {
    if (error !== undefined && this.subscriberCount === 0) this.#report(error);
    this.#settle();
  }

  #settle(): void {
    if (this.#unread === undefined || this.subscriberCount > 0) return;
    this.#unread.resolve();
    this.#unread = undefined;
  }

  /** An event has happened just now; it is published with its step. */
  note(event: E): void {
    if (event === "InitialComplete") return;
    for (const one of this.#views) {
      for (const seen of one.view?.see(event) ?? [event]) one.pending.push(seen);
    }
  }

  /** The content was replaced; `events` make it for those who see all of it. */
  reset(events: () => E[]): void {
    this.#source = undefined;
    this.#history?.events.sift(() => false);
    if (this.subscriberCount === 0) return;
    for (const one of this.#views) one.pending = [...(one.view?.reset() ?? events())];
    this.publish(events());
  }

  /** Remembers the last `count` events for subscribers that come back; none by default. */
  keepHistory(count: number): void {
    this.#history = { limit: count, events: new Fifo() };
  }

  /** Where this collection is; undefined when it remembers nothing. */
  get resumePoint(): ResumePoint | undefined {
    if (this.#history === undefined) return undefined;
    return { source: this.source, position: BigInt(this.position) };
  }

  /** Names the content: a collection whose content was replaced is another one for those who come back. */
  get source(): string {
    this.#source ??= [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
    return this.#source;
  }

  /** What has happened since then; undefined when that is not remembered, or happened to another collection. */
  since({ source, position }: ResumePoint): readonly E[] | undefined {
    const { events } = this.#history ?? {};
    if (events === undefined || source !== this.#source) return undefined;
    const missed = this.position - Number(position);
    if (!(missed >= 0 && missed <= events.length)) return undefined;
    return [...events].slice(events.length - missed);
  }

  /** The step with these events is over. */
  publish(events: readonly (E | StateEvent)[]): void {
    // What is synthesized here is never sent: remoc cannot read it.
    const isSent = (event: E | StateEvent): event is E => event !== "InitialComplete";
    const published = events.every(isSent) ? events : events.filter(isSent);
    for (const sink of this.#all.sinks) sink.add(published);
    this.position += published.length;
    this.#remember(published);
    if (!this.#isClosed) for (const event of published) this.#send(this.#all, event);
    for (const one of this.#views) {
      for (const event of one.pending) this.#send(one, event);
      for (const sink of one.sinks) sink.add(one.pending);
      one.pending = [];
      if (one.sender.receiverCount + one.sinks.size === 0) this.#views.delete(one);
    }
  }

  /** A view was moved, with these events: a step for its subscribers alone. */
  moved(view: View<E>, range: Range, events: readonly E[]): void {
    if (this.#isClosed) return;
    for (const one of this.#views) {
      if (one.view !== view) continue;
      one.moves += 1;
      for (const event of events) this.#send(one, event);
      for (const sink of one.sinks) sink.add(events, range);
    }
  }

  /** Whether nobody is told any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No more is told; subscribers that have not heard `Done` see the end. */
  close(): void {
    this.#isClosed = true;
    for (const { sender, sinks } of [this.#all, ...this.#views]) {
      sender.close();
      for (const sink of sinks) sink.finish();
    }
    this.#views.clear();
    for (const reader of this.#readers) reader.wake();
  }

  /** Once until somebody subscribes again. */
  #report(error: CuttleError): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.onError?.(error);
  }

  #remember(published: readonly E[]): void {
    if (this.#history === undefined) return;
    const { events, limit } = this.#history;
    for (const event of published) {
      events.push(event);
      if (events.length > limit) events.shift();
    }
  }

  #send({ sender }: Outlet<E>, event: E): void {
    if (sender.receiverCount === 0 && this.onError === undefined) return;
    try {
      sender.send(event);
    } catch (error) {
      // It tells of an earlier event, and has sent nothing.
      if (this.subscriberCount === 0) this.#report(error as CuttleError);
      else if (sender.receiverCount === 0) return;
      else sender.send(event);
    }
  }
}

function outlet<E>(view: View<E> | undefined): Outlet<E> {
  return { sender: new broadcast.Sender<E>(UNTYPED), view, pending: [], moves: 0, sinks: new Set() };
}

function optionsOf({ buffer, maxItemBytes }: EventOptions): broadcast.SubscribeOptions {
  return maxItemBytes === undefined ? { sendBuffer: buffer } : { sendBuffer: buffer, maxItemBytes };
}
