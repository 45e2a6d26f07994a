import { CuttleError } from "../errors/error.ts";
import { Attached, Attaching, type Taking } from "./attachments.ts";
import type { Given } from "./given.ts";
import type { Transport, TransportEnd, TransportSink } from "./transport.ts";

/**
 * Gathers the frames of one flush into one message where both ends are cuttle: a browser pays for each message, not
 * for each frame. PROTOCOL.md section 2.7.
 *
 * Each side first sends an announcement, which a plain remoc peer skips as it skips everything before Hello. Reset and
 * Hello follow as messages of their own; nothing else is sent before the peer's Hello came, and by then each side knows
 * whether the other announced. If so, every message behind Hello is a batch: first how many more bytes of frames were
 * received, and unless 0 how many ms ago the last of them; then frames one after the other, each behind its length. All
 * these numbers are LEB128. Otherwise nothing changes.
 *
 * Where both can also move buffers beside a batch, its frames are either in it, behind twice their length, or taken from
 * a buffer that was attached to this batch or to one before: twice the length and one more, and the buffer's number.
 */
export function batching(transport: Transport): Transport {
  return new BatchingTransport(transport);
}

/** Identifier of extensions, "cuttle"; then what the end can do. */
const IDENTIFIER = [0xf0, 0x63, 0x75, 0x74, 0x74, 0x6c, 0x65];
/** Batching with acknowledgements and large chunks. */
const BATCHES = 3;
/** That, and attachments. */
const ATTACHES = 4;
/** Messages of each side that are single frames: the announcement, Reset, Hello. */
const PLAIN_MESSAGES = 3;
/** Larger ones gain nothing: measured, WebSocket is as fast as it gets from 16 to 64 KiB a message on. */
const CHUNK_BYTES = 64 * 1024;
/** Of these a message has one; over a port, where a message costs as much as copying one, several. */
const BOUNDED_CHUNKS = 4;
/**
 * Frames in one message: more than a flush has, and few enough that a message full of those which cost nothing keeps the
 * receiver's thread for no longer than one of data.
 */
const MAX_BATCH_FRAMES = 1_024;
/** A header beside each of these. */
const HEADER_ROOM = 64;
/** Smaller ones cost less than what a connection would keep for them. */
const MIN_SCRATCH_BYTES = 16 * 1024;
/** A number has at most four bytes of seven bits: far more than any message may have. */
const MAX_NUMBER_BYTES = 4;
const MAX_NUMBER = 2 ** (7 * MAX_NUMBER_BYTES) - 1;

class BatchingTransport implements Transport {
  readonly #below: Transport;
  readonly #maxBatchBytes: number;
  /** Where large batches are written, one after the other, when they are copied from there. */
  #scratch: Uint8Array<ArrayBuffer> | undefined;
  #sink: TransportSink | undefined;
  #sent = 0;
  #received = 0;
  #peerBatches = false;
  /** Both ends announced that they attach. */
  #attach = false;
  readonly #attaching = new Attaching();
  readonly #attached = new Attached();
  /** Frames since the last flush, lent until then. */
  #pending: (Uint8Array | Taking)[] = [];
  #pendingBytes = 0;
  /** What to acknowledge with the next batch. */
  #ackBytes = 0;
  #ackDelayMs = 0;
  #closed = false;

  constructor(below: Transport) {
    this.#below = below;
    this.#maxBatchBytes = (below.bounded === true ? BOUNDED_CHUNKS : 1) * (CHUNK_BYTES + HEADER_ROOM);
  }

  get kind(): string {
    return this.#below.kind;
  }

  get unasked(): boolean {
    return this.#below.bounded === true || this.#below.unasked === true;
  }

  get acks(): boolean {
    return this.#peerBatches && this.#below.bounded !== true;
  }

  get chunkBytes(): number | undefined {
    return this.#peerBatches ? CHUNK_BYTES : undefined;
  }

  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
    await this.#below.start({
      frame: (message, attached = []) => this.#receive(message, attached),
      writable: () => sink.writable(),
      ended: (end: TransportEnd) => sink.ended(end),
      failed: (error: CuttleError) => sink.failed(error),
    });
    this.#sent = 1;
    this.#below.send(Uint8Array.of(...IDENTIFIER, this.#below.attaches === true ? ATTACHES : BATCHES));
  }

  capacity(): number {
    return this.#below.capacity() - this.#pendingBytes - this.#attaching.pendingCost;
  }

  send(frame: Uint8Array): void {
    if (this.#sent < PLAIN_MESSAGES || !this.#peerBatches) {
      this.#sent += 1;
      this.#below.send(frame);
      return;
    }
    const isFull = this.#pendingBytes + frame.length > this.#maxBatchBytes || this.#pending.length >= MAX_BATCH_FRAMES;
    if (isFull) this.#sendBatch();
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
  }

  sendGiven(given: Given, from: number, to: number): void {
    const taking = this.#attach ? this.#attaching.take(given, from, to, (rest) => this.#pending.push(rest)) : undefined;
    if (taking === undefined) this.send(given.bytes.subarray(from, to));
    else this.#pending.push(taking);
  }

  ack(lenBytes: number, delayMs: number): void {
    this.#ackBytes += lenBytes;
    this.#ackDelayMs = delayMs;
  }

  flush(): void {
    this.#sendBatch();
    this.#below.flush();
  }

  close(): void {
    this.#sendBatch();
    this.#closed = true;
    this.#below.close();
  }

  #sendBatch(): void {
    const frames = this.#pending;
    const acked = Math.min(this.#ackBytes, MAX_NUMBER);
    if (frames.length === 0 && acked === 0) return;
    const head = acked === 0 ? [0] : [acked, Math.min(this.#ackDelayMs, MAX_NUMBER)];
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#ackBytes -= acked;
    const batch = encodeBatch(head, frames, this.#attach, (size) => this.#memory(size));
    if (this.#below.give !== undefined) this.#below.give(batch, this.#attaching.takeBuffers());
    else this.#below.send(batch);
  }

  /** A buffer of exactly this size, so that a port can transfer it, unless it is copied. */
  #memory(size: number): Uint8Array<ArrayBuffer> {
    if (this.#below.copies !== true || size < MIN_SCRATCH_BYTES || size > this.#maxBatchBytes)
      return new Uint8Array(size);
    this.#scratch ??= new Uint8Array(this.#maxBatchBytes);
    return this.#scratch.subarray(0, size);
  }

  #receive(message: Uint8Array, attached: readonly Uint8Array[]): void {
    this.#received += 1;
    const announced = this.#received === 1 ? readAnnouncement(message) : undefined;
    if (announced === undefined && attached.length > 0 && !this.#attach) {
      this.#fail(wrongAttachmentError());
    } else if (announced !== undefined) {
      this.#peerBatches = true;
      this.#below.widen?.();
      this.#attach = announced === ATTACHES && this.#below.attaches === true;
    } else if (this.#peerBatches && this.#received > PLAIN_MESSAGES) {
      this.#receiveBatch(message, attached);
    } else {
      this.#sink?.frame(message);
    }
  }

  #receiveBatch(batch: Uint8Array, attached: readonly Uint8Array[]): void {
    if (!this.#attached.add(attached)) return this.#fail(wrongAttachmentError());
    const deliver = (): void => this.#receiveFrames(batch);
    if (this.#sink?.together === undefined) deliver();
    else this.#sink.together(deliver);
  }

  #receiveFrames(batch: Uint8Array): void {
    const reader = new BatchReader(batch);
    let isWhole = this.#receiveAck(reader);
    for (let frames = 0; isWhole && !reader.isAtEnd && !this.#closed; frames += 1) {
      if (frames === MAX_BATCH_FRAMES) return this.#fail(tooManyFramesError());
      isWhole = this.#receiveFrame(reader);
    }
    if (!isWhole) this.#fail(brokenBatchError());
  }

  /** False when the batch is cut short. */
  #receiveFrame(reader: BatchReader): boolean {
    const head = reader.number();
    if (head < 0) return false;
    if (this.#attach && (head & 1) === 1) return this.#receiveTaking(reader, head >> 1);
    const frame = reader.bytes(this.#attach ? head >> 1 : head);
    if (frame !== undefined) this.#sink?.frame(frame);
    return frame !== undefined;
  }

  /** As {@link #receiveFrame}. */
  #receiveTaking(reader: BatchReader, length: number): boolean {
    const attachment = reader.number();
    const frame = attachment < 0 ? undefined : this.#attached.take({ attachment, length });
    if (frame !== undefined && frame !== "let go") this.#sink?.frame(frame);
    return frame !== undefined;
  }

  #fail(error: CuttleError): void {
    if (this.#closed) return;
    this.#sink?.failed(error);
    this.close();
  }

  /** As {@link #receiveFrame}, for what stands in front of the frames. */
  #receiveAck(reader: BatchReader): boolean {
    const acked = reader.number();
    if (acked <= 0) return acked === 0;
    const delayMs = reader.number();
    if (delayMs >= 0) this.#sink?.acked?.(acked, delayMs);
    return delayMs >= 0;
  }
}

/** What the peer can do; undefined when `message` is something else. */
function readAnnouncement(message: Uint8Array): number | undefined {
  const can = message[IDENTIFIER.length];
  const isOne = message.length === IDENTIFIER.length + 1 && IDENTIFIER.every((byte, at) => message[at] === byte);
  return isOne && (can === BATCHES || can === ATTACHES) ? can : undefined;
}

/** `attach`: lengths are doubled. `memory` is asked once, for as much as the batch has. */
function encodeBatch(
  head: readonly number[],
  frames: readonly (Uint8Array | Taking)[],
  attach: boolean,
  memory: (size: number) => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const number of head) size += bytesOfNumber(number);
  for (const frame of frames) {
    size += bytesOfNumber(attach ? frame.length * 2 : frame.length);
    size += "attachment" in frame ? bytesOfNumber(frame.attachment) : frame.length;
  }
  const batch = memory(size);
  let at = 0;
  const put = (number: number): void => {
    let rest = number;
    for (; rest >= 0x80; rest >>>= 7) batch[at++] = (rest & 0x7f) | 0x80;
    batch[at++] = rest;
  };
  for (const number of head) put(number);
  for (const frame of frames) {
    if ("attachment" in frame) {
      put(frame.length * 2 + 1);
      put(frame.attachment);
    } else {
      put(attach ? frame.length * 2 : frame.length);
      batch.set(frame, at);
      at += frame.length;
    }
  }
  return batch;
}

function bytesOfNumber(number: number): number {
  let bytes = 1;
  for (let rest = number; rest >= 0x80; rest >>>= 7) bytes += 1;
  return bytes;
}

/** Reads a batch from its beginning on. */
class BatchReader {
  readonly #batch: Uint8Array;
  #at = 0;

  constructor(batch: Uint8Array) {
    this.#batch = batch;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#batch.length;
  }

  /** The next number; -1 when the batch is cut short. */
  number(): number {
    let value = 0;
    for (let index = 0; index < MAX_NUMBER_BYTES; index += 1) {
      const byte = this.#batch[this.#at + index];
      if (byte === undefined) return -1;
      value |= (byte & 0x7f) << (7 * index);
      if (byte >= 0x80) continue;
      this.#at += index + 1;
      return value;
    }
    return -1;
  }

  /** The next bytes, lent; undefined when the batch is cut short. */
  bytes(count: number): Uint8Array | undefined {
    const start = this.#at;
    if (count > this.#batch.length - start) return undefined;
    this.#at = start + count;
    return this.#batch.subarray(start, this.#at);
  }
}

function brokenBatchError(): CuttleError {
  return new CuttleError(
    "peer_protocol",
    "the peer sent a batch of frames that is cut short. The connection is lost; the peer, or a proxy that changes " +
      "messages, is at fault",
  );
}

function tooManyFramesError(): CuttleError {
  return new CuttleError(
    "peer_protocol",
    `the peer sent a message of more than ${MAX_BATCH_FRAMES} frames. The connection is lost; the peer is at fault`,
    { data: { limitFrames: MAX_BATCH_FRAMES } },
  );
}

function wrongAttachmentError(): CuttleError {
  return new CuttleError(
    "peer_protocol",
    "the peer attached buffers to a message that may have none, or buffers that are too small or too many. The " +
      "connection is lost; the peer is at fault",
  );
}
