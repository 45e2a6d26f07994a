//! Two ends, the network between them and the model, in one virtual time.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use cuttle_mux::{Accepted, Event, GlobalUse, Key, Message, Misuse, PortRef, Side};

use crate::command::Command;
use crate::invariants::{self, Starvation};
use crate::link::{Effect, Link, Packet};
use crate::model::{At, Model, Sent};
use crate::setup::Setup;
use crate::support::end::{End, Frame, Received};
use crate::support::monitor::Monitor;

/// Numbers are offset by these, far apart, so that one end's number is none of the other's.
const SEEDS: [u32; 2] = [0x1000, 0x2_0000];

/// Why a connection may end.
#[derive(Default, Debug)]
pub(crate) struct Causes {
    /// An end was told to close, at that time, or may say Goodbye because nothing more can happen.
    pub(crate) close_at: [Option<f64>; 2],
    pub(crate) closed_client_or_listener: bool,
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
    /// Credits on their way to an end, by that end's number of the port: used by chunks, granted.
    pub(crate) in_flight: [BTreeMap<u32, [u32; 2]>; 2],
    /// The transport of an end ended.
    ended: [bool; 2],
    trace: DefaultHasher,
}

pub(crate) fn key((_, raw): At) -> Key {
    Key::from_raw(raw)
}

impl World {
    pub(crate) fn new(setup: Setup) -> Self {
        let [a, b] = setup.ends;
        let mut ends = [End::new(a.config(), SEEDS[0]), End::new(b.config(), SEEDS[1])];
        if setup.acks {
            ends.iter_mut().for_each(|end| end.mux.use_acks());
        }
        Self {
            setup,
            now: 0.0,
            ends,
            links: setup.carriers.map(Link::new),
            model: Model::default(),
            causes: Causes::default(),
            monitor: Monitor::default(),
            starvation: Default::default(),
            in_flight: Default::default(),
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
                Effect::Uses { port: self.number_at_receiver(end, port), cost: cost - from_pool }
            }
            Ok(Message::PortData { port, entries, .. }) => {
                let cost = 4 * entries.iter().count() as u32;
                Effect::Uses { port: self.number_at_receiver(end, port), cost }
            }
            Ok(Message::PortCredits { port, credits }) => {
                Effect::Grants { port: self.number_at_receiver(end, port), credits }
            }
            Ok(Message::Goodbye) => {
                self.note_goodbye(end);
                Effect::Nothing
            }
            _ => Effect::Nothing,
        };
        self.book(1 - end, effect, u32::wrapping_add);
        if let Effect::Uses { port, cost } = effect {
            let peer = self.model.live(1 - end).find(|(_, other)| other.number == port);
            let own = peer.and_then(|(_, port)| port.peer);
            let mut starvation = std::mem::take(&mut self.starvation[end]);
            starvation.sent(self, end, own, cost);
            self.starvation[end] = starvation;
        }
        self.links[end].take(frame, effect, self.now);
    }

    /// By which number the receiver of a message from `end` knows the port.
    fn number_at_receiver(&self, end: usize, port: PortRef) -> u32 {
        if port.side == Side::Receiver {
            return port.number;
        }
        let own = self.model.live(end).find(|(_, own)| own.number == port.number);
        let peer = own.and_then(|(at, _)| self.model.peer_of(at));
        peer.map_or(port.number, |peer| peer.number)
    }

    fn book(&mut self, to: usize, effect: Effect, change: fn(u32, u32) -> u32) {
        let (port, which, amount) = match effect {
            Effect::Nothing => return,
            Effect::Uses { port, cost } => (port, 0, cost),
            Effect::Grants { port, credits } => (port, 1, credits),
        };
        let entry = self.in_flight[to].entry(port).or_default();
        entry[which] = change(entry[which], amount);
    }

    fn note_goodbye(&mut self, end: usize) {
        /// What an orderly close may take before it gives up what is not flushed.
        const CLOSE_MS: f64 = 2_000.0;
        let in_time = self.causes.close_at[end].is_none_or(|at| self.now < at + CLOSE_MS);
        self.causes.flushed[end] = in_time && !self.causes.goodbye_heard[end];
    }

    fn deliver(&mut self, from: usize, packet: Packet) {
        let to = 1 - from;
        match packet {
            Packet::Bytes(bytes, effect) => {
                self.book(to, effect, u32::wrapping_sub);
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

    /// When something moves that is on its way, acknowledgements that are paced included.
    fn next_event(&self) -> Option<f64> {
        const ACKS_PACE_MS: f64 = 4.0;
        let soon = self.now + ACKS_PACE_MS;
        let deadlines = (0..2).filter_map(|end| self.deadline(end));
        let acks = deadlines.filter(|at| self.setup.acks && *at <= soon);
        let links = self.links.iter().filter_map(|link| link.next_event(self.now));
        links.chain(acks).reduce(f64::min)
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

    // Applications.

    /// Compares what happened with the model.
    pub(crate) fn observe(&mut self) {
        for end in 0..2 {
            for event in self.ends[end].events() {
                format!("{event:?}").hash(&mut self.trace);
                match event {
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

    fn pick(&self, end: usize, port: u32) -> Option<At> {
        let live: Vec<At> = self.model.live(end).map(|(at, _)| at).collect();
        if live.is_empty() { None } else { Some(live[port as usize % live.len()]) }
    }

    /// Carries out a command of the application of `end`.
    pub(crate) fn command(&mut self, end: usize, command: Command) {
        match command {
            Command::Open => self.open(end),
            Command::Accept { request } => self.answer(end, request, true),
            Command::Reject { request } => self.answer(end, request, false),
            Command::ReadAll => self.ends[end].reads = true,
            Command::ReadNothing => self.ends[end].reads = false,
            Command::CloseClient => {
                self.causes.closed_client_or_listener = true;
                self.ends[end].command(|mux| mux.close_client());
            }
            Command::CloseListener => {
                self.causes.closed_client_or_listener = true;
                self.ends[end].command(|mux| mux.close_listener());
            }
            Command::Close => self.close(end),
            Command::List { port, count } => self.on_port(end, port, |world, at| world.list(at, count)),
            Command::Send { port, len } => self.on_port(end, port, |world, at| world.send(at, len)),
            Command::Cancel { port } => self.on_port(end, port, Self::cancel),
            Command::FinishSend { port } => self.on_port(end, port, Self::finish_send),
            Command::CloseReceive { port } => self.on_port(end, port, Self::close_receive),
            Command::FinishReceive { port } => self.on_port(end, port, Self::finish_receive),
            Command::Prioritize { port, urgency, incremental } => self.on_port(end, port, |world, at| {
                world.causes.prioritized = true;
                world.ends[end].command(|mux| mux.prioritize(key(at), urgency, incremental)).unwrap();
            }),
            Command::Drop { port } => self.on_port(end, port, |world, at| {
                world.finish_send(at);
                if !world.model.port(at).gone {
                    world.finish_receive(at);
                }
            }),
            Command::Consume { port, bytes } => self.on_port(end, port, |world, at| world.consume(at, bytes)),
        }
        self.observe();
    }

    fn on_port(&mut self, end: usize, port: u32, run: impl FnOnce(&mut Self, At)) {
        if self.ends[end].outcome.is_none()
            && let Some(at) = self.pick(end, port)
        {
            run(self, at);
        }
    }

    pub(crate) fn close(&mut self, end: usize) {
        let now = self.now;
        if self.ends[end].outcome.is_none() {
            self.causes.close_at[end].get_or_insert(now);
            self.ends[end].command(|mux| mux.close(now));
        }
        self.observe();
    }

    fn reserve(&mut self, end: usize, alone: bool) -> Option<Key> {
        match self.ends[end].mux.reserve() {
            Ok(key) => {
                let number = self.ends[end].mux.number(key);
                invariants::a_freed_number_rests(self, end, number);
                self.model.asked(end, key, number, alone);
                Some(key)
            }
            Err(Misuse::PortsExhausted) => {
                let live = self.model.live(end).count() as u32;
                assert_eq!(live, self.setup.ends[end].ports, "ports were refused while some are left");
                None
            }
            Err(Misuse::Ended) => {
                assert!(!self.is_usable(end), "a usable connection refuses ports");
                None
            }
            Err(misuse) => panic!("reserve: {misuse:?}"),
        }
    }

    /// Gives back what was never requested.
    fn release(&mut self, end: usize, key: Key) {
        self.ends[end].command(|mux| mux.release(key)).unwrap();
        let port = self.model.port((end, key.raw()));
        port.gone = true;
        let number = port.number;
        self.model.freed_numbers[end].push(number);
    }

    fn open(&mut self, end: usize) {
        let Some(key) = self.reserve(end, true) else { return };
        match self.ends[end].command(|mux| mux.open(key)) {
            Ok(()) => {}
            Err(Misuse::ListenerGone) => {
                assert!(self.causes.closed_client_or_listener, "the listener is gone for no reason");
                self.release(end, key);
            }
            Err(misuse) => panic!("open: {misuse:?}"),
        }
    }

    fn list(&mut self, at: At, count: u32) {
        let ports: Vec<Key> = (0..count).filter_map(|_| self.reserve(at.0, false)).collect();
        let covered = self.ends[at.0].command(|mux| mux.send_ports(key(at), &ports));
        match covered {
            Ok(()) if ports.is_empty() => {}
            Ok(()) => {
                let numbers = ports.iter().map(|port| self.ends[at.0].mux.number(*port)).collect();
                let sent = Sent { content: Received::Ports(numbers), covered: false };
                self.model.counts.sent += 1;
                self.model.port(at).under_way.push_back(sent);
            }
            Err(misuse) => {
                self.check_refusal(at, misuse);
                ports.into_iter().for_each(|port| self.release(at.0, port));
            }
        }
    }

    fn send(&mut self, at: At, len: u32) {
        self.model.counts.sent += 1;
        self.model.counts.longest = self.model.counts.longest.max(len);
        let message = content(self.model.counts.sent, len);
        match self.ends[at.0].send(key(at), &message) {
            Ok(accepted) => {
                let covered = accepted == Accepted::Covered;
                self.model.port(at).under_way.push_back(Sent { content: Received::Bytes(message), covered });
            }
            Err(misuse) => self.check_refusal(at, misuse),
        }
    }

    /// A refusal to send has a reason.
    fn check_refusal(&mut self, at: At, misuse: Misuse) {
        let is_usable = self.is_usable(at.0);
        let port = self.model.port(at);
        let has_reason = match misuse {
            Misuse::WrongState => port.finish_asked,
            Misuse::ReceiverClosed => port.close_seen || port.receive_finish_seen,
            Misuse::Ended => !is_usable,
            _ => false,
        };
        assert!(has_reason, "refused to send for no reason: {misuse:?}");
    }

    fn cancel(&mut self, at: At) {
        // Once the connection or the receiver closes, nothing waits that could be taken back.
        if self.is_usable(at.0) && !self.model.port(at).close_seen && self.ends[at.0].cancel_last(key(at)) {
            let under_way = &mut self.model.port(at).under_way;
            while let Some(Sent { content: Received::Ports(_), .. }) = under_way.pop_back() {}
            self.model.counts.cancelled += 1;
        }
    }

    fn finish_send(&mut self, at: At) {
        self.model.port(at).finish_asked = true;
        self.ends[at.0].command(|mux| mux.finish_send(key(at))).unwrap();
        self.observe();
    }

    fn close_receive(&mut self, at: At) {
        self.model.port(at).close_asked |= !self.model.port(at).receive_finish_asked;
        self.ends[at.0].command(|mux| mux.close_receive(key(at))).unwrap();
    }

    fn finish_receive(&mut self, at: At) {
        self.model.port(at).receive_finish_asked = true;
        self.ends[at.0].command(|mux| mux.finish_receive(key(at))).unwrap();
        self.observe();
    }

    fn consume(&mut self, at: At, bytes: u32) {
        let inbox = self.ends[at.0].inbox(key(at));
        let cost = bytes.min(inbox.unread);
        inbox.unread -= cost;
        self.ends[at.0].command(|mux| mux.consumed(key(at), cost)).unwrap();
    }

    fn answer(&mut self, end: usize, request: u32, accept: bool) {
        let count = self.ends[end].requests.len();
        if count == 0 || self.ends[end].outcome.is_some() {
            return;
        }
        let request = self.ends[end].requests.remove(request as usize % count).unwrap();
        let asker = self.model.asker(1 - end, request.peer_port);
        if !accept {
            return self.ends[end].command(|mux| mux.reject(request.peer_port, false)).unwrap();
        }
        match self.ends[end].command(|mux| mux.accept(request.peer_port)) {
            Ok(accepted) => {
                let number = self.ends[end].mux.number(accepted);
                invariants::a_freed_number_rests(self, end, number);
                self.model.accepted(asker, (end, accepted.raw()), number);
            }
            Err(Misuse::PortsExhausted) => self.ends[end].requests.push_back(request),
            Err(misuse) => panic!("accept: {misuse:?}"),
        }
    }

    pub(crate) fn read_everything(&mut self, end: usize) {
        self.ends[end].reads = true;
        let live: Vec<At> = self.model.live(end).map(|(at, _)| at).collect();
        live.into_iter().for_each(|at| self.consume(at, u32::MAX));
    }

    pub(crate) fn refuse_everything(&mut self, end: usize) {
        while let Some(request) = self.ends[end].requests.pop_front() {
            self.ends[end].command(|mux| mux.reject(request.peer_port, true)).unwrap();
        }
    }
}

/// No two messages and no two parts of one are alike.
fn content(message: u64, len: u32) -> Vec<u8> {
    let mut state = message.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(0xd129_9c2f_6f2b_5a45).wrapping_add(0x9e37);
            (state >> 56) as u8
        })
        .collect()
}
