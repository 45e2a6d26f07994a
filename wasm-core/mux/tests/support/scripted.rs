//! One end against hand-written frames.

use cuttle_mux::{Config, Error, Event, Key};

use super::end::End;
use super::{hex, tiny};

/// 26 bytes, version 3, 60 s, chunk 16,384, window 65,536, queue 16.
pub const HELLO: &str = "0243484d5558000360ea00000000000000400000000001001000";

/// A full Hello of 0.20 in sizes of [`super::tiny`], queue 3, without a pool: reports, port sides, early ports, varints.
pub const HELLO_FULL: &str =
    "0243484d5558000360ea0000000000000800000010000000030000000000 01 01 01 01 00 00 00 00 01 00";

/// A Hello of 26 bytes with these values and a timeout of 60 s.
pub fn hello(version: u8, chunk: u32, window: u32, queue: u16) -> String {
    hello_timed(version, 60_000, chunk, window, queue)
}

pub fn hello_timed(version: u8, timeout_ms: u64, chunk: u32, window: u32, queue: u16) -> String {
    let mut bytes = hex::bytes("0243484d555800");
    bytes.push(version);
    bytes.extend(timeout_ms.to_le_bytes());
    bytes.extend(chunk.to_le_bytes());
    bytes.extend(window.to_le_bytes());
    bytes.extend(queue.to_le_bytes());
    hex::text(&bytes)
}

/// An end that has a port (1 here, 7 at the peer), an unanswered request of its own (2) and an
/// unanswered one of the peer (9).
pub fn busy() -> (Scripted, Key) {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.open();
    s.takes("04 09000000 03 09000000");
    s.frames();
    s.end.events();
    (s, key)
}

/// The end's ports have the numbers 1, 2, 3, … because its seed is 0.
pub struct Scripted {
    pub end: End,
    pub now: f64,
}

impl Scripted {
    /// Before the handshake.
    pub fn fresh(config: Config) -> Self {
        Self::seeded(config, 0)
    }

    pub fn seeded(config: Config, seed: u32) -> Self {
        Self { end: End::new(config, seed), now: 0.0 }
    }

    /// After a handshake with `hello`.
    pub fn met(config: Config, hello: &str) -> Self {
        let mut scripted = Self::fresh(config);
        scripted.takes("01").takes(hello);
        scripted.frames();
        scripted.emits(&[Event::Ready]);
        scripted
    }

    /// After a handshake with a usual peer.
    pub fn new(config: Config) -> Self {
        Self::met(config, HELLO)
    }

    /// As [`Scripted::new`], with a port: 1 here, 7 at the peer.
    pub fn with_port(config: Config) -> (Self, Key) {
        Self::with_port_to(config, HELLO)
    }

    pub fn with_port_to(config: Config, hello: &str) -> (Self, Key) {
        let mut scripted = Self::met(config, hello);
        let key = scripted.end.open();
        scripted.frames();
        scripted.takes("05 01000000 07000000").emits(&[Event::Opened { key }]);
        (scripted, key)
    }

    /// The peer sends this frame.
    pub fn takes(&mut self, frame: &str) -> &mut Self {
        self.end.frame(&hex::frame(frame), self.now);
        self
    }

    pub fn takes_bytes(&mut self, frame: &[u8]) -> &mut Self {
        self.end.packet(frame.to_vec(), self.now);
        self
    }

    pub fn at(&mut self, now: f64) -> &mut Self {
        self.now = now;
        if self.end.mux.poll_deadline().is_some_and(|at| at <= now) {
            self.end.timeout(now);
        }
        self
    }

    /// All frames to be sent now.
    pub fn frames(&mut self) -> Vec<String> {
        self.end.transmit(1_000_000, self.now).iter().map(hex::of_frame).collect()
    }

    /// The frames to be sent now are exactly these.
    #[track_caller]
    pub fn sends(&mut self, frames: &[&str]) -> &mut Self {
        let expected: Vec<String> = frames.iter().map(|frame| hex::squeeze(frame)).collect();
        assert_eq!(self.frames(), expected);
        self
    }

    /// The events since the last call are exactly these.
    #[track_caller]
    pub fn emits(&mut self, events: &[Event]) -> &mut Self {
        assert_eq!(self.end.events(), events);
        self
    }

    /// The connection failed for this reason, once, and nothing remains.
    #[track_caller]
    pub fn failed(mut self, error: Error) {
        assert_eq!(self.end.outcome, Some(Event::Failed(error)));
        self.end.check_nothing_left(self.now);
    }

    /// The connection lives; the transport ends and nothing remains.
    #[track_caller]
    pub fn lives(mut self) {
        assert_eq!(self.end.outcome, None);
        self.end.transport_end();
        self.end.check_nothing_left(self.now);
    }
}
