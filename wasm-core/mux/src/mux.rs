//! The multiplexer of one connection: owns the state, decides almost nothing. See the crate documentation for the
//! three kinds of methods.

use alloc::collections::VecDeque;

use crate::accept::Asked;
use crate::ack::Acks;
use crate::config::{Config, ConfigError};
use crate::error::{Error, Failure};
use crate::event::Event;
use crate::handshake::{Peer, Skipped};
use crate::memory::Memory;
use crate::open::Requests;
use crate::pace::Pace;
use crate::pool::Pool;
use crate::port::Port;
use crate::schedule::Schedule;
use crate::store::{Key, Store};
use crate::time::{Timer, Timers};
use crate::transmit::Control;
use crate::trip::Trips;
use crate::window::Window;
use crate::wire::{GlobalUse, MessageId};

/// What the embedder has to deliver next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// A frame, by [`Mux::handle_frame`].
    Frame,
    /// The payload of the Data header just handled: only its length, by [`Mux::handle_payload`].
    Payload,
}

/// Where the connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Our Reset and Hello are sent or to be sent; the peer's Hello is awaited.
    Handshake,
    /// Ports live.
    Open,
    /// Nothing happens any more.
    Ended,
}

/// One end of a connection.
///
/// ```
/// # use cuttle_mux::{Mux, Config, FrameSink};
/// let mut mux = Mux::new(Config::default(), 7, 0.0)?;
/// let mut frames = FrameSink::default();
/// mux.poll_transmit(&mut frames, 16, 65_536, 0.0); // Reset and Hello, for the transport
/// assert_eq!(frames.header(0), Some(&[1u8][..]));
/// # Ok::<(), cuttle_mux::ConfigError>(())
/// ```
// In this order: what is named most often stands where naming it takes the fewest bytes of code.
#[derive(Debug)]
#[repr(C)]
pub struct Mux {
    pub(crate) store: Store,
    pub(crate) phase: Phase,
    /// Handshake frames sent so far: Reset, Hello.
    pub(crate) greeted: u8,
    /// The application or the peer wants the connection to end.
    pub(crate) closing: bool,
    /// An orderly end took too long; only Goodbye is still tried.
    pub(crate) gave_up: bool,
    pub(crate) goodbye_sent: bool,
    pub(crate) goodbye_received: bool,
    /// The peer waits for a sign of life.
    pub(crate) ping_wanted: bool,
    /// A receive timeout that fired late was given a second chance.
    pub(crate) second_chance: bool,
    pub(crate) control: VecDeque<Control>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) memory: Memory,
    /// Added to a slot's index to give its number on the wire: the seed, or nothing where small numbers are short.
    pub(crate) number_offset: u32,
    /// Differs between connections: added to a slot's index it gives the id of the request for that port.
    pub(crate) seed: u32,
    /// Cost of covered messages that has not left.
    pub(crate) covered_cost: u32,
    /// Bytes of small messages that left before data, times three, less those of data.
    pub(crate) control_ahead: u32,
    /// The largest chunk that is received.
    pub(crate) max_chunk: u32,
    pub(crate) skipped: Skipped,
    /// Ports with credits to return.
    pub(crate) credits: VecDeque<Key>,
    pub(crate) asked: Asked,
    pub(crate) requests: Requests,
    pub(crate) schedule: Schedule,
    pub(crate) peer: Option<Peer>,
    pub(crate) pool: Pool,
    pub(crate) timers: Timers,
    pub(crate) acks: Acks,
    pub(crate) window: Window,
    pub(crate) config: Config,
    pub(crate) trips: Trips,
    pub(crate) pace: Pace,
    /// When something was last sent.
    pub(crate) last_sent: f64,
    /// The Data header whose payload is due.
    pub(crate) awaited: Option<Awaited>,
    /// What was wrong last, be it tolerated: why the connection fails when the handler of a frame does.
    violation: Option<Error>,
}

/// A Data header whose payload is due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Awaited {
    /// It came before Hello or after Goodbye, or belongs to a connection that ended.
    Ignored,
    /// It is for this port.
    Port { key: Key, first: bool, last: bool, global: GlobalUse },
}

/// Large chunks that are taken before the transport took them.
const QUEUED_CHUNKS: u32 = 4;

impl Mux {
    /// Starts a connection: the first frames to transmit are Reset and Hello. `seed` should differ between
    /// connections; it offsets the ids of requests, by which a peer that only echoes is recognised.
    ///
    /// # Errors
    /// Names the first setting that cannot work.
    pub fn new(config: Config, seed: u32, now: f64) -> Result<Self, ConfigError> {
        config.check()?;
        let mut mux = Self::fresh(config, seed);
        mux.last_sent = now;
        if config.handshake_timeout_ms > 0 {
            mux.timers.set(Timer::Handshake, now + config.handshake_timeout_ms as f64);
        }
        Ok(mux)
    }

    // For a beginning and for an end: inlined it would be there twice.
    #[inline(never)]
    fn fresh(config: Config, seed: u32) -> Self {
        Self {
            config,
            phase: Phase::Handshake,
            greeted: 0,
            skipped: Skipped::default(),
            peer: None,
            seed,
            number_offset: seed,
            store: Store::new(config.max_ports),
            requests: Requests::default(),
            asked: Asked::default(),
            control: VecDeque::new(),
            credits: VecDeque::new(),
            schedule: Schedule::default(),
            covered_cost: 0,
            memory: Memory::default(),
            pool: Pool::default(),
            window: Window::default(),
            acks: Acks::default(),
            trips: Trips::default(),
            pace: Pace::default(),
            max_chunk: config.chunk_size,
            control_ahead: 0,
            timers: Timers::default(),
            last_sent: 0.0,
            ping_wanted: false,
            second_chance: false,
            closing: false,
            gave_up: false,
            goodbye_sent: false,
            goodbye_received: false,
            awaited: None,
            violation: None,
            events: VecDeque::new(),
        }
    }

    /// The next event, in order.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether [`Mux::poll_event`] has something.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// When [`Mux::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<f64> {
        let next = self.timers.next().min(self.acks.due_at.unwrap_or(f64::INFINITY));
        (next < f64::INFINITY).then_some(next)
    }

    /// The peer's settings, once its Hello came.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The longest prefix of a frame that [`Mux::handle_frame`] needs.
    #[must_use]
    pub fn max_header(&self) -> u32 {
        self.config.max_header()
    }

    /// Ports that exist.
    #[must_use]
    pub fn ports(&self) -> u32 {
        self.store.len()
    }

    /// Credits of a port, for tests of their conservation: those in hand for sending, those of what was received and
    /// not consumed, those to be returned.
    #[doc(hidden)]
    #[must_use]
    pub fn credits(&self, key: Key) -> Option<[u32; 3]> {
        let port = self.store.get(key)?;
        let [used, to_return] = port.receive.used_and_to_return();
        Some([port.send.available(), used, to_return])
    }

    /// What the peer may have under way on a port now, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn window(&self, key: Key) -> Option<u32> {
        self.store.get(key).map(|port| port.receive.limit())
    }

    /// The number by which the peer names the port.
    #[must_use]
    pub fn number(&self, key: Key) -> u32 {
        let named_by_peer = self.store.get(key).and_then(|port| port.named_by_peer);
        named_by_peer.unwrap_or_else(|| key.index().wrapping_add(self.number_offset))
    }

    /// The port that lives under this number of ours.
    pub(crate) fn key_of_number(&self, number: u32) -> Option<Key> {
        let key = self.store.key_at(number.wrapping_sub(self.number_offset))?;
        self.store.get(key)?.named_by_peer.is_none().then_some(key)
    }

    pub(crate) fn port(&mut self, key: Key) -> Option<&mut Port> {
        self.store.get_mut(key)
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Ends everything and lets go of it. Law: exactly one of `Ended` and `Failed` is emitted, and nothing after it.
    pub(crate) fn end(&mut self, event: Event) {
        if self.phase == Phase::Ended {
            return;
        }
        let mut ended = Self::fresh(self.config, self.seed);
        ended.phase = Phase::Ended;
        // What is told of the connection when it is over.
        ended.number_offset = self.number_offset;
        ended.peer = self.peer;
        core::mem::swap(&mut ended.window, &mut self.window);
        core::mem::swap(&mut ended.events, &mut self.events);
        *self = ended;
        self.emit(event);
    }

    pub(crate) fn fail(&mut self, error: Error) {
        self.end(Event::Failed(error));
    }

    /// Notes what is wrong with the frame at hand. Unless that is tolerated, its handlers return without doing anything more.
    #[inline(never)]
    pub(crate) fn broken(&mut self, error: Error) -> Failure {
        self.violation = Some(error);
        Failure
    }

    #[inline(never)]
    pub(crate) fn wrong_state(&mut self, message: MessageId, port: u32) -> Failure {
        self.broken(Error::WrongState { message, port })
    }

    /// Ends the connection for what was noted.
    pub(crate) fn fail_broken(&mut self) {
        if let Some(error) = self.violation.take() {
            self.fail(error);
        }
    }

    /// Both ends tell each other what they received, so that no more is under way than is of use: from now on
    /// [`Mux::poll_transmit`] yields acknowledgements, and [`Mux::handle_ack`] is called with the peer's. Both ends count
    /// from the first frame behind Hello.
    pub fn use_acks(&mut self) {
        self.window.enabled = true;
        self.acks.enabled = true;
    }

    /// The transport takes whatever it is given, and nothing is acknowledged by itself: so that no more is under way than
    /// is of use, a peer that can be asked is. Both must announce a pool, by whose messages that is done; else data leaves
    /// as fast as credits come back.
    pub fn use_probes(&mut self) {
        self.window.asks = self.peer_answers();
        self.window.enabled = self.window.asks;
        self.pace.enabled = !self.window.asks;
    }

    /// Both ends have agreed beside Hello on chunks that are larger than it says, `receive` and `send` at most: where
    /// the link is fast, or all that can wait is one thread, fewer are cheaper. Lists of ports stay as they are.
    /// The queue holds some of them, so that as many messages leave in one flush.
    pub fn use_chunks(&mut self, receive: u32, send: u32) {
        self.max_chunk = receive.max(self.config.chunk_size);
        self.window.set_large_chunk(send);
        self.config.send_queue_bytes = self.config.send_queue_bytes.max(send.saturating_mul(QUEUED_CHUNKS));
    }

    /// The peer received `bytes` more, counted as frames, the last of them `delay_ms` before it said so.
    pub fn handle_ack(&mut self, bytes: u32, delay_ms: f64, now: f64) {
        if self.phase == Phase::Open && !self.window.on_acked(bytes.into(), delay_ms, now) {
            self.fail(Error::AckedTooMuch);
        }
    }

    /// Lets a port take part in the round when it has something to send.
    pub(crate) fn wake(&mut self, key: Key) {
        if let Some(port) = self.store.get_mut(key) {
            self.schedule.wake(key, port);
        }
    }

    /// Frees the port when nothing may name it any more.
    pub(crate) fn free_if_over(&mut self, key: Key) {
        if self.store.get(key).is_some_and(Port::is_over) {
            self.forget(key);
            self.remove(key);
            self.emit(Event::Freed { key });
        }
    }

    /// Takes a port out of every table.
    pub(crate) fn remove(&mut self, key: Key) {
        let Some(port) = self.store.remove(key) else { return };
        self.memory.note_removed(port.counted > 0);
        if let Some(number) = port.named_by_peer {
            self.asked.forget(number);
        }
        if port.owes_end {
            self.requests.forget_refused();
            self.open_waiting();
        }
    }
}
