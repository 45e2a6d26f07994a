import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { transported } from "../schema/transported.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { iterate } from "../util/iterate.ts";
import { BatchReader } from "./batch-reader.ts";
import { sourceClosed } from "./closed.ts";
import type { ListEvent } from "./events.ts";
import { BatchSource, feed, ListReader, type ListSource, pushing } from "./list-source.ts";
import {
  assertCarried,
  type Batch,
  batchType,
  isNamed,
  listEvent,
  type Resume,
  type WireListSubscription,
  wireListSubscription,
} from "./wire.ts";

/** What a list subscription makes; see {@link ListSubscription.mirror}. */
export type MakeListMirror<T, M, O> = (subscription: ListSubscription<T, M, O>, options: O) => M;

/**
 * A subscription of a list: its items from the first one on, and then those that are added. It can be sent to a peer
 * once. Either {@link mirror} it, or {@link recv}. `M` is the kind of mirror, `O` its options.
 */
export class ListSubscription<T, M, O> implements AsyncIterable<ListEvent<T>> {
  /** @internal Where it begins; undefined when the source does not tell. */
  readonly resume: Resume | undefined;
  readonly #makeMirror: MakeListMirror<T, M, O>;
  /** Undefined when `Done` has come. */
  #source: ListSource<T> | mpsc.Receiver<ListEvent<T>> | undefined;
  /** The same in batches, from a peer; goes in the place of `#source` when it is read. */
  #batches: mpsc.Receiver<Batch<ListEvent<T>, T>> | undefined;
  readonly #initialLen: number;
  /** How many items have come. */
  #len: number;
  #isComplete = false;
  #isOver = false;

  /** @internal Use `subscribe()` of a list. */
  constructor(
    makeMirror: MakeListMirror<T, M, O>,
    parts: {
      source: ListSource<T> | mpsc.Receiver<ListEvent<T>> | undefined;
      batches?: mpsc.Receiver<Batch<ListEvent<T>, T>> | undefined;
      initialLen: number;
      len: number;
      resume: Resume | undefined;
    },
  ) {
    this.#makeMirror = makeMirror;
    this.#source = parts.source;
    this.#batches = parts.batches;
    this.#initialLen = parts.initialLen;
    this.#len = parts.len;
    this.resume = parts.resume;
  }

  /** Always: items come one by one. */
  get isIncremental(): boolean {
    return true;
  }

  /** How many items were there at the time of subscribing and have not come. */
  get remaining(): number {
    return Math.max(0, this.#initialLen - this.#len);
  }

  /** Whether everything has come that was there at the time of subscribing. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether the list has said that no more items follow. */
  get isDone(): boolean {
    return this.#source === undefined;
  }

  /** @internal For mirrors: nothing comes with the subscription. */
  get initialSize(): number {
    return 0;
  }

  /** Nothing: the items come one by one. */
  takeInitial(): T[] | undefined {
    return undefined;
  }

  /**
   * The next event: an item, "InitialComplete" when those of the time of subscribing have come, "Done" at the end, and
   * undefined after that. Rejects with `remote_closed` when the list was dropped without `done()`, with what receiving
   * fails with, or with the abort reason.
   */
  async recv(options: AbortOptions = {}): Promise<ListEvent<T> | undefined> {
    const synthesized = this.#synthesize();
    if (synthesized !== "wait") return synthesized;
    const event = await this.#chosen()?.recv(options);
    return this.#received(event);
  }

  /**
   * The next item; undefined after the last one of a list that is done. Rejects as {@link recv} does.
   */
  async recvItem(options: AbortOptions = {}): Promise<T | undefined> {
    for (;;) {
      const event = await this.recv(options);
      if (event === undefined) return undefined;
      if (typeof event === "object") return event.Push;
    }
  }

  /** As {@link recv} if something is here, `"empty"` when nothing is, `"closed"` at the end. */
  tryRecv(): { readonly value: ListEvent<T> } | "empty" | "closed" {
    const synthesized = this.#synthesize();
    if (synthesized === undefined) return "closed";
    if (synthesized !== "wait") return { value: synthesized };
    const taken = this.#chosen()?.tryRecv() ?? "closed";
    if (taken === "empty") return taken;
    return { value: this.#received(taken === "closed" ? undefined : taken.value) };
  }

  /** @internal See `Followed`. */
  takeNow(events: ListEvent<T>[], isEnough: () => boolean): void {
    do {
      const next = this.tryRecv();
      if (typeof next !== "object") return;
      events.push(next.value);
    } while ((this.#source instanceof BatchSource && this.#source.isWithin) || !isEnough());
  }

  /** @internal The next item of those that were there; undefined when all have come. */
  async recvInitial(): Promise<{ readonly item: T } | undefined> {
    const event = await this.recv();
    return typeof event === "object" ? { item: event.Push } : undefined;
  }

  /** A copy that follows the list from now on; this subscription is spent then. See the mirror's `error`. */
  mirror(options: O): M {
    return this.#makeMirror(this, options);
  }

  /** Receives no more. */
  drop(): void {
    this.#source?.drop();
    this.#batches?.drop();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** Iterates the events until the end. Leaving the loop drops the subscription. */
  [Symbol.asyncIterator](): AsyncGenerator<ListEvent<T>, void, undefined> {
    return iterate(this);
  }

  /** @internal The wire form of a subscription that is sent away. */
  embed({ item, batch }: ListTypes<T>, codec: string): WireListSubscription<T> {
    assertCarried(this.resume, codec);
    if (this.#isOver) throw new CuttleError("local_half_used", "this subscription was read to its end and is over");
    if (!isNamed(codec)) this.#batches?.drop();
    const source = this.#source;
    if (source !== undefined && !(source instanceof mpsc.Receiver)) {
      const offered =
        isNamed(codec) && source instanceof ListReader ? source.inBatches(batch, this.#initialLen) : undefined;
      if (offered !== undefined) this.#batches = offered.rx;
      const [tx, rx] = mpsc.channel(listEvent(item));
      void feed(tx, source, offered?.over);
      this.#source = rx;
    }
    return {
      initial_len: this.#initialLen,
      events: (this.#source as mpsc.Receiver<ListEvent<T>> | undefined) ?? null,
      len: this.#len,
      resume: this.resume ?? null,
      batches: (isNamed(codec) && this.#batches) || null,
    };
  }

  /** What is read: batches rather than what remoc has, which is not needed then. */
  #chosen(): ListSource<T> | mpsc.Receiver<ListEvent<T>> | undefined {
    if (this.#batches !== undefined && this.#source !== undefined) {
      this.#source.drop();
      this.#source = new BatchSource(new BatchReader(this.#batches, pushing<T>()), this.remaining);
      this.#batches = undefined;
    }
    return this.#source;
  }

  /** What is to be told without an event of the list, or "wait" for one. */
  #synthesize(): ListEvent<T> | undefined | "wait" {
    if (this.#isOver) return undefined;
    if (this.remaining === 0 && !this.#isComplete) {
      this.#isComplete = true;
      return "InitialComplete";
    }
    return this.#source === undefined ? this.#done() : "wait";
  }

  #received(event: ListEvent<T> | undefined): ListEvent<T> {
    if (event === undefined) throw sourceClosed();
    if (typeof event === "object") this.#len += 1;
    else if (event === "Done") return this.#done();
    return event;
  }

  #done(): ListEvent<T> {
    if (this.remaining > 0) throw sourceClosed();
    this.#source?.drop();
    this.#source = undefined;
    this.#isOver = true;
    return "Done";
  }
}

/** What is in a list subscription. */
interface ListTypes<T> {
  readonly item: Descriptor<T>;
  readonly batch: Descriptor<Batch<ListEvent<T>, T>>;
}

/** Describes subscriptions of lists that make mirrors with `makeMirror`. */
export function listSubscriptionType<T, M, O>(
  item: Descriptor<T>,
  makeMirror: MakeListMirror<T, M, O>,
): Descriptor<ListSubscription<T, M, O>> {
  const types = { item, batch: batchType(listEvent(item), item) };
  const shape = wireListSubscription(item, types.batch);
  const options: HalfCodec<typeof shape> = {
    embed(value, { link }) {
      if (value instanceof ListSubscription) return (value as ListSubscription<T, M, O>).embed(types, link.codec.name);
      throw new CuttleError("local_encode", "expected a ListSubscription, made by subscribe() of a list");
    },
    receive({ initial_len, events, len, resume, batches }) {
      return new ListSubscription(makeMirror, {
        source: events ?? undefined,
        batches: batches ?? undefined,
        initialLen: Number(initial_len),
        len: Number(len),
        resume: resume ?? undefined,
      });
    },
  };
  return transported<ListSubscription<T, M, O>>({ name: "ListSubscription", shape, item, options });
}
