/**
 * Events of a subscription in batches, between two sides of cuttle: a step of the source is one message and one step of the
 * mirror. PROTOCOL.md section 16.
 */

import type * as mpsc from "../channel/mpsc.ts";
import { encodingsOf, share } from "../channel/shared.ts";
import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { Fifo } from "../util/fifo.ts";
import { nextTask } from "../util/task.ts";
import type { Range } from "./range.ts";
import type { Batch } from "./wire.ts";

/** Messages are of about this size: written and read in a fraction of a frame's time. More is only one step. */
const BATCH_BYTES = 32 * 1024;
/** Items or events of the first message, when their size is not known. */
const FIRST_PORTION = 16;
/** However small they are: a mirror makes a step of each message. */
const MAX_PORTION = 1_024;

/** So many events are collapsed together. */
const COLLAPSED = 1_024;

/** The event that brings an item, and what brings it. */
export interface Bringing<E, I> {
  /** How such an event is called: `{ [name]: item }`. */
  readonly name: "Set" | "Push" | "PushBack";
  eventOf(item: I): E;
}

/** Fewer events that lead to the same. */
export type Collapse<E> = (events: readonly E[]) => E[];

/** What a {@link BatchSink} needs. */
export interface SinkParts<E, I> {
  readonly bringing: Bringing<E, I>;
  /** The items of the content, which go first. */
  readonly items: Iterator<I> | undefined;
  /** Events that go before all others. */
  readonly before: readonly E[];
  /** Of a subscriber for whom the last of several changes is enough. */
  readonly collapse: Collapse<E> | undefined;
  /** Tells that the events are not also sent singly. */
  readonly isAlone: () => boolean;
}

/** What waits for one subscriber that takes batches. */
export class BatchSink<E, I> {
  readonly #limit: number;
  readonly #steps: Fifo<readonly E[]> = new Fifo();
  /** Where a window is from a step on. */
  readonly #ranges: Map<readonly E[], Range> = new Map();
  /** Events in them. */
  #count = 0;
  /** How many items or events the next message takes. */
  #portion = FIRST_PORTION;
  #state: "open" | "lagged" | "finished" = "open";
  #waiting: Deferred<void> | undefined;
  /** Undefined when all are sent. */
  #items: Iterator<I> | undefined;
  readonly #isAlone: () => boolean;
  readonly #collapse: Collapse<E> | undefined;
  readonly #bringing: Bringing<E, I>;

  /** Room for `limit` events. */
  constructor(limit: number, { items, before, collapse, bringing, isAlone }: SinkParts<E, I>) {
    this.#limit = limit;
    this.#bringing = bringing;
    this.#isAlone = isAlone;
    this.#items = items;
    this.#collapse = collapse;
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
        this.#adapt(batch);
        // A large content is encoded a part at a time: others get their turn in between.
        if (this.#items !== undefined) await new Promise<void>(nextTask);
      }
      if (this.#state === "lagged") await tx.send("Lagged");
    } catch (error) {
      // The subscriber has gone or takes no batches; or a value cannot be sent, and it sees the end without `Done`.
      if (isUnsendable(error)) failure = error;
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

  /** Chooses the next portion by the size of the last one. */
  #adapt(batch: Batch<E, I>): void {
    const sizeBytes = encodingsOf(batch)?.sizeBytes;
    if (sizeBytes === undefined) return;
    const fitting = Math.floor((lengthOf(batch) * BATCH_BYTES) / sizeBytes);
    // What follows may be larger.
    this.#portion = Math.max(1, Math.min(fitting, this.#portion * 4, MAX_PORTION));
  }

  #next(): Batch<E, I> | undefined {
    const items: I[] = [];
    for (let next = this.#items?.next(); next !== undefined && next.done !== true; next = this.#items?.next()) {
      items.push(next.value);
      if (items.length === this.#portion) break;
    }
    if (items.length > 0) return share({ Items: items });
    this.#items = undefined;
    const first = this.#steps.first;
    if (first === undefined) return undefined;
    const range = this.#ranges.get(first);
    if (range !== undefined) {
      this.#ranges.delete(first);
      return { Moved: range };
    }
    const made = batchFrom(this.#steps, this.#count, {
      collapse: this.#collapse as Collapse<unknown> | undefined,
      name: this.#bringing.name,
      portion: this.#portion,
      isApart: (step) => this.#ranges.has(step as readonly E[]),
    });
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
const whole: WeakMap<readonly unknown[], Made> = /* @__PURE__ */ new WeakMap();
/** The same of collapsed ones. */
const collapsed: WeakMap<readonly unknown[], Made> = /* @__PURE__ */ new WeakMap();

/** A batch of the first of the steps that wait, which have `count` events; it ends before one that `isApart`. */
function batchFrom(
  steps: Fifo<readonly unknown[]>,
  count: number,
  how: {
    collapse: Collapse<unknown> | undefined;
    name: string;
    portion: number;
    isApart: (step: readonly unknown[]) => boolean;
  },
): Made {
  const { collapse, name, portion, isApart } = how;
  const [batches, limit] = collapse === undefined ? [whole, portion] : [collapsed, COLLAPSED];
  const first = steps.first as readonly unknown[];
  // One that was made when little waited would cost a message of its own.
  const known = (step: readonly unknown[], waiting: number): Made | undefined => {
    const made = batches.get(step);
    return made !== undefined && made.events * 4 >= Math.min(waiting, limit) ? made : undefined;
  };
  const same = known(first, count);
  if (same !== undefined) return same;
  const events: unknown[] = [];
  let taken = 0;
  for (const step of steps) {
    const isFull = events.length + step.length > limit || isApart(step);
    // A subscriber that is told the same, but at other moments, falls into step with the others.
    if (taken > 0 && (isFull || known(step, count - events.length) !== undefined)) break;
    for (const event of step) events.push(event);
    taken += 1;
  }
  const left = collapse?.(events) ?? events;
  const batch =
    left.length < events.length ? { Collapsed: { events: left, count: events.length } } : told(events, name);
  const made = { batch: share(batch), steps: taken, events: events.length };
  batches.set(first, made);
  return made;
}

/** Events as they are, or as items when all of them bring one: those are shorter. */
function told(events: unknown[], name: string): { Items: unknown[] } | { Events: unknown[] } {
  const items: unknown[] = [];
  for (const event of events as (Record<string, unknown> | string)[]) {
    if (typeof event === "string" || !(name in event)) return { Events: events };
    items.push(event[name]);
  }
  return { Items: items };
}

/** Whether something cannot be sent, whoever gets it. */
export function isUnsendable(error: unknown): error is CuttleError {
  return CuttleError.is(error, "local_encode", "local_item_too_large");
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

/** How many items or events are in a batch. */
function lengthOf<E, I>(batch: Batch<E, I>): number {
  if (batch === "Lagged" || "Moved" in batch) return 0;
  if ("Items" in batch) return batch.Items.length;
  return "Events" in batch ? batch.Events.length : batch.Collapsed.events.length;
}

function halves<E, I>(batch: Batch<E, I>): Batch<E, I>[] {
  if (batch === "Lagged" || "Moved" in batch) return [];
  if ("Items" in batch) return divided(batch.Items).map((part) => ({ Items: part }));
  if ("Events" in batch) return divided(batch.Events).map((part) => ({ Events: part }));
  const { events, count } = batch.Collapsed;
  const [first, second] = divided(events);
  if (first === undefined || second === undefined) return [];
  return [{ Events: first }, { Collapsed: { events: second, count: Number(count) - first.length } }];
}

function divided<V>(all: readonly V[]): V[][] {
  return all.length < 2 ? [] : [all.slice(0, all.length >> 1), all.slice(all.length >> 1)];
}
