import { CuttleError } from "../errors/error.ts";
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
 */
export function batching(transport: Transport): Transport {
  return new BatchingTransport(transport);
}

/** Identifier of extensions, "cuttle", batching with acknowledgements and large chunks. */
const ANNOUNCEMENT = /* @__PURE__ */ Uint8Array.of(0xf0, 0x63, 0x75, 0x74, 0x74, 0x6c, 0x65, 3);
/** Messages of each side that are single frames: the announcement, Reset, Hello. */
const PLAIN_MESSAGES = 3;
/** Larger ones gain nothing: measured, WebSocket is as fast as it gets from 16 to 64 KiB a message on. */
const CHUNK_BYTES = 64 * 1024;
/** One of these with its header. */
const MAX_BATCH_BYTES = CHUNK_BYTES + 64;
/** A number has at most four bytes of seven bits: far more than any message may have. */
const MAX_NUMBER_BYTES = 4;
const MAX_NUMBER = 2 ** (7 * MAX_NUMBER_BYTES) - 1;

class BatchingTransport implements Transport {
  readonly #below: Transport;
  #sink: TransportSink | undefined;
  #sent = 0;
  #received = 0;
  #peerBatches = false;
  /** Frames since the last flush, lent until then. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** What to acknowledge with the next batch. */
  #ackBytes = 0;
  #ackDelayMs = 0;
  #closed = false;

  constructor(below: Transport) {
    this.#below = below;
  }

  get kind(): string {
    return this.#below.kind;
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
      frame: (message) => this.#receive(message),
      writable: () => sink.writable(),
      ended: (end: TransportEnd) => sink.ended(end),
      failed: (error: CuttleError) => sink.failed(error),
    });
    this.#sent = 1;
    this.#below.send(ANNOUNCEMENT);
  }

  capacity(): number {
    return this.#below.capacity() - this.#pendingBytes;
  }

  send(frame: Uint8Array): void {
    if (this.#sent < PLAIN_MESSAGES || !this.#peerBatches) {
      this.#sent += 1;
      this.#below.send(frame);
      return;
    }
    if (this.#pendingBytes + frame.length > MAX_BATCH_BYTES) this.#sendBatch();
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
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
    const batch = encodeBatch(head, frames);
    if (this.#below.give !== undefined) this.#below.give(batch);
    else this.#below.send(batch);
  }

  #receive(message: Uint8Array): void {
    this.#received += 1;
    if (this.#received === 1 && isAnnouncement(message)) {
      this.#peerBatches = true;
    } else if (this.#peerBatches && this.#received > PLAIN_MESSAGES) {
      this.#receiveBatch(message);
    } else {
      this.#sink?.frame(message);
    }
  }

  #receiveBatch(batch: Uint8Array): void {
    let at = this.#receiveAck(batch);
    while (at !== undefined && at < batch.length && !this.#closed) {
      const length = numberAt(batch, at);
      at = length === undefined ? undefined : length.end + length.value;
      if (length === undefined || at === undefined || at > batch.length) break;
      this.#sink?.frame(batch.subarray(length.end, at));
    }
    if (at !== undefined && at <= batch.length) return;
    this.#sink?.failed(brokenBatchError());
    this.close();
  }

  /** Where the frames begin; undefined when the batch is cut short. */
  #receiveAck(batch: Uint8Array): number | undefined {
    const acked = numberAt(batch, 0);
    if (acked === undefined || acked.value === 0) return acked?.end;
    const delayMs = numberAt(batch, acked.end);
    if (delayMs !== undefined) this.#sink?.acked?.(acked.value, delayMs.value);
    return delayMs?.end;
  }
}

function isAnnouncement(message: Uint8Array): boolean {
  return message.length === ANNOUNCEMENT.length && ANNOUNCEMENT.every((byte, at) => message[at] === byte);
}

/** A buffer of exactly this batch, so that a port can transfer it. */
function encodeBatch(head: readonly number[], frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const number of head) size += bytesOfNumber(number);
  for (const frame of frames) size += bytesOfNumber(frame.length) + frame.length;
  const batch = new Uint8Array(size);
  let at = 0;
  const put = (number: number): void => {
    let rest = number;
    for (; rest >= 0x80; rest >>>= 7) batch[at++] = (rest & 0x7f) | 0x80;
    batch[at++] = rest;
  };
  for (const number of head) put(number);
  for (const frame of frames) {
    put(frame.length);
    batch.set(frame, at);
    at += frame.length;
  }
  return batch;
}

function bytesOfNumber(number: number): number {
  let bytes = 1;
  for (let rest = number; rest >= 0x80; rest >>>= 7) bytes += 1;
  return bytes;
}

/** The number that starts at `at`, and where it ends; undefined when there is none. */
function numberAt(batch: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < MAX_NUMBER_BYTES; index += 1) {
    const byte = batch[at + index];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}

function brokenBatchError(): CuttleError {
  return new CuttleError(
    "peer_protocol",
    "the peer sent a batch of frames that is cut short. The connection is lost; the peer, or a proxy that changes " +
      "messages, is at fault",
  );
}
