import type { CuttleError } from "../errors/error.ts";
import type { AbortOptions } from "../util/abort.ts";
import type { SetEvent } from "./events.ts";
import { Keys } from "./keys.ts";
import { KeyListeners, type KeyScope, type Listener } from "./listeners.ts";
import { readOnly } from "./live-map.ts";
import { type Live, Steps } from "./steps.ts";

/**
 * A live set, to be read: what {@link ObservableSet} and {@link MirroredSet} have in common. It is a `Set`. Items that
 * are arrays, plain objects or bytes are the same when they hold the same, as in Rust.
 */
export class LiveSet<T> extends Set<T> implements Live<SetEvent<T>, KeyScope<T>> {
  readonly #listeners: KeyListeners<T, SetEvent<T>> = new KeyListeners();
  readonly #keys: Keys<T> = new Keys();
  /** @internal */
  readonly steps: Steps<SetEvent<T>> = new Steps(this.#listeners);

  override has(item: T): boolean {
    return super.has(this.#keys.find(item));
  }

  /** @internal The item of the set that equals `item`. */
  protected equalOf(item: T): T | undefined {
    const known = this.#keys.find(item);
    return super.has(known) ? known : undefined;
  }

  /** Not for mirrors: what changes them is their source. Throws `local_misuse`. */
  override add(_item: T): this {
    throw readOnly();
  }

  /** As {@link add}. */
  override delete(_item: T): boolean {
    throw readOnly();
  }

  /** As {@link add}. */
  override clear(): void {
    throw readOnly();
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
  listen(scope: KeyScope<T>, listener: Listener<SetEvent<T>>): () => void {
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
  apply(event: SetEvent<T>): void {
    if (typeof event !== "string") {
      if ("Set" in event) {
        const item = this.#keys.add(event.Set);
        super.add(item);
        this.#listeners.touch(item);
      } else {
        const item = this.#keys.find(event.Remove);
        super.delete(item);
        this.#keys.delete(item);
        this.#listeners.touch(item);
      }
    } else if (event === "Clear") {
      this.#listeners.touchThose(this);
      this.#empty();
    }
    this.steps.add(event);
  }

  /** @internal Puts other content in place of all, as one step. */
  replaceAll(items: Iterable<T>): void {
    this.#empty();
    for (const item of items) super.add(this.#keys.add(item));
    this.steps.reset(() => Array.from(this, (item) => ({ Set: item })));
  }

  #empty(): void {
    super.clear();
    this.#keys.clear();
  }
}
