/** Bytes that are fetched when they are asked for, with their length known before; remoc's `robj::lazy_blob`. */

import * as bin from "../channel/bin.ts";
import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import { replyFailure } from "../rtc/failure.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import type { AbortOptions } from "../util/abort.ts";
import { asyncDispose } from "../util/dispose.ts";
import { enclosedChannel, enclosedClone } from "./enclosed.ts";

const request = /* @__PURE__ */ numberedStruct("LazyBlobRequest", { bin_tx: bin.sender });

type Requests = mpsc.Sender<Infer<typeof request>>;

/** Options of fetching. */
export interface FetchOptions extends AbortOptions {
  /** A blob that says it is longer is not fetched; default 16 MiB. */
  maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** Bytes that stay where they are until somebody asks for them. They can be sent on, any number of times. */
export class LazyBlob {
  /** How many bytes there are. A peer may lie, which {@link bytes} notices. */
  readonly size: number;
  readonly #source: Uint8Array | Blob | undefined;
  readonly #requests: Requests | undefined;

  private constructor(size: number, source: Uint8Array | Blob | undefined, requests: Requests | undefined) {
    this.size = size;
    this.#source = source;
    this.#requests = requests;
  }

  /** Bytes of this program. They are read when they are fetched, and must not change. */
  static of(source: Uint8Array | Blob): LazyBlob {
    return new LazyBlob(source instanceof Blob ? source.size : source.length, source, undefined);
  }

  /**
   * Fetches the bytes. Rejects with `local_limit` before anything is fetched when there are too many, with
   * `remote_failed` when the owner has gone, with `peer_decode` or `peer_item_too_large` when it sends less or more than
   * it said, with the connection's error, or with the abort reason.
   */
  async bytes(options: FetchOptions = {}): Promise<Uint8Array> {
    const { maxBytes = DEFAULT_MAX_BYTES, signal } = options;
    signal?.throwIfAborted();
    if (this.size > maxBytes) {
      throw new CuttleError(
        "local_limit",
        `a blob of ${this.size} bytes was not fetched; ${maxBytes} are accepted. Raise maxBytes`,
        { data: { sizeBytes: this.size, limitBytes: maxBytes } },
      );
    }
    if (this.#source !== undefined) return await bytesOf(this.#source);
    const bytes = await fetch(this.#requests as Requests, this.size, signal);
    if (bytes.length === this.size) return bytes;
    throw new CuttleError("peer_decode", `the peer sent ${bytes.length} bytes of a blob that was to have ${this.size}`);
  }

  /** Fetches the bytes as a Blob of this media type; settles as {@link bytes}. */
  async blob(type = "", options: FetchOptions = {}): Promise<Blob> {
    if (this.#source instanceof Blob && this.#source.type === type) return this.#source;
    return new Blob([(await this.bytes(options)) as Uint8Array<ArrayBuffer>], { type });
  }

  /** The bytes as a stream, which begins to fetch when it is read; errors as {@link bytes} rejects. */
  stream(options: FetchOptions = {}): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          controller.enqueue(await this.bytes(options));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Lets go of a blob that came from a peer. */
  drop(): void {
    this.#requests?.close();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal */
  static embed(blob: LazyBlob): { req_tx: Requests; len: bigint } {
    const len = BigInt(blob.size);
    const source = blob.#source;
    if (source === undefined) return { req_tx: enclosedClone(blob.#requests as Requests), len };
    const [sender, receiver] = enclosedChannel<Infer<typeof request>>(request, { capacity: 1 });
    void answer(receiver, source);
    return { req_tx: sender, len };
  }

  /** @internal */
  static receive(requests: Requests, len: bigint): LazyBlob {
    return new LazyBlob(Number(len), undefined, requests);
  }
}

const shape = /* @__PURE__ */ numberedStruct("LazyBlob", {
  req_tx: /* @__PURE__ */ mpsc.sender(request),
  len: t.u64,
});

/** Describes blobs that are fetched when asked for. */
export const lazyBlob: Descriptor<LazyBlob> = /* @__PURE__ */ transported<LazyBlob>({
  name: "LazyBlob",
  shape,
  options: {
    embed(value) {
      if (value instanceof LazyBlob) return LazyBlob.embed(value);
      throw new CuttleError("local_encode", "expected a LazyBlob, made by LazyBlob.of()");
    },
    receive: ({ req_tx, len }) => LazyBlob.receive(req_tx, BigInt(len)),
  } satisfies HalfCodec<typeof shape>,
});

async function bytesOf(source: Uint8Array | Blob): Promise<Uint8Array> {
  return source instanceof Blob ? new Uint8Array(await source.arrayBuffer()) : source;
}

/** Sends the bytes, in one message, to everybody who asks. */
async function answer(receiver: mpsc.Receiver<Infer<typeof request>>, source: Uint8Array | Blob): Promise<void> {
  for (;;) {
    try {
      const asked = await receiver.recv();
      if (asked === undefined) return;
      void sendAll(asked.bin_tx, source);
    } catch (error) {
      if (CuttleError.is(error, "local_half_used")) return;
    }
  }
}

async function sendAll(to: bin.Sender, source: Uint8Array | Blob): Promise<void> {
  try {
    await to.send(await bytesOf(source));
  } catch {
    // Whoever asked has gone, or sees that nothing comes.
  } finally {
    to.close();
  }
}

/** As the sender of an answer to a call: given back to nobody, it closes. */
class AnswerSender extends bin.Sender {
  /** @internal */
  override giveBack(): void {
    super.giveBack();
    this.close();
  }
}

async function fetch(requests: Requests, size: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const [sender, bin_rx] = bin.channel({ maxMessageBytes: size });
  const bin_tx = new AnswerSender(sender.end);
  try {
    await requests.send({ bin_tx }, { signal });
    const bytes = await bin_rx.recv({ signal });
    if (bytes !== undefined) return bytes;
    throw new CuttleError("remote_closed", "nothing came");
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw replyFailure(error, { text: "the fetch of a blob", args: {} });
  } finally {
    bin_rx.drop();
  }
}
