//! From the first byte to the peer's Hello.

use crate::config::Config;
use crate::error::Error;
use crate::event::Event;
use crate::mux::{Awaited, Expect, Mux, Phase};
use crate::time::Timer;
use crate::wire::{Encoding, Generation, Hello, Message, WireError};

/// What was skipped while waiting for Hello.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skipped {
    frames: u32,
    bytes: u32,
}

/// remoc skips without limit until its timeout; sixteen frames are more than any extension needs.
const MAX_SKIPPED_FRAMES: u32 = 16;
const MAX_SKIPPED_BYTES: u32 = 4_096;

/// The peer, and what both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peer {
    /// As announced.
    pub hello: Hello,
    /// How messages are written, in both directions.
    pub encoding: Encoding,
    /// The largest chunk sent: the peer's limit and our own.
    pub chunk_size: u32,
    /// Something is sent at least this often.
    pub ping_interval_ms: f64,
}

impl Peer {
    fn new(hello: Hello, config: &Config) -> Self {
        let encoding = Encoding {
            varint: config.announced().varint && hello.capabilities.varint,
            flags_byte: hello.generation >= Generation::V20,
            port_ids: hello.capabilities.port_id,
        };
        Self {
            hello,
            encoding,
            chunk_size: hello.chunk_size.min(config.max_send_chunk),
            ping_interval_ms: ping_interval(hello.timeout_ms),
        }
    }
}

/// Half of the peer's timeout, but never a storm, and often enough for proxies that cut idle connections after 30 s
/// or 60 s.
fn ping_interval(peer_timeout_ms: u64) -> f64 {
    const MIN_MS: f64 = 1_000.0;
    const MAX_MS: f64 = 25_000.0;
    if peer_timeout_ms == 0 { MAX_MS } else { (peer_timeout_ms as f64 / 2.0).clamp(MIN_MS, MAX_MS) }
}

impl Mux {
    /// A frame before Hello: everything that is no Hello is skipped, within limits. `len` is the whole frame's.
    pub(crate) fn handle_greeting(&mut self, frame: &[u8], len: u32, now: f64) -> Expect {
        match Message::decode(frame, false) {
            Ok(Message::Hello(hello)) => {
                self.handle_hello(hello, now);
                Expect::Frame
            }
            Ok(Message::Reset) => Expect::Frame,
            Ok(Message::Data { .. }) => {
                self.skip(len);
                self.awaited = Some(Awaited::Ignored);
                Expect::Payload
            }
            Ok(_) | Err(WireError::Empty | WireError::UnknownId(_) | WireError::Truncated(_)) => {
                self.skip(len);
                Expect::Frame
            }
            Err(WireError::BadMagic | WireError::BadInteger(_)) => {
                self.skip(len);
                Expect::Frame
            }
        }
    }

    pub(crate) fn skip(&mut self, len: u32) {
        self.skipped.frames += 1;
        self.skipped.bytes = self.skipped.bytes.saturating_add(len);
        if self.skipped.frames > MAX_SKIPPED_FRAMES || self.skipped.bytes > MAX_SKIPPED_BYTES {
            self.fail(Error::NotRemoc { frames: self.skipped.frames, bytes: self.skipped.bytes });
        }
    }

    fn handle_hello(&mut self, hello: Hello, now: f64) {
        // remoc ignores such a Hello and runs into its timeout; naming the value at once is kinder.
        if let Some((field, value)) = hello.invalid_field() {
            self.fail(Error::InvalidHello(field, value));
            return;
        }
        let peer = Peer::new(hello, &self.config);
        self.timers.stop(Timer::Handshake);
        self.timers.set(Timer::Ping, now + peer.ping_interval_ms);
        self.schedule.chunk_size = peer.chunk_size;
        if peer.encoding.varint {
            self.number_offset = 0;
        }
        self.window.set_max_chunk(peer.chunk_size);
        self.peer = Some(peer);
        self.start_pools();
        self.phase = Phase::Open;
        self.heard(now);
        self.emit(Event::Ready);
        self.open_waiting();
    }
}
