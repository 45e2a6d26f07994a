/**
 * Channels for raw bytes; remoc's `rch::bin`. Messages keep their boundaries and meet no codec, which makes them the
 * cheapest way to move much. Useful without any connection; either half can be put into a value and sent.
 */

import { CuttleError } from "../errors/error.ts";
import type { OnProgress, Port } from "../mux/port.ts";
import { type Priority, priorityOf } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";
import { iterate } from "../util/iterate.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { byteStreamOf, readableOf, writableOf } from "../util/streams.ts";
import { type OneWayReceiver, pumpOneWayIn, pumpOneWayOut } from "./bin-pump.ts";
import { contentOf, type End, ReceiverHalf, SenderHalf, type TryRecv } from "./ends.ts";
import { assertHalf, type HalfCodec, type Link } from "./half.ts";
import { type ItemOptions, sendOptions, type Taken } from "./item.ts";
import { DEFAULT_CAPACITY, moveReceiver, moveSender } from "./movable.ts";
import { Queue } from "./queue.ts";
import { binHalf, DEFAULT_MAX_ITEM_BYTES } from "./shapes.ts";

/** Options of {@link channel}. Urgency is that of messages sent over a connection, once the receiver was sent away. */
export interface BinOptions extends Priority {
  /** Messages that wait for a receiver in this program while the sender goes on; default 16. */
  capacity?: number;
  /**
   * Larger messages are refused here: by the sender, and by the receiver when they come from a peer. Default 16 MiB.
   * A peer is not told; remoc itself takes 512 KiB unless its application sets more.
   */
  maxMessageBytes?: number;
}

/** Makes a channel for byte messages. */
export function channel(options: BinOptions = {}): [Sender, Receiver] {
  const { capacity = DEFAULT_CAPACITY, maxMessageBytes = DEFAULT_MAX_ITEM_BYTES } = options;
  const end = { ...makeEnd(capacity, maxMessageBytes), priority: priorityOf(options) };
  return [new Sender(end), new Receiver(end)];
}

/** The sending half. Close it when nothing more is to be sent: the receiver then sees the end. */
export class Sender extends SenderHalf<Uint8Array> {
  #writable: WritableStream<Uint8Array> | undefined;

  /**
   * Sends a message, which may be empty. The bytes are not copied: they must not change after this call, and a receiver
   * in this program gets this very array. Resolves when there was room for it, or, once the receiver was sent away,
   * when the connection took it with credits in hand. Rejects with `remote_closed` when the receiver closed or is gone,
   * with `local_item_too_large`, with the connection's error, or with the abort reason.
   */
  async send(bytes: Uint8Array, options: ProgressOptions = {}): Promise<void> {
    this.assertHere();
    if (!(bytes instanceof Uint8Array)) throw new CuttleError("local_misuse", "a bin channel sends Uint8Arrays");
    const { queue, maxItemBytes } = this.end;
    if (bytes.length > maxItemBytes) {
      throw new CuttleError(
        "local_item_too_large",
        `a message of ${bytes.length} bytes was not sent; this channel takes ${maxItemBytes}. ` +
          "Send it in pieces, or raise maxMessageBytes of the channel",
        { data: { sizeBytes: bytes.length, limitBytes: maxItemBytes } },
      );
    }
    await queue.push(bytes, options);
  }

  /** This half as a Web Stream: each chunk is one message. Closing or aborting the stream closes the half. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= writableOf<Uint8Array>(this);
    return this.#writable;
  }
}

/** The receiving half. Iterate it, read its {@link Receiver.readable}, or call {@link Receiver.recv}. */
export class Receiver extends ReceiverHalf<Uint8Array> implements AsyncIterable<Uint8Array> {
  #readable: ReadableStream<Uint8Array> | undefined;
  #byteStream: ReadableStream<Uint8Array> | undefined;

  /**
   * The next message, as it arrived, or undefined when the sender has ended. That is no proof of completeness: a sender
   * that failed ends the same way. Rejects with `peer_item_too_large` for a message above the limit (`maxMessageBytes`
   * of the channel, or `limits.itemBytes` of the connection when the half came from a peer), after which the next call
   * goes on; with the connection's error when it was lost; or with the abort reason.
   */
  async recv(options: ProgressOptions = {}): Promise<Uint8Array | undefined> {
    this.assertHere();
    const entry = await this.end.queue.takeArriving(options);
    return entry && contentOf(entry);
  }

  /** As {@link recv} if something is here, `"empty"` when nothing is, `"closed"` at the end. */
  tryRecv(): TryRecv<Uint8Array> {
    return this.takeNow();
  }

  /** Iterates the messages until the end. Leaving the loop drops the receiver. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return iterate(this);
  }

  /** This half as a Web Stream: each chunk is one message. Cancelling it, or an error, drops the half. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableOf<Uint8Array>(this);
    return this.#readable;
  }

  /**
   * This half as a stream of bytes, in place of {@link readable}: it can be read into buffers of one's own, and the
   * ends of messages are not seen.
   */
  get byteStream(): ReadableStream<Uint8Array> {
    this.#byteStream ??= byteStreamOf(this);
    return this.#byteStream;
  }
}

/** Describes sending halves. Whoever receives one sends to the program it came from. */
export const sender: Descriptor<Sender> = /* @__PURE__ */ transported<Sender>({
  name: "bin.sender",
  shape: binHalf,
  options: {
    embed(half, embedding) {
      const one = assertHalf(half, Sender, "bin.sender");
      const { queue, maxItemBytes } = one.end;
      one.assertHere();
      const port = moveSender(one, embedding, (opened) =>
        pumpOneWayIn(opened, queue, new ByteReceiver(opened, embedding.link, maxItemBytes)),
      );
      return { port };
    },
    receive({ port }, receiving) {
      const end = makeEnd(0, Number.POSITIVE_INFINITY);
      receiving.expect(port, (opened) => void pumpOneWayOut(end.queue, opened, bytesTo(opened)));
      return new Sender(end);
    },
  } satisfies HalfCodec<typeof binHalf>,
});

/** Describes receiving halves. */
export const receiver: Descriptor<Receiver> = /* @__PURE__ */ transported<Receiver>({
  name: "bin.receiver",
  shape: binHalf,
  options: {
    embed(half, embedding) {
      const one = assertHalf(half, Receiver, "bin.receiver");
      const { queue } = one.end;
      one.assertHere();
      return { port: moveReceiver(one, embedding, (opened) => pumpOneWayOut(queue, opened, bytesTo(opened))) };
    },
    receive({ port }, receiving) {
      const { link } = receiving;
      // What waits stays with the sender: messages may be large.
      const end = makeEnd(0, link.maxItemBytes);
      receiving.expect(port, (opened) => {
        void pumpOneWayIn(opened, end.queue, new ByteReceiver(opened, link, end.maxItemBytes));
        end.queue.removeSender();
      });
      return new Receiver(end);
    },
  } satisfies HalfCodec<typeof binHalf>,
});

function makeEnd(capacity: number, maxItemBytes: number): End<Uint8Array> {
  return { queue: new Queue(capacity), type: t.bytes, maxItemBytes, once: false };
}

function bytesTo(port: Port): { send(bytes: Uint8Array, options: ItemOptions): Promise<void> } {
  return { send: (bytes, options) => port.send(bytes, [], sendOptions(options, bytes.length)) };
}

/** Reads messages; lists of ports are refused. */
class ByteReceiver implements OneWayReceiver<Uint8Array> {
  readonly #port: Port;
  readonly #link: Link;
  readonly #maxBytes: number;

  constructor(port: Port, link: Link, maxBytes: number) {
    this.#port = port;
    this.#link = link;
    this.#maxBytes = maxBytes;
    port.maxMessageBytes = maxBytes;
  }

  set onProgress(onProgress: OnProgress | undefined) {
    this.#port.onReceiveProgress = onProgress;
  }

  hold(sizeBytes: number, giveUp: (error: CuttleError) => void): (() => void) | undefined {
    return this.#port.hold(sizeBytes, giveUp);
  }

  async recv(): Promise<Taken<Uint8Array> | undefined> {
    for (;;) {
      const message = await this.#port.receive();
      if (message === undefined) return undefined;
      if (message.kind === "bytes") return { value: message.bytes, sizeBytes: message.bytes.length };
      if (message.kind === "too-large") throw this.#tooLarge(message.sizeBytes);
      this.#link.mux.refuse(message.requests);
    }
  }

  #tooLarge(sizeBytes: number): CuttleError {
    const limitBytes = this.#maxBytes;
    return new CuttleError(
      "peer_item_too_large",
      `the peer sent a message of ${sizeBytes} bytes, which was skipped; ${limitBytes} are accepted. ` +
        "Raise limits.itemBytes or maxMessageBytes of the channel, or let the peer send it in pieces",
      { data: { sizeBytes, limitBytes } },
    );
  }
}
