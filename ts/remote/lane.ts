import { CuttleError } from "../errors/error.ts";
import type { PortRequest } from "../mux/inbox.ts";
import type { Mux } from "../mux/mux.ts";
import type { Port } from "../mux/port.ts";
import type { Outstanding } from "../util/outstanding.ts";
import { wholeOf } from "../util/pieces.ts";

/** A record with the ports that its value asks for. */
export interface LaneRecord {
  readonly bytes: Uint8Array;
  readonly ports: readonly Port[];
  /** It answers something: bytes that the other side made us keep, should it not read. */
  readonly isReply: boolean;
}

/** A message that came: records, one behind the other. */
export interface ReceivedMessage {
  readonly bytes: Uint8Array;
  readonly records: readonly ReceivedRecord[];
}

/** Where a record begins and ends in its message, and the requests for its ports: each is to be accepted or refused. */
export interface ReceivedRecord {
  readonly from: number;
  readonly to: number;
  readonly requests: readonly PortRequest[];
}

/** In front of each record: its length (u32) and how many ports belong to it (u16), little-endian. */
const HEAD_BYTES = 6;
/** Records are gathered up to this size. */
const MESSAGE_BYTES = 64 * 1024;
/** Every side may send messages of this size, whatever limit values have: what is gathered, or one record with what it refers to. */
const LEAST_LIMIT = 2 * MESSAGE_BYTES;

/** Carries records in order; all that are said in one task leave as one message. */
export class Lane {
  readonly #mux: Mux;
  readonly #outgoing: Port;
  readonly #incoming: Port;
  readonly #maxBytes: number;
  /** What was said since the last flush, as messages: the first arrive while the last are written. */
  #gathered: { records: LaneRecord[]; sizeBytes: number }[] = [];
  /** Bytes of replies that wait for credits. */
  #waitingBytes = 0;

  readonly #unanswered: Outstanding;

  /**
   * `maxBytes` limits one message, and the replies that may wait because the other side does not read. Replies are
   * counted in `unanswered` until they have left.
   */
  constructor(mux: Mux, ports: { outgoing: Port; incoming: Port }, maxBytes: number, unanswered: Outstanding) {
    const { outgoing, incoming } = ports;
    this.#mux = mux;
    this.#unanswered = unanswered;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#maxBytes = Math.max(maxBytes, LEAST_LIMIT);
    // A message holds the small records of one task; large ones have ports of their own.
    incoming.maxMessageBytes = this.#maxBytes;
  }

  /** Says a record at the end of this task. */
  say(record: LaneRecord): void {
    if (record.isReply) this.#unanswered.begin();
    if (this.#gathered.length === 0) this.#mux.beforeFlush(() => this.#send());
    const sizeBytes = HEAD_BYTES + record.bytes.length;
    const last = this.#gathered.at(-1);
    if (last === undefined || last.sizeBytes + sizeBytes > MESSAGE_BYTES) {
      this.#gathered.push({ records: [record], sizeBytes });
    } else {
      last.records.push(record);
      last.sizeBytes += sizeBytes;
    }
  }

  /** Says nothing more; what was said still goes out. */
  close(): void {
    this.#send();
    this.#outgoing.finishSend();
    this.#incoming.finishReceive();
  }

  /** The next message; undefined at the end. Rejects with the connection's end or `peer_protocol`. */
  async receive(): Promise<ReceivedMessage | undefined> {
    const message = await this.#incoming.receive();
    if (message === undefined) return undefined;
    if (message.kind !== "bytes") throw brokenLane();
    const records: { from: number; to: number; ports: number; requests: readonly PortRequest[] }[] = [];
    const bytes = wholeOf(message.bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let ports = 0;
    for (let at = 0; at < bytes.length; ) {
      if (bytes.length - at < HEAD_BYTES) throw brokenLane();
      const from = at + HEAD_BYTES;
      const to = from + view.getUint32(at, true);
      if (to > bytes.length) throw brokenLane();
      const count = view.getUint16(at + 4, true);
      records.push({ from, to, ports: count, requests: NO_REQUESTS });
      ports += count;
      at = to;
    }
    if (ports > 0) {
      const list = await this.#incoming.receive();
      if (list?.kind !== "ports" || list.requests.length !== ports) throw brokenLane();
      let at = 0;
      for (const record of records) {
        record.requests = list.requests.slice(at, at + record.ports);
        at += record.ports;
      }
    }
    return { bytes, records };
  }

  #send(): void {
    const messages = this.#gathered;
    this.#gathered = [];
    for (const { records, sizeBytes } of messages) this.#sendMessage(records, sizeBytes);
  }

  #sendMessage(records: readonly LaneRecord[], sizeBytes: number): void {
    const message = new Uint8Array(sizeBytes);
    const view = new DataView(message.buffer);
    const allPorts: Port[] = [];
    let replies = 0;
    let replyBytes = 0;
    let at = 0;
    for (const { bytes, ports, isReply } of records) {
      view.setUint32(at, bytes.length, true);
      view.setUint16(at + 4, ports.length, true);
      message.set(bytes, at + HEAD_BYTES);
      at += HEAD_BYTES + bytes.length;
      allPorts.push(...ports);
      if (!isReply) continue;
      replies += 1;
      replyBytes += bytes.length;
    }
    this.#waitingBytes += replyBytes;
    if (this.#waitingBytes > this.#maxBytes) {
      this.#mux.fail(
        new CuttleError("peer_protocol", "the other side keeps asking and does not read the answers", {
          data: { waitingBytes: this.#waitingBytes },
        }),
      );
      return;
    }
    const done = (): void => {
      this.#waitingBytes -= replyBytes;
      if (replies > 0) this.#unanswered.end(replies);
    };
    // Whoever waits for something hears of the end of the lane from its receiving side.
    this.#outgoing.send(message, allPorts).then(done, done);
  }
}

const NO_REQUESTS: readonly PortRequest[] = [];

function brokenLane(): CuttleError {
  return new CuttleError("peer_protocol", "the other side broke the protocol of plain objects");
}
