/* @ts-self-types="./cuttle_core.d.ts" */

/**
 * One end of a connection.
 */
export class Mux {
    static __wrap(ptr) {
        const obj = Object.create(Mux.prototype);
        obj.__wbg_ptr = ptr;
        MuxFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        MuxFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_mux_free(ptr, 0);
    }
    /**
     * The key of an accepted port, or 0; see `misuse`.
     * @param {number} peer_port
     * @returns {number}
     */
    accept(peer_port) {
        const ret = wasm.m0(this.__wbg_ptr, peer_port);
        return ret >>> 0;
    }
    /**
     * Takes the last queued message back.
     * @param {number} key
     * @returns {boolean}
     */
    cancel_last(key) {
        const ret = wasm.m1(this.__wbg_ptr, key);
        return ret !== 0;
    }
    /**
     * Starts an orderly end.
     * @param {number} now
     */
    close(now) {
        wasm.m2(this.__wbg_ptr, now);
    }
    /**
     * Requests no more ports by themselves.
     */
    close_client() {
        wasm.m3(this.__wbg_ptr);
    }
    /**
     * Accepts no more ports requested by themselves.
     */
    close_listener() {
        wasm.m4(this.__wbg_ptr);
    }
    /**
     * Asks the peer to send no more.
     * @param {number} key
     * @returns {number}
     */
    close_receive(key) {
        const ret = wasm.m5(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * Returns credits.
     * @param {number} key
     * @param {number} cost
     * @returns {number}
     */
    consumed(key, cost) {
        const ret = wasm.m6(this.__wbg_ptr, key, cost);
        return ret >>> 0;
    }
    /**
     * When `handle_timeout` wants to be called; infinite for never.
     * @returns {number}
     */
    deadline() {
        const ret = wasm.m7(this.__wbg_ptr);
        return ret;
    }
    /**
     * Address of the event records, six u32 each: kind, key, then four numbers by kind.
     * @returns {number}
     */
    events_ptr() {
        const ret = wasm.m8(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * A fact about a port: 0 credits in hand, 1 cost of what it queues. With key 0 about the connection, -1 while
     * unknown: 0 shortest round trip in ms, 1 how much may be under way, 2 how much is.
     * @param {number} key
     * @param {number} what
     * @returns {number}
     */
    fact(key, what) {
        const ret = wasm.m9(this.__wbg_ptr, key, what);
        return ret;
    }
    /**
     * Receives no more.
     * @param {number} key
     * @returns {number}
     */
    finish_receive(key) {
        const ret = wasm.ma(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * Announces the end of sending.
     * @param {number} key
     * @returns {number}
     */
    finish_send(key) {
        const ret = wasm.mb(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * Address of the collected records, six u32 each: header start, header length, key, offset, length, body flags.
     * @returns {number}
     */
    frames_ptr() {
        const ret = wasm.mc(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The peer received `bytes` more, the last of them `delay_ms` before it said so.
     * @param {number} bytes
     * @param {number} delay_ms
     * @param {number} now
     */
    handle_ack(bytes, delay_ms, now) {
        wasm.md(this.__wbg_ptr, bytes, delay_ms, now);
    }
    /**
     * A frame of `len` bytes came, whose first `given` are in the inbox. Bit 0: its payload frame is next; bit 1:
     * events are pending.
     * @param {number} given
     * @param {number} len
     * @param {number} now
     * @returns {number}
     */
    handle_frame(given, len, now) {
        const ret = wasm.me(this.__wbg_ptr, given, len, now);
        return ret >>> 0;
    }
    /**
     * The payload frame of `len` bytes came. Bit 1: events are pending.
     * @param {number} len
     * @param {number} now
     * @returns {number}
     */
    handle_payload(len, now) {
        const ret = wasm.mf(this.__wbg_ptr, len, now);
        return ret >>> 0;
    }
    /**
     * A deadline passed.
     * @param {number} now
     */
    handle_timeout(now) {
        wasm.mg(this.__wbg_ptr, now);
    }
    /**
     * The transport ended.
     */
    handle_transport_end() {
        wasm.mh(this.__wbg_ptr);
    }
    /**
     * Address of the collected headers.
     * @returns {number}
     */
    headers_ptr() {
        const ret = wasm.mi(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The embedder keeps so much of messages of this port that were consumed.
     * @param {number} key
     * @param {number} bytes
     */
    hold(key, bytes) {
        wasm.mj(this.__wbg_ptr, key, bytes);
    }
    /**
     * Address of room for `len` bytes. It stays valid until a larger room is asked for.
     * @param {number} len
     * @returns {number}
     */
    inbox(len) {
        const ret = wasm.mk(this.__wbg_ptr, len);
        return ret >>> 0;
    }
    /**
     * The longest prefix of a frame that `handle_frame` needs.
     * @returns {number}
     */
    max_header() {
        const ret = wasm.ml(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Why the last `reserve` or `accept` returned 0.
     * @returns {number}
     */
    misuse() {
        const ret = wasm.mm(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The number by which the peer names the port.
     * @param {number} key
     * @returns {number}
     */
    number(key) {
        const ret = wasm.mn(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * Requests a reserved port by itself.
     * @param {number} key
     * @returns {number}
     */
    open(key) {
        const ret = wasm.mo(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * Messages are still sent after the peer asked for no more.
     * @param {number} key
     */
    outlast_close(key) {
        wasm.mp(this.__wbg_ptr, key);
    }
    /**
     * A fact about the peer: 0 generation (18, 19 or 20), 1 version, 2 timeout in ms, 3 chunk size, 4 port window,
     * 5 connect queue, 6 bits of `Capabilities`. -1 before its Hello.
     * @param {number} what
     * @returns {number}
     */
    peer(what) {
        const ret = wasm.mq(this.__wbg_ptr, what);
        return ret;
    }
    /**
     * Moves all pending events into records; their number.
     * @returns {number}
     */
    poll_events() {
        const ret = wasm.mr(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Collects what to send; the number of records.
     * @param {number} max_messages
     * @param {number} max_bytes
     * @param {number} now
     * @returns {number}
     */
    poll_transmit(max_messages, max_bytes, now) {
        const ret = wasm.ms(this.__wbg_ptr, max_messages, max_bytes, now);
        return ret >>> 0;
    }
    /**
     * Ports that exist.
     * @returns {number}
     */
    ports() {
        const ret = wasm.mt(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Urgency from 0 (first) to 7 (last), and whether messages take turns with others of that urgency.
     * @param {number} key
     * @param {number} urgency
     * @param {boolean} incremental
     * @returns {number}
     */
    prioritize(key, urgency, incremental) {
        const ret = wasm.mu(this.__wbg_ptr, key, urgency, incremental);
        return ret >>> 0;
    }
    /**
     * The connection fails unless something comes within `limit_ms`; the peer is asked for it, when it can answer.
     * @param {number} limit_ms
     * @param {number} now
     */
    probe(limit_ms, now) {
        wasm.mv(this.__wbg_ptr, limit_ms, now);
    }
    /**
     * Refuses a request.
     * @param {number} peer_port
     * @param {boolean} no_ports
     * @returns {number}
     */
    reject(peer_port, no_ports) {
        const ret = wasm.mw(this.__wbg_ptr, peer_port, no_ports);
        return ret >>> 0;
    }
    /**
     * Gives a reserved port back.
     * @param {number} key
     * @returns {number}
     */
    release(key) {
        const ret = wasm.mx(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * Asks to be told when the peer's application read all that was queued so far.
     * @param {number} key
     * @returns {number}
     */
    request_report(key) {
        const ret = wasm.my(this.__wbg_ptr, key);
        return ret >>> 0;
    }
    /**
     * The key of a port to be requested, or 0; see `misuse`.
     * @returns {number}
     */
    reserve() {
        const ret = wasm.mz(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Queues a message, before a list of `ports` when that is not 0: 0 covered, 1 waiting, else 256 plus the misuse.
     * @param {number} key
     * @param {number} len
     * @param {number} ports
     * @returns {number}
     */
    send(key, len, ports) {
        const ret = wasm.m10(this.__wbg_ptr, key, len, ports);
        return ret >>> 0;
    }
    /**
     * As `send_ports`, for a list that belongs to no message. Result as of `send`.
     * @param {number} key
     * @param {number} count
     * @returns {number}
     */
    send_list(key, count) {
        const ret = wasm.m11(this.__wbg_ptr, key, count);
        return ret >>> 0;
    }
    /**
     * Queues a part of a message: bit 0 of `part` is set for the first, bit 1 for the last. Result as of `send`.
     * @param {number} key
     * @param {number} len
     * @param {number} part
     * @returns {number}
     */
    send_part(key, len, part) {
        const ret = wasm.m12(this.__wbg_ptr, key, len, part);
        return ret >>> 0;
    }
    /**
     * Queues a list of `count` reserved ports whose keys are in the inbox, four bytes each, little endian.
     * @param {number} key
     * @param {number} count
     * @returns {number}
     */
    send_ports(key, count) {
        const ret = wasm.m13(this.__wbg_ptr, key, count);
        return ret >>> 0;
    }
    /**
     * Labels the request of a reserved port with something else than its number.
     * @param {number} key
     * @param {number} id
     * @returns {number}
     */
    set_id(key, id) {
        const ret = wasm.m14(this.__wbg_ptr, key, id);
        return ret >>> 0;
    }
    /**
     * Longer messages on this port are not kept by the embedder.
     * @param {number} key
     * @param {number} bytes
     */
    set_max_message(key, bytes) {
        wasm.m15(this.__wbg_ptr, key, bytes);
    }
    /**
     * Starts a connection; settings as in `cuttle_mux::Config`, and bits of `Capabilities` with `LONG_HELLO` when
     * they are announced. `undefined` when a setting cannot work.
     * @param {number} seed
     * @param {number} now
     * @param {number} timeout_ms
     * @param {number} handshake_timeout_ms
     * @param {number} chunk_size
     * @param {number} max_send_chunk
     * @param {number} port_receive_buffer
     * @param {number} connect_queue
     * @param {number} max_ports
     * @param {number} send_queue_bytes
     * @param {number} buffered_bytes
     * @param {number} announced
     * @returns {Mux | undefined}
     */
    static start(seed, now, timeout_ms, handshake_timeout_ms, chunk_size, max_send_chunk, port_receive_buffer, connect_queue, max_ports, send_queue_bytes, buffered_bytes, announced) {
        const ret = wasm.m16(seed, now, timeout_ms, handshake_timeout_ms, chunk_size, max_send_chunk, port_receive_buffer, connect_queue, max_ports, send_queue_bytes, buffered_bytes, announced);
        return ret === 0 ? undefined : Mux.__wrap(ret);
    }
    /**
     * Starts an end that waits for nothing that is queued.
     * @param {number} now
     */
    terminate(now) {
        wasm.m17(this.__wbg_ptr, now);
    }
    /**
     * It keeps so much less.
     * @param {number} key
     * @param {number} bytes
     */
    unhold(key, bytes) {
        wasm.m18(this.__wbg_ptr, key, bytes);
    }
    /**
     * Both sides acknowledge what they receive, from now on.
     */
    use_acks() {
        wasm.m19(this.__wbg_ptr);
    }
    /**
     * Both sides take chunks of these sizes, from now on.
     * @param {number} receive
     * @param {number} send
     */
    use_chunks(receive, send) {
        wasm.m1a(this.__wbg_ptr, receive, send);
    }
    /**
     * The peer is asked what it received, from now on, when it can answer.
     */
    use_probes() {
        wasm.m1b(this.__wbg_ptr);
    }
}
if (Symbol.dispose) Mux.prototype[Symbol.dispose] = Mux.prototype.free;

/**
 * The version of this border.
 * @returns {number}
 */
export function layout_version() {
    const ret = wasm.layout_version();
    return ret >>> 0;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./cuttle_core_bg.js": import0,
    };
}

const MuxFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_mux_free(ptr, 1));

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }


    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
