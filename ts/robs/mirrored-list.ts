import type { Descriptor } from "../schema/descriptor.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { ListEvent } from "./events.ts";
import type { MirrorOptions } from "./follower.ts";
import { ListReader } from "./list-source.ts";
import { ListSubscription as Generic, listSubscriptionType } from "./list-subscription.ts";
import type { LiveSequence } from "./live-sequence.ts";
import { MirroredSequence } from "./mirrored-sequence.ts";
import type { ResumePoint } from "./publisher.ts";

/** A subscription of a list; remoc's `ListSubscription`. */
export interface ListSubscription<T> extends Generic<T, MirroredList<T>, MirrorOptions<ListSubscription<T>>> {}

/** A live copy of a list elsewhere, to be read; remoc's `MirroredList`. Made by `mirror()` of a subscription. */
export class MirroredList<T> extends MirroredSequence<T, ListEvent<T>, ListSubscription<T>> {
  /** @internal */
  constructor(subscription: ListSubscription<T>, options: MirrorOptions<ListSubscription<T>>) {
    super({ eventOf: (item) => ({ Push: item }), isAppendOnly: true }, subscription, options);
  }

  /** Resolves when the list is done and all of it is here. Rejects with why this mirror does not follow any more. */
  async done(options: AbortOptions = {}): Promise<void> {
    while (!this.borrow().isDone) await this.changed(options);
  }

  /** A subscription of this mirror, for others; it follows over as many hops as you like. */
  subscribe(options: ListOptions = {}): ListSubscription<T> {
    return subscribeToList(this, options);
  }
}

/** How to subscribe to a list. */
export interface ListOptions {
  /**
   * Where a mirror was when it lost its source: its `resumePoint`. The subscription brings the items behind that, and the
   * mirror goes on; of another list it brings all. Only between two sides of cuttle and in codecs with names.
   */
  since?: ResumePoint | undefined;
}

/** A subscription of a list or a mirror of one. */
export function subscribeToList<T>(list: LiveSequence<T>, { since }: ListOptions): ListSubscription<T> {
  const { steps, length } = list;
  steps.assertHealthy();
  const { source } = steps.publisher;
  const resumed = since?.source === source && since.position >= 0 && since.position <= length;
  const len = resumed ? Number(since.position) : 0;
  const resume = { source, position: BigInt(len), resumed };
  return new Generic(makeMirror<T>, { source: new ListReader(list, len), initialLen: length, len, resume });
}

/** Describes subscriptions of lists: `t.observableList.subscription(t.str)`; remoc's `ListSubscription`. */
export function listSubscription<T>(item: Descriptor<T>): Descriptor<ListSubscription<T>> {
  return listSubscriptionType(item, makeMirror<T>);
}

function makeMirror<T>(
  subscription: ListSubscription<T>,
  options: MirrorOptions<ListSubscription<T>>,
): MirroredList<T> {
  return new MirroredList(subscription, options);
}
