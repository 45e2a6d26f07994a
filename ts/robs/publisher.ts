import * as broadcast from "../channel/broadcast.ts";
import type { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { Fifo } from "../util/fifo.ts";
import type { StateEvent } from "./events.ts";

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
  readonly #readers: Set<{ wake(): void }> = new Set();
  readonly #views: Set<Outlet<E>> = new Set();
  #isClosed = false;
  /** Names this collection among others, for those who come back. */
  #source: string | undefined;
  #history: { readonly limit: number; readonly events: Fifo<E> } | undefined;
  /** How many events were published since the collection began. */
  position = 0;
  /** Called with why the last remaining subscriber could not be sent an event. */
  onError: ((error: CuttleError) => void) | undefined;

  /** How many subscribers there are; those behind a subscription that was sent away count as one. */
  get subscriberCount(): number {
    let count = this.#all.sender.receiverCount + this.#readers.size;
    for (const { sender } of this.#views) count += sender.receiverCount;
    return count;
  }

  /** The events from now on. */
  subscribe(options: EventOptions): broadcast.Receiver<E> {
    return this.#all.sender.subscribe(optionsOf(options));
  }

  /** As {@link subscribe}, with what `view` makes of them, if there is one; `before` comes first. */
  subscribeAlone(
    { view, before = [] }: { view?: View<E>; before?: readonly E[] },
    { buffer, maxItemBytes }: EventOptions,
  ): broadcast.Receiver<E> {
    const added = outlet(view);
    const receiver = added.sender.subscribe(optionsOf({ buffer: buffer + before.length, maxItemBytes }));
    for (const event of before) added.sender.send(event);
    this.#views.add(added);
    return receiver;
  }

  /** Counts as a subscriber until it is removed, and is woken when nobody is told any more. */
  addReader(reader: { wake(): void }): void {
    this.#readers.add(reader);
  }

  /** See {@link addReader}. */
  removeReader(reader: { wake(): void }): void {
    this.#readers.delete(reader);
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
    this.#source ??= crypto.randomUUID();
    return { source: this.#source, position: BigInt(this.position) };
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
    for (const event of events) {
      // What is synthesized here is never sent: remoc cannot read it.
      if (event === "InitialComplete") continue;
      this.position += 1;
      this.#remember(event as E);
      if (this.#isClosed) continue;
      this.#send(this.#all, event as E);
    }
    for (const one of this.#views) {
      for (const event of one.pending) this.#send(one, event);
      one.pending = [];
      if (one.sender.receiverCount === 0) this.#views.delete(one);
    }
  }

  /** Whether nobody is told any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No more is told; subscribers that have not heard `Done` see the end. */
  close(): void {
    this.#isClosed = true;
    for (const { sender } of [this.#all, ...this.#views]) sender.close();
    this.#views.clear();
    for (const reader of this.#readers) reader.wake();
  }

  #remember(event: E): void {
    const history = this.#history;
    if (history === undefined) return;
    history.events.push(event);
    if (history.events.length > history.limit) history.events.shift();
  }

  #send({ sender }: Outlet<E>, event: E): void {
    if (sender.receiverCount === 0 && this.onError === undefined) return;
    try {
      sender.send(event);
    } catch (error) {
      // It tells of an earlier event, and has sent nothing.
      if (sender.receiverCount === 0) this.onError?.(error as CuttleError);
      else sender.send(event);
    }
  }
}

function outlet<E>(view: View<E> | undefined): Outlet<E> {
  return { sender: new broadcast.Sender<E>(UNTYPED), view, pending: [] };
}

function optionsOf({ buffer, maxItemBytes }: EventOptions): broadcast.SubscribeOptions {
  return maxItemBytes === undefined ? { sendBuffer: buffer } : { sendBuffer: buffer, maxItemBytes };
}
