import type { Mux } from "../../wasm-core/pkg/cuttle_core.js";
import { CuttleError } from "../errors/error.ts";
import { type Capability, capabilitiesOf, capabilityBits } from "./capabilities.ts";
import { MISUSE_ENDED, misuseError } from "./failure.ts";
import { startWasm, type Wasm } from "./wasm.ts";

/** Settings of one end; sizes in bytes. Those marked * are announced to the peer. */
export interface CoreSettings {
  /** * Fail when nothing was received for this long; 0 for never. */
  timeoutMs: number;
  /** Fail when the peer's Hello takes longer. */
  handshakeTimeoutMs: number;
  /** * Largest chunk accepted. */
  chunkBytes: number;
  /** Largest chunk sent. */
  maxSendChunkBytes: number;
  /** * What may be under way towards this end on each port. */
  portWindowBytes: number;
  /** * Port requests of the peer that may be unanswered. */
  connectQueue: number;
  /** Ports that may exist at once. */
  maxPorts: number;
  /** Bytes of messages taken before the transport took them. */
  sendQueueBytes: number;
  /** Bytes that the peer may make this end keep, beside one message that the application waits for. */
  bufferedBytes: number;
  /** * Features of remoc 0.20 that this end can do; with none the Hello is the one of 0.18. */
  capabilities: readonly Capability[];
}

export type { Capability };

/** Names a port for its whole life; never 0. */
export type PortKey = number & { readonly portKey: unique symbol };

/** What is to be sent now. Both buffers are copies, so nothing in them changes when the core is called again. */
export interface Flush {
  /** How many messages. */
  readonly count: number;
  /** {@link RECORD_LEN} numbers a message, see {@link Field}. */
  readonly records: Uint32Array;
  /** The header frames, one after the other. */
  readonly headers: Uint8Array;
}

/** Numbers in a record of a flush or an event. */
export const RECORD_LEN = 6;

/** The number at this position of records. */
export function numberAt(records: Uint32Array, at: number): number {
  return records[at] ?? 0;
}

/** Positions in a record of a flush. */
export const Field = { headerStart: 0, headerLen: 1, key: 2, offset: 3, len: 4, body: 5 } as const;

/**
 * Values of `Field.body`: no payload frame follows, one follows, one follows and ends its message; none follows, and the
 * list of ports behind a message of the port has left whole; no frame at all but an acknowledgement of `len` bytes, the
 * last of which came `offset` ms ago.
 */
export const Body = { none: 0, part: 1, last: 3, listLast: 4, ack: 8 } as const;

/** What a frame led to: the next one is its payload; there are events to be taken. */
export const Came = { payloadNext: 1, events: 2 } as const;

/** Kinds of events, at position 0 of their record; position 1 is the port's key. */
export const EventKind = {
  ready: 1,
  /** 2: number at the peer, 3: id, 4: key of the port when the peer uses it already. Key: whose list brought it, or 0. */
  request: 2,
  opened: 3,
  /** 2: for want of ports, 3: it never left. */
  refused: 4,
  /** 2: {@link ChunkUse}, 3: last, 4: length. Key 0: for nobody. */
  chunk: 5,
  /** 2: {@link ChunkUse}, 3: last, 4: how many requests follow. */
  portList: 6,
  sendFinished: 7,
  /** What is covered is still read. */
  receiverClosed: 8,
  freed: 9,
  listenerFinished: 10,
  clientFinished: 11,
  goodbye: 12,
  ended: 13,
  /** 2: code, 3 to 5: numbers. */
  failed: 14,
  /** Nothing is read any more. 2: it had closed before. */
  receiverFinished: 15,
  /** This end reads nothing any more: too much was kept. */
  shed: 16,
  /** The peer's application read up to where a report was requested. */
  report: 17,
} as const;

/** What to do with a chunk. */
export const ChunkUse = { start: 0, append: 1, drop: 2 } as const;

/** What became of a message given to {@link Core.send}. */
export type Sent = "covered" | "waiting" | "closed";

/** The peer's announced settings. */
export interface PeerSettings {
  /** Which remoc its Hello comes from. */
  readonly generation: "0.18" | "0.19" | "0.20";
  readonly version: number;
  readonly timeoutMs: number;
  readonly chunkBytes: number;
  readonly portWindowBytes: number;
  readonly connectQueue: number;
  /** What it can do beyond remoc 0.18. */
  readonly capabilities: readonly Capability[];
}

/** What is known of the way to the peer. Bytes are known where both ends acknowledge what they receive. */
export interface Path {
  /** The shortest of late; an upper bound where nothing is acknowledged. */
  readonly roundTripMs: number | undefined;
  /** How much may be under way at once. */
  readonly windowBytes: number | undefined;
  /** Sent and not acknowledged. */
  readonly inFlightBytes: number | undefined;
}

const NO_EVENTS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
/** Room for every header but long port lists. */
const SMALL_INBOX = 64;
const SEND_MISUSE = 0x100;
const MISUSE_RECEIVER_CLOSED = 7;
const MISUSE_UNSUPPORTED = 9;

/**
 * One end of a connection inside the wasm core, behind types. Time is milliseconds on one monotonic clock.
 * Calls never re-enter; a trap in the core throws `bug` and ends the use of this instance only.
 */
export class Core {
  readonly #wasm: Wasm;
  /** Undefined once freed: then everything is silently nothing, so that late calls of ports need no care. */
  #mux: Mux | undefined;
  readonly #maxHeader: number;
  /** A view of the inbox, empty when memory has grown. */
  #inbox: Uint8Array = NO_BYTES;
  /** Calls across the border, for tests and benches. */
  calls = 0;
  /** Bytes copied across the border, for tests and benches. */
  copiedBytes = 0;

  /** Throws `local_wasm_blocked`, and `local_misuse` when a setting cannot work. */
  constructor(settings: CoreSettings, seed: number, now: number) {
    this.#wasm = startWasm();
    const { timeoutMs, handshakeTimeoutMs, capabilities, ...sizes } = settings;
    // The border would cut larger numbers down to 32 bits.
    const fit = Object.values(sizes).every((size) => size >= 0 && size <= 0xffff_ffff);
    const mux = fit
      ? this.#wasm.Mux.start(
          seed,
          now,
          timeoutMs,
          handshakeTimeoutMs,
          settings.chunkBytes,
          settings.maxSendChunkBytes,
          settings.portWindowBytes,
          settings.connectQueue,
          settings.maxPorts,
          settings.sendQueueBytes,
          settings.bufferedBytes,
          capabilityBits(capabilities),
        )
      : undefined;
    if (mux === undefined) {
      throw new CuttleError(
        "local_misuse",
        "a limit cannot work: chunks and windows need at least 4 bytes and at most 2^32 - 1, queues at least 1 entry, " +
          "ports 1 to 65536",
      );
    }
    this.#mux = mux;
    this.#maxHeader = mux.max_header();
  }

  /** A frame came. Bits of {@link Came}; a payload that is next is to be announced by {@link handlePayload}. */
  handleFrame(frame: Uint8Array, now: number): number {
    const given = Math.min(frame.length, this.#maxHeader);
    this.#fillInbox(given === frame.length ? frame : frame.subarray(0, given));
    return this.#border()?.handle_frame(given, frame.length, now) ?? 0;
  }

  /** The payload frame of the header just handled came; the bytes stay with the caller. Bits of {@link Came}. */
  handlePayload(lenBytes: number, now: number): number {
    return this.#border()?.handle_payload(lenBytes, now) ?? 0;
  }

  /** What to send now, at most about `maxBytes`; undefined when nothing. All of it must be sent, in order. */
  transmit(maxMessages: number, maxBytes: number, now: number): Flush | undefined {
    const count = this.#border()?.poll_transmit(maxMessages, maxBytes, now) ?? 0;
    if (count === 0) return undefined;
    const records = this.#numbers(this.#border()?.frames_ptr(), count * RECORD_LEN);
    const at = (count - 1) * RECORD_LEN;
    const headersLen = (records[at] ?? 0) + (records[at + 1] ?? 0);
    const start = this.#border()?.headers_ptr();
    const headers = new Uint8Array(this.#wasm.memory.buffer, start, headersLen).slice();
    this.copiedBytes += headersLen + records.byteLength;
    return { count, records, headers };
  }

  /** Both sides acknowledge what they receive, from now on; both count from the first frame behind Hello. */
  useAcks(): void {
    this.#border()?.use_acks();
  }

  /** The peer is asked what it received, from now on, when it can answer. */
  useProbes(): void {
    this.#border()?.use_probes();
  }

  /** Fails unless something comes within `limitMs`; the peer is asked for it, where it can answer, else nothing is due. */
  probe(limitMs: number, now: number): void {
    this.#border()?.probe(limitMs, now);
  }

  /** Both sides take chunks of these sizes from now on, larger than their Hellos say. */
  useChunks(receiveBytes: number, sendBytes: number): void {
    this.#border()?.use_chunks(receiveBytes, sendBytes);
  }

  /** The peer received `lenBytes` more, the last of them `delayMs` before it said so. */
  handleAck(lenBytes: number, delayMs: number, now: number): void {
    this.#border()?.handle_ack(lenBytes, delayMs, now);
  }

  /** Everything that happened since the last call, {@link RECORD_LEN} numbers an event. */
  takeEvents(): Uint32Array {
    const count = this.#border()?.poll_events() ?? 0;
    if (count === 0) return NO_EVENTS;
    const events = this.#numbers(this.#border()?.events_ptr(), count * RECORD_LEN);
    this.copiedBytes += events.byteLength;
    return events;
  }

  /** When {@link handleTimeout} wants to be called; infinite for never. */
  deadline(): number {
    return this.#border()?.deadline() ?? Number.POSITIVE_INFINITY;
  }

  /** A deadline passed. */
  handleTimeout(now: number): void {
    this.#border()?.handle_timeout(now);
  }

  /** The transport ended. */
  handleTransportEnd(): void {
    this.#border()?.handle_transport_end();
  }

  /** Starts an orderly end. */
  close(now: number): void {
    this.#border()?.close(now);
  }

  /** Starts an end that waits for nothing that is queued. */
  terminate(now: number): void {
    this.#border()?.terminate(now);
  }

  /** A port to be requested. Throws `local_limit` when there are too many. */
  reserve(): PortKey {
    return this.#key(this.#border()?.reserve());
  }

  /** Gives back a port that was not requested; false for others, which are left alone. */
  release(key: PortKey): boolean {
    return this.#border()?.release(key) === 0;
  }

  /** Requests a reserved port by itself. */
  open(key: PortKey): void {
    check(this.#border()?.open(key));
  }

  /** Requests no more ports by themselves. */
  closeClient(): void {
    this.#border()?.close_client();
  }

  /** Accepts no more ports requested by themselves. */
  closeListener(): void {
    this.#border()?.close_listener();
  }

  /** Accepts a request. Throws `local_limit` when there are too many ports; then the request is still open. */
  accept(peerPort: number): PortKey {
    return this.#key(this.#border()?.accept(peerPort));
  }

  /** Refuses a request. */
  reject(peerPort: number, noPorts: boolean): void {
    check(this.#border()?.reject(peerPort, noPorts));
  }

  /** Queues a message, and with it, by {@link sendPorts}, a list of `ports` when that is not 0. */
  send(key: PortKey, lenBytes: number, ports: number): Sent {
    return sentOf(this.#border()?.send(key, lenBytes, ports));
  }

  /** Queues a part of a message; only the last may be empty. */
  sendPart(key: PortKey, lenBytes: number, part: { readonly first: boolean; readonly last: boolean }): Sent {
    return sentOf(this.#border()?.send_part(key, lenBytes, (part.first ? 1 : 0) | (part.last ? 2 : 0)));
  }

  /** Queues a list that requests these reserved ports. */
  sendPorts(key: PortKey, ports: readonly PortKey[]): void {
    this.#fillInbox(listOf(ports));
    check(this.#border()?.send_ports(key, ports.length));
  }

  /** Queues a list that requests these reserved ports and belongs to no message. */
  sendList(key: PortKey, ports: readonly PortKey[]): Sent {
    this.#fillInbox(listOf(ports));
    return sentOf(this.#border()?.send_list(key, ports.length));
  }

  /** Labels the request of a reserved port with something else than its number. */
  setId(key: PortKey, id: number): void {
    check(this.#border()?.set_id(key, id));
  }

  /** Messages are still sent after the peer asked for no more. */
  outlastClose(key: PortKey): void {
    this.#border()?.outlast_close(key);
  }

  /** Where a port stands among others: urgency from 0 (first) to 7, and whether its messages take turns with others. */
  prioritize(key: PortKey, urgency: number, incremental: boolean): void {
    this.#border()?.prioritize(key, urgency, incremental);
  }

  /** Longer messages on this port are not kept. */
  setMaxMessage(key: PortKey, lenBytes: number): void {
    this.#border()?.set_max_message(key, Math.min(lenBytes, 0xffff_ffff));
  }

  /** Asks to be told when the peer's application read all that was queued so far. False when the peer cannot tell. */
  requestReport(key: PortKey): boolean {
    const misuse = this.#border()?.request_report(key) ?? MISUSE_ENDED;
    if (misuse !== MISUSE_UNSUPPORTED) check(misuse);
    return misuse === 0;
  }

  /** Takes the last queued message back; false when it left whole. */
  cancelLast(key: PortKey): boolean {
    return this.#border()?.cancel_last(key) ?? false;
  }

  /** Announces the end of sending. */
  finishSend(key: PortKey): void {
    this.#border()?.finish_send(key);
  }

  /** Asks the peer to send no more. */
  closeReceive(key: PortKey): void {
    this.#border()?.close_receive(key);
  }

  /** Receives no more. */
  finishReceive(key: PortKey): void {
    this.#border()?.finish_receive(key);
  }

  /** Returns credits for what the application took. */
  consumed(key: PortKey, cost: number): void {
    check(this.#border()?.consumed(key, cost));
  }

  /** Messages of `lenBytes` that were consumed are kept here until {@link unhold}. */
  hold(key: PortKey, lenBytes: number): void {
    this.#border()?.hold(key, lenBytes);
  }

  /** `lenBytes` of what {@link hold} told of are kept no more. */
  unhold(key: PortKey, lenBytes: number): void {
    this.#border()?.unhold(key, lenBytes);
  }

  /** The number by which the peer names the port. */
  numberOf(key: PortKey): number {
    return (this.#border()?.number(key) ?? 0) >>> 0;
  }

  /** Credits in hand for sending on a port, and what it queues would cost. */
  creditOf(key: PortKey): { creditBytes: number; queuedBytes: number } {
    const fact = (what: number): number => this.#border()?.fact(key, what) ?? 0;
    return { creditBytes: fact(0), queuedBytes: fact(1) };
  }

  /** The shortest round trip of late, how much may be under way, and how much is; undefined while unknown. */
  path(): Path {
    const fact = (what: number): number | undefined => {
      const value = this.#border()?.fact(0, what) ?? -1;
      return value < 0 ? undefined : value;
    };
    return { roundTripMs: fact(0), windowBytes: fact(1), inFlightBytes: fact(2) };
  }

  /** Ports that exist. */
  get ports(): number {
    return this.#border()?.ports() ?? 0;
  }

  /** The peer's settings; undefined before its Hello. */
  peer(): PeerSettings | undefined {
    const fact = (what: number): number => this.#border()?.peer(what) ?? -1;
    const generation = fact(0);
    if (generation < 0) return undefined;
    return {
      generation: `0.${generation}` as PeerSettings["generation"],
      version: fact(1),
      timeoutMs: fact(2),
      chunkBytes: fact(3),
      portWindowBytes: fact(4),
      connectQueue: fact(5),
      capabilities: capabilitiesOf(fact(6)),
    };
  }

  /** Gives the instance's wasm memory back. Later calls have no effect. After a trap the memory is lost. */
  free(): void {
    const mux = this.#mux;
    this.#mux = undefined;
    try {
      mux?.free();
    } catch {
      // It trapped while it was in use, and stays marked so.
    }
  }

  /** The other side of the border, for one call, which is counted. */
  #border(): Mux | undefined {
    this.calls += 1;
    return this.#mux;
  }

  #fillInbox(bytes: Uint8Array): void {
    // A view that is dead takes not even nothing.
    if (this.#mux === undefined || bytes.length === 0) return;
    if (bytes.length > this.#inbox.length) this.#growInbox(bytes.length);
    this.#inbox.set(bytes);
    this.copiedBytes += bytes.length;
  }

  #growInbox(lenBytes: number): void {
    const len = Math.max(lenBytes, SMALL_INBOX);
    // Before the buffer is looked at: memory may grow for it, which makes another buffer.
    const address = this.#border()?.inbox(len);
    this.#inbox = new Uint8Array(this.#wasm.memory.buffer, address, len);
  }

  #numbers(address: number | undefined, len: number): Uint32Array {
    return new Uint32Array(this.#wasm.memory.buffer, address, len).slice();
  }

  #key(key = 0): PortKey {
    if (key === 0) throw misuseError(this.#border()?.misuse() ?? MISUSE_ENDED);
    return (key >>> 0) as PortKey;
  }
}

function sentOf(result = SEND_MISUSE + MISUSE_ENDED): Sent {
  if (result === 0) return "covered";
  if (result === 1) return "waiting";
  if (result === SEND_MISUSE + MISUSE_RECEIVER_CLOSED) return "closed";
  throw misuseError(result - SEND_MISUSE);
}

function listOf(ports: readonly PortKey[]): Uint8Array {
  const list = new Uint8Array(ports.length * 4);
  const view = new DataView(list.buffer);
  for (const [index, port] of ports.entries()) view.setUint32(index * 4, port, true);
  return list;
}

function check(misuse = 0): void {
  if (misuse !== 0) throw misuseError(misuse);
}
