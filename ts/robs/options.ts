import type * as broadcast from "../channel/broadcast.ts";
import { CuttleError } from "../errors/error.ts";
import type { EventOptions } from "./publisher.ts";
import type { Steps } from "./steps.ts";

/** How to subscribe to a collection. */
export interface SubscribeOptions {
  /** Bring the content item by item instead of within the subscription: for what is large. Default false. */
  incremental?: boolean;
  /**
   * Events that wait for this subscriber, here or for its credits, before it lags; default 16 384. More changes than
   * that in one go, without a pause to send them, make every subscriber lag.
   */
  buffer?: number;
  /** Larger encoded events and items are refused by both sides; default 16 MiB, as in remoc. */
  maxItemBytes?: number;
}

const DEFAULT_BUFFER = 16_384;

/** The part of the options that concerns events. */
export function eventOptions({ buffer = DEFAULT_BUFFER, maxItemBytes }: SubscribeOptions): EventOptions {
  if (!(buffer >= 1)) throw new CuttleError("local_misuse", `buffer must be 1 or more, got ${buffer}`);
  return { buffer, maxItemBytes };
}

/** The events of a collection from now on; undefined when it is done. Throws why a mirror does not follow any more. */
export function eventsOf<E>(steps: Steps<E>, options: SubscribeOptions): broadcast.Receiver<E> | undefined {
  steps.assertHealthy();
  const wanted = eventOptions(options);
  if (!steps.isDone && steps.publisher.isClosed) {
    throw new CuttleError("local_closed", "this collection was closed and cannot be subscribed to any more");
  }
  return steps.isDone ? undefined : steps.publisher.subscribe(wanted);
}
