/**
 * How a live collection tells that it changed. Everything that shows a collection stands on this contract.
 *
 * - A *step* is one change, or all changes of one `transaction(...)`; of a mirror, all changes that were here together.
 *   `version` grows by one with each.
 * - A listener is called once for each step that touches what it looks at, when the step is complete: it sees the
 *   collection as it is after the step, never in the middle. It is called at once, within the call that changed the
 *   collection (of a mirror: when the change arrived), and gets the {@link Step}.
 * - What it looks at is its scope: `"all"`; one key, `{ key }`, of a map or set; one place, `{ index }`, or places from
 *   `from` up to but without `to`, `{ from, to }`, of a sequence. An event at a place that moves others touches all
 *   places behind it.
 * - Listeners for `"all"` also hear of what changes no content: that a mirror is complete, done or has failed.
 * - A listener may change the collection: that is a step of its own, delivered when all have heard of this one. So all
 *   listeners hear of the steps in the same order, and may then see a state that is newer than their step.
 * - A listener that is added hears of the next step; one that was removed hears nothing more, not even of this step.
 * - What a listener throws is reported like an uncaught error of an event handler; the others are called all the same.
 */

import { Keys } from "./keys.ts";

/** One step of a collection. */
export interface Step<E> {
  /** The collection's `version` after it. */
  readonly version: number;
  /** What happened, in order; remoc's events. Empty when only the state (`error`) changed. */
  readonly events: readonly E[];
  /** The content was replaced as a whole: a mirror has subscribed again. `events` do not tell how. */
  readonly isReset: boolean;
}

/** Is told of a step. */
export type Listener<E> = (step: Step<E>) => void;

/** What a listener of a map or set looks at. */
export type KeyScope<K> = "all" | { readonly key: K };

/** What a listener of a sequence looks at; `to` is not part of it. */
export type RangeScope = "all" | { readonly index: number } | { readonly from: number; readonly to: number };

/** A listener and whether it still listens. */
export interface Listening<E> {
  readonly listener: Listener<E>;
  isOn: boolean;
}

/** Who looks at a collection, and at what. */
export interface Listeners<E> {
  /** Who is to hear of what was touched since the last call. */
  takeWoken(): Listening<E>[];
  /** Everything was touched. */
  touchAll(): void;
}

/** Listeners of a map or set. */
export class KeyListeners<K, E> implements Listeners<E> {
  readonly #all: Set<Listening<E>> = new Set();
  readonly #byKey: Map<K, Set<Listening<E>>> = new Map();
  readonly #keys: Keys<K> = new Keys();
  readonly #touched: Set<K> = new Set();

  /** Adds one; returns what removes it. */
  add(scope: KeyScope<K>, listener: Listener<E>): () => void {
    const listening = { listener, isOn: true };
    if (scope === "all") return addTo(this.#all, listening);
    const key = this.#keys.add(scope.key);
    const those = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, those);
    const remove = addTo(those, listening);
    return () => {
      remove();
      if (those.size > 0 || this.#byKey.get(key) !== those) return;
      this.#byKey.delete(key);
      this.#keys.delete(key);
    };
  }

  /** The entry of a key was set or removed. */
  touch(key: K): void {
    if (this.#byKey.size === 0) return;
    const known = this.#keys.find(key);
    if (this.#byKey.has(known)) this.#touched.add(known);
  }

  touchAll(): void {
    for (const key of this.#byKey.keys()) this.#touched.add(key);
  }

  /** As {@link touch}, for every key of `present`. */
  touchThose(present: { has(key: K): boolean }): void {
    for (const key of this.#byKey.keys()) if (present.has(key)) this.#touched.add(key);
  }

  takeWoken(): Listening<E>[] {
    const woken = [...this.#all];
    for (const key of this.#touched) woken.push(...(this.#byKey.get(key) ?? []));
    this.#touched.clear();
    return woken;
  }
}

/** Listeners of a sequence. */
export class RangeListeners<E> implements Listeners<E> {
  readonly #all: Set<Listening<E>> = new Set();
  readonly #byRange: Set<Listening<E> & Span> = new Set();
  #touched: Span[] = [];

  /** Adds one; returns what removes it. */
  add(scope: RangeScope, listener: Listener<E>): () => void {
    if (scope === "all") return addTo(this.#all, { listener, isOn: true });
    const span = "index" in scope ? { from: scope.index, to: scope.index + 1 } : { from: scope.from, to: scope.to };
    return addTo(this.#byRange, { listener, isOn: true, ...span });
  }

  /** The places from `from` up to but without `to` have changed. */
  touch(from: number, to: number): void {
    if (this.#byRange.size === 0 || from >= to) return;
    const last = this.#touched.at(-1);
    if (last !== undefined && from <= last.to && to >= last.from) {
      last.from = Math.min(last.from, from);
      last.to = Math.max(last.to, to);
    } else {
      this.#touched.push({ from, to });
    }
  }

  touchAll(): void {
    this.touch(0, Number.POSITIVE_INFINITY);
  }

  takeWoken(): Listening<E>[] {
    const woken = [...this.#all];
    const spans = merged(this.#touched);
    this.#touched = [];
    if (spans.length > 0) {
      for (const listening of this.#byRange) if (meets(spans, listening)) woken.push(listening);
    }
    return woken;
  }
}

/** Places from `from` up to but without `to`. */
interface Span {
  from: number;
  to: number;
}

/** The same places as spans that lie apart, in order. */
function merged(spans: Span[]): Span[] {
  spans.sort((one, other) => one.from - other.from);
  const apart: Span[] = [];
  for (const span of spans) {
    const last = apart.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else apart.push(span);
  }
  return apart;
}

/** Whether one of `spans`, which lie apart and in order, has a place in common with `span`. */
function meets(spans: readonly Span[], { from, to }: Span): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span).to > from) high = middle;
    else low = middle + 1;
  }
  const first = spans[low];
  return first !== undefined && first.from < to && from < to;
}

function addTo<L extends { isOn: boolean }>(listenings: Set<L>, listening: L): () => void {
  listenings.add(listening);
  return () => {
    listening.isOn = false;
    listenings.delete(listening);
  };
}
