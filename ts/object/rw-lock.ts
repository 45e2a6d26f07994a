/** A value that many programs read and change; remoc's `robj::rw_lock`. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import { CuttleError } from "../errors/error.ts";
import { replyFailure } from "../rtc/failure.ts";
import { replyChannel } from "../rtc/reply-channel.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import type { AbortOptions } from "../util/abort.ts";
import { type Deferred, deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { enclosedClone } from "./enclosed.ts";
import { type Copy, type LockTypes, lockTypes, type ReadRequest, type WriteRequest } from "./rw-lock-types.ts";

/** The copy that a lock and its clones share, and who uses it now. */
class Cache<T> {
  #copy: Copy<T> | undefined;
  #guards = 0;
  /** The one fetch that all wait for. */
  #fetching: Promise<void> | undefined;
  /** Resolved when a copy was given back that somebody had still been reading. */
  #cleared: Deferred<void> | undefined;

  /** The copy, fetched if there is none that can be used. To be followed by {@link leave}. */
  async enter(fetch: () => Promise<Copy<T>>): Promise<Copy<T>> {
    for (;;) {
      if (this.#copy !== undefined && !isInvalid(this.#copy)) {
        this.#guards += 1;
        return this.#copy;
      }
      this.clear();
      if (this.#copy === undefined) {
        this.#fetching ??= this.#fetch(fetch);
        await this.#fetching;
      } else {
        this.#cleared ??= deferred();
        await this.#cleared.promise;
      }
    }
  }

  /** One of {@link enter} is done. */
  leave(): void {
    this.#guards -= 1;
    if (this.#copy !== undefined && isInvalid(this.#copy)) this.clear();
  }

  /** Gives the copy back, unless somebody reads it now. */
  clear(): void {
    const copy = this.#copy;
    if (copy === undefined || this.#guards > 0) return;
    this.#copy = undefined;
    giveBack(copy);
    this.#cleared?.resolve();
    this.#cleared = undefined;
  }

  async #fetch(fetch: () => Promise<Copy<T>>): Promise<void> {
    try {
      const copy = await fetch();
      this.#copy = copy;
      // The owner waits for it.
      void whenInvalid(copy).then(() => {
        if (this.#copy === copy) this.clear();
      });
    } finally {
      this.#fetching = undefined;
    }
  }
}

/** A lock to read. Reading again costs nothing until somebody writes. */
export class ReadLock<T> {
  readonly #types: LockTypes<T>;
  readonly #requests: mpsc.Sender<ReadRequest<T>>;
  readonly #cache: Cache<T>;

  /** @internal Use `RwLockOwner.readLock()`. */
  constructor(types: LockTypes<T>, requests: mpsc.Sender<ReadRequest<T>>, cache: Cache<T> = new Cache()) {
    this.#types = types;
    this.#requests = requests;
    this.#cache = cache;
  }

  /**
   * The value, as it is now. Writers wait until the guard is released, as long as the owner allows. Rejects with
   * `remote_failed` when the owner has gone, with the connection's error, or with the abort reason.
   */
  async read(options: AbortOptions = {}): Promise<ReadGuard<T>> {
    options.signal?.throwIfAborted();
    const copy = await this.#cache.enter(() => this.#fetch());
    const guard = new ReadGuard(copy, () => this.#cache.leave());
    if (options.signal?.aborted === true) guard.release();
    options.signal?.throwIfAborted();
    return guard;
  }

  /** Another lock, which shares what was read. */
  clone(): ReadLock<T> {
    return new ReadLock(this.#types, this.#requests.clone(), this.#cache);
  }

  /** Lets go of the lock and of what was read. */
  drop(): void {
    this.#requests.close();
    this.#cache.clear();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal */
  get requests(): mpsc.Sender<ReadRequest<T>> {
    return this.#requests;
  }

  async #fetch(): Promise<Copy<T>> {
    return await ask(this.#types.copy, (value_tx) => this.#requests.send({ value_tx }));
  }
}

/** A value that can be read until it is released. */
export class ReadGuard<T> {
  /** The value; it is shared, and must not be changed. */
  readonly value: T;
  readonly #copy: Copy<T>;
  #leave: (() => void) | undefined;

  /** @internal */
  constructor(copy: Copy<T>, leave: () => void) {
    this.value = copy.value;
    this.#copy = copy;
    this.#leave = leave;
  }

  /** Whether somebody waits to write, or the connection to the owner was lost. */
  get isInvalidated(): boolean {
    return isInvalid(this.#copy);
  }

  /** Resolves when somebody waits to write, or the connection to the owner was lost. */
  async invalidated(): Promise<void> {
    await whenInvalid(this.#copy);
  }

  /** Reads no more; writers can go on. */
  release(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  /** As {@link release}, for `using`. */
  async [asyncDispose](): Promise<void> {
    this.release();
  }
}

/** A lock to read and to write. */
export class RwLock<T> {
  readonly #types: LockTypes<T>;
  readonly #read: ReadLock<T>;
  readonly #requests: mpsc.Sender<WriteRequest<T>>;

  /** @internal Use `RwLockOwner.rwLock()`. */
  constructor(types: LockTypes<T>, read: ReadLock<T>, requests: mpsc.Sender<WriteRequest<T>>) {
    this.#types = types;
    this.#read = read;
    this.#requests = requests;
  }

  /** As {@link ReadLock.read}. */
  read(options: AbortOptions = {}): Promise<ReadGuard<T>> {
    return this.#read.read(options);
  }

  /**
   * The value, to be changed. Nobody reads or writes until the guard commits or is dropped. Rejects as {@link read}.
   */
  async write(options: AbortOptions = {}): Promise<WriteGuard<T>> {
    options.signal?.throwIfAborted();
    const [newValueTx, new_value_rx] = oneshot.channel(this.#types.value);
    const [confirm_tx, confirmed] = oneshot.channel(t.unit as Descriptor<null>);
    try {
      const value = await ask(
        this.#types.value,
        (value_tx) => this.#requests.send({ value_tx, new_value_rx, confirm_tx }, options),
        options,
      );
      return new WriteGuard(value, newValueTx, confirmed);
    } catch (error) {
      newValueTx.close();
      confirmed.drop();
      throw error;
    }
  }

  /** A lock that can only read. */
  readLock(): ReadLock<T> {
    return this.#read.clone();
  }

  /** Another lock, which shares what was read. */
  clone(): RwLock<T> {
    return new RwLock(this.#types, this.#read.clone(), this.#requests.clone());
  }

  /** Lets go of the lock and of what was read. */
  drop(): void {
    this.#read.drop();
    this.#requests.close();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal */
  get parts(): { readonly read: ReadLock<T>; readonly requests: mpsc.Sender<WriteRequest<T>> } {
    return { read: this.#read, requests: this.#requests };
  }
}

/** A value that is being changed. */
export class WriteGuard<T> {
  /** What {@link commit} commits; from the owner at first. */
  value: T;
  readonly #newValue: oneshot.Sender<T>;
  readonly #confirmed: oneshot.Receiver<null>;

  /** @internal */
  constructor(value: T, newValue: oneshot.Sender<T>, confirmed: oneshot.Receiver<null>) {
    this.value = value;
    this.#newValue = newValue;
    this.#confirmed = confirmed;
  }

  /**
   * Resolves when the owner has the new value. Rejects with `remote_failed` when it took none: it has gone, or the lease
   * was over.
   */
  async commit(): Promise<void> {
    try {
      await this.#newValue.send(this.value);
      await this.#confirmed.recv();
    } catch (error) {
      throw replyFailure(CuttleError.from(error), { text: "the commit of a new value", args: {} });
    }
  }

  /** Changes nothing. */
  drop(): void {
    this.#newValue.close();
    this.#confirmed.drop();
  }

  /** As {@link drop} when nothing was committed, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }
}

/** Describes locks to read: `t.readLock(State)`. They can be sent any number of times. */
export function readLock<T>(type: Descriptor<T>): Descriptor<ReadLock<T>> {
  const types = lockTypes(type);
  const shape = numberedStruct("ReadLock", { req_tx: mpsc.sender(types.read) });
  const options: HalfCodec<typeof shape> = {
    embed(value) {
      if (value instanceof ReadLock) return { req_tx: enclosedClone((value as ReadLock<T>).requests) };
      throw new CuttleError("local_encode", "expected a ReadLock");
    },
    receive: ({ req_tx }) => new ReadLock(types, req_tx),
  };
  return transported<ReadLock<T>>({ name: "ReadLock", shape, item: type, options });
}

/** Describes locks to read and write: `t.rwLock(State)`. They can be sent any number of times. */
export function rwLock<T>(type: Descriptor<T>): Descriptor<RwLock<T>> {
  const types = lockTypes(type);
  const shape = numberedStruct("RwLock", {
    read: numberedStruct("ReadLock", { req_tx: mpsc.sender(types.read) }),
    req_tx: mpsc.sender(types.write),
  });
  const options: HalfCodec<typeof shape> = {
    embed(value) {
      if (!(value instanceof RwLock)) throw new CuttleError("local_encode", "expected an RwLock");
      const { read, requests } = (value as RwLock<T>).parts;
      return { read: { req_tx: enclosedClone(read.requests) }, req_tx: enclosedClone(requests) };
    },
    receive: ({ read, req_tx }) => new RwLock(types, new ReadLock(types, read.req_tx), req_tx),
  };
  return transported<RwLock<T>>({ name: "RwLock", shape, item: type, options });
}

/** Sends a request with a place for the answer in it, and waits for that. */
async function ask<V>(
  type: Descriptor<V>,
  send: (answer: oneshot.Sender<V>) => Promise<void>,
  options: AbortOptions = {},
): Promise<V> {
  const [answer, answered] = replyChannel(type);
  try {
    await send(answer);
    return await answered.recv(options);
  } catch (error) {
    answered.drop();
    if (options.signal?.aborted === true) throw options.signal.reason;
    throw replyFailure(error, { text: "the request for a locked value", args: {} });
  }
}

function isInvalid({ dropped_tx, invalid_rx }: Copy<unknown>): boolean {
  if (dropped_tx.isClosed || !invalid_rx.isHere) return true;
  try {
    return invalid_rx.borrow();
  } catch {
    return true;
  }
}

/** Resolves when the owner says so or can say nothing any more, and when the copy was given back. */
function whenInvalid(copy: Copy<unknown>): Promise<void> {
  const known = watched.get(copy);
  if (known !== undefined) return known;
  const told = untilInvalid(copy.invalid_rx);
  const either = Promise.race([told, copy.dropped_tx.closed()]).then(() => undefined);
  watched.set(copy, either);
  return either;
}

/** One look at each copy: the receiver tells of a change once. */
const watched: WeakMap<object, Promise<void>> = /* @__PURE__ */ new WeakMap();

async function untilInvalid(invalid_rx: Copy<unknown>["invalid_rx"]): Promise<void> {
  try {
    while (!invalid_rx.borrow() && (await invalid_rx.changed()));
  } catch {
    // It cannot be read: the connection was lost, or the copy was given back.
  }
}

function giveBack({ dropped_tx, invalid_rx }: Copy<unknown>): void {
  dropped_tx.close();
  invalid_rx.drop();
}
