/** Values that are fetched when they are asked for; remoc's `robj::lazy`. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import { CuttleError } from "../errors/error.ts";
import { replyFailure } from "../rtc/failure.ts";
import { replyChannel } from "../rtc/reply-channel.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import { type AbortOptions, whileNotAborted } from "../util/abort.ts";
import { deferred } from "../util/deferred.ts";
import { asyncDispose } from "../util/dispose.ts";
import { enclosedChannel } from "./enclosed.ts";

type Requests<T> = mpsc.Sender<oneshot.Sender<T>>;

/** A value that stays where it is until somebody asks for it, and is fetched once. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #value: Promise<T> | undefined;
  /** Of a value that has not been fetched from a peer. */
  #requests: Requests<T> | undefined;

  private constructor(make: () => Promise<T>, requests?: Requests<T>) {
    this.#make = make;
    this.#requests = requests;
  }

  /** A value of this program, or what makes it at the first request. */
  static of<T>(value: T | (() => T | Promise<T>)): Lazy<T> {
    const make = typeof value === "function" ? (value as () => T | Promise<T>) : (): T => value;
    return new Lazy(async () => await make());
  }

  /**
   * The value; fetched at the first call, which all others share. Rejects with `remote_failed` when its owner has gone,
   * with `peer_decode`, `peer_item_too_large` or the connection's error, or with what made it threw. An abort gives up
   * this call only.
   */
  async get({ signal }: AbortOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    this.#value ??= this.#make();
    if (signal === undefined) return await this.#value;
    const { promise, resolve, reject } = deferred<T>();
    this.#value.then(resolve, reject);
    return await whileNotAborted(promise, signal, reject);
  }

  /** Lets go of a value that came from a peer and was not fetched. */
  drop(): void {
    this.#requests?.close();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal */
  static embed<T>(lazy: Lazy<T>, type: Descriptor<T>): Requests<T> {
    // Not fetched: whoever asks for it asks the owner.
    if (lazy.#requests !== undefined && lazy.#value === undefined) return lazy.#requests;
    const [sender, receiver] = enclosedChannel(oneshot.sender(type), { capacity: 1 });
    void answerOnce(receiver, () => lazy.get());
    return sender;
  }

  /** @internal */
  static receive<T>(requests: Requests<T>, type: Descriptor<T>): Lazy<T> {
    return new Lazy(() => fetch(requests, type), requests);
  }
}

/** Describes lazy values: `t.lazyValue(Report)`. */
export function lazyValue<T>(type: Descriptor<T>): Descriptor<Lazy<T>> {
  const shape = numberedStruct("Lazy", { request_tx: mpsc.sender(oneshot.sender(type)) });
  const options: HalfCodec<typeof shape> = {
    embed(value) {
      if (value instanceof Lazy) return { request_tx: Lazy.embed(value as Lazy<T>, type) };
      throw new CuttleError("local_encode", "expected a Lazy, made by Lazy.of()");
    },
    receive: ({ request_tx }) => Lazy.receive(request_tx, type),
  };
  return transported<Lazy<T>>({ name: "Lazy", shape, item: type, options });
}

/** As remoc does: one request, then the end. */
async function answerOnce<T>(receiver: mpsc.Receiver<oneshot.Sender<T>>, value: () => Promise<T>): Promise<void> {
  try {
    const reply = await receiver.recv();
    if (reply === undefined) return;
    try {
      await reply.send(await value());
    } finally {
      reply.close();
    }
  } catch {
    // Whoever asked is told by the end of its channel.
  } finally {
    receiver.drop();
  }
}

async function fetch<T>(requests: Requests<T>, type: Descriptor<T>): Promise<T> {
  const [reply, value] = replyChannel(type);
  try {
    await requests.send(reply);
    return await value.recv();
  } catch (error) {
    value.drop();
    throw replyFailure(error, { text: "the fetch of a lazy value", args: {} });
  } finally {
    requests.close();
  }
}
