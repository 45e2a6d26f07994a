import * as broadcast from "../channel/broadcast.ts";
import type { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import type { StateEvent } from "./events.ts";

/** Events of a collection are given their type when a subscription is sent. */
const UNTYPED = t.unit as Descriptor as Descriptor<never>;

/** What a subscriber of a part of a collection is told in place of an event. */
export type View<E> = (event: E) => readonly E[];

/** Subscribers that are told the same. */
interface Outlet<E> {
  readonly sender: broadcast.Sender<E>;
  readonly view: View<E> | undefined;
  /** What `view` made in the present step. */
  pending: E[];
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

  /** As {@link subscribe}, with what `view` makes of them; `before` comes first. */
  subscribeView(view: View<E>, before: readonly E[], { buffer, maxItemBytes }: EventOptions): broadcast.Receiver<E> {
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
    for (const one of this.#views) {
      for (const seen of one.view?.(event) ?? []) one.pending.push(seen);
    }
  }

  /** The step with these events is over. */
  publish(events: readonly (E | StateEvent)[]): void {
    for (const event of events) {
      // What is synthesized here is never sent: remoc cannot read it.
      if (event === "InitialComplete") continue;
      this.position += 1;
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
