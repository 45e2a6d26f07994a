import { computed, customRef, type MaybeRefOrGetter, type Ref, toRaw, toValue, watch as watchRefs } from "vue";
import type * as watch from "../channel/watch.ts";
import type { LiveMap } from "../robs/live-map.ts";
import type { LiveSequence } from "../robs/live-sequence.ts";
import {
  type AnyLive,
  entrySource,
  listenToChanges,
  liveSource,
  type Places,
  rangeSource,
  type Source,
  selectedSource,
  watchSource,
} from "./source.ts";

/**
 * The value of `key` in a live map, undefined while there is none. Changes when that value does, only then. The map and
 * the key may be refs or getters. It ends with the component or effect scope that it is made in.
 */
export function useEntry<K, V>(
  map: MaybeRefOrGetter<LiveMap<K, V>>,
  key: MaybeRefOrGetter<K>,
): Readonly<Ref<V | undefined>> {
  return useSource(() => entrySource(raw(map), toValue(key)));
}

/** The items of a live sequence in the places from `from` up to but without `to`; as {@link useEntry}. */
export function useRange<T>(
  sequence: MaybeRefOrGetter<LiveSequence<T>>,
  places: MaybeRefOrGetter<Places>,
): Readonly<Ref<readonly T[]>> {
  return useSource(() => rangeSource(raw(sequence), toValue(places)));
}

/** A live collection, which counts as changed at each step of it; as {@link useEntry}. */
export function useLive<C extends AnyLive>(collection: MaybeRefOrGetter<C>): Readonly<Ref<C>>;
/** What `select` takes from a live collection at each step; as {@link useEntry}. */
export function useLive<C extends AnyLive, R>(
  collection: MaybeRefOrGetter<C>,
  select: (collection: C) => R,
): Readonly<Ref<R>>;
export function useLive<C extends AnyLive, R>(
  collection: MaybeRefOrGetter<C>,
  select?: (collection: C) => R,
): Readonly<Ref<C | R>> {
  return useSource((): Source<C | R> => {
    const live = raw(collection);
    return select === undefined ? liveSource(live) : selectedSource(live, select);
  });
}

/** The value of a watch channel. Reading it throws what `borrow()` of the receiver throws; as {@link useEntry}. */
export function useWatch<T>(rx: MaybeRefOrGetter<watch.Receiver<T>>): Readonly<Ref<T>> {
  return useSource(() => watchSource(raw(rx)));
}

/** A source that follows what `make` looks at, until the scope ends. */
function useSource<T>(make: () => Source<T>): Readonly<Ref<T>> {
  const source = computed(make);
  // Not a computed one, which would not tell of a collection that has changed but is still the same object.
  return customRef((track, trigger) => {
    watchRefs(
      source,
      (one, before, onCleanup) => {
        onCleanup(listenToChanges(one, trigger));
        if (before !== undefined) trigger();
      },
      { immediate: true, flush: "sync" },
    );
    return {
      get() {
        track();
        return source.value.read();
      },
      set: () => undefined,
    };
  });
}

/** A collection or channel half as it is: within Vue's deep proxies they do not work. */
function raw<T>(given: MaybeRefOrGetter<T>): T {
  return toRaw(toValue(given));
}
