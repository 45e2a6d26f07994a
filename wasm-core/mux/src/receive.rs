//! What arrives: one handler per message.

use alloc::vec::Vec;

use crate::credit::{PORT_COST, chunk_cost};
use crate::error::{Error, Failure};
use crate::event::{ChunkUse, Event};
use crate::mux::{Awaited, Expect, Mux, Phase};
use crate::open::Answer;
use crate::pace::MIN_CHUNK;
use crate::port::{Assembly, State};
use crate::store::Key;
use crate::time::Timer;
use crate::wire::{Entries, Generation, GlobalUse, Message, PortEntry, PortRef, Side, WireError, id};

/// Refusals that may wait for a peer that does not read, in messages.
const MAX_REFUSALS: usize = 65_536;
/// What else a port can have waiting at once: its request or acceptance, ReceiveClose and ReceiveFinish.
const CONTROL_PER_PORT: usize = 3;

impl Mux {
    /// A frame came. `frame` holds at least its first [`Config::max_header`](crate::Config::max_header) bytes, `len`
    /// is its whole length. Says what to deliver next.
    pub fn handle_frame(&mut self, frame: &[u8], len: u32, now: f64) -> Expect {
        match self.phase {
            Phase::Ended => self.ignore(frame),
            Phase::Handshake => self.handle_greeting(frame, len, now),
            Phase::Open if self.goodbye_received => self.ignore(frame),
            Phase::Open => {
                self.acks.on_received(len, now);
                let expect = self.handle_open_frame(frame, len, now).unwrap_or_else(|Failure| {
                    self.fail_broken();
                    Expect::Frame
                });
                if self.control.len() > MAX_REFUSALS + CONTROL_PER_PORT * self.config.max_ports as usize {
                    self.fail(Error::AnswersUnread { queued: self.control.len() as u32 });
                }
                expect
            }
        }
    }

    fn ignore(&mut self, frame: &[u8]) -> Expect {
        if frame.first() != Some(&id::DATA) {
            return Expect::Frame;
        }
        self.awaited = Some(Awaited::Ignored);
        Expect::Payload
    }

    fn handle_open_frame(&mut self, frame: &[u8], len: u32, now: f64) -> Result<Expect, Failure> {
        let limit = self.config.max_header();
        if len > limit {
            return Err(self.broken(Error::FrameTooLong { size: len, limit }));
        }
        let varint = self.peer.as_ref().is_some_and(|peer| peer.encoding.varint);
        self.check_generation(frame)?;
        let message = Message::decode(frame, varint).map_err(|error| self.broken(Error::Wire(error)))?;
        if let Message::Data { port, first, last, global } = message {
            let key = self.addressed(port, id::DATA)?;
            if global != GlobalUse::None && !self.has_pool() {
                return Err(self.broken(Error::GlobalCredits { port: port.number }));
            }
            self.note_header(key, now);
            self.awaited = Some(Awaited::Port { key, first, last, global });
            return Ok(Expect::Payload);
        }
        self.heard(now);
        self.handle_message(&message, now)?;
        Ok(Expect::Frame)
    }

    /// A peer does not send what its generation of remoc does not know.
    fn check_generation(&mut self, frame: &[u8]) -> Result<(), Failure> {
        let newest = match self.peer.as_ref().map(|peer| peer.hello.generation) {
            Some(Generation::V20) => id::ALLOW_GLOBAL_LOCAL,
            Some(Generation::V19) => id::RECEIVED_REPORT,
            Some(Generation::V18) | None => id::GOODBYE,
        };
        match frame.first() {
            // Whoever uses the pool that this end announced answers for it, whatever it announced itself.
            Some(&id::GLOBAL_CREDITS_REPORT) if self.has_pool() => Ok(()),
            Some(&unknown) if unknown > newest => {
                Err(self.broken(Error::Wire(WireError::UnknownId(unknown))))
            }
            _ => Ok(()),
        }
    }

    /// A complete message came: the peer lives.
    pub(crate) fn heard(&mut self, now: f64) {
        self.second_chance = false;
        let next = match self.config.timeout_ms {
            0 => f64::INFINITY,
            timeout_ms => now + timeout_ms as f64,
        };
        self.timers.set(Timer::Receive, next);
        // Timers of hidden tabs run once a minute, so a frame that comes late in the interval is answered at once.
        if let Some(peer) = &self.peer
            && now - self.last_sent > peer.ping_interval_ms / 2.0
        {
            self.ping_wanted = true;
        }
    }

    // Inlined, all fields of all messages would be read before it is known which one it is.
    #[inline(never)]
    fn handle_message(&mut self, message: &Message<'_>, now: f64) -> Result<(), Failure> {
        match message {
            Message::Reset => Err(self.broken(Error::Reset)),
            Message::Hello(_) => Err(self.broken(Error::SecondHello)),
            Message::OpenPort { client_port, id, pre_connect, .. } => self.handle_open_port(PortEntry {
                port: *client_port,
                id: id.unwrap_or(*client_port),
                pre_connect: *pre_connect,
            }),
            Message::PortOpened { client_port, server_port, same_number } => {
                let remote = if *same_number {
                    PortRef::sender(*client_port)
                } else {
                    PortRef::receiver(*server_port)
                };
                self.handle_answer(*client_port, Answer::Opened(remote), now)
            }
            Message::Rejected { client_port, no_ports } => {
                self.handle_answer(*client_port, Answer::Rejected { no_ports: *no_ports }, now)
            }
            Message::PortData { port, first, last, entries, .. } => {
                self.handle_port_data(*port, *first, *last, entries)
            }
            Message::PortCredits { port, credits } => self.handle_credits(*port, *credits, now),
            Message::SendFinish { port } => self.handle_send_finish(*port),
            Message::ReceiveClose { port } => self.handle_receive_close(*port),
            Message::ReceiveFinish { port } => self.handle_receive_finish(*port),
            Message::ClientFinish => {
                self.asked.remote_client_finished = true;
                self.emit(Event::ClientFinished);
                Ok(())
            }
            Message::ListenerFinish => {
                self.handle_listener_finish();
                Ok(())
            }
            Message::Goodbye => {
                self.handle_goodbye(now);
                Ok(())
            }
            // Features that were not announced; peers send some of them to everybody, so they are tolerated.
            Message::GlobalCredits { credits, seq } => self.handle_global_credits(*credits, *seq),
            Message::InhibitGlobal { port } => self.handle_inhibit(*port, true),
            Message::AllowGlobal { port } => self.handle_inhibit(*port, false),
            Message::GlobalCreditsReport { seq, .. } => {
                self.window.on_answer(*seq, now);
                Ok(())
            }
            Message::Ping | Message::Data { .. } => Ok(()),
            Message::RequestReceivedReport { port } => self.handle_report_request(*port),
            Message::ReceivedReport { port } => {
                self.handle_report(*port);
                Ok(())
            }
        }
    }

    /// The connected port that a message is for.
    pub(crate) fn addressed(&mut self, port: PortRef, message: u8) -> Result<Key, Failure> {
        let number = port.number;
        let found = match port.side {
            Side::Receiver => self.key_of_number(number),
            Side::Sender => self.asked.key_of(number),
        };
        let key = found.ok_or_else(|| self.broken(Error::UnknownPort { message, port: number }))?;
        match self.store.get(key).map(|port| port.state) {
            Some(State::Connected(_)) => Ok(key),
            _ => Err(self.wrong_state(message, number)),
        }
    }

    /// The payload of the Data header just handled came: `len` bytes, which the embedder keeps.
    pub fn handle_payload(&mut self, len: u32, now: f64) {
        match self.awaited.take() {
            Some(Awaited::Port { key, first, last, global }) if self.phase == Phase::Open => {
                self.heard(now);
                self.acks.on_received(len, now);
                self.note_arrival(key, len, now);
                if let Err(Failure) = self.handle_chunk(key, first, last, global, len) {
                    self.drop_chunk(None, last, len);
                    self.fail_broken();
                }
            }
            _ => {
                if self.phase == Phase::Handshake {
                    self.skip(len);
                }
                self.drop_chunk(None, false, len);
            }
        }
    }

    fn handle_inhibit(&mut self, port: PortRef, inhibited: bool) -> Result<(), Failure> {
        // As for credits, the port may be gone.
        let Ok(key) = self.addressed(port, id::INHIBIT_GLOBAL) else { return Ok(()) };
        if let Some(port) = self.port(key) {
            port.inhibited = inhibited;
        }
        self.wake(key);
        Ok(())
    }

    fn drop_chunk(&mut self, key: Option<Key>, last: bool, len: u32) {
        if self.phase != Phase::Ended {
            self.emit(Event::Chunk { key, chunk: ChunkUse::Drop, last, len });
        }
    }

    fn handle_chunk(
        &mut self,
        key: Key,
        first: bool,
        last: bool,
        global: GlobalUse,
        len: u32,
    ) -> Result<(), Failure> {
        let port = self.number(key);
        if len > self.max_chunk {
            return Err(self.broken(Error::ChunkTooLarge { port, size: len, limit: self.max_chunk }));
        }
        let cost = chunk_cost(len);
        let from_port = self.book_pool(key, cost, global)?;
        match self.book(key, [cost, from_port], [first, last], Assembly::Bytes, id::DATA)? {
            ChunkUse::Drop => self.drop_chunk(Some(key), last, len),
            chunk => self.emit(Event::Chunk { key: Some(key), chunk, last, len }),
        }
        self.throttle(key);
        self.recount(key);
        Ok(())
    }

    /// Pays for a chunk and says what it is to the message being assembled. Chunks that belong to nothing still cost
    /// credits, which are returned at once.
    fn book(
        &mut self,
        key: Key,
        [cost, from_port]: [u32; 2],
        [first, last]: [bool; 2],
        kind: Assembly,
        message: u8,
    ) -> Result<ChunkUse, Failure> {
        let number = self.number(key);
        let Some(port) = self.store.get_mut(key).filter(|port| !port.remote_sender_finished) else {
            return Err(self.wrong_state(message, number));
        };
        if let Err(available) = port.receive.receive(from_port) {
            return Err(self.broken(Error::FlowControl { port: number, cost: from_port, available }));
        }
        if port.receiver_finished {
            // Counted, and never returned; but the pool belongs to all.
            self.pool_returned(key);
            return Ok(ChunkUse::Drop);
        }
        let continues = port.assembly == kind;
        let chunk = if first {
            ChunkUse::Start
        } else if continues {
            ChunkUse::Append
        } else {
            ChunkUse::Drop
        };
        let unfinished = chunk != ChunkUse::Drop && !last;
        port.assembly = if unfinished { kind } else { Assembly::Nothing };
        let so_far = if first { 0 } else { port.partial };
        port.partial = if unfinished { so_far.saturating_add(cost) } else { 0 };
        if chunk == ChunkUse::Drop {
            let _ = self.consumed(key, cost);
        }
        Ok(chunk)
    }

    fn handle_port_data(
        &mut self,
        port: PortRef,
        first: bool,
        last: bool,
        entries: &Entries<'_>,
    ) -> Result<(), Failure> {
        let (key, number) = (self.addressed(port, id::PORT_DATA)?, port.number);
        let count = entries.iter().count() as u32;
        if count == 0 {
            return Err(self.broken(Error::EmptyPortList { port: number }));
        }
        let cost = count.saturating_mul(PORT_COST);
        if cost > self.config.chunk_size {
            let limit = self.config.chunk_size;
            return Err(self.broken(Error::ChunkTooLarge { port: number, size: cost, limit }));
        }
        let chunk = self.book(key, [cost, cost], [first, last], Assembly::Ports, id::PORT_DATA)?;
        self.recount(key);
        if chunk == ChunkUse::Drop {
            self.emit(Event::PortList { key, chunk, last, count: 0 });
            return entries.iter().try_for_each(|entry| self.refuse_unheard(entry, false));
        }
        let mut asked = Vec::new();
        for entry in entries.iter() {
            if self.ask_in_list(entry)? {
                asked.push(entry);
            }
        }
        let requests = asked.len() as u32;
        self.emit(Event::PortList { key, chunk, last, count: requests });
        for entry in asked {
            self.emit_request(entry, Some(key));
        }
        if requests < count {
            // Refused entries are consumed here; the embedder consumes those that it sees.
            self.consume_refused(key, count - requests);
        }
        Ok(())
    }

    fn consume_refused(&mut self, key: Key, count: u32) {
        let _ = self.consumed(key, count * PORT_COST);
    }

    fn handle_credits(&mut self, port: PortRef, credits: u32, now: f64) -> Result<(), Failure> {
        // 0.19 and 0.20 send credits ahead of data, so they may come after the port is gone.
        let Ok(key) = self.addressed(port, id::PORT_CREDITS) else { return Ok(()) };
        let Some(available) = self.port(key).and_then(|port| port.send.grant(credits)) else {
            return Err(self.broken(Error::CreditOverflow { port: port.number }));
        };
        if let Some(peer) = self.peer {
            let announced = peer.hello.port_receive_buffer;
            let in_flight = announced.saturating_sub(available);
            // remoc 0.18 returns half at a time. Who returns less fits by itself to the path what it grants: what it keeps
            // back is not under way.
            self.pace.enabled &= credits >= announced / 2;
            let out = available - credits < MIN_CHUNK;
            self.pace.on_returned(key, credits, in_flight, out, self.trips.base_ms(), now);
        }
        self.wake(key);
        Ok(())
    }

    fn handle_send_finish(&mut self, port: PortRef) -> Result<(), Failure> {
        let key = self.addressed(port, id::SEND_FINISH)?;
        let twice =
            self.port(key).is_some_and(|port| core::mem::replace(&mut port.remote_sender_finished, true));
        if twice {
            return Err(self.wrong_state(id::SEND_FINISH, port.number));
        }
        if let Some(port) = self.port(key) {
            port.assembly = Assembly::Nothing;
            port.partial = 0;
        }
        self.recount(key);
        self.emit(Event::SendFinished { key });
        self.free_if_over(key);
        Ok(())
    }

    fn handle_receive_close(&mut self, port: PortRef) -> Result<(), Failure> {
        let key = self.addressed(port, id::RECEIVE_CLOSE)?;
        let twice =
            self.port(key).is_some_and(|port| core::mem::replace(&mut port.remote_receiver_closed, true));
        if twice {
            return Err(self.wrong_state(id::RECEIVE_CLOSE, port.number));
        }
        if self.port(key).is_some_and(|port| !port.outlasts_close) {
            self.drop_uncovered(key);
        }
        self.emit(Event::ReceiverClosed { key });
        Ok(())
    }

    fn handle_receive_finish(&mut self, port: PortRef) -> Result<(), Failure> {
        let key = self.addressed(port, id::RECEIVE_FINISH)?;
        let Some(port) = self.port(key) else { return Ok(()) };
        let twice = core::mem::replace(&mut port.remote_receiver_finished, true);
        let graceful = core::mem::replace(&mut port.remote_receiver_closed, true);
        if !twice {
            self.drop_outgoing_from(key, 0);
            self.emit(Event::ReceiverFinished { key, graceful });
        }
        self.free_if_over(key);
        Ok(())
    }
}
