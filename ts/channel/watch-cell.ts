import type { CuttleError } from "../errors/error.ts";
import { type AbortOptions, whileNotAborted } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { TransientSet } from "../util/transient.ts";

/** A value, or why there is none. */
export type Content<T> =
  | { readonly value: T }
  /** After a `final` error nothing can come any more. */
  | { readonly error: CuttleError; readonly final: boolean };

/**
 * The heart of a watch channel: the newest value, and who looks at it. A sender that was sent away is replaced by a
 * pump that sets the value, a receiver by a pump that reads it (see `watch-pump.ts`).
 */
export class Cell<T> {
  #content: Content<T>;
  /** Grows with every value. */
  version = 0;
  #ended = false;
  #receivers = 0;
  #sendError: CuttleError | undefined;
  /** A pump sets the value, or did. */
  #isFed = false;
  /** A pump reads the value, or did. */
  isFollowed = false;
  /** Receivers that are gone without a word and still count. */
  #forgotten = 0;
  /** What each receiver asks for. */
  readonly #wishes: Map<object, number> = new Map();
  #rateLimitMs = 0;
  readonly #waiting: TransientSet<Deferred<void>> = new TransientSet();

  /** Begins with a value, and without receivers. */
  constructor(content: Content<T>) {
    this.#content = content;
  }

  /** The newest value. */
  get content(): Content<T> {
    return this.#content;
  }

  /** The newest value; throws the error in its place. */
  get value(): T {
    if ("error" in this.#content) throw this.#content.error;
    return this.#content.value;
  }

  /** No more values come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many look at it: receivers here, and pumps to receivers elsewhere. */
  get receivers(): number {
    return this.#receivers;
  }

  /** Whether there is something for {@link takeSendError}. */
  get hasSendError(): boolean {
    return this.#sendError !== undefined;
  }

  /** Replaces the value. */
  set(content: Content<T>): void {
    this.#content = content;
    this.version += 1;
    this.wake();
  }

  /** No more values come. */
  end(): void {
    this.#ended = true;
    this.wake();
  }

  /** The least time between two values that are sent to a peer, as the sender wants it. */
  get rateLimitMs(): number {
    return this.#rateLimitMs;
  }

  set rateLimitMs(ms: number) {
    this.#rateLimitMs = ms;
    this.wake();
  }

  /** The least that any receiver asks for, since that one must not wait for the others. */
  get wishMs(): number {
    return this.#wishes.size === 0 ? 0 : Math.min(...this.#wishes.values());
  }

  /** `receiver` asks for so much time between two values; undefined when it looks no more. */
  wish(receiver: object, ms: number | undefined): void {
    if (ms === undefined) this.#wishes.delete(receiver);
    else this.#wishes.set(receiver, ms);
    this.wake();
  }

  /** What `receiver` asks for. */
  wishOf(receiver: object): number {
    return this.#wishes.get(receiver) ?? 0;
  }

  /** One more looks, which asks for so much time between two values. */
  addReceiver(receiver: object, wishMs: number): void {
    this.#receivers += 1;
    this.wish(receiver, wishMs);
  }

  /** One looks no more. */
  removeReceiver(receiver: object): void {
    this.#receivers -= 1;
    this.wish(receiver, undefined);
  }

  /**
   * As {@link removeReceiver} once a pump sets the value: until then it holds no port, and its sender is not told. Whether
   * that ended an open channel now.
   */
  forgetReceiver(receiver: object): boolean {
    this.#forgotten += 1;
    this.wish(receiver, undefined);
    return this.#letGo() && !this.#ended;
  }

  /** A pump sets the value from now on. */
  feed(): void {
    this.#isFed = true;
    this.#letGo();
  }

  #letGo(): boolean {
    if (!this.#isFed) return false;
    this.#receivers -= this.#forgotten;
    this.#forgotten = 0;
    this.wake();
    return true;
  }

  /** The oldest error that nobody took. */
  get sendError(): CuttleError | undefined {
    return this.#sendError;
  }

  /** A value did not reach a receiver; the oldest such error is kept until somebody takes it. */
  reportSendError(error: CuttleError): void {
    this.#sendError ??= error;
    this.wake();
  }

  /** What was reported, once. */
  takeSendError(): CuttleError | undefined {
    const error = this.#sendError;
    this.#sendError = undefined;
    return error;
  }

  /** Lets everybody who waits look again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) one.resolve();
  }

  /** Resolves when the condition holds, which is looked at after every change. Rejects with the abort reason. */
  async until(condition: () => boolean, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    while (!condition()) {
      const waiting = deferred<void>();
      this.#waiting.add(waiting);
      try {
        await whileNotAborted(waiting.promise, signal, waiting.reject);
      } finally {
        this.#waiting.delete(waiting);
      }
    }
  }
}
