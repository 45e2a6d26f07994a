import { asyncDispose } from "../util/dispose.ts";
import type { SequenceEvent } from "./events.ts";
import { type Followed, Follower, type MirrorOptions } from "./follower.ts";
import { LiveSequence } from "./live-sequence.ts";
import { checkSequenceEvent } from "./sequence-wire.ts";
import type { Steps } from "./steps.ts";

/** What live copies of vecs, deques and lists have in common; `S` is the kind of subscription. */
export abstract class MirroredSequence<
  T,
  E extends SequenceEvent<T>,
  S extends Followed<E, T>,
> extends LiveSequence<T> {
  readonly #follower: Follower<E, T, S>;

  /** @internal */
  constructor(eventOf: (item: T) => E, subscription: S, options: MirrorOptions<S>) {
    super();
    const target = {
      steps: this.steps as unknown as Steps<E>,
      apply: (event: E) => this.apply(event),
      check: (event: E, maxSize: number) => checkSequenceEvent(event, this.length, maxSize),
      replaceAll: (items: readonly T[]) => this.replace(items, eventOf),
    };
    this.#follower = new Follower(target, subscription, options);
  }

  /** Follows no more, and returns the content, also of a mirror that has failed. */
  detach(): T[] {
    this.drop();
    return this.toArray();
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
