import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { asyncDispose } from "../util/dispose.ts";
import { collapseSet } from "./collapse.ts";
import type { SetEvent } from "./events.ts";
import { Follower, type MirrorOptions, tooLarge } from "./follower.ts";
import { LiveSet } from "./live-set.ts";
import { begin, type FilterOptions, filterOf } from "./options.ts";
import type { ResumePoint } from "./publisher.ts";
import { type Kind, Subscription, subscriptionType } from "./subscription.ts";
import { SetFilter } from "./views.ts";
import { setEvent } from "./wire.ts";

/** A subscription of a set; remoc's `HashSetSubscription`. */
export type SetSubscription<T> = Subscription<SetEvent<T>, T, Set<T>, MirroredSet<T>>;

/** A live copy of a set elsewhere, to be read; remoc's `MirroredHashSet`. Made by `mirror()` of a subscription. */
export class MirroredSet<T> extends LiveSet<T> {
  readonly #follower: Follower<SetEvent<T>, T, SetSubscription<T>>;

  /** @internal */
  constructor(subscription: SetSubscription<T>, options: MirrorOptions<SetSubscription<T>>) {
    super();
    const target = {
      steps: this.steps,
      apply: (event: SetEvent<T>) => this.apply(event),
      check: (event: SetEvent<T>, maxSize: number) => this.#check(event, maxSize),
      replaceAll: (items: readonly T[]) => this.replaceAll(items),
    };
    this.#follower = new Follower(target, subscription, options);
  }

  /** A subscription of this mirror, for others; it follows over as many hops as you like. */
  subscribe(options: FilterOptions<T, T> = {}): SetSubscription<T> {
    return subscribeToSet(this, options);
  }

  /** Follows no more, and returns the content, also of a mirror that has failed. */
  detach(): Set<T> {
    this.drop();
    return new Set(this);
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

  #check(event: SetEvent<T>, maxSize: number): void {
    const isGrowth = typeof event === "object" && "Set" in event && this.size >= maxSize && !this.has(event.Set);
    if (isGrowth) throw tooLarge(maxSize);
  }
}

/** A subscription of any live set. */
export function subscribeToSet<T>(set: LiveSet<T>, options: FilterOptions<T, T>): SetSubscription<T> {
  const filter = filterOf(options);
  const view = filter === undefined ? undefined : new SetFilter(set, (item) => filter(item, item));
  const beginning = begin(set.steps, options, view);
  const isResumed = beginning.resume?.resumed === true;
  const content = isResumed ? new Set<T>() : (view?.content() ?? new Set(set));
  const initial =
    options.incremental === true && !isResumed
      ? { items: content.values(), len: content.size, again: () => content.values() }
      : { content };
  return new Subscription(setKind<T>(), { initial, ...beginning });
}

/** Describes subscriptions of sets: `t.observableSet.subscription(t.str)`; remoc's `HashSetSubscription`. */
export function setSubscription<T>(item: Descriptor<T>): Descriptor<SetSubscription<T>> {
  return subscriptionType(setKind<T>(), {
    name: "HashSetSubscription",
    event: setEvent(item),
    item,
    content: t.set(item),
  });
}

function setKind<T>(): Kind<SetEvent<T>, T, Set<T>, MirroredSet<T>> {
  return KIND as Kind<SetEvent<T>, T, Set<T>, MirroredSet<T>>;
}

const KIND: Kind<SetEvent<unknown>, unknown, Set<unknown>, MirroredSet<unknown>> = {
  name: "Set",
  eventOf: (item) => ({ Set: item }),
  sizeOf: ({ size }) => size,
  fromWire: (event) => event,
  collapse: collapseSet,
  mirror: (subscription, options) => new MirroredSet(subscription, options),
};
