//! Two ends over a simulated link under one virtual clock.

use std::collections::VecDeque;

use cuttle_mux::{Config, Event, Key};

use super::end::{End, Frame};
use super::monitor::Monitor;

/// What a link carries: a frame, or an acknowledgement, which is weightless.
enum Packet {
    Frame(Vec<u8>),
    Ack((u32, u32)),
}

/// One direction of the link.
pub struct Link {
    pub latency_ms: f64,
    /// 0 for unlimited.
    pub bytes_per_ms: f64,
    /// Takes further frames only while fewer bytes than this wait to be carried.
    pub buffer: f64,
    /// Who receives has a turn so often; 0 for always.
    pub turn_ms: f64,
    /// Who sends has a turn so often; 0 for always.
    pub send_turn_ms: f64,
    next_turn: f64,
    busy_until: f64,
    packets: VecDeque<(f64, Packet)>,
    blocked: bool,
    /// Takes nothing while set.
    pub stopped: bool,
    /// When which frame was taken.
    pub log: Vec<(f64, Frame)>,
}

impl Link {
    fn new() -> Self {
        Self {
            latency_ms: 0.0,
            bytes_per_ms: 0.0,
            buffer: 1.0,
            turn_ms: 0.0,
            send_turn_ms: 0.0,
            next_turn: 0.0,
            busy_until: 0.0,
            packets: VecDeque::new(),
            blocked: false,
            stopped: false,
            log: Vec::new(),
        }
    }

    fn has_room(&mut self, now: f64) -> bool {
        let full = self.bytes_per_ms > 0.0 && (self.busy_until - now) * self.bytes_per_ms >= self.buffer;
        self.blocked = full && !self.stopped;
        !full && !self.stopped && now >= self.next_turn
    }

    fn take(&mut self, frame: Frame, now: f64) {
        for bytes in core::iter::once(&frame.header).chain(&frame.payload) {
            let start = self.busy_until.max(now);
            let carried = if self.bytes_per_ms > 0.0 { bytes.len() as f64 / self.bytes_per_ms } else { 0.0 };
            self.busy_until = start + carried;
            let mut at = self.busy_until + self.latency_ms;
            if self.turn_ms > 0.0 {
                at = (at / self.turn_ms).ceil() * self.turn_ms;
            }
            self.packets.push_back((at, Packet::Frame(bytes.clone())));
        }
        self.log.push((now, frame));
    }

    fn end_turn(&mut self, now: f64) {
        if now >= self.next_turn && self.send_turn_ms > 0.0 {
            self.next_turn = now + self.send_turn_ms;
        }
    }

    fn take_ack(&mut self, ack: (u32, u32), now: f64) {
        self.packets.push_back((self.busy_until.max(now) + self.latency_ms, Packet::Ack(ack)));
    }

    fn next_event(&self, now: f64) -> Option<f64> {
        let arrival = self.packets.front().map(|packet| packet.0);
        let room =
            self.blocked.then_some((self.busy_until - self.buffer / self.bytes_per_ms).max(now) + 1e-6);
        let turn = Some(self.next_turn).filter(|at| *at > now);
        [arrival, room, turn].into_iter().flatten().reduce(f64::min)
    }
}

pub struct Pair {
    pub now: f64,
    pub ends: [End; 2],
    /// `links[0]` carries from `ends[0]`.
    pub links: [Link; 2],
    pub monitor: Monitor,
    /// Ends with the transport: nothing is carried any more.
    cut: bool,
}

impl Pair {
    /// Two ends that have not met.
    pub fn apart(a: Config, b: Config) -> Self {
        Self {
            now: 0.0,
            ends: [End::new(a, 0x1000), End::new(b, 0x2_0000)],
            links: [Link::new(), Link::new()],
            monitor: Monitor::default(),
            cut: false,
        }
    }

    /// Two ends after the handshake.
    pub fn of(a: Config, b: Config) -> Self {
        let mut pair = Self::apart(a, b);
        pair.settle();
        assert_eq!(pair.a().events(), [Event::Ready]);
        assert_eq!(pair.b().events(), [Event::Ready]);
        pair
    }

    pub fn alike(config: Config) -> Self {
        Self::of(config, config)
    }

    /// As [`Pair::alike`], with one port opened by the first end: its key at both ends.
    pub fn with_port(config: Config) -> (Self, Key, Key) {
        let mut pair = Self::alike(config);
        let (a, b) = pair.open();
        (pair, a, b)
    }

    /// Both ends acknowledge what they receive, as cuttle does.
    pub fn with_acks(mut self) -> Self {
        for end in &mut self.ends {
            end.mux.use_acks();
        }
        self
    }

    pub fn a(&mut self) -> &mut End {
        &mut self.ends[0]
    }

    pub fn b(&mut self) -> &mut End {
        &mut self.ends[1]
    }

    /// Opens a port from the first end to the second one.
    pub fn open(&mut self) -> (Key, Key) {
        let a = self.a().open();
        self.settle();
        let b = self.b().accept();
        self.settle();
        assert!(self.a().events().contains(&Event::Opened { key: a }));
        self.b().events();
        (a, b)
    }

    pub fn slow(&mut self, bytes_per_ms: f64, latency_ms: f64) {
        for link in &mut self.links {
            link.bytes_per_ms = bytes_per_ms;
            link.latency_ms = latency_ms;
        }
    }

    /// Everything that can happen now. False when nothing did.
    fn tick(&mut self) -> bool {
        let mut busy = false;
        for from in 0..2 {
            while !self.cut && self.links[from].packets.front().is_some_and(|packet| packet.0 <= self.now) {
                let (_, packet) = self.links[from].packets.pop_front().unwrap();
                match packet {
                    Packet::Frame(bytes) => self.ends[1 - from].packet(bytes, self.now),
                    Packet::Ack(ack) => self.ends[1 - from].ack(ack, self.now),
                }
                busy = true;
            }
        }
        for from in 0..2 {
            let end = &mut self.ends[from];
            if end.mux.poll_deadline().is_some_and(|at| at <= self.now) {
                end.timeout(self.now);
                let at = end.mux.poll_deadline();
                assert!(at.is_none_or(|at| at > self.now), "a deadline stays due: the embedder would spin");
                busy = true;
            }
            while !self.cut && self.links[from].has_room(self.now) {
                let frame = self.ends[from].transmit(1, self.now).pop();
                for ack in std::mem::take(&mut self.ends[from].acks) {
                    self.links[from].take_ack(ack, self.now);
                    busy = true;
                }
                let Some(frame) = frame else { break };
                self.monitor.emitted(from, &frame);
                self.links[from].take(frame, self.now);
                busy = true;
            }
            self.links[from].end_turn(self.now);
        }
        busy
    }

    /// When something moves, what waits so that queues are short included.
    fn next_event(&self) -> Option<f64> {
        if self.cut {
            return None;
        }
        let returns = self.ends.iter().filter_map(|end| end.mux.waits_until(self.now));
        self.links.iter().filter_map(|link| link.next_event(self.now)).chain(returns).reduce(f64::min)
    }

    /// Runs until nothing moves without a deadline, but for that of what waits so that queues are short.
    pub fn settle(&mut self) {
        loop {
            while self.tick() {}
            match self.next_event() {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
        }
    }

    /// Runs for a time, deadlines included.
    pub fn run(&mut self, ms: f64) {
        let until = self.now + ms;
        loop {
            while self.tick() {}
            let deadlines = self.ends.iter().filter_map(|end| end.mux.poll_deadline());
            match deadlines.chain(self.next_event()).reduce(f64::min) {
                Some(at) if at <= until => self.now = self.now.max(at),
                _ => break,
            }
        }
        self.now = until;
        while self.tick() {}
    }

    /// What was in flight is lost and both ends learn of it.
    pub fn cut(&mut self) {
        self.cut = true;
        for end in &mut self.ends {
            end.transport_end();
        }
    }

    /// Time frozen for both ends, as a suspended process sees it.
    pub fn sleep(&mut self, ms: f64) {
        self.now += ms;
    }

    /// Law: window = held by the sender + received and not consumed + to be returned, exactly; nothing in flight. Windows
    /// may have grown from `windows`, which were announced.
    pub fn check_credits(&mut self, a: Key, b: Key, windows: [u32; 2]) {
        self.check_credits_of(a, b, windows, 0);
    }

    /// As [`Pair::check_credits`], for a port that end `asker` asked for.
    pub fn check_credits_of(&mut self, a: Key, b: Key, windows: [u32; 2], asker: usize) {
        let number = self.ends[asker].mux.number([a, b][asker]);
        let seen = self.monitor.credits(asker, number).expect("the monitor knows the port");
        for (from, own, other) in [(0, a, b), (1, b, a)] {
            let [held, _, _] = self.ends[from].mux.credits(own).unwrap();
            let [_, used, to_return] = self.ends[1 - from].mux.credits(other).unwrap();
            let window = self.ends[1 - from].mux.window(other).unwrap();
            assert!(window >= windows[1 - from]);
            assert_eq!(held + used + to_return, window, "credits of end {from} got lost");
            assert_eq!(used, self.ends[1 - from].inbox(other).unread);
            assert_eq!(seen[from], u64::from(held));
        }
    }

    /// Closes both ends in order and checks that nothing remains.
    pub fn finish(mut self) {
        let now = self.now;
        for end in &mut self.ends {
            end.command(|mux| mux.close(now));
        }
        self.run(10_000.0);
        self.check_over([Event::Ended, Event::Ended]);
    }

    /// Both ends are over with these outcomes, and nothing remains.
    pub fn check_over(mut self, outcomes: [Event; 2]) {
        for (end, outcome) in self.ends.iter_mut().zip(outcomes) {
            assert_eq!(end.outcome, Some(outcome));
            end.check_nothing_left(self.now);
        }
    }
}
