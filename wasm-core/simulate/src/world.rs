//! Two ends, the network between them and the model, in one virtual time.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use cuttle_mux::{Event, GlobalUse, Key, Message, PortRef, Side};

use crate::invariants::{self, Starvation};
use crate::link::{Effect, Link, Packet};
use crate::model::{At, Model, Stage};
use crate::setup::Setup;
use crate::support::end::{End, Frame};
use crate::support::monitor::Monitor;

/// Numbers are offset by these, far apart, so that one end's number is none of the other's.
const SEEDS: [u32; 2] = [0x1000, 0x2_0000];

/// Why a connection may end.
#[derive(Default, Debug)]
pub(crate) struct Causes {
    /// An end was told to close, at that time, or may say Goodbye because nothing more can happen.
    pub(crate) close_at: [Option<f64>; 2],
    pub(crate) closed_client_or_listener: bool,
    /// The end was told to send nothing more.
    pub(crate) terminated: [bool; 2],
    pub(crate) cut: bool,
    /// Ports are not alike.
    pub(crate) prioritized: bool,
    /// Frames or timers were late.
    pub(crate) late: bool,
    /// The end said Goodbye in time and before it heard one, so all that was covered has left.
    pub(crate) flushed: [bool; 2],
    /// The end heard Goodbye.
    pub(crate) goodbye_heard: [bool; 2],
}

pub(crate) struct World {
    pub(crate) setup: Setup,
    pub(crate) now: f64,
    pub(crate) ends: [End; 2],
    pub(crate) links: [Link; 2],
    pub(crate) model: Model,
    pub(crate) causes: Causes,
    monitor: Monitor,
    starvation: [Starvation; 2],
    /// Credits under way, by the end of a port that sent them: used by chunks, granted.
    pub(crate) in_flight: BTreeMap<At, [u32; 2]>,
    /// The transport of an end ended.
    ended: [bool; 2],
    trace: DefaultHasher,
}

/// Larger and smaller than the chunks of most ends.
const LARGE_CHUNK: u32 = 48;

pub(crate) fn key((_, raw): At) -> Key {
    Key::from_raw(raw)
}

impl World {
    pub(crate) fn new(setup: Setup) -> Self {
        let [a, b] = setup.ends;
        let mut ends = [End::new(a.config(), SEEDS[0]), End::new(b.config(), SEEDS[1])];
        if setup.acks {
            ends.iter_mut().for_each(|end| end.mux.use_acks());
            // A size is agreed upon that neither Hello says.
            ends.iter_mut().for_each(|end| end.mux.use_chunks(LARGE_CHUNK, LARGE_CHUNK));
        }
        Self {
            setup,
            now: 0.0,
            ends,
            links: setup.carriers.map(Link::new),
            model: Model { early: [a.may(&b), b.may(&a)].map(|may| may.pre_connect), ..Model::default() },
            causes: Causes::default(),
            monitor: Monitor::default(),
            starvation: Default::default(),
            in_flight: BTreeMap::new(),
            ended: [false; 2],
            trace: DefaultHasher::new(),
        }
    }

    /// A number that two equal runs share.
    pub(crate) fn trace(&self) -> u64 {
        self.trace.finish()
    }

    /// Ports may be used: the handshake is done and no end is in sight.
    pub(crate) fn is_usable(&self, end: usize) -> bool {
        let causes = &self.causes;
        self.ends[end].mux.peer().is_some()
            && self.ends[end].outcome.is_none()
            && causes.close_at[end].is_none()
            && !causes.goodbye_heard[end]
    }

    // Time and network.

    /// Takes from the core what the network has room for, at most `max` messages. False when it was nothing.
    pub(crate) fn flush(&mut self, end: usize, max: usize) -> bool {
        let mut sent = 0;
        if !self.setup.acks {
            self.ends[end].mux.use_probes();
        }
        while sent < max && !self.ended[end] && self.links[end].has_room(self.now) {
            let frame = self.ends[end].transmit(1, self.now).pop();
            for ack in std::mem::take(&mut self.ends[end].acks) {
                self.links[end].take_ack(ack, self.now);
            }
            let Some(frame) = frame else {
                invariants::nothing_is_held_back(self, end);
                break;
            };
            sent += 1;
            self.emitted(end, frame);
        }
        self.observe();
        sent > 0
    }

    fn emitted(&mut self, end: usize, frame: Frame) {
        (self.now.to_bits(), end, &frame.header, &frame.payload).hash(&mut self.trace);
        self.monitor.emitted(end, &frame);
        let is_varint = self.ends[end].mux.peer().is_some_and(|peer| peer.encoding.varint);
        let effect = match Message::decode(&frame.header, is_varint) {
            Ok(Message::Data { port, global, .. }) => {
                let cost = (frame.payload.as_ref().map_or(0, Vec::len) as u32).max(1);
                let from_pool = match global {
                    GlobalUse::None => 0,
                    GlobalUse::All => cost,
                    GlobalUse::Split(part) => part,
                };
                self.uses(end, port, cost - from_pool)
            }
            Ok(Message::PortData { port, entries, .. }) => {
                self.uses(end, port, 4 * entries.iter().count() as u32)
            }
            Ok(Message::PortCredits { port, credits }) => {
                self.sender_of(end, port).map_or(Effect::Nothing, |sender| Effect::Grants { sender, credits })
            }
            Ok(Message::Goodbye) => {
                self.note_goodbye(end);
                Effect::Nothing
            }
            _ => Effect::Nothing,
        };
        self.book(effect, u32::wrapping_add);
        if let Effect::Uses { sender, cost } = effect {
            let mut starvation = std::mem::take(&mut self.starvation[end]);
            starvation.sent(self, sender, cost);
            self.starvation[end] = starvation;
        }
        self.links[end].take(frame, effect, self.now);
    }

    fn uses(&self, end: usize, port: PortRef, cost: u32) -> Effect {
        self.sender_of(end, port).map_or(Effect::Nothing, |sender| Effect::Uses { sender, cost })
    }

    /// The end of a port that a message from `end` is sent on.
    fn sender_of(&self, end: usize, port: PortRef) -> Option<At> {
        let named = |end| self.model.existing(end).find(|(_, other)| other.number == Some(port.number));
        match port.side {
            Side::Sender => named(end).map(|(at, _)| at),
            Side::Receiver => named(1 - end).and_then(|(_, port)| port.peer),
        }
    }

    fn book(&mut self, effect: Effect, change: fn(u32, u32) -> u32) {
        let (sender, which, amount) = match effect {
            Effect::Nothing => return,
            Effect::Uses { sender, cost } => (sender, 0, cost),
            Effect::Grants { sender, credits } => (sender, 1, credits),
        };
        let entry = self.in_flight.entry(sender).or_default();
        entry[which] = change(entry[which], amount);
    }

    fn note_goodbye(&mut self, end: usize) {
        /// What an orderly close may take before it gives up what is not flushed.
        const CLOSE_MS: f64 = 2_000.0;
        let in_time = self.causes.close_at[end].is_none_or(|at| self.now < at + CLOSE_MS);
        self.causes.flushed[end] = in_time && !self.causes.goodbye_heard[end] && !self.causes.terminated[end];
    }

    fn deliver(&mut self, from: usize, packet: Packet) {
        let to = 1 - from;
        match packet {
            Packet::Bytes(bytes, effect) => {
                self.book(effect, u32::wrapping_sub);
                if !self.ended[to] {
                    self.ends[to].packet(bytes, self.now);
                }
            }
            Packet::Ack(_) if self.ended[to] => {}
            Packet::Ack(ack) => self.ends[to].ack(ack, self.now),
            Packet::End => self.end_transport(to),
        }
        self.observe();
    }

    fn end_transport(&mut self, end: usize) {
        if !std::mem::replace(&mut self.ended[end], true) {
            self.ends[end].transport_end();
            self.links[end].end(self.now);
        }
    }

    /// Everything that can happen now. False when nothing did.
    fn tick(&mut self) -> bool {
        let mut busy = false;
        for from in 0..2 {
            while let Some(packet) = self.links[from].arrival(self.now) {
                self.deliver(from, packet);
                invariants::check(self);
                busy = true;
            }
        }
        for end in 0..2 {
            busy |= self.keep_deadlines(end);
            busy |= self.flush(end, usize::MAX);
        }
        invariants::check(self);
        busy
    }

    fn keep_deadlines(&mut self, end: usize) -> bool {
        /// One call for each kind of deadline is enough.
        const KINDS: usize = 8;
        let is_due = |world: &Self| world.deadline(end).is_some_and(|at| at <= world.now);
        let mut calls = 0;
        while is_due(self) {
            calls += 1;
            assert!(calls <= KINDS, "a deadline stays due: the embedder would spin");
            self.ends[end].timeout(self.now);
            self.observe();
        }
        calls > 0
    }

    fn deadline(&self, end: usize) -> Option<f64> {
        self.ends[end].mux.poll_deadline()
    }

    /// Whether something is on its way.
    pub(crate) fn is_moving(&self) -> bool {
        self.next_event().is_some()
    }

    /// When something moves that is on its way, acknowledgements that are paced and what waits so that queues are short included.
    fn next_event(&self) -> Option<f64> {
        const ACKS_PACE_MS: f64 = 4.0;
        let soon = self.now + ACKS_PACE_MS;
        let deadlines = (0..2).filter_map(|end| self.deadline(end));
        let acks = deadlines.filter(|at| self.setup.acks && *at <= soon);
        let links = self.links.iter().filter_map(|link| link.next_event(self.now));
        let returns = self.ends.iter().filter_map(|end| end.mux.waits_until(self.now));
        links.chain(acks).chain(returns).reduce(f64::min)
    }

    /// Runs for a time, deadlines included.
    pub(crate) fn run(&mut self, ms: f64) {
        let until = self.now + ms;
        loop {
            while self.tick() {}
            let next_event = self.next_event();
            if next_event.is_none() {
                invariants::every_wait_has_an_owner(self);
            }
            let deadlines = (0..2).filter_map(|end| self.deadline(end));
            match deadlines.chain(next_event).reduce(f64::min) {
                Some(at) if at <= until => self.now = self.now.max(at),
                _ => break,
            }
        }
        self.now = until;
        while self.tick() {}
    }

    pub(crate) fn stall(&mut self, from: usize, ms: f64) {
        self.causes.late = true;
        self.links[from].stall(ms, self.now);
    }

    pub(crate) fn resume(&mut self) {
        self.links.iter_mut().for_each(Link::resume);
    }

    /// Time passes and nobody notices.
    pub(crate) fn sleep(&mut self, ms: f64) {
        self.causes.late = true;
        self.now += ms;
    }

    /// The connection breaks; `end` learns of it at once, the other one later.
    pub(crate) fn cut(&mut self, end: usize) {
        self.causes.cut = true;
        self.links.iter_mut().for_each(|link| link.cut(self.now));
        self.end_transport(end);
        self.observe();
    }

    /// Compares what happened with the model.
    pub(crate) fn observe(&mut self) {
        for end in 0..2 {
            for event in self.ends[end].events() {
                format!("{event:?}").hash(&mut self.trace);
                match event {
                    Event::Request { peer_port, key: Some(early), .. } => {
                        let asker = self.model.asker(1 - end, peer_port);
                        self.link(end, asker, early, Stage::Undecided);
                    }
                    Event::Shed { key } => invariants::shedding_has_a_cause(self, (end, key.raw())),
                    Event::Goodbye => self.causes.goodbye_heard[end] = true,
                    Event::Ended | Event::Failed(_) => invariants::an_end_has_a_cause(self, end, event),
                    _ => self.model.note(end, &event),
                }
            }
        }
        for end in 0..2 {
            self.observe_messages(end);
            if self.ends[end].outcome.is_some() && !self.ended[end] {
                self.ended[end] = true;
                self.links[end].end(self.now);
            }
        }
    }

    fn observe_messages(&mut self, end: usize) {
        let keys: Vec<At> = self.model.ports.range((end, 0)..=(end, u32::MAX)).map(|(at, _)| *at).collect();
        for at in keys {
            for received in self.ends[end].received(key(at)) {
                self.model.received(at, &received);
            }
        }
    }
}
