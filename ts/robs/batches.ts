/**
 * Events of a subscription in batches, between two sides of cuttle: a step of the source is one message and one step of the
 * mirror. PROTOCOL.md section 16.
 */

import type * as mpsc from "../channel/mpsc.ts";
import { share } from "../channel/shared.ts";
import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import { nextTask } from "../util/task.ts";
import { sourceClosed } from "./closed.ts";
import type { Range } from "./range.ts";
import type { Batch } from "./wire.ts";

/** So many items or events are put into one message, more only when they are one step. */
const BATCH = 256;

/** What waits for one subscriber that takes batches. */
export class BatchSink<E, I> {
  readonly #limit: number;
  readonly #steps: Fifo<readonly E[]> = new Fifo();
  /** Where a window is from a step on. */
  readonly #ranges: Map<readonly E[], Range> = new Map();
  /** Events in them. */
  #count = 0;
  #state: "open" | "lagged" | "finished" = "open";
  #waiting: Deferred<void> | undefined;
  readonly #items: Iterator<I> | undefined;
  readonly #isAlone: () => boolean;

  /** Room for `limit` events; the items of the content go first. `isAlone` tells that the events are not also sent singly. */
  constructor(limit: number, items: Iterator<I> | undefined, before: readonly E[], isAlone: () => boolean) {
    this.#limit = limit;
    this.#isAlone = isAlone;
    this.#items = items;
    if (before.length > 0) this.add(before);
  }

  /** Whether this is all that the subscriber gets. */
  get isAlone(): boolean {
    return this.#isAlone();
  }

  /** A step is over. */
  add(events: readonly E[], range?: Range): void {
    if (this.#state !== "open" || events.length === 0) return;
    if (range !== undefined) this.#ranges.set(events, range);
    this.#count += events.length;
    this.#steps.push(events);
    if (this.#count > this.#limit && this.#steps.length > 1) {
      this.#state = "lagged";
      this.#steps.sift(() => false);
      this.#ranges.clear();
    }
    this.#wake();
  }

  /** No more comes. */
  finish(): void {
    if (this.#state === "open") this.#state = "finished";
    this.#wake();
  }

  /** Sends everything to a subscriber until either side ends; `onEnd` is called then. */
  async pump(tx: mpsc.Sender<Batch<E, I>>, onEnd: (error?: CuttleError) => void): Promise<void> {
    let failure: CuttleError | undefined;
    void tx.closed().then(() => this.finish());
    try {
      for (let batch = this.#next(); batch !== undefined || this.#state === "open"; batch = this.#next()) {
        if (batch === undefined) {
          await this.#wait();
          continue;
        }
        await send(tx, batch);
        // A large content is encoded a part at a time: others get their turn in between.
        if (batch !== "Lagged" && "Items" in batch) await new Promise<void>(nextTask);
      }
      if (this.#state === "lagged") await tx.send("Lagged");
    } catch (error) {
      // The subscriber has gone or takes no batches; or a value cannot be sent, and it sees the end without `Done`.
      if (CuttleError.is(error, "local_encode", "local_item_too_large")) failure = error;
    } finally {
      onEnd(failure);
      tx.close();
    }
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #wait(): Promise<void> {
    this.#waiting = deferred();
    return this.#waiting.promise;
  }

  #next(): Batch<E, I> | undefined {
    const items: I[] = [];
    for (let next = this.#items?.next(); next !== undefined && next.done !== true; next = this.#items?.next()) {
      items.push(next.value);
      if (items.length === BATCH) break;
    }
    if (items.length > 0) return { Items: items };
    const first = this.#steps.first;
    if (first === undefined) return undefined;
    const range = this.#ranges.get(first);
    if (range !== undefined) {
      this.#ranges.delete(first);
      return { Moved: range };
    }
    const made = batchFrom(first, this.#steps, this.#count, (step) => this.#ranges.has(step as readonly E[]));
    for (let taken = 0; taken < made.steps; taken += 1) this.#steps.shift();
    this.#count -= made.events;
    return made.batch as Batch<E, I>;
  }
}

/** A batch and what it is made of. */
interface Made {
  readonly batch: Batch<unknown, unknown>;
  readonly steps: number;
  readonly events: number;
}

/** By their first step: subscribers that are told the same get the same batches, which are encoded once. */
const batches: WeakMap<readonly unknown[], Made> = /* @__PURE__ */ new WeakMap();

/** A batch that begins with the step `first` of those that wait, which have `count` events, and ends before `isApart`. */
function batchFrom(
  first: readonly unknown[],
  steps: Iterable<readonly unknown[]>,
  count: number,
  isApart: (step: readonly unknown[]) => boolean,
): Made {
  const known = batches.get(first);
  // One that was made when little waited would cost a message of its own.
  if (known !== undefined && known.events * 4 >= Math.min(count, BATCH)) return known;
  const events: unknown[] = [];
  let taken = 0;
  for (const step of steps) {
    if (taken > 0 && (events.length + step.length > BATCH || isApart(step))) break;
    for (const event of step) events.push(event);
    taken += 1;
  }
  const made = { batch: share({ Events: events }), steps: taken, events: events.length };
  batches.set(first, made);
  return made;
}

/** Sends a batch, in parts when it is too large for one message. */
async function send<E, I>(tx: mpsc.Sender<Batch<E, I>>, batch: Batch<E, I>): Promise<void> {
  try {
    await tx.send(batch);
  } catch (error) {
    const parts = CuttleError.is(error, "local_item_too_large") ? halves(batch) : [];
    if (parts.length === 0) throw error;
    for (const part of parts) await send(tx, part);
  }
}

function halves<E, I>(batch: Batch<E, I>): Batch<E, I>[] {
  if (batch === "Lagged" || "Moved" in batch) return [];
  const isItems = "Items" in batch;
  const all: unknown[] = isItems ? batch.Items : batch.Events;
  if (all.length < 2) return [];
  const parts = [all.slice(0, all.length >> 1), all.slice(all.length >> 1)];
  return parts.map((part) => (isItems ? { Items: part as I[] } : { Events: part as E[] }));
}

/** Takes batches apart. */
export class BatchReader<E, I> {
  readonly #rx: mpsc.Receiver<Batch<E, I>>;
  #items: I[] = [];
  #events: E[] = [];
  #at = 0;
  /** Where the window is with the events that were taken; undefined until it was moved. */
  range: Range | undefined;
  /** Where it is with those of the next batch. */
  #nextRange: Range | undefined;

  /** Of this channel. */
  constructor(rx: mpsc.Receiver<Batch<E, I>>) {
    this.#rx = rx;
  }

  /** The channel, as long as nothing was read. */
  get untouched(): mpsc.Receiver<Batch<E, I>> {
    return this.#rx;
  }

  /** The next item of the content; events that come before it are kept. */
  async item(options: AbortOptions): Promise<I> {
    for (;;) {
      const item = this.#items[this.#at];
      if (this.#at < this.#items.length) return this.#step(item as I);
      this.#take(await this.#rx.recv(options));
    }
  }

  /** As {@link item}, undefined when none is here. */
  tryItem(): { readonly value: I } | undefined {
    if (this.#at >= this.#items.length && !this.#tryTake()) return undefined;
    return this.#at < this.#items.length ? { value: this.#step(this.#items[this.#at] as I) } : undefined;
  }

  /** The next event. */
  async event(options: AbortOptions): Promise<E> {
    for (;;) {
      if (this.#at < this.#events.length) return this.#step(this.#events[this.#at] as E);
      this.#take(await this.#rx.recv(options));
    }
  }

  /** As {@link event}, undefined when none is here. */
  tryEvent(): { readonly value: E } | undefined {
    if (this.#at >= this.#events.length && !this.#tryTake()) return undefined;
    return this.#at < this.#events.length ? { value: this.#step(this.#events[this.#at] as E) } : undefined;
  }

  /** All events of the present batch, or of one that is here, that were not taken; undefined when none is. */
  tryEvents(): readonly E[] | undefined {
    if (this.#at >= this.#events.length && !this.#tryTake()) return undefined;
    const events = this.#at === 0 ? this.#events : this.#events.slice(this.#at);
    this.#at = this.#events.length;
    return events;
  }

  drop(): void {
    this.#rx.drop();
  }

  #step<V>(value: V): V {
    this.#at += 1;
    return value;
  }

  #tryTake(): boolean {
    const taken = this.#rx.tryRecv();
    if (taken === "empty") return false;
    this.#take(taken === "closed" ? undefined : taken.value);
    return true;
  }

  #take(batch: Batch<E, I> | undefined): void {
    if (batch === undefined) throw sourceClosed();
    if (batch === "Lagged") throw lagged();
    if ("Moved" in batch) this.#nextRange = { from: Number(batch.Moved.from), to: Number(batch.Moved.to) };
    else this.range = this.#nextRange;
    this.#at = 0;
    this.#items = "Items" in batch ? batch.Items : [];
    this.#events = "Events" in batch ? batch.Events : [];
  }
}

function lagged(): CuttleError {
  return new CuttleError(
    "local_lagged",
    "this subscription was too slow, and events were skipped for it. Subscribe again, with a larger buffer or with resubscribe",
  );
}
