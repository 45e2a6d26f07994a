import type * as broadcast from "../channel/broadcast.ts";
import { CuttleError } from "../errors/error.ts";
import { type Predicate, testOf } from "./predicate.ts";
import type { EventOptions, ResumePoint, Tap, View } from "./publisher.ts";
import type { Movable, Range } from "./range.ts";
import type { Steps } from "./steps.ts";
import type { Resume } from "./wire.ts";

/** How to subscribe to a part of a map or set; `K` are its keys, `V` its values. */
export interface FilterOptions<K, V> extends SubscribeOptions {
  /**
   * Only entries for which this is true, asked here for each change; it must depend on nothing else. The subscriber sees
   * a collection that has those alone. A {@link Predicate} can come from the subscriber.
   */
  filter?: ((value: V, key: K) => boolean) | Predicate;
}

/** What a filter does, which throws `local_misuse` when it cannot be used. */
export function filterOf<K, V>({ filter }: FilterOptions<K, V>): ((value: V, key: K) => boolean) | undefined {
  return filter === undefined || typeof filter === "function" ? filter : testOf(filter);
}

/** How to subscribe to a part of a sequence. */
export interface RangeOptions extends SubscribeOptions {
  /** Only the items in these places; the subscriber sees a sequence of those alone, which begins at 0. */
  range?: Range;
  /**
   * The subscriber may move the range while it follows, to at most so many places; see `move` of mirrors. By default it
   * may not. Only between two sides of cuttle and in codecs with names.
   */
  movable?: number;
}

/** How to subscribe to a collection. */
export interface SubscribeOptions {
  /** Bring the content item by item instead of within the subscription: for what is large. Default false. */
  incremental?: boolean;
  /**
   * Events that wait for this subscriber, here or for its credits, before it lags; default 16 384. More changes than
   * that in one go, without a pause to send them, make every subscriber lag.
   */
  buffer?: number;
  /**
   * Where a mirror was when it lost its source: its `resumePoint`. When the collection remembers what happened since (see
   * `keepHistory`), the subscription brings that alone, and the mirror goes on; else it brings the whole content.
   */
  since?: ResumePoint | undefined;
  /**
   * Of several changes of one key or place that wait together only the last is sent: for what changes faster than it is
   * shown. The subscriber ends up with the same; who counts events counts fewer. Default false. Only between two sides of
   * cuttle and in codecs with names, elsewhere every event is sent.
   */
  collapse?: boolean;
  /** Larger encoded events and items are refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
}

const DEFAULT_BUFFER = 16_384;

/** The part of the options that concerns events. */
export function eventOptions({ buffer = DEFAULT_BUFFER, maxItemBytes }: SubscribeOptions): EventOptions {
  if (!(buffer >= 1)) throw new CuttleError("local_misuse", `buffer must be 1 or more, got ${buffer}`);
  return { buffer, maxItemBytes };
}

/** What a subscription begins with, beside the content. */
export interface Beginning<E> {
  /** The events from now on; undefined when the collection is done. */
  readonly events: broadcast.Receiver<E> | undefined;
  /** Where the subscription begins, if the collection remembers what happens. */
  readonly resume: Resume | undefined;
  /** For subscribers that take whole steps. */
  readonly batched?: Batched<E> | undefined;
  /** Of a part of a sequence that the subscriber may move. */
  readonly moves?: Movable | undefined;
}

/** What subscribers that take whole steps get. */
export interface Batched<E> {
  readonly tap: Tap<E>;
  /** Events that wait for it before it lags. */
  readonly buffer: number;
  readonly maxItemBytes: number | undefined;
  /** Whether the last of several changes of one key is enough. */
  readonly collapse: boolean;
  /** What it missed while it was away. */
  readonly before: readonly E[];
}

/**
 * Subscribes to the events of a collection, or to those of a part when `view` is given. Throws why a mirror does not
 * follow any more.
 */
export function begin<E>(steps: Steps<E>, options: SubscribeOptions, view?: View<E>): Beginning<E> {
  assertOpen(steps);
  const { publisher } = steps;
  const wanted = eventOptions(options);
  const { collapse = false } = options;
  if (view !== undefined) {
    if (steps.isDone) return { events: undefined, resume: undefined };
    const { receiver, tap } = publisher.subscribeAlone({ view }, wanted);
    return { events: receiver, resume: undefined, batched: { tap, ...wanted, collapse, before: [] } };
  }
  const { since } = options;
  const missed = since === undefined ? undefined : publisher.since(since);
  if (since !== undefined && missed !== undefined && (missed.length > 0 || !steps.isDone)) {
    const resume = { source: since.source, position: BigInt(since.position), resumed: true };
    const { receiver, tap } = publisher.subscribeAlone({ before: missed }, wanted);
    if (steps.isDone) publisher.close();
    return { events: receiver, resume, batched: { tap, ...wanted, collapse, before: missed } };
  }
  const point = publisher.resumePoint;
  const resume = point === undefined ? undefined : { ...point, resumed: false };
  if (steps.isDone) return { events: undefined, resume };
  const batched = { tap: publisher.tap(), ...wanted, collapse, before: [] };
  return { events: publisher.subscribe(wanted), resume, batched };
}

function assertOpen<E>(steps: Steps<E>): void {
  steps.assertHealthy();
  if (!steps.isDone && steps.publisher.isClosed) {
    throw new CuttleError("local_closed", "this collection was closed and cannot be subscribed to any more");
  }
}
