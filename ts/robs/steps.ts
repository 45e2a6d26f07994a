import { CuttleError } from "../errors/error.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import type { StateEvent } from "./events.ts";
import type { Listener, Listeners, Listening, Step } from "./listeners.ts";
import { Publisher } from "./publisher.ts";

/** What every live collection has; collections of this program as well as mirrors. `S` is what listeners can look at. */
export interface Live<E, S> {
  /** Grows by one with each step; see `ts/robs/listeners.ts`. */
  readonly version: number;
  /** No more changes follow: `done()` was called, at the source of a mirror. */
  readonly isDone: boolean;
  /** Of a mirror: everything that was there when it subscribed has come. */
  readonly isComplete: boolean;
  /** Of a mirror: why it does not follow its source any more. */
  readonly error: CuttleError | undefined;
  /** Calls `listener` for each step that touches `scope`; returns what ends that. */
  listen(scope: S, listener: Listener<E>): () => void;
  /**
   * Resolves when there was a step since it resolved last, or since {@link borrowAndUpdate}; also when a mirror failed or
   * is done. Rejects with the abort reason.
   */
  changed(options?: AbortOptions): Promise<void>;
  /** This collection, to be read. Throws the error of a mirror that has failed; its content is had with `detach()`. */
  borrow(): this;
  /** As {@link borrow}, and {@link changed} waits for what comes after. */
  borrowAndUpdate(): this;
}

/** More rounds of listeners that change what they listen to are taken for an endless loop. */
const MAX_ROUNDS = 1_000;

/** Collects changes into steps and tells listeners and subscribers. One belongs to each collection. */
export class Steps<E> {
  version = 0;
  isDone = false;
  isComplete = true;
  error: CuttleError | undefined;
  readonly #listeners: Listeners<E>;
  /** Tells subscribers of each step. */
  readonly publisher: Publisher<E> = new Publisher();
  #depth = 0;
  #events: E[] = [];
  #isReset = false;
  /** The state has changed. */
  #isDirty = false;
  readonly #undelivered: { step: Step<E>; woken: Listening<E>[] }[] = [];
  #delivering = false;
  /** The version that `changed()` has told. */
  #seen = 0;
  #waiting: Deferred<void>[] = [];

  /** Steps wake those of `listeners` that look at what was touched. */
  constructor(listeners: Listeners<E>) {
    this.#listeners = listeners;
  }

  /** Notes what happened; it is a step of its own unless within {@link transaction}. */
  add(event: E): void {
    this.#events.push(event);
    this.publisher.note(event);
    if (this.#depth === 0) this.#finish();
  }

  /** The content was replaced; `events` make it for subscribers, who start from nothing. */
  reset(events: () => E[]): void {
    this.#listeners.touchAll();
    this.publisher.reset(() => ["Clear" as E & "Clear", ...events()]);
    this.#isReset = true;
    this.#events = [];
    if (this.#depth === 0) this.#finish();
  }

  /** A state such as `error` has changed. */
  touchState(): void {
    this.#isDirty = true;
    if (this.#depth === 0) this.#finish();
  }

  /** All that `change` does is one step, also when it throws. */
  transaction<R>(change: () => R): R {
    this.#depth += 1;
    try {
      return change();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#finish();
    }
  }

  /** No more changes follow. */
  done(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.add("Done" as E & StateEvent);
  }

  /** Throws `local_misuse` when no more changes may follow. */
  assertNotDone(): void {
    if (this.isDone) {
      throw new CuttleError("local_misuse", "this collection cannot be changed after done() has been called");
    }
  }

  /** See {@link Live.changed}. */
  changed(options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.#seen < this.version) {
      this.#seen = this.version;
      return Promise.resolve();
    }
    const waiting = deferred<void>();
    this.#waiting.push(waiting);
    return unlessAborted(waiting.promise, options);
  }

  /** See {@link Live.borrow}. */
  assertHealthy({ update = false } = {}): void {
    if (update) this.#seen = this.version;
    if (this.error !== undefined) throw this.error;
  }

  #finish(): void {
    if (this.#events.length === 0 && !this.#isReset && !this.#isDirty) return;
    this.version += 1;
    const step = { version: this.version, events: this.#events, isReset: this.#isReset };
    this.#events = [];
    this.#isReset = false;
    this.#isDirty = false;
    this.publisher.publish(step.events);
    if (this.isDone) this.publisher.close();
    for (const waiting of this.#waiting) waiting.resolve();
    if (this.#waiting.length > 0) this.#seen = this.version;
    this.#waiting = [];
    const woken = this.#listeners.takeWoken();
    if (woken.length > 0) this.#undelivered.push({ step, woken });
    this.#deliver();
  }

  /** Tells listeners of steps in order; those that they make themselves follow. */
  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    let rounds = 0;
    for (let next = this.#undelivered.shift(); next !== undefined; next = this.#undelivered.shift()) {
      rounds += 1;
      if (rounds > MAX_ROUNDS) {
        this.#undelivered.length = 0;
        report(
          new CuttleError(
            "local_misuse",
            "listeners of a collection change it again and again: an endless loop was cut",
          ),
        );
        break;
      }
      for (const listening of next.woken) if (listening.isOn) call(listening.listener, next.step);
    }
    this.#delivering = false;
  }
}

function call<E>(listener: Listener<E>, step: Step<E>): void {
  try {
    listener(step);
  } catch (error) {
    report(error);
  }
}

/** As browsers report what an event handler throws. */
function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (typeof reportError === "function") reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
