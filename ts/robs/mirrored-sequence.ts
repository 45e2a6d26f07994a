import { asyncDispose } from "../util/dispose.ts";
import type { SequenceEvent } from "./events.ts";
import { type Followed, Follower, type MirrorOptions } from "./follower.ts";
import { LiveSequence } from "./live-sequence.ts";
import { type Beginning, begin, type RangeOptions } from "./options.ts";
import type { ResumePoint } from "./publisher.ts";
import { LocalMoves, type Movable, type Range } from "./range.ts";
import { Rope } from "./rope.ts";
import { checkSequenceEvent } from "./sequence-wire.ts";
import type { Steps } from "./steps.ts";
import { Window } from "./views.ts";

/** What live copies of vecs, deques and lists have in common; `S` is the kind of subscription. */
export abstract class MirroredSequence<
  T,
  E extends SequenceEvent<T>,
  S extends Followed<E, T>,
> extends LiveSequence<T> {
  readonly #follower: Follower<E, T, S>;

  /** @internal */
  constructor(
    { eventOf, isAppendOnly = false }: { eventOf: (item: T) => E; isAppendOnly?: boolean },
    subscription: S,
    options: MirrorOptions<S>,
  ) {
    super();
    const target = {
      steps: this.steps as unknown as Steps<E>,
      apply: (event: E) => this.apply(event),
      check: (event: E, maxSize: number) => checkSequenceEvent(event, this.length, maxSize),
      replaceAll: (items: readonly T[]) => this.replaceAll(items, eventOf),
      ...(isAppendOnly && { position: () => BigInt(this.length) }),
    };
    this.#follower = new Follower(target, subscription, options);
  }

  /**
   * Of a mirror of a part: asks for other places, without a new subscription. Resolves when that is on its way; the mirror
   * changes in one step when the answer comes, and {@link range} with it. Rejects as `move` of a subscription does.
   */
  async move(range: Range): Promise<void> {
    await this.#follower.move(range);
  }

  /** The places of the source that are shown, when they can be moved; what the source allows may be less than was asked. */
  get range(): Range | undefined {
    return this.#follower.range;
  }

  /** Follows no more, and returns the content, also of a mirror that has failed. */
  detach(): T[] {
    this.drop();
    return this.toArray();
  }

  /** For `subscribe({ since })` after a loss; undefined when the source does not remember what happens. */
  get resumePoint(): ResumePoint | undefined {
    return this.#follower.resumePoint;
  }

  /** Follows no more; the content can still be read, and `error` is `local_closed` unless there was one. */
  drop(): void {
    this.#follower.stop();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/** What moves a window, if the options allow it. */
function movesOf<T>(
  window: Window<T>,
  { publisher }: Steps<SequenceEvent<T>>,
  { movable }: RangeOptions,
): Movable | undefined {
  if (movable === undefined) return undefined;
  const where = (): Range => window.range;
  return new LocalMoves(movable, where, (range) => publisher.moved(window, range, window.move(range)));
}

/** What a subscription of a vec or deque begins with; `E` are its events. */
export function beginSequence<T, E extends SequenceEvent<T>>(
  sequence: LiveSequence<T>,
  options: RangeOptions,
): Beginning<E> & { initial: { content: T[] } | { items: Iterator<T>; len: number; again: () => Iterator<T> } } {
  const { range } = options;
  const view = range === undefined ? undefined : new Window(sequence.items, range);
  const moves = view === undefined ? undefined : movesOf(view, sequence.steps, options);
  // Its events are of the kind that the collection has, and what a view makes is in both kinds.
  const beginning = { ...(begin(sequence.steps, options, view) as unknown as Beginning<E>), moves };
  if (beginning.resume?.resumed === true) return { initial: { content: [] }, ...beginning };
  const items = view === undefined ? sequence.items.snapshot() : new Rope(view.content());
  if (options.incremental !== true) return { initial: { content: items.slice(0, items.length) }, ...beginning };
  return {
    initial: { items: items[Symbol.iterator](), len: items.length, again: () => items[Symbol.iterator]() },
    ...beginning,
  };
}
