import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { collapseSequence } from "./collapse.ts";
import type { VecDequeEvent } from "./events.ts";
import type { MirrorOptions } from "./follower.ts";
import type { LiveSequence } from "./live-sequence.ts";
import { beginSequence, MirroredSequence } from "./mirrored-sequence.ts";
import type { RangeOptions } from "./options.ts";
import { withNumbers } from "./sequence-wire.ts";
import { type Kind, Subscription, subscriptionType } from "./subscription.ts";
import { vecDequeEvent } from "./wire.ts";

/** A subscription of a deque; remoc's `VecDequeSubscription`. */
export type VecDequeSubscription<T> = Subscription<VecDequeEvent<T>, T, T[], MirroredVecDeque<T>>;

/** A live copy of a deque elsewhere, to be read; remoc's `MirroredVecDeque`. Made by `mirror()` of a subscription. */
export class MirroredVecDeque<T> extends MirroredSequence<T, VecDequeEvent<T>, VecDequeSubscription<T>> {
  /** @internal */
  constructor(subscription: VecDequeSubscription<T>, options: MirrorOptions<VecDequeSubscription<T>>) {
    super({ eventOf: (item) => ({ PushBack: item }) }, subscription, options);
  }

  /** A subscription of this mirror, for others; it follows over as many hops as you like. */
  subscribe(options: RangeOptions = {}): VecDequeSubscription<T> {
    return subscribeToVecDeque(this, options);
  }
}

/** A subscription of a deque or a mirror of one. */
export function subscribeToVecDeque<T>(deque: LiveSequence<T>, options: RangeOptions): VecDequeSubscription<T> {
  return new Subscription(vecDequeKind<T>(), beginSequence<T, VecDequeEvent<T>>(deque, options));
}

/** Describes subscriptions of deques: `t.observableVecDeque.subscription(t.str)`; remoc's `VecDequeSubscription`. */
export function vecDequeSubscription<T>(item: Descriptor<T>): Descriptor<VecDequeSubscription<T>> {
  return subscriptionType(vecDequeKind<T>(), {
    name: "VecDequeSubscription",
    event: vecDequeEvent(item),
    item,
    content: t.vec(item),
  });
}

function vecDequeKind<T>(): Kind<VecDequeEvent<T>, T, T[], MirroredVecDeque<T>> {
  return KIND as Kind<VecDequeEvent<T>, T, T[], MirroredVecDeque<T>>;
}

const KIND: Kind<VecDequeEvent<unknown>, unknown, unknown[], MirroredVecDeque<unknown>> = {
  name: "PushBack",
  eventOf: (item) => ({ PushBack: item }),
  sizeOf: ({ length }) => length,
  fromWire: withNumbers,
  collapse: collapseSequence,
  mirror: (subscription, options) => new MirroredVecDeque(subscription, options),
};
