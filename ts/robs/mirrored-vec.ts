import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { collapseSequence } from "./collapse.ts";
import type { VecEvent } from "./events.ts";
import type { MirrorOptions } from "./follower.ts";
import type { LiveSequence } from "./live-sequence.ts";
import { beginSequence, MirroredSequence } from "./mirrored-sequence.ts";
import type { RangeOptions } from "./options.ts";
import { withNumbers } from "./sequence-wire.ts";
import { type Kind, Subscription, subscriptionType } from "./subscription.ts";
import { vecEvent } from "./wire.ts";

/** A subscription of a vec; remoc's `VecSubscription`. */
export type VecSubscription<T> = Subscription<VecEvent<T>, T, T[], MirroredVec<T>>;

/** A live copy of a vec elsewhere, to be read; remoc's `MirroredVec`. Made by `mirror()` of a subscription. */
export class MirroredVec<T> extends MirroredSequence<T, VecEvent<T>, VecSubscription<T>> {
  /** @internal */
  constructor(subscription: VecSubscription<T>, options: MirrorOptions<VecSubscription<T>>) {
    super({ eventOf: (item) => ({ Push: item }) }, subscription, options);
  }

  /** A subscription of this mirror, for others; it follows over as many hops as you like. */
  subscribe(options: RangeOptions = {}): VecSubscription<T> {
    return subscribeToVec(this, options);
  }
}

/** A subscription of a vec or a mirror of one. */
export function subscribeToVec<T>(vec: LiveSequence<T>, options: RangeOptions): VecSubscription<T> {
  return new Subscription(vecKind<T>(), beginSequence<T, VecEvent<T>>(vec, options));
}

/** Describes subscriptions of vecs: `t.observableVec.subscription(t.str)`; remoc's `VecSubscription`. */
export function vecSubscription<T>(item: Descriptor<T>): Descriptor<VecSubscription<T>> {
  return subscriptionType(vecKind<T>(), { name: "VecSubscription", event: vecEvent(item), item, content: t.vec(item) });
}

function vecKind<T>(): Kind<VecEvent<T>, T, T[], MirroredVec<T>> {
  return KIND as Kind<VecEvent<T>, T, T[], MirroredVec<T>>;
}

const KIND: Kind<VecEvent<unknown>, unknown, unknown[], MirroredVec<unknown>> = {
  name: "Push",
  eventOf: (item) => ({ Push: item }),
  sizeOf: ({ length }) => length,
  fromWire: withNumbers,
  collapse: collapseSequence,
  mirror: (subscription, options) => new MirroredVec(subscription, options),
};
