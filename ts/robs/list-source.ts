import * as mpsc from "../channel/mpsc.ts";
import type { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { nextTask } from "../util/task.ts";
import type { BatchReader } from "./batch-reader.ts";
import { BatchSink, type Bringing, isUnsendable } from "./batches.ts";
import type { ListEvent } from "./events.ts";
import type { LiveSequence } from "./live-sequence.ts";
import type { Batch } from "./wire.ts";

/** What brings the items of a list, in this program or from elsewhere. */
export interface ListSource<T> {
  /** The next event, or undefined at an end without `Done`. */
  recv(options?: AbortOptions): Promise<ListEvent<T> | undefined>;
  tryRecv(): { readonly value: ListEvent<T> } | "empty" | "closed";
  /** `error` is why an item could not be sent. */
  drop(error?: CuttleError): void;
}

/** Reads a list of this program at its own pace. */
export class ListReader<T> implements ListSource<T> {
  readonly #list: LiveSequence<T>;
  readonly #unlisten: () => void;
  #at: number;
  #isOver = false;
  #waiting: Deferred<void> | undefined;

  /** From the item at `at` on. */
  constructor(list: LiveSequence<T>, at: number) {
    this.#list = list;
    this.#at = at;
    this.#unlisten = list.listen("all", ({ isReset }) => {
      // Of a mirror that begins anew: what was read may not be its beginning.
      if (isReset) this.drop();
      this.#waiting?.resolve();
    });
    list.steps.publisher.addReader(this);
  }

  /**
   * The same in batches, the items before `initialLen` first, and what resolves when they are over or refused; undefined
   * when nothing is told any more.
   */
  inBatches(
    batch: Descriptor<Batch<ListEvent<T>, T>>,
    initialLen: number,
  ): { readonly rx: mpsc.Receiver<Batch<ListEvent<T>, T>>; readonly over: Promise<void> } | undefined {
    const { items, steps } = this.#list;
    const sink = new BatchSink<ListEvent<T>, T>(Number.POSITIVE_INFINITY, {
      items: items.slice(this.#at, initialLen).values(),
      before: items.slice(Math.max(this.#at, initialLen), items.length).map((item) => ({ Push: item })),
      collapse: undefined,
      bringing: pushing<T>(),
      isAlone: () => this.#isOver,
    });
    // The events of a list that does not begin anew are pushes.
    const close = steps.publisher.tap().open({
      get isAlone() {
        return sink.isAlone;
      },
      add: (events) => (events[0] === "Clear" ? sink.finish() : sink.add(events as readonly ListEvent<T>[])),
      finish: () => sink.finish(),
    });
    if (close === undefined) return undefined;
    const [tx, rx] = mpsc.channel(batch, { capacity: 0 });
    return { rx, over: sink.pump(tx, close) };
  }

  tryRecv(): { readonly value: ListEvent<T> } | "empty" | "closed" {
    if (this.#isOver) return "closed";
    if (this.#at < this.#list.length) return { value: { Push: this.#list.items.at(this.#at++) as T } };
    const { isDone, publisher } = this.#list.steps;
    if (!isDone && !publisher.isClosed) return "empty";
    this.drop();
    return isDone ? { value: "Done" } : "closed";
  }

  async recv(options: AbortOptions = {}): Promise<ListEvent<T> | undefined> {
    for (;;) {
      const taken = this.tryRecv();
      if (taken === "closed") return undefined;
      if (taken !== "empty") return taken.value;
      this.#waiting = deferred();
      await unlessAborted(this.#waiting.promise, options);
    }
  }

  /** The list has closed. */
  wake(): void {
    this.#waiting?.resolve();
  }

  drop(error?: CuttleError): void {
    this.#isOver = true;
    this.#waiting?.resolve();
    this.#unlisten();
    this.#list.steps.publisher.removeReader(this, error);
  }
}

/** Items of a list are pushed. */
export function pushing<T>(): Bringing<ListEvent<T>, T> {
  return { name: "Push", eventOf: (item) => ({ Push: item }) };
}

/** Items and events of a list in batches. */
export class BatchSource<T> implements ListSource<T> {
  readonly #reader: BatchReader<ListEvent<T>, T>;
  /** Items that come before the events. */
  #remaining: number;

  /** `remaining` of the items are to come. */
  constructor(reader: BatchReader<ListEvent<T>, T>, remaining: number) {
    this.#reader = reader;
    this.#remaining = remaining;
  }

  async recv(options: AbortOptions = {}): Promise<ListEvent<T>> {
    if (this.#remaining === 0) return await this.#reader.event(options);
    const item = await this.#reader.item(options);
    this.#remaining -= 1;
    return { Push: item };
  }

  tryRecv(): { readonly value: ListEvent<T> } | "empty" {
    if (this.#remaining === 0) return this.#reader.tryEvent() ?? "empty";
    const item = this.#reader.tryItem();
    if (item === undefined) return "empty";
    this.#remaining -= 1;
    return { value: { Push: item.value } };
  }

  /** Whether something of the present batch was not taken. */
  get isWithin(): boolean {
    return this.#reader.isWithin;
  }

  drop(): void {
    this.#reader.drop();
  }
}

/** Sends what a source brings to a peer that refuses the batches which are `offered` until then; until either side ends. */
export async function feed<T>(
  tx: mpsc.Sender<ListEvent<T>>,
  source: ListSource<T>,
  offered: Promise<void> | undefined,
): Promise<void> {
  let failure: CuttleError | undefined;
  void tx.closed().then(() => source.drop());
  try {
    // A peer that takes batches drops this channel.
    if (offered !== undefined) await Promise.race([offered, tx.closed()]);
    let sent = 0;
    for (let event = await source.recv(); event !== undefined; event = await source.recv()) {
      await tx.send(event);
      sent += 1;
      if (sent % SLICE === 0) await new Promise<void>(nextTask);
    }
  } catch (error) {
    // Whoever receives sees the end, or has gone.
    if (isUnsendable(error)) failure = error;
  } finally {
    source.drop(failure);
    tx.close();
  }
}

/** After so many items others get their turn. */
const SLICE = 256;
