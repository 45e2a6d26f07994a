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
import { asyncDispose } from "../util/dispose.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { enclosedChannel, enclosedClone } from "./enclosed.ts";

/** The bytes from the first number up to the second one. Owners that do not know ranges send everything. */
type Range = readonly [bigint, bigint];

const request = /* @__PURE__ */ numberedStruct("LazyBlobRequest", {
  bin_tx: bin.sender,
  range: /* @__PURE__ */ t.field("range", /* @__PURE__ */ t.option(/* @__PURE__ */ t.tuple(t.u64, t.u64)), {
    skipNone: true,
    namedOnly: true,
  }),
});

type Request = Infer<typeof request>;
type Requests = mpsc.Sender<Request>;

/** Options of fetching. `onProgress` is told how many of the bytes that were asked for have come. */
export interface FetchOptions extends ProgressOptions {
  /** A blob that says it is longer is not fetched; default 16 MiB. */
  maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** What a stream asks for at once. */
const STREAM_PIECE_BYTES = 1024 * 1024;

/** Where the bytes of a blob are. */
type Source =
  | { readonly kind: "here"; readonly bytes: Uint8Array | Blob }
  /** Elsewhere, in a blob of `totalBytes`, from `offset` on. */
  | { readonly kind: "there"; readonly requests: Requests; readonly offset: number; readonly totalBytes: number };

/** Bytes that stay where they are until somebody asks for them. They can be sent on, any number of times. */
export class LazyBlob {
  /** How many bytes there are. A peer may lie, which {@link bytes} notices. */
  readonly size: number;
  readonly #source: Source;
  /** A part of another blob, which is let go of with that. */
  readonly #isSlice: boolean;

  private constructor(size: number, source: Source, isSlice = false) {
    this.size = size;
    this.#source = source;
    this.#isSlice = isSlice;
  }

  /** Bytes of this program. They are read when they are fetched, and must not change. */
  static of(bytes: Uint8Array | Blob): LazyBlob {
    return new LazyBlob(bytes instanceof Blob ? bytes.size : bytes.length, { kind: "here", bytes });
  }

  /**
   * The bytes from `start` up to `end`, with the rules of `Blob.slice`, as a blob that is fetched by itself. Nothing
   * else of the blob is transferred when its owner and all between are cuttle, and the codec writes names; stock remoc
   * sends everything, of which the slice is cut, if everything is not longer than `maxBytes`. A slice can be used until
   * the blob is let go of.
   */
  slice(start = 0, end: number = this.size): LazyBlob {
    const from = clamp(start, this.size);
    const to = Math.max(from, clamp(end, this.size));
    const source = this.#source;
    if (source.kind === "here") return LazyBlob.of(partOf(source.bytes, from, to));
    return new LazyBlob(to - from, { ...source, offset: source.offset + from }, true);
  }

  /**
   * Fetches the bytes. Rejects with `local_limit` before anything is fetched when there are too many, with
   * `remote_failed` when the owner has gone, with `peer_decode` or `peer_item_too_large` when it sends less or more than
   * it said, with the connection's error, or with the abort reason.
   */
  async bytes(options: FetchOptions = {}): Promise<Uint8Array> {
    this.#assertSize(options);
    return (await this.#fetch(0, this.size, options)).bytes;
  }

  /** Fetches the bytes as a Blob of this media type; settles as {@link bytes}. */
  async blob(type = "", options: FetchOptions = {}): Promise<Blob> {
    const source = this.#source;
    if (source.kind === "here" && source.bytes instanceof Blob) return source.bytes.slice(0, this.size, type);
    return new Blob([(await this.bytes(options)) as Uint8Array<ArrayBuffer>], { type });
  }

  /**
   * The bytes as a stream, which fetches them as they are read: in pieces where {@link slice} would, else all at once.
   * It errors as {@link bytes} rejects; cancelling it gives up what is being fetched.
   */
  stream(options: FetchOptions = {}): ReadableStream<Uint8Array> {
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    let at = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.#assertSize({ ...options, signal });
          const end = Math.min(at + STREAM_PIECE_BYTES, this.size);
          const { bytes, rest } = await this.#fetch(at, end, { ...options, signal });
          at = rest === undefined ? end : this.size;
          if (bytes.length > 0) controller.enqueue(bytes);
          if (rest !== undefined && rest.length > 0) controller.enqueue(rest);
          if (at === this.size) controller.close();
        },
        cancel: (reason) => stop.abort(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Lets go of a blob that came from a peer. */
  drop(): void {
    if (this.#source.kind === "there" && !this.#isSlice) this.#source.requests.close();
  }

  /** As {@link drop}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.drop();
  }

  /** @internal */
  static embed(blob: LazyBlob): { req_tx: Requests; len: bigint } {
    const len = BigInt(blob.size);
    const source = blob.#source;
    if (source.kind === "there" && !blob.#isSlice) return { req_tx: enclosedClone(source.requests), len };
    const [sender, receiver] = enclosedChannel<Request>(request, { capacity: 1 });
    void answer(receiver, blob);
    return { req_tx: sender, len };
  }

  /** @internal */
  static receive(requests: Requests, len: bigint): LazyBlob {
    const size = Number(len);
    return new LazyBlob(size, { kind: "there", requests, offset: 0, totalBytes: size });
  }

  #assertSize({ maxBytes = DEFAULT_MAX_BYTES, signal }: FetchOptions): void {
    signal?.throwIfAborted();
    if (this.size <= maxBytes) return;
    throw new CuttleError(
      "local_limit",
      `a blob of ${this.size} bytes was not fetched; ${maxBytes} are accepted. Raise maxBytes`,
      { data: { sizeBytes: this.size, limitBytes: maxBytes } },
    );
  }

  /** The bytes of a range; and the rest behind it, when the owner sent everything. */
  async #fetch(start: number, end: number, options: FetchOptions): Promise<{ bytes: Uint8Array; rest?: Uint8Array }> {
    const source = this.#source;
    const { onProgress, maxBytes = DEFAULT_MAX_BYTES } = options;
    if (source.kind === "here") {
      const bytes = await bytesOf(partOf(source.bytes, start, end));
      onProgress?.({ doneBytes: end, totalBytes: this.size });
      return { bytes };
    }
    const { requests, offset, totalBytes } = source;
    const [from, to] = [offset + start, offset + end];
    const isAll = from === 0 && to === totalBytes;
    if (from === to && !isAll) return { bytes: new Uint8Array() };
    const got = await fetch(requests, {
      range: isAll ? null : [BigInt(from), BigInt(to)],
      // Who sends everything may do so within the limit.
      maxMessageBytes: totalBytes <= maxBytes ? totalBytes : to - from,
      signal: options.signal,
      onProgress:
        onProgress &&
        (({ doneBytes }) => onProgress({ doneBytes: Math.min(start + doneBytes, end), totalBytes: this.size })),
    });
    if (got.length === to - from) return { bytes: got };
    if (got.length === totalBytes) return { bytes: got.subarray(from, to), rest: got.subarray(to, offset + this.size) };
    throw new CuttleError("peer_decode", `the peer sent ${got.length} bytes of a blob that was to have ${to - from}`);
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

function partOf(source: Uint8Array | Blob, start: number, end: number): Uint8Array | Blob {
  const length = source instanceof Blob ? source.size : source.length;
  if (start === 0 && end === length) return source;
  return source instanceof Blob ? source.slice(start, end) : source.subarray(start, end);
}

/** As `Blob.slice` has it: what is negative counts from the end. */
function clamp(position: number, size: number): number {
  const whole = Math.trunc(position) || 0;
  return whole < 0 ? Math.max(0, size + whole) : Math.min(whole, size);
}

/** Sends the bytes, in one message, to everybody who asks. */
async function answer(receiver: mpsc.Receiver<Request>, blob: LazyBlob): Promise<void> {
  for (;;) {
    try {
      const asked = await receiver.recv();
      if (asked === undefined) return;
      void sendTo(asked.bin_tx, blob, asked.range);
    } catch (error) {
      if (CuttleError.is(error, "local_half_used")) return;
    }
  }
}

/** What is not there is not sent: then only the end comes. */
async function sendTo(to: bin.Sender, blob: LazyBlob, range: Range | null): Promise<void> {
  try {
    const [start, end] = range ?? [0n, BigInt(blob.size)];
    if (start <= end && end <= BigInt(blob.size)) {
      await to.send(await blob.slice(Number(start), Number(end)).bytes({ maxBytes: Number.POSITIVE_INFINITY }));
    }
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

interface Fetch extends ProgressOptions {
  readonly range: [bigint, bigint] | null;
  readonly maxMessageBytes: number;
}

async function fetch(requests: Requests, { range, maxMessageBytes, signal, onProgress }: Fetch): Promise<Uint8Array> {
  const [sender, bin_rx] = bin.channel({ maxMessageBytes });
  const bin_tx = new AnswerSender(sender.end);
  sender.close();
  try {
    await requests.send({ bin_tx, range }, { signal });
    const bytes = await bin_rx.recv({ signal, onProgress });
    if (bytes !== undefined) return bytes;
    throw new CuttleError("remote_closed", "nothing came");
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    // What `onProgress` threw.
    if (!CuttleError.is(error)) throw error;
    throw replyFailure(error, { text: "the fetch of a blob", args: {} });
  } finally {
    bin_rx.drop();
  }
}
