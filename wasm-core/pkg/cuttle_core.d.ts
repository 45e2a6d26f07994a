/* tslint:disable */
/* eslint-disable */

/**
 * One end of a connection.
 */
export class Mux {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The key of an accepted port, or 0; see `misuse`.
     */
    accept(peer_port: number): number;
    /**
     * Takes the last queued message back.
     */
    cancel_last(key: number): boolean;
    /**
     * Starts an orderly end.
     */
    close(now: number): void;
    /**
     * Requests no more ports by themselves.
     */
    close_client(): void;
    /**
     * Accepts no more ports requested by themselves.
     */
    close_listener(): void;
    /**
     * Asks the peer to send no more.
     */
    close_receive(key: number): number;
    /**
     * Returns credits.
     */
    consumed(key: number, cost: number): number;
    /**
     * When `handle_timeout` wants to be called; infinite for never.
     */
    deadline(): number;
    /**
     * Address of the event records, six u32 each: kind, key, then four numbers by kind.
     */
    events_ptr(): number;
    /**
     * A fact about a port: 0 credits in hand, 1 cost of what it queues. With key 0 about the connection, -1 while
     * unknown: 0 shortest round trip in ms, 1 how much may be under way, 2 how much is.
     */
    fact(key: number, what: number): number;
    /**
     * Receives no more.
     */
    finish_receive(key: number): number;
    /**
     * Announces the end of sending.
     */
    finish_send(key: number): number;
    /**
     * Address of the collected records, six u32 each: header start, header length, key, offset, length, body flags.
     */
    frames_ptr(): number;
    /**
     * The peer received `bytes` more, the last of them `delay_ms` before it said so.
     */
    handle_ack(bytes: number, delay_ms: number, now: number): void;
    /**
     * A frame of `len` bytes came, whose first `given` are in the inbox. Bit 0: its payload frame is next; bit 1:
     * events are pending.
     */
    handle_frame(given: number, len: number, now: number): number;
    /**
     * The payload frame of `len` bytes came. Bit 1: events are pending.
     */
    handle_payload(len: number, now: number): number;
    /**
     * A deadline passed.
     */
    handle_timeout(now: number): void;
    /**
     * The transport ended.
     */
    handle_transport_end(): void;
    /**
     * Address of the collected headers.
     */
    headers_ptr(): number;
    /**
     * The embedder keeps so much of messages of this port that were consumed.
     */
    hold(key: number, bytes: number): void;
    /**
     * Address of room for `len` bytes. It stays valid until a larger room is asked for.
     */
    inbox(len: number): number;
    /**
     * The longest prefix of a frame that `handle_frame` needs.
     */
    max_header(): number;
    /**
     * Why the last `reserve` or `accept` returned 0.
     */
    misuse(): number;
    /**
     * The number by which the peer names the port.
     */
    number(key: number): number;
    /**
     * Requests a reserved port by itself.
     */
    open(key: number): number;
    /**
     * Messages are still sent after the peer asked for no more.
     */
    outlast_close(key: number): void;
    /**
     * A fact about the peer: 0 generation (18, 19 or 20), 1 version, 2 timeout in ms, 3 chunk size, 4 port window,
     * 5 connect queue, 6 bits of `Capabilities`. -1 before its Hello.
     */
    peer(what: number): number;
    /**
     * Moves all pending events into records; their number.
     */
    poll_events(): number;
    /**
     * Collects what to send; the number of records.
     */
    poll_transmit(max_messages: number, max_bytes: number, now: number): number;
    /**
     * Ports that exist.
     */
    ports(): number;
    /**
     * Urgency from 0 (first) to 7 (last), and whether messages take turns with others of that urgency.
     */
    prioritize(key: number, urgency: number, incremental: boolean): number;
    /**
     * The connection fails unless something comes within `limit_ms`; the peer is asked for it, when it can answer.
     */
    probe(limit_ms: number, now: number): void;
    /**
     * Refuses a request.
     */
    reject(peer_port: number, no_ports: boolean): number;
    /**
     * Gives a reserved port back.
     */
    release(key: number): number;
    /**
     * Asks to be told when the peer's application read all that was queued so far.
     */
    request_report(key: number): number;
    /**
     * The key of a port to be requested, or 0; see `misuse`.
     */
    reserve(): number;
    /**
     * Queues a message, before a list of `ports` when that is not 0: 0 covered, 1 waiting, else 256 plus the misuse.
     */
    send(key: number, len: number, ports: number): number;
    /**
     * As `send_ports`, for a list that belongs to no message. Result as of `send`.
     */
    send_list(key: number, count: number): number;
    /**
     * Queues a part of a message: bit 0 of `part` is set for the first, bit 1 for the last. Result as of `send`.
     */
    send_part(key: number, len: number, part: number): number;
    /**
     * Queues a list of `count` reserved ports whose keys are in the inbox, four bytes each, little endian.
     */
    send_ports(key: number, count: number): number;
    /**
     * Labels the request of a reserved port with something else than its number.
     */
    set_id(key: number, id: number): number;
    /**
     * Longer messages on this port are not kept by the embedder.
     */
    set_max_message(key: number, bytes: number): void;
    /**
     * Starts a connection; settings as in `cuttle_mux::Config`, and bits of `Capabilities` with `LONG_HELLO` when
     * they are announced. `undefined` when a setting cannot work.
     */
    static start(seed: number, now: number, timeout_ms: number, handshake_timeout_ms: number, chunk_size: number, max_send_chunk: number, port_receive_buffer: number, connect_queue: number, max_ports: number, send_queue_bytes: number, buffered_bytes: number, announced: number): Mux | undefined;
    /**
     * Starts an end that waits for nothing that is queued.
     */
    terminate(now: number): void;
    /**
     * It keeps so much less.
     */
    unhold(key: number, bytes: number): void;
    /**
     * Both sides acknowledge what they receive, from now on.
     */
    use_acks(): void;
    /**
     * Both sides take chunks of these sizes, from now on.
     */
    use_chunks(receive: number, send: number): void;
    /**
     * The peer is asked what it received, from now on, when it can answer.
     */
    use_probes(): void;
}

/**
 * The version of this border.
 */
export function layout_version(): number;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_mux_free: (a: number, b: number) => void;
    readonly layout_version: () => number;
    readonly m0: (a: number, b: number) => number;
    readonly m1: (a: number, b: number) => number;
    readonly m2: (a: number, b: number) => void;
    readonly m3: (a: number) => void;
    readonly m4: (a: number) => void;
    readonly m5: (a: number, b: number) => number;
    readonly m6: (a: number, b: number, c: number) => number;
    readonly m7: (a: number) => number;
    readonly m8: (a: number) => number;
    readonly m9: (a: number, b: number, c: number) => number;
    readonly ma: (a: number, b: number) => number;
    readonly mb: (a: number, b: number) => number;
    readonly mc: (a: number) => number;
    readonly md: (a: number, b: number, c: number, d: number) => void;
    readonly me: (a: number, b: number, c: number, d: number) => number;
    readonly mf: (a: number, b: number, c: number) => number;
    readonly mg: (a: number, b: number) => void;
    readonly mh: (a: number) => void;
    readonly mi: (a: number) => number;
    readonly mj: (a: number, b: number, c: number) => void;
    readonly mk: (a: number, b: number) => number;
    readonly ml: (a: number) => number;
    readonly mm: (a: number) => number;
    readonly mn: (a: number, b: number) => number;
    readonly mo: (a: number, b: number) => number;
    readonly mp: (a: number, b: number) => void;
    readonly mq: (a: number, b: number) => number;
    readonly mr: (a: number) => number;
    readonly ms: (a: number, b: number, c: number, d: number) => number;
    readonly mt: (a: number) => number;
    readonly mu: (a: number, b: number, c: number, d: number) => number;
    readonly mv: (a: number, b: number, c: number) => void;
    readonly mw: (a: number, b: number, c: number) => number;
    readonly mx: (a: number, b: number) => number;
    readonly my: (a: number, b: number) => number;
    readonly mz: (a: number) => number;
    readonly m10: (a: number, b: number, c: number, d: number) => number;
    readonly m11: (a: number, b: number, c: number) => number;
    readonly m12: (a: number, b: number, c: number, d: number) => number;
    readonly m13: (a: number, b: number, c: number) => number;
    readonly m14: (a: number, b: number, c: number) => number;
    readonly m15: (a: number, b: number, c: number) => void;
    readonly m16: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => number;
    readonly m17: (a: number, b: number) => void;
    readonly m18: (a: number, b: number, c: number) => void;
    readonly m19: (a: number) => void;
    readonly m1a: (a: number, b: number, c: number) => void;
    readonly m1b: (a: number) => void;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
