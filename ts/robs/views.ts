/** What subscribers of a part of a collection see: the events of that part alone, made from those of the whole. */

import type { MapEvent, SequenceEvent, SetEvent } from "./events.ts";
import { Keys } from "./keys.ts";
import type { View } from "./publisher.ts";
import type { Range } from "./range.ts";
import type { Rope } from "./rope.ts";

/** The keys that a subscriber has, by content. */
class Members<K> {
  readonly #keys: Keys<K> = new Keys();
  readonly #members: Set<K> = new Set();

  add(key: K): void {
    this.#members.add(this.#keys.add(key));
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    const known = this.#keys.find(key);
    this.#keys.delete(known);
    return this.#members.delete(known);
  }

  /** Whether there was any. */
  clear(): boolean {
    const hadSome = this.#members.size > 0;
    this.#members.clear();
    this.#keys.clear();
    return hadSome;
  }
}

/** The entries of a map for which `test` is true. */
export class MapFilter<K, V> implements View<MapEvent<K, V>> {
  readonly #map: ReadonlyMap<K, V>;
  readonly #test: (value: V, key: K) => boolean;
  readonly #members: Members<K> = new Members();

  /** Of this map. */
  constructor(map: ReadonlyMap<K, V>, test: (value: V, key: K) => boolean) {
    this.#map = map;
    this.#test = test;
  }

  /** The entries as they are now; what is seen from now on follows them. */
  content(): Map<K, V> {
    this.#members.clear();
    const content = new Map<K, V>();
    for (const [key, value] of this.#map) {
      if (!this.#test(value, key)) continue;
      content.set(key, value);
      this.#members.add(key);
    }
    return content;
  }

  see(event: MapEvent<K, V>): readonly MapEvent<K, V>[] {
    if (event === "Clear") return this.#members.clear() ? [event] : [];
    if (typeof event === "string") return [event];
    if ("Remove" in event) return this.#members.delete(event.Remove) ? [event] : [];
    const [key, value] = event.Set;
    if (!this.#test(value, key)) return this.#members.delete(key) ? [{ Remove: key }] : [];
    this.#members.add(key);
    return [event];
  }

  reset(): readonly MapEvent<K, V>[] {
    return ["Clear", ...Array.from(this.content(), (entry) => ({ Set: entry }))];
  }
}

/** The items of a set for which `test` is true. */
export class SetFilter<T> implements View<SetEvent<T>> {
  readonly #set: ReadonlySet<T>;
  readonly #test: (item: T) => boolean;

  /** Of this set. */
  constructor(set: ReadonlySet<T>, test: (item: T) => boolean) {
    this.#set = set;
    this.#test = test;
  }

  /** The items as they are now. */
  content(): Set<T> {
    return new Set(Array.from(this.#set).filter((item) => this.#test(item)));
  }

  see(event: SetEvent<T>): readonly SetEvent<T>[] {
    if (typeof event === "string") return [event];
    return this.#test("Set" in event ? event.Set : event.Remove) ? [event] : [];
  }

  reset(): readonly SetEvent<T>[] {
    return ["Clear", ...Array.from(this.content(), (item) => ({ Set: item }))];
  }
}

/** The items in a range of a sequence. */
export class Window<T> implements View<SequenceEvent<T>> {
  readonly #items: Rope<T>;
  #range: Range;
  /** What the subscriber has. */
  #seen: T[] = [];

  /** Of these items. */
  constructor(items: Rope<T>, range: Range) {
    this.#items = items;
    this.#range = range;
  }

  /** The items as they are now; what is seen from now on follows them. */
  content(): T[] {
    this.#seen = this.#items.slice(this.#range.from, this.#range.to);
    return this.#seen.slice();
  }

  /** Where it is. */
  get range(): Range {
    return this.#range;
  }

  /** Puts it elsewhere. The events of that, at least one: what stays in it is not among them. */
  move(range: Range): readonly SequenceEvent<T>[] {
    const before = { from: this.#range.from, to: this.#range.from + this.#seen.length };
    this.#range = range;
    const after = this.content();
    if (before.from >= range.to || range.from >= before.to) return ["Clear", ...insertions(after, 0, after.length)];
    const events: SequenceEvent<T>[] = [];
    // First what leaves: the subscriber may have no room for more.
    for (let at = before.from; at < range.from; at += 1) events.push({ Remove: 0 });
    const start = Math.max(before.from, range.from);
    for (let at = before.to - 1; at >= range.to; at -= 1) events.push({ Remove: at - start });
    events.push(...insertions(after, 0, start - range.from));
    events.push(...insertions(after, Math.min(before.to, range.to) - range.from, after.length));
    return events.length === 0 ? ["ShrinkToFit"] : events;
  }

  see(event: SequenceEvent<T>): readonly SequenceEvent<T>[] {
    if (event === "Done" || event === "ShrinkToFit") return [event];
    const before = this.#seen;
    if (isBehind(event, this.#range.to)) return [];
    return changesOf(before, this.content());
  }

  reset(): readonly SequenceEvent<T>[] {
    return ["Clear", ...this.content().map((item, at) => ({ Insert: [at, item] as const }))];
  }
}

/** Events that put the items from `from` up to but without `to` in their places. */
function insertions<T>(items: readonly T[], from: number, to: number): SequenceEvent<T>[] {
  return items.slice(from, to).map((item, at) => ({ Insert: [from + at, item] }));
}

/** Whether an event concerns places from `to` on alone. */
function isBehind<T>(event: SequenceEvent<T>, to: number): boolean {
  if (typeof event !== "object") return false;
  if ("Set" in event) return event.Set[0] >= to;
  if ("Insert" in event) return event.Insert[0] >= to;
  return "Remove" in event && event.Remove >= to;
}

/** Events that make `after` of `before`: one that came or went moves the others; else places are set. */
function changesOf<T>(before: readonly T[], after: readonly T[]): SequenceEvent<T>[] {
  let start = 0;
  while (start < before.length && start < after.length && Object.is(before[start], after[start])) start += 1;
  if (start === before.length && start === after.length) return [];
  const events: SequenceEvent<T>[] = [];
  const shown = before.slice();
  if (start < after.length && isShifted(before, after, start)) {
    // First what moves out at the end: the subscriber may have no room for more.
    if (before.length === after.length) {
      events.push({ Remove: before.length - 1 });
      shown.pop();
    }
    events.push({ Insert: [start, after[start] as T] });
    shown.splice(start, 0, after[start] as T);
  } else if (start < before.length && isShifted(after, before, start)) {
    events.push({ Remove: start });
    shown.splice(start, 1);
  }
  for (let at = shown.length - 1; at >= after.length; at -= 1) events.push({ Remove: at });
  for (const [at, item] of after.entries()) {
    if (at >= shown.length) events.push({ Insert: [at, item] });
    else if (!Object.is(shown[at], item)) events.push({ Set: [at, item] });
  }
  return events;
}

/** Whether `longer` has one item more at `start` and goes on as `shorter` does from there, as far as it goes. */
function isShifted<T>(shorter: readonly T[], longer: readonly T[], start: number): boolean {
  const last = Math.min(shorter.length, longer.length - 1);
  if (start >= last) return false;
  for (let at = start; at < last; at += 1) if (!Object.is(shorter[at], longer[at + 1])) return false;
  return true;
}
