import * as mpsc from "../channel/mpsc.ts";
import * as watch from "../channel/watch.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { ReadLock, RwLock } from "./rw-lock.ts";
import { type LockTypes, lockTypes, type ReadRequest, type WriteRequest } from "./rw-lock-types.ts";

/** Options of an {@link RwLockOwner}. */
export interface RwLockOptions {
  /**
   * How long a holder may keep others from going on, in milliseconds: a reader that does not give its copy back, or a
   * writer that does not commit. After that the copy counts as given back, and the write is discarded. Default 30 000;
   * `Infinity` is what remoc does.
   */
  leaseMs?: number;
  /** Time, for tests. */
  clock?: Clock;
}

/** Copies of the value that were given out together, until the next write. */
interface Epoch {
  readonly dropped: readonly [mpsc.Sender<null>, mpsc.Receiver<null>];
  readonly invalid: watch.Sender<boolean>;
}

const DEFAULT_LEASE_MS = 30_000;

/** Keeps a value that many can read and, one at a time, change. */
export class RwLockOwner<T> {
  #value: T;
  readonly #types: LockTypes<T>;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #reads: readonly [mpsc.Sender<ReadRequest<T>>, mpsc.Receiver<ReadRequest<T>>];
  readonly #writes: readonly [mpsc.Sender<WriteRequest<T>>, mpsc.Receiver<WriteRequest<T>>];
  #epoch: Epoch;
  /** Requests are served one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #waitingWrites: WriteRequest<T>[] = [];

  /** Takes the value that `type` describes. */
  constructor(type: Descriptor<T>, value: T, options: RwLockOptions = {}) {
    this.#value = value;
    this.#types = lockTypes(type);
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.#clock = options.clock ?? systemClock;
    this.#reads = mpsc.channel(this.#types.read, { capacity: 1 });
    this.#writes = mpsc.channel(this.#types.write, { capacity: 1 });
    this.#epoch = newEpoch();
    void this.#take(this.#reads[1], (request) => this.#inTurn(() => this.#read(request)));
    void this.#take(this.#writes[1], (request) => {
      this.#waitingWrites.push(request);
      return this.#inTurn(async () => undefined);
    });
  }

  /** A lock to read and write, for this program or to be sent. */
  rwLock(): RwLock<T> {
    return new RwLock(this.#types, this.readLock(), this.#writes[0].clone());
  }

  /** A lock to read. */
  readLock(): ReadLock<T> {
    return new ReadLock(this.#types, this.#reads[0].clone());
  }

  /** Ends all locks, and returns the value. Holders that want it get `remote_failed`. */
  close(): T {
    this.#reads[1].drop();
    this.#writes[1].drop();
    invalidate(this.#epoch);
    endEpoch(this.#epoch);
    return this.#value;
  }

  /** As {@link close}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.close();
  }

  async #take<R>(receiver: mpsc.Receiver<R>, serve: (request: R) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        const request = await receiver.recv();
        if (request === undefined) return;
        await serve(request);
      } catch {
        // One request that cannot be read or answered; after the end of everything the channel ends.
        if (!receiver.isHere) return;
      }
    }
  }

  /** One after the other, writes that wait before anything else. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      for (let write = this.#waitingWrites.shift(); write !== undefined; write = this.#waitingWrites.shift()) {
        await this.#write(write).catch(() => undefined);
      }
      await work();
    });
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #read({ value_tx }: ReadRequest<T>): Promise<void> {
    const dropped_tx = this.#epoch.dropped[0].clone();
    const invalid_rx = this.#epoch.invalid.subscribe();
    try {
      await value_tx.send({ value: this.#value, dropped_tx, invalid_rx });
    } catch {
      dropped_tx.close();
      invalid_rx.drop();
      value_tx.close();
    }
  }

  async #write({ value_tx, new_value_rx, confirm_tx }: WriteRequest<T>): Promise<void> {
    try {
      await this.#recall();
      await value_tx.send(this.#value);
      this.#value = await this.#within(new_value_rx.recv());
      await confirm_tx.send(null);
    } finally {
      value_tx.close();
      new_value_rx.drop();
      confirm_tx.close();
    }
  }

  /** Resolves when nobody uses a copy any more. */
  async #recall(): Promise<void> {
    const epoch = this.#epoch;
    this.#epoch = newEpoch();
    invalidate(epoch);
    epoch.dropped[0].close();
    await this.#within(returned(epoch.dropped[1])).catch(() => undefined);
    endEpoch(epoch);
  }

  /** Rejects when the lease is over before `promise` settles. */
  async #within<V>(promise: Promise<V>): Promise<V> {
    if (this.#leaseMs === Number.POSITIVE_INFINITY) return await promise;
    const { promise: result, resolve, reject } = deferred<V>();
    promise.then(resolve, reject);
    const cancel = this.#clock.timer(this.#leaseMs, () => reject(new Error("the lease is over")));
    return await result.finally(cancel);
  }
}

function newEpoch(): Epoch {
  const [invalid, rx] = watch.channel(t.bool, false);
  rx.drop();
  return { dropped: mpsc.channel(t.unit as Descriptor<null>, { capacity: 1 }), invalid };
}

/** Tells everybody who has a copy. */
function invalidate({ invalid }: Epoch): void {
  if (!invalid.isClosed) invalid.send(true);
}

function endEpoch({ dropped: [sender, receiver], invalid }: Epoch): void {
  sender.close();
  receiver.drop();
  invalid.close();
}

/** Resolves when all senders have gone; what they send, and how they fail, does not matter. */
async function returned(receiver: mpsc.Receiver<null>): Promise<void> {
  for (let over = false; !over; ) {
    over = (await receiver.recv().catch(() => null)) === undefined || !receiver.isHere;
  }
}
