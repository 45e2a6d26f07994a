import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { asyncDispose } from "../util/dispose.ts";
import { collapseMap } from "./collapse.ts";
import type { MapEvent } from "./events.ts";
import { Follower, type MirrorOptions, tooLarge } from "./follower.ts";
import { LiveMap } from "./live-map.ts";
import { begin, type FilterOptions, filterOf } from "./options.ts";
import type { ResumePoint } from "./publisher.ts";
import { type Kind, Subscription, subscriptionType } from "./subscription.ts";
import { MapFilter } from "./views.ts";
import { mapEvent } from "./wire.ts";

/** A subscription of a map; remoc's `HashMapSubscription`. */
export type MapSubscription<K, V> = Subscription<MapEvent<K, V>, [K, V], Map<K, V>, MirroredMap<K, V>>;

/** A live copy of a map elsewhere, to be read; remoc's `MirroredHashMap`. Made by `mirror()` of a subscription. */
export class MirroredMap<K, V> extends LiveMap<K, V> {
  readonly #follower: Follower<MapEvent<K, V>, [K, V], MapSubscription<K, V>>;

  /** @internal */
  constructor(subscription: MapSubscription<K, V>, options: MirrorOptions<MapSubscription<K, V>>) {
    super();
    const target = {
      steps: this.steps,
      apply: (event: MapEvent<K, V>) => this.apply(event),
      check: (event: MapEvent<K, V>, maxSize: number) => this.#check(event, maxSize),
      replaceAll: (entries: readonly [K, V][]) => this.replaceAll(entries),
    };
    this.#follower = new Follower(target, subscription, options);
  }

  /** A subscription of this mirror, for others; it follows over as many hops as you like. */
  subscribe(options: FilterOptions<K, V> = {}): MapSubscription<K, V> {
    return subscribeToMap(this, options);
  }

  /** Follows no more, and returns the content, also of a mirror that has failed. */
  detach(): Map<K, V> {
    this.drop();
    return new Map(this);
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

  #check(event: MapEvent<K, V>, maxSize: number): void {
    const isGrowth = typeof event === "object" && "Set" in event && this.size >= maxSize && !this.has(event.Set[0]);
    if (isGrowth) throw tooLarge(maxSize);
  }
}

/** A subscription of any live map. */
export function subscribeToMap<K, V>(map: LiveMap<K, V>, options: FilterOptions<K, V>): MapSubscription<K, V> {
  const filter = filterOf(options);
  const view = filter === undefined ? undefined : new MapFilter(map, filter);
  const beginning = begin(map.steps, options, view);
  const isResumed = beginning.resume?.resumed === true;
  if (isResumed) return new Subscription(mapKind<K, V>(), { initial: { content: new Map() }, ...beginning });
  const part = view?.content();
  const initial = options.incremental === true ? inParts(part ?? map) : { content: part ?? new Map(map) };
  return new Subscription(mapKind<K, V>(), { initial, ...beginning });
}

/** The entries as they are now. Taking keys and values costs a fraction of a copy of the map, and no entry twice. */
function inParts<K, V>(
  map: ReadonlyMap<K, V>,
): { items: Iterator<[K, V]>; len: number; again: () => Iterator<[K, V]> } {
  const [keys, values] = [[...map.keys()], [...map.values()]];
  function* again(): Generator<[K, V], void, undefined> {
    for (const [at, key] of keys.entries()) yield [key, values[at] as V];
  }
  return { items: again(), len: keys.length, again };
}

/** Describes subscriptions of maps: `t.observableMap.subscription(t.str, Row)`; remoc's `HashMapSubscription`. */
export function mapSubscription<K, V>(key: Descriptor<K>, value: Descriptor<V>): Descriptor<MapSubscription<K, V>> {
  return subscriptionType(mapKind<K, V>(), {
    name: "HashMapSubscription",
    event: mapEvent(key, value),
    item: t.tuple<[K, V]>(key, value),
    content: t.map(key, value),
  });
}

function mapKind<K, V>(): Kind<MapEvent<K, V>, [K, V], Map<K, V>, MirroredMap<K, V>> {
  return KIND as Kind<MapEvent<K, V>, [K, V], Map<K, V>, MirroredMap<K, V>>;
}

const KIND: Kind<
  MapEvent<unknown, unknown>,
  [unknown, unknown],
  Map<unknown, unknown>,
  MirroredMap<unknown, unknown>
> = {
  name: "Set",
  eventOf: (entry) => ({ Set: entry }),
  sizeOf: ({ size }) => size,
  fromWire: (event) => event,
  collapse: collapseMap,
  mirror: (subscription, options) => new MirroredMap(subscription, options),
};
