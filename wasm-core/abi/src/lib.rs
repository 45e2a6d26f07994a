//! The wasm border of the core: a class with scalar methods. Nothing is decided here.
//!
//! Law: numbers only. Headers and port lists are copied into an inbox and read out of buffers whose addresses are
//! asked for after each call; payloads never come here. Time is milliseconds as `f64`.

use cuttle_mux::{Accepted, Capabilities, Config, Event, FrameSink, Generation, Key, Misuse, Part};
use wasm_bindgen::prelude::wasm_bindgen;

/// TLSF: constant time per allocation, and 1.8 kB less after gzip than the standard library's allocator.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Raised whenever a record or method changes its meaning; the facade refuses another one.
pub const LAYOUT_VERSION: u32 = 5;

/// Added to a [`Misuse`] in the result of `send`, whose 0 and 1 mean success.
const SEND_MISUSE: u32 = 0x100;

/// Among the announced features: Hello has 40 bytes, without it 26.
const LONG_HELLO: u32 = 0x100;

/// A fixed-size event record.
type Record = [u32; 6];

/// One end of a connection.
#[wasm_bindgen]
pub struct Mux {
    mux: cuttle_mux::Mux,
    frames: FrameSink,
    events: Vec<Record>,
    inbox: Vec<u8>,
    /// Why the last command that returns a key returned 0.
    misuse: u32,
}

/// The version of this border.
#[wasm_bindgen]
#[must_use]
pub fn layout_version() -> u32 {
    LAYOUT_VERSION
}

#[wasm_bindgen]
impl Mux {
    /// Starts a connection; settings as in `cuttle_mux::Config`, and bits of `Capabilities` with `LONG_HELLO` when
    /// they are announced. `undefined` when a setting cannot work.
    #[allow(clippy::too_many_arguments, reason = "only numbers cross the border")]
    #[must_use]
    pub fn start(
        seed: u32,
        now: f64,
        timeout_ms: f64,
        handshake_timeout_ms: f64,
        chunk_size: u32,
        max_send_chunk: u32,
        port_receive_buffer: u32,
        connect_queue: u16,
        max_ports: u32,
        send_queue_bytes: u32,
        buffered_bytes: u32,
        announced: u32,
    ) -> Option<Mux> {
        let generation = if announced & LONG_HELLO == 0 { Generation::V18 } else { Generation::V20 };
        let config = Config {
            timeout_ms: timeout_ms as u64,
            handshake_timeout_ms: handshake_timeout_ms as u64,
            chunk_size,
            max_send_chunk,
            port_receive_buffer,
            connect_queue,
            max_ports,
            send_queue_bytes,
            buffered_bytes,
            generation,
            capabilities: Capabilities::from_bits(announced),
        };
        let mux = cuttle_mux::Mux::new(config, seed, now).ok()?;
        Some(Self { mux, frames: FrameSink::default(), events: Vec::new(), inbox: Vec::new(), misuse: 0 })
    }

    /// Address of room for `len` bytes. It stays valid until a larger room is asked for.
    pub fn inbox(&mut self, len: u32) -> *mut u8 {
        let len = len as usize;
        if len > self.inbox.len() {
            self.inbox.resize(len, 0);
        }
        self.inbox.as_mut_ptr()
    }

    /// A frame of `len` bytes came, whose first `given` are in the inbox. Bit 0: its payload frame is next; bit 1:
    /// events are pending.
    pub fn handle_frame(&mut self, given: u32, len: u32, now: f64) -> u32 {
        let frame = self.inbox.get(..given as usize).unwrap_or_default();
        let expect = self.mux.handle_frame(frame, len, now) as u32;
        expect | u32::from(self.mux.has_events()) << 1
    }

    /// The payload frame of `len` bytes came. Bit 1: events are pending.
    pub fn handle_payload(&mut self, len: u32, now: f64) -> u32 {
        self.mux.handle_payload(len, now);
        u32::from(self.mux.has_events()) << 1
    }

    /// Both sides acknowledge what they receive, from now on.
    pub fn use_acks(&mut self) {
        self.mux.use_acks();
    }

    /// The peer is asked what it received, from now on, when it can answer.
    pub fn use_probes(&mut self) {
        self.mux.use_probes();
    }

    /// The connection fails unless something comes within `limit_ms`; the peer is asked for it, when it can answer.
    pub fn probe(&mut self, limit_ms: f64, now: f64) {
        self.mux.probe(limit_ms, now);
    }

    /// Both sides take chunks of these sizes, from now on.
    pub fn use_chunks(&mut self, receive: u32, send: u32) {
        self.mux.use_chunks(receive, send);
    }

    /// The peer received `bytes` more, the last of them `delay_ms` before it said so.
    pub fn handle_ack(&mut self, bytes: u32, delay_ms: f64, now: f64) {
        self.mux.handle_ack(bytes, delay_ms, now);
    }

    /// Collects what to send; the number of records.
    pub fn poll_transmit(&mut self, max_messages: u32, max_bytes: u32, now: f64) -> u32 {
        self.mux.poll_transmit(&mut self.frames, max_messages as usize, max_bytes, now);
        self.frames.len() as u32
    }

    /// Address of the collected records, six u32 each: header start, header length, key, offset, length, body flags.
    #[must_use]
    pub fn frames_ptr(&self) -> *const u32 {
        self.frames.records_ptr()
    }

    /// Address of the collected headers.
    #[must_use]
    pub fn headers_ptr(&self) -> *const u8 {
        self.frames.bytes_ptr()
    }

    /// Moves all pending events into records; their number.
    pub fn poll_events(&mut self) -> u32 {
        self.events.clear();
        while let Some(event) = self.mux.poll_event() {
            push_event(&mut self.events, event);
        }
        self.events.len() as u32
    }

    /// Address of the event records, six u32 each: kind, key, then four numbers by kind.
    #[must_use]
    pub fn events_ptr(&self) -> *const u32 {
        self.events.as_ptr().cast()
    }

    /// When `handle_timeout` wants to be called; infinite for never.
    #[must_use]
    pub fn deadline(&self) -> f64 {
        self.mux.poll_deadline().unwrap_or(f64::INFINITY)
    }

    /// A deadline passed.
    pub fn handle_timeout(&mut self, now: f64) {
        self.mux.handle_timeout(now);
    }

    /// The transport ended.
    pub fn handle_transport_end(&mut self) {
        self.mux.handle_transport_end();
    }

    /// Starts an orderly end.
    pub fn close(&mut self, now: f64) {
        self.mux.close(now);
    }

    /// Starts an end that waits for nothing that is queued.
    pub fn terminate(&mut self, now: f64) {
        self.mux.terminate(now);
    }

    /// The key of a port to be requested, or 0; see `misuse`.
    pub fn reserve(&mut self) -> u32 {
        let reserved = self.mux.reserve();
        self.key_or_zero(reserved)
    }

    /// Gives a reserved port back.
    pub fn release(&mut self, key: u32) -> u32 {
        status(self.mux.release(Key::from_raw(key)))
    }

    /// Requests a reserved port by itself.
    pub fn open(&mut self, key: u32) -> u32 {
        status(self.mux.open(Key::from_raw(key)))
    }

    /// Requests no more ports by themselves.
    pub fn close_client(&mut self) {
        self.mux.close_client();
    }

    /// Accepts no more ports requested by themselves.
    pub fn close_listener(&mut self) {
        self.mux.close_listener();
    }

    /// The key of an accepted port, or 0; see `misuse`.
    pub fn accept(&mut self, peer_port: u32) -> u32 {
        let accepted = self.mux.accept(peer_port);
        self.key_or_zero(accepted)
    }

    /// Refuses a request.
    pub fn reject(&mut self, peer_port: u32, no_ports: bool) -> u32 {
        status(self.mux.reject(peer_port, no_ports))
    }

    /// Why the last `reserve` or `accept` returned 0.
    #[must_use]
    pub fn misuse(&self) -> u32 {
        self.misuse
    }

    /// Queues a message, before a list of `ports` when that is not 0: 0 covered, 1 waiting, else 256 plus the misuse.
    pub fn send(&mut self, key: u32, len: u32, ports: u32) -> u32 {
        accepted(self.mux.send(Key::from_raw(key), len, ports))
    }

    /// Queues a list of `count` reserved ports whose keys are in the inbox, four bytes each, little endian.
    pub fn send_ports(&mut self, key: u32, count: u32) -> u32 {
        let keys = self.keys_in_inbox(count);
        status(self.mux.send_ports(Key::from_raw(key), &keys))
    }

    /// Queues a part of a message: bit 0 of `part` is set for the first, bit 1 for the last. Result as of `send`.
    pub fn send_part(&mut self, key: u32, len: u32, part: u32) -> u32 {
        let part = Part { first: part & 1 != 0, last: part & 2 != 0 };
        accepted(self.mux.send_part(Key::from_raw(key), len, part))
    }

    /// As `send_ports`, for a list that belongs to no message. Result as of `send`.
    pub fn send_list(&mut self, key: u32, count: u32) -> u32 {
        let keys = self.keys_in_inbox(count);
        accepted(self.mux.send_list(Key::from_raw(key), &keys))
    }

    /// Labels the request of a reserved port with something else than its number.
    pub fn set_id(&mut self, key: u32, id: u32) -> u32 {
        status(self.mux.set_id(Key::from_raw(key), id))
    }

    /// Messages are still sent after the peer asked for no more.
    pub fn outlast_close(&mut self, key: u32) {
        self.mux.outlast_close(Key::from_raw(key));
    }

    /// Urgency from 0 (first) to 7 (last), and whether messages take turns with others of that urgency.
    pub fn prioritize(&mut self, key: u32, urgency: u8, incremental: bool) -> u32 {
        status(self.mux.prioritize(Key::from_raw(key), urgency, incremental))
    }

    /// Longer messages on this port are not kept by the embedder.
    pub fn set_max_message(&mut self, key: u32, bytes: u32) {
        self.mux.set_max_message(Key::from_raw(key), bytes);
    }

    /// The embedder keeps so much of messages of this port that were consumed.
    pub fn hold(&mut self, key: u32, bytes: u32) {
        self.mux.hold(Key::from_raw(key), bytes);
    }

    /// It keeps so much less.
    pub fn unhold(&mut self, key: u32, bytes: u32) {
        self.mux.unhold(Key::from_raw(key), bytes);
    }

    /// Asks to be told when the peer's application read all that was queued so far.
    pub fn request_report(&mut self, key: u32) -> u32 {
        status(self.mux.request_report(Key::from_raw(key)))
    }

    /// Takes the last queued message back.
    pub fn cancel_last(&mut self, key: u32) -> bool {
        self.mux.cancel_last(Key::from_raw(key))
    }

    /// Announces the end of sending.
    pub fn finish_send(&mut self, key: u32) -> u32 {
        status(self.mux.finish_send(Key::from_raw(key)))
    }

    /// Asks the peer to send no more.
    pub fn close_receive(&mut self, key: u32) -> u32 {
        status(self.mux.close_receive(Key::from_raw(key)))
    }

    /// Receives no more.
    pub fn finish_receive(&mut self, key: u32) -> u32 {
        status(self.mux.finish_receive(Key::from_raw(key)))
    }

    /// Returns credits.
    pub fn consumed(&mut self, key: u32, cost: u32) -> u32 {
        status(self.mux.consumed(Key::from_raw(key), cost))
    }

    /// The number by which the peer names the port.
    #[must_use]
    pub fn number(&self, key: u32) -> u32 {
        self.mux.number(Key::from_raw(key))
    }

    /// A fact about a port: 0 credits in hand, 1 cost of what it queues. With key 0 about the connection, -1 while
    /// unknown: 0 shortest round trip in ms, 1 how much may be under way, 2 how much is.
    #[must_use]
    pub fn fact(&self, key: u32, what: u32) -> f64 {
        let path = self.mux.path();
        let (credit, queued) = self.mux.credit_and_queued(Key::from_raw(key));
        match (key, what) {
            (0, 0) if path.round_trip_ms < f64::INFINITY => path.round_trip_ms,
            (0, 1) => path.window_and_flight.map_or(-1.0, |(window, _)| window),
            (0, 2) => path.window_and_flight.map_or(-1.0, |(_, flight)| flight as f64),
            (0, _) => -1.0,
            (_, 0) => f64::from(credit),
            _ => queued as f64,
        }
    }

    /// Ports that exist.
    #[must_use]
    pub fn ports(&self) -> u32 {
        self.mux.ports()
    }

    /// The longest prefix of a frame that `handle_frame` needs.
    #[must_use]
    pub fn max_header(&self) -> u32 {
        self.mux.max_header()
    }

    /// A fact about the peer: 0 generation (18, 19 or 20), 1 version, 2 timeout in ms, 3 chunk size, 4 port window,
    /// 5 connect queue, 6 bits of `Capabilities`. -1 before its Hello.
    #[must_use]
    pub fn peer(&self, what: u32) -> f64 {
        let Some(peer) = self.mux.peer() else { return -1.0 };
        let hello = &peer.hello;
        match what {
            0 => f64::from(18 + hello.generation as u32),
            1 => f64::from(hello.version),
            2 => hello.timeout_ms as f64,
            3 => f64::from(hello.chunk_size),
            4 => f64::from(hello.port_receive_buffer),
            5 => f64::from(hello.connect_queue),
            6 => f64::from(hello.capabilities.bits()),
            _ => -1.0,
        }
    }
}

impl Mux {
    fn keys_in_inbox(&self, count: u32) -> Vec<Key> {
        let keys = self.inbox.get(..4 * count as usize).unwrap_or_default();
        let (keys, _) = keys.as_chunks::<4>();
        keys.iter().map(|bytes| Key::from_raw(u32::from_le_bytes(*bytes))).collect()
    }

    fn key_or_zero(&mut self, result: Result<Key, Misuse>) -> u32 {
        match result {
            Ok(key) => key.raw(),
            Err(misuse) => {
                self.misuse = misuse as u32;
                0
            }
        }
    }
}

fn accepted(result: Result<Accepted, Misuse>) -> u32 {
    match result {
        Ok(Accepted::Covered) => 0,
        Ok(Accepted::Waiting) => 1,
        Err(misuse) => SEND_MISUSE + misuse as u32,
    }
}

fn status(result: Result<(), Misuse>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(misuse) => misuse as u32,
    }
}

/// The one place that writes records: less code than writing each where its event is known.
#[inline(never)]
fn push(records: &mut Vec<Record>, kind: u32, key: Option<Key>, a: u32, b: u32, c: u32, d: u32) {
    records.push([kind, key.map_or(0, Key::raw), a, b, c, d]);
}

fn push_event(records: &mut Vec<Record>, event: Event) {
    let mut simple = |kind, key| push(records, kind, key, 0, 0, 0, 0);
    match event {
        Event::Ready => simple(1, None),
        Event::Opened { key } => simple(3, Some(key)),
        Event::SendFinished { key } => simple(7, Some(key)),
        Event::ReceiverClosed { key } => simple(8, Some(key)),
        Event::Freed { key } => simple(9, Some(key)),
        Event::ListenerFinished => simple(10, None),
        Event::ClientFinished => simple(11, None),
        Event::Goodbye => simple(12, None),
        Event::Ended => simple(13, None),
        Event::Shed { key } => simple(16, Some(key)),
        Event::Report { key } => simple(17, Some(key)),
        Event::Request { peer_port, id, list, key } => {
            push(records, 2, list, peer_port, id, key.map_or(0, Key::raw), 0);
        }
        Event::Refused { key, no_ports, unsent } => {
            push(records, 4, Some(key), no_ports.into(), unsent.into(), 0, 0);
        }
        Event::Chunk { key, chunk, last, len } => push(records, 5, key, chunk as u32, last.into(), len, 0),
        Event::PortList { key, chunk, last, count } => {
            push(records, 6, Some(key), chunk as u32, last.into(), count, 0);
        }
        Event::ReceiverFinished { key, graceful } => push(records, 15, Some(key), graceful.into(), 0, 0, 0),
        Event::Failed(error) => {
            let [a, b, c] = error.numbers();
            push(records, 14, None, error.code(), a, b, c);
        }
    }
}
