import { CuttleError } from "../errors/error.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/** What became of a value that was given to `send`. */
export class Sending extends Promise<void> {
  readonly #taken: Taken;

  /** @internal */
  constructor(executor: ConstructorParameters<typeof Promise<void>>[0], taken: Taken = new Taken()) {
    super(executor);
    this.#taken = taken;
  }

  /** @internal What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /**
   * Resolves when the other application took the value: later than the promise itself, which resolves when the value is
   * on its way. To be asked for right after `send`, in the same task; later it rejects with `local_misuse`. Costs the
   * connection two small messages. Rejects as `send` does, with `remote_closed` when the receiver ends before, and with
   * `peer_incompatible` when the other side cannot tell, as remoc 0.18 and older.
   */
  get taken(): Promise<void> {
    return this.#taken.promise;
  }
}

/** Whether somebody wants to hear that a value was taken, which must be known when it is passed on. */
export class Taken {
  #wanted: Deferred<void> | undefined;
  #passed = false;
  #failure: { readonly reason: unknown } | undefined;

  /** Settles when the value was taken, or never will be. */
  get promise(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    if (this.#wanted === undefined && this.#passed) return Promise.reject(tooLate());
    this.#wanted ??= deferred();
    return this.#wanted.promise;
  }

  /** The value is passed on or taken: whom to tell, if anybody. */
  pass(): Deferred<void> | undefined {
    this.#passed = true;
    return this.#wanted;
  }

  /** The value never will be taken. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wanted?.reject(reason);
  }
}

function tooLate(): CuttleError {
  return new CuttleError(
    "local_misuse",
    "the value was passed on without asking when it is taken. Read `taken` right after calling send, before awaiting",
  );
}
