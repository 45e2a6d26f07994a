/** Takes apart what `batches.ts` makes. */

import type * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { Bringing } from "./batches.ts";
import { sourceClosed } from "./closed.ts";
import type { Range } from "./range.ts";
import type { Batch } from "./wire.ts";

/** Takes batches apart. */
export class BatchReader<E, I> {
  readonly #rx: mpsc.Receiver<Batch<E, I>>;
  readonly #bringing: Bringing<E, I>;
  #items: I[] = [];
  #events: E[] = [];
  #at = 0;
  /** Where the window is with the events that were taken; undefined until it was moved. */
  range: Range | undefined;
  /** Where it is with those of the next batch. */
  #nextRange: Range | undefined;
  /** How many events were left out before those that were taken. */
  #skipped = 0n;

  /** Of this channel. */
  constructor(rx: mpsc.Receiver<Batch<E, I>>, bringing: Bringing<E, I>) {
    this.#rx = rx;
    // Decoded when they are taken, not before: whoever takes them gives others their turn in between.
    rx.end.queue.passOn();
    this.#bringing = bringing;
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
      this.#bring();
      if (this.#at < this.#events.length) return this.#step(this.#events[this.#at] as E);
      this.#take(await this.#rx.recv(options));
    }
  }

  /** As {@link event}, undefined when none is here. */
  tryEvent(): { readonly value: E } | undefined {
    this.#bring();
    if (this.#at >= this.#events.length && !this.#tryTake()) return undefined;
    this.#bring();
    return this.#at < this.#events.length ? { value: this.#step(this.#events[this.#at] as E) } : undefined;
  }

  /** All events of the present batch, or of one that is here, that were not taken; undefined when none is. */
  tryEvents(): readonly E[] | undefined {
    this.#bring();
    if (this.#at >= this.#events.length && !this.#tryTake()) return undefined;
    this.#bring();
    const events = this.#at === 0 ? this.#events : this.#events.slice(this.#at);
    this.#at = this.#events.length;
    return events;
  }

  /** As {@link tryEvents}, of the items, but no more than `limit`. */
  tryItems(limit: number): readonly I[] | undefined {
    if (this.#at >= this.#items.length && !this.#tryTake()) return undefined;
    const items = this.#items.slice(this.#at, this.#at + limit);
    this.#at += items.length;
    return items;
  }

  /** Whether something of the present batch was not taken. */
  get isWithin(): boolean {
    return this.#at < this.#items.length || this.#at < this.#events.length;
  }

  /** How many events were left out since the last call. */
  takeSkipped(): bigint {
    const skipped = this.#skipped;
    this.#skipped = 0n;
    return skipped;
  }

  drop(): void {
    this.#rx.drop();
  }

  /** Items behind the content are events. */
  #bring(): void {
    if (this.#items.length === 0) return;
    this.#events = this.#items.slice(this.#at).map((item) => this.#bringing.eventOf(item));
    this.#items = [];
    this.#at = 0;
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
    if ("Collapsed" in batch) {
      this.#events = batch.Collapsed.events;
      const skipped = BigInt(batch.Collapsed.count) - BigInt(this.#events.length);
      if (skipped < 0n)
        throw new CuttleError("peer_decode", "the source says that more events are left than there were");
      this.#skipped += skipped;
    }
  }
}

function lagged(): CuttleError {
  return new CuttleError(
    "local_lagged",
    "this subscription was too slow, and events were skipped for it. Subscribe again, with a larger buffer or with resubscribe",
  );
}
