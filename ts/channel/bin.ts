/**
 * Channels for raw bytes; remoc's `rch::bin`. Messages keep their boundaries and meet no codec, which makes them the
 * cheapest way to move much. Useful without any connection; either half can be put into a value and sent.
 */

import { CuttleError } from "../errors/error.ts";
import type { Port } from "../mux/port.ts";
import { type Priority, priorityOf } from "../mux/priority.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";
import { type AbortOptions, unlessAborted } from "../util/abort.ts";
import { iterate } from "../util/iterate.ts";
import type { ProgressOptions } from "../util/progress.ts";
import { byteStreamOf, readableOf, writableOf } from "../util/streams.ts";
import { Gathering, MessageWriter, type Piece, whole } from "./bin-message.ts";
import { OneWayOut, type OneWayReceiver, type OneWaySender, pumpOneWayIn } from "./bin-pump.ts";
import { contentOf, type End, ReceiverHalf, SenderHalf, type TryRecv } from "./ends.ts";
import type { Entry } from "./entry.ts";
import { assertHalf, type HalfCodec, type Link } from "./half.ts";
import { sendOptions, type Taken } from "./item.ts";
import { DEFAULT_CAPACITY, moveReceiver, moveSender } from "./movable.ts";
import { Queue } from "./queue.ts";
import { binHalf, DEFAULT_MAX_ITEM_BYTES } from "./shapes.ts";

export type { MessageWriter, Piece };

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
export class Sender extends SenderHalf<Piece> {
  #writable: WritableStream<Uint8Array> | undefined;
  #writer: MessageWriter | undefined;

  /**
   * Sends a message, which may be empty. The bytes are not copied: they must not change after this call, and a receiver
   * in this program gets this very array; what `transfer()` made moves over ports. Resolves when there was room for it, or, once the receiver was sent away,
   * when the connection took it with credits in hand. Rejects with `remote_closed` when the receiver closed or is gone,
   * with `local_item_too_large`, with the connection's error, or with the abort reason.
   */
  async send(bytes: Uint8Array, options: ProgressOptions = {}): Promise<void> {
    this.#assertFree();
    if (!(bytes instanceof Uint8Array)) throw notBytes();
    const { queue, maxItemBytes } = this.end;
    if (bytes.length > maxItemBytes) {
      throw new CuttleError(
        "local_item_too_large",
        `a message of ${bytes.length} bytes was not sent; this channel takes ${maxItemBytes}. ` +
          "Send it in pieces (startMessage), or raise maxMessageBytes of the channel",
        { data: { sizeBytes: bytes.length, limitBytes: maxItemBytes } },
      );
    }
    await queue.push(whole(bytes), options);
  }

  /**
   * Begins a message that is sent piece by piece, of any length: no side keeps more of it than the receiver wants. To be
   * ended or cancelled before anything else is sent.
   */
  startMessage(): MessageWriter {
    this.#assertFree();
    const push = async (piece: Piece, options: AbortOptions): Promise<void> => {
      this.assertHere();
      if (!(piece.bytes instanceof Uint8Array)) throw notBytes();
      await this.end.queue.push(piece, options);
    };
    this.#writer = new MessageWriter(push, () => {
      this.#writer = undefined;
    });
    return this.#writer;
  }

  #assertFree(): void {
    this.assertHere();
    if (this.#writer === undefined) return;
    throw new CuttleError("local_misuse", "a message was begun on this half: end or cancel it before the next one");
  }

  /** This half as a Web Stream: each chunk is one message. Closing or aborting the stream closes the half. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= writableOf<Uint8Array>(this);
    return this.#writable;
  }
}

/** The receiving half. Iterate it, read its {@link Receiver.readable}, or call {@link Receiver.recv}. */
export class Receiver extends ReceiverHalf<Piece> implements AsyncIterable<Uint8Array> {
  readonly #gathering = new Gathering();
  /** Taken for a call that its `onProgress` ended. */
  #kept: Piece | undefined;
  /** Settles when the calls before have: pieces of one message go to one of them. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Calls that wait. */
  #waiting = 0;
  #readable: ReadableStream<Uint8Array> | undefined;
  #byteStream: ReadableStream<Uint8Array> | undefined;

  /**
   * The next message, or undefined when the sender has ended. That is no proof of completeness: a sender that failed ends
   * the same way. Rejects with `peer_item_too_large` for a message above the limit (`maxMessageBytes` of the channel, or
   * `limits.itemBytes` of the connection when the half came from a peer), after which the next call goes on; with the
   * connection's error when it was lost; or with the abort reason, and then the next call goes on with the message.
   */
  recv(options: ProgressOptions = {}): Promise<Uint8Array | undefined> {
    return this.#inTurn(options, () => this.#message(options));
  }

  /**
   * What is here of the next message, as soon as there is something, or undefined at the end. The sender may send as much
   * more only when this is called again, so messages of any length need no more memory than a window. Rejects as
   * {@link recv}, but for the limit.
   */
  recvPiece(options: AbortOptions = {}): Promise<Piece | undefined> {
    return this.#inTurn(options, async () => {
      while (this.#gathering.sizeBytes > this.end.maxItemBytes) {
        // A message that is being skipped: this throws at its end.
        const piece = await this.#take(options);
        if (piece !== undefined) this.#gathering.add(piece, this.end.maxItemBytes);
      }
      return this.#gathering.takePart() ?? (await this.#take(options));
    });
  }

  /** As {@link recv} if the whole message is here, `"empty"` when it is not, `"closed"` at the end. */
  tryRecv(): TryRecv<Uint8Array> {
    for (;;) {
      const kept = this.#takeKept();
      const taken = kept === undefined ? this.takeNow() : { value: kept };
      if (typeof taken === "string") return taken;
      const message = this.#gathering.add(taken.value, this.end.maxItemBytes);
      if (message !== undefined) return { value: message };
    }
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
   * This half as a stream of bytes, in place of {@link readable}: it can be read into buffers of one's own, messages may
   * have any length, and their ends are not seen. Fails with `remote_failed` when a message is given up in the middle.
   */
  get byteStream(): ReadableStream<Uint8Array> {
    this.#byteStream ??= byteStreamOf(this.#bytes());
    return this.#byteStream;
  }

  #bytes(): { recv(): Promise<Uint8Array | undefined>; drop(): void } {
    let isUnfinished = false;
    const recv = async (): Promise<Uint8Array | undefined> => {
      const piece = await this.recvPiece();
      if (isUnfinished && piece?.first !== false) throw givenUp();
      isUnfinished = piece?.last === false;
      return piece?.bytes;
    };
    return { recv, drop: () => this.drop() };
  }

  async #message({ signal, onProgress }: ProgressOptions): Promise<Uint8Array | undefined> {
    for (;;) {
      const piece = this.#takeKept() ?? this.#pieceOf(await this.end.queue.take({ signal }));
      if (piece === undefined) return undefined;
      const doneBytes = piece.first ? piece.bytes.length : this.#gathering.sizeBytes + piece.bytes.length;
      const message = this.#gathering.add(piece, this.end.maxItemBytes);
      this.#kept = message && whole(message);
      onProgress?.({ doneBytes, totalBytes: undefined });
      this.#kept = undefined;
      if (message !== undefined) return message;
    }
  }

  async #take(options: AbortOptions): Promise<Piece | undefined> {
    return this.#takeKept() ?? this.#pieceOf(await this.end.queue.take(options));
  }

  #pieceOf(entry: Entry<Piece> | undefined): Piece | undefined {
    if (entry === undefined) this.#gathering.clear();
    return entry && contentOf(entry);
  }

  #takeKept(): Piece | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  #inTurn<R>(options: AbortOptions, step: () => Promise<R>): Promise<R> {
    const before = this.#waiting === 0 ? undefined : this.#turn;
    const result = this.#after(before, options, step);
    // One that was given up does not let others before those that still wait.
    this.#turn = before === undefined ? result : Promise.allSettled([before, result]);
    return result;
  }

  async #after<R>(before: Promise<unknown> | undefined, options: AbortOptions, step: () => Promise<R>): Promise<R> {
    this.assertHere();
    this.#waiting += 1;
    try {
      if (before !== undefined) await unlessAborted(Promise.allSettled([before]), options);
      return await step();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** @internal Throws when a message, or a part of it, was taken that would not be sent along, or is about to be. */
  assertBetweenMessages(): void {
    this.assertHere();
    if (this.#gathering.sizeBytes === 0 && this.#kept === undefined && this.#waiting === 0) return;
    throw new CuttleError(
      "local_misuse",
      "somebody waits for a message on this half, or got a part of one: receive it before you send the half",
    );
  }
}

function notBytes(): CuttleError {
  return new CuttleError("local_misuse", "a bin channel sends Uint8Arrays");
}

function givenUp(): CuttleError {
  return new CuttleError("remote_failed", "the sender gave up a message, of which a part had been read");
}

/** Describes sending halves. Whoever receives one sends to the program it came from. */
export const sender: Descriptor<Sender> = /* @__PURE__ */ transported<Sender>({
  name: "bin.sender",
  shape: binHalf,
  options: {
    embed(half, embedding) {
      const one = assertHalf(half, Sender, "bin.sender");
      const { queue } = one.end;
      one.assertHere();
      const port = moveSender(one, embedding, (opened) =>
        pumpOneWayIn(opened, queue, new PieceReceiver(opened, embedding.link)),
      );
      return { port };
    },
    receive({ port }, receiving) {
      const end = makeEnd(0, Number.POSITIVE_INFINITY);
      receiving.expect(port, (opened) => new OneWayOut(end.queue, opened, piecesTo(opened), receiving.link));
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
      one.assertBetweenMessages();
      return {
        port: moveReceiver(one, embedding, (opened) => new OneWayOut(queue, opened, piecesTo(opened), embedding.link)),
      };
    },
    receive({ port }, receiving) {
      const { link } = receiving;
      // What waits stays with the sender: messages may be large.
      const end = makeEnd(0, link.maxItemBytes);
      end.queue.addPump();
      receiving.expect(port, (opened) => {
        void pumpOneWayIn(opened, end.queue, new PieceReceiver(opened, link));
        end.queue.removePump();
      });
      return new Receiver(end);
    },
  } satisfies HalfCodec<typeof binHalf>,
});

function makeEnd(capacity: number, maxItemBytes: number): End<Piece> {
  return { queue: new Queue(capacity), type: NO_TYPE, maxItemBytes, once: false };
}

/** Pieces meet no codec. */
const NO_TYPE: Descriptor<Piece> = /* @__PURE__ */ t.unit as Descriptor as Descriptor<Piece>;

function piecesTo(port: Port): OneWaySender<Piece> {
  return {
    send({ bytes, first, last }, options) {
      if (first && last) return port.post(bytes, [], sendOptions(options, bytes.length));
      return port.sendPart(bytes, { first, last }, options.signal);
    },
  };
}

/** Reads messages piece by piece; lists of ports are refused. */
class PieceReceiver implements OneWayReceiver<Piece> {
  readonly #port: Port;
  readonly #link: Link;

  constructor(port: Port, link: Link) {
    this.#port = port;
    this.#link = link;
  }

  hold(sizeBytes: number, giveUp: (error: CuttleError) => void): (() => void) | undefined {
    return this.#port.hold(sizeBytes, giveUp);
  }

  async recv(): Promise<Taken<Piece> | undefined> {
    for (;;) {
      const piece = await this.#port.receivePiece();
      if (piece === undefined) return undefined;
      if (piece.kind === "bytes") return { value: piece, sizeBytes: piece.bytes.length };
      this.#link.mux.refuse(piece.requests);
    }
  }
}
