/** Fewer events that lead to the same content in the same order: of several changes of one place the last is told. */

import type { MapEvent, SequenceEvent, SetEvent } from "./events.ts";
import { Keys } from "./keys.ts";

/** Of a map. */
export function collapseMap<K, V>(events: readonly MapEvent<K, V>[]): MapEvent<K, V>[] {
  return collapseKeyed<K, MapEvent<K, V>>(events, (event) => ("Set" in event ? event.Set[0] : event.Remove));
}

/** Of a set. */
export function collapseSet<T>(events: readonly SetEvent<T>[]): SetEvent<T>[] {
  return collapseKeyed<T, SetEvent<T>>(events, (event) => ("Set" in event ? event.Set : event.Remove));
}

/** A later value stands where the first one stood, so that keys keep their order; a removal undoes what was set. */
function collapseKeyed<K, E extends string | object>(events: readonly E[], keyOf: (event: E & object) => K): E[] {
  let kept: (E | undefined)[] = [];
  const keys = new Keys<K>();
  const places = new Map<K, number>();
  for (const event of events) {
    if (event === "Clear") {
      kept = [];
      places.clear();
    } else if (typeof event === "object") {
      const key = keys.add(keyOf(event));
      const place = places.get(key);
      if ("Set" in event && place !== undefined) {
        kept[place] = event;
        continue;
      }
      if ("Set" in event) places.set(key, kept.length);
      else if (place !== undefined) {
        kept[place] = undefined;
        places.delete(key);
      }
    }
    kept.push(event);
  }
  return kept.filter((event) => event !== undefined);
}

/** Of a sequence: places that are set several times, while nothing moves. */
export function collapseSequence<T, E extends SequenceEvent<T>>(events: readonly E[]): E[] {
  let kept: E[] = [];
  const places = new Map<number, number>();
  for (const event of events) {
    if (typeof event === "object" && "Set" in event) {
      const place = places.get(event.Set[0]);
      if (place !== undefined) {
        kept[place] = event;
        continue;
      }
      places.set(event.Set[0], kept.length);
    } else {
      places.clear();
      if (event === "Clear") kept = [];
    }
    kept.push(event);
  }
  return kept;
}
