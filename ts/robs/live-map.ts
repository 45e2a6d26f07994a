import { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { MapEvent } from "./events.ts";
import { Keys } from "./keys.ts";
import { KeyListeners, type KeyScope, type Listener } from "./listeners.ts";
import { type Live, Steps } from "./steps.ts";

/**
 * A live map, to be read: what {@link ObservableMap} and {@link MirroredMap} have in common. It is a `Map`, with
 * entries in the order in which their keys came. Keys that are arrays, plain objects or bytes are the same when they
 * hold the same, as in Rust.
 */
export class LiveMap<K, V> extends Map<K, V> implements Live<MapEvent<K, V>, KeyScope<K>> {
  readonly #listeners: KeyListeners<K, MapEvent<K, V>> = new KeyListeners();
  readonly #keys: Keys<K> = new Keys();
  /** @internal */
  readonly steps: Steps<MapEvent<K, V>> = new Steps(this.#listeners);

  override get(key: K): V | undefined {
    return super.get(this.#keys.find(key));
  }

  override has(key: K): boolean {
    return super.has(this.#keys.find(key));
  }

  /** Not for mirrors: what changes them is their source. Throws `local_misuse`. */
  override set(_key: K, _value: V): this {
    throw readOnly();
  }

  /** As {@link set}. */
  override delete(_key: K): boolean {
    throw readOnly();
  }

  /** As {@link set}. */
  override clear(): void {
    throw readOnly();
  }

  /** As {@link set}; a key that is there is read. */
  getOrInsert(key: K, value: V): V {
    return this.getOrInsertComputed(key, () => value);
  }

  /** As {@link getOrInsert}, with a value that is made when it is needed. */
  getOrInsertComputed(key: K, make: (key: K) => V): V {
    if (!this.has(key)) this.set(key, make(key));
    return this.get(key) as V;
  }

  /** @see Live.version */
  get version(): number {
    return this.steps.version;
  }

  /** @see Live.isDone */
  get isDone(): boolean {
    return this.steps.isDone;
  }

  /** @see Live.isComplete */
  get isComplete(): boolean {
    return this.steps.isComplete;
  }

  /** @see Live.error */
  get error(): CuttleError | undefined {
    return this.steps.error;
  }

  /**
   * Remembers the last `count` events, for mirrors that lose their connection and come back: they get what they missed
   * instead of the whole content. Call it before anybody subscribes.
   */
  keepHistory(count: number): void {
    this.steps.publisher.keepHistory(count);
  }

  /** How many subscribers there are; those behind a subscription that was sent away count as one. */
  get subscriberCount(): number {
    return this.steps.publisher.subscriberCount;
  }

  /** @see Live.listen */
  listen(scope: KeyScope<K>, listener: Listener<MapEvent<K, V>>): () => void {
    return this.#listeners.add(scope, listener);
  }

  /** @see Live.changed */
  changed(options?: AbortOptions): Promise<void> {
    return this.steps.changed(options);
  }

  /** @see Live.borrow */
  borrow(): this {
    this.steps.assertHealthy();
    return this;
  }

  /** @see Live.borrowAndUpdate */
  borrowAndUpdate(): this {
    this.steps.assertHealthy({ update: true });
    return this;
  }

  /** @internal Makes what an event says. */
  apply(event: MapEvent<K, V>): void {
    if (typeof event !== "string") {
      if ("Set" in event) {
        const key = this.#keys.add(event.Set[0]);
        super.set(key, event.Set[1]);
        this.#listeners.touch(key);
      } else {
        const key = this.#keys.find(event.Remove);
        super.delete(key);
        this.#keys.delete(key);
        this.#listeners.touch(key);
      }
    } else if (event === "Clear") {
      this.#listeners.touchThose(this);
      this.#empty();
    }
    this.steps.add(event);
  }

  /** @internal Puts other content in place of all, as one step. */
  replaceAll(entries: Iterable<readonly [K, V]>): void {
    this.#empty();
    for (const [key, value] of entries) super.set(this.#keys.add(key), value);
    this.steps.reset(() => Array.from(this, (entry) => ({ Set: entry })));
  }

  #empty(): void {
    super.clear();
    this.#keys.clear();
  }
}

/** Of a mirror that somebody tries to change. */
export function readOnly(): CuttleError {
  return new CuttleError("local_misuse", "a mirror is read-only: change the collection that it follows");
}
