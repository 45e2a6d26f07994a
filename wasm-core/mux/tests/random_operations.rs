//! Random operations against a small model: what the simulation does not do, which is to ask for reports and to refuse
//! ports that were accepted, among all that ports otherwise do. A failure is replayed with the printed seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cuttle_mux::{Capabilities, Config, Event, Generation, Key, Misuse};
use support::end::{Received, Request};
use support::pair::Pair;
use support::rng::{Rng, seed};

/// One end of a port: which end of the pair, and the key there.
type At = (usize, u32);

/// What must be true, kept as simply as possible.
#[derive(Default)]
struct Model {
    /// Ends that may be used.
    live: BTreeSet<At>,
    /// Requests by end and number on the wire whose ports cannot be used yet.
    asked: BTreeMap<(usize, u32), u32>,
    /// The port that each number was last reserved for.
    reserved: BTreeMap<(usize, u32), u32>,
    /// Ends that the application ever heard of.
    told: BTreeSet<At>,
    /// Ends that asked for their port.
    askers: BTreeSet<At>,
    /// Ports of the peer that are used early and were accepted, with the number by which that can be taken back.
    tentative: Vec<(At, u32)>,
    /// Ends of refused ports that still have to be freed.
    refused: BTreeSet<At>,
    /// Reports that were asked for and did not come.
    reports: BTreeMap<At, u32>,
    /// The two ends of each connected port.
    linked: BTreeMap<At, At>,
    /// Messages sent and not received, by the end that sends.
    under_way: BTreeMap<At, VecDeque<Vec<u8>>>,
    /// Ends whose messages may get lost: the receiver does not want them any more.
    cut: BTreeSet<At>,
    finished: BTreeSet<At>,
    sent: u32,
    received: u32,
    cancelled: u32,
    freed: u32,
    early: u32,
    taken_back: u32,
    reported: u32,
}

struct World {
    pair: Pair,
    model: Model,
    rng: Rng,
    windows: [u32; 2],
}

fn key((_, raw): At) -> Key {
    Key::from_raw(raw)
}

impl World {
    fn new(mut rng: Rng) -> Self {
        let mut config = || {
            let chunk_size = 4 + rng.below(60) as u32;
            // Any of: reports, port sides, early ports, varints.
            let bits = rng.below(16) as u32;
            Config {
                generation: if rng.below(4) == 0 { Generation::V18 } else { Generation::V20 },
                capabilities: Capabilities::from_bits(bits),
                chunk_size,
                max_send_chunk: 4 + rng.below(60) as u32,
                port_receive_buffer: 4 + rng.below(100) as u32,
                connect_queue: 1 + rng.below(5) as u16,
                max_ports: 40,
                send_queue_bytes: rng.below(200) as u32,
                timeout_ms: 0,
                ..Config::default()
            }
        };
        let (a, b) = (config(), config());
        let mut pair = Pair::of(a, b);
        if rng.below(2) == 0 {
            pair = pair.with_acks();
        }
        if rng.below(2) == 0 {
            pair.slow(1.0 + rng.below(50) as f64, rng.below(20) as f64);
        }
        let windows = [a.port_receive_buffer, b.port_receive_buffer];
        Self { pair, model: Model::default(), rng, windows }
    }

    fn pick(&mut self, end: usize) -> Option<At> {
        let keys: Vec<At> = self.model.live.range((end, 0)..=(end, u32::MAX)).copied().collect();
        self.rng.pick(&keys)
    }

    fn reserve(&mut self, end: usize) -> Option<Key> {
        let key = match self.pair.ends[end].mux.reserve() {
            Ok(key) => key,
            Err(Misuse::PortsExhausted) => return None,
            Err(misuse) => panic!("{misuse:?}"),
        };
        let number = self.pair.ends[end].mux.number(key);
        assert_eq!(self.model.asked.insert((end, number), key.raw()), None);
        self.model.reserved.insert((end, number), key.raw());
        self.model.live.insert((end, key.raw()));
        self.model.told.insert((end, key.raw()));
        self.model.askers.insert((end, key.raw()));
        Some(key)
    }

    fn step(&mut self) {
        let end = self.rng.below(2) as usize;
        match self.rng.below(27) {
            0 | 1 => {
                if let Some(key) = self.reserve(end) {
                    self.pair.ends[end].mux.open(key).unwrap();
                }
            }
            2 => self.send_list(end),
            3..=5 => self.answer(end),
            6..=10 => self.send(end),
            11 => self.cancel(end),
            12 => self.on_port(end, |world, at| {
                world.pair.ends[at.0].command(|mux| mux.finish_send(key(at))).unwrap();
            }),
            13 if self.rng.below(4) == 0 => self.on_port(end, |world, at| world.finish_receive(at)),
            13 => self.on_port(end, World::end_port),
            14 if self.rng.below(3) == 0 => self.on_port(end, |world, at| {
                world.pair.ends[at.0].command(|mux| mux.close_receive(key(at))).unwrap();
                world.model.cut.extend(world.model.linked.get(&at).copied());
                world.model.cut.insert((2 + at.0, at.1));
            }),
            15 | 16 => self.on_port(end, |world, at| world.pair.ends[at.0].read(key(at))),
            17 => self.pair.ends[end].reads = self.rng.below(3) > 0,
            18 => self.pair.settle(),
            19 => self.on_port(end, World::request_report),
            20 => self.take_back(end),
            21 => self.on_port(end, |world, at| {
                let (urgency, incremental) = (world.rng.below(8) as u8, world.rng.below(2) == 0);
                world.pair.ends[at.0].mux.prioritize(key(at), urgency, incremental).unwrap();
            }),
            _ => {
                let ms = self.rng.below(10) as f64;
                self.pair.run(ms);
            }
        }
        self.observe();
    }

    fn on_port(&mut self, end: usize, run: impl FnOnce(&mut Self, At)) {
        if let Some(at) = self.pick(end) {
            run(self, at);
        }
    }

    fn request_report(&mut self, at: At) {
        match self.pair.ends[at.0].command(|mux| mux.request_report(key(at))) {
            Ok(()) => *self.model.reports.entry(at).or_default() += 1,
            Err(Misuse::WrongState | Misuse::ReceiverClosed | Misuse::Unsupported) => {}
            Err(misuse) => panic!("{misuse:?}"),
        }
    }

    /// Refuses a port that was accepted, if that is still possible.
    fn take_back(&mut self, end: usize) {
        let tentative = &mut self.model.tentative;
        let Some(which) = tentative.iter().position(|(at, _)| at.0 == end) else { return };
        let (at, number) = tentative.swap_remove(which);
        if !self.model.live.contains(&at) {
            return;
        }
        match self.pair.ends[end].command(|mux| mux.reject(number, false)) {
            Ok(()) => {
                self.model.taken_back += 1;
                self.forget(end, key(at));
                self.model.refused.insert(at);
                self.model.cut.extend([at, self.model.linked[&at]]);
            }
            Err(Misuse::NoSuchRequest) => {}
            Err(misuse) => panic!("{misuse:?}"),
        }
    }

    fn finish_receive(&mut self, at: At) {
        self.pair.ends[at.0].command(|mux| mux.finish_receive(key(at))).unwrap();
        self.model.finished.insert(at);
        self.model.cut.extend(self.model.linked.get(&at).copied());
        self.model.cut.insert((2 + at.0, at.1));
    }

    /// Both ends are done with a port.
    fn end_port(&mut self, at: At) {
        if self.model.linked.contains_key(&at) && self.rng.below(2) == 0 {
            let peer = self.model.linked[&at];
            for at in [at, peer] {
                if self.model.live.contains(&at) {
                    self.pair.ends[at.0].command(|mux| mux.finish_send(key(at))).unwrap();
                }
                if self.model.live.contains(&at) {
                    self.finish_receive(at);
                }
            }
        }
    }

    fn send(&mut self, end: usize) {
        let Some(at) = self.pick(end) else { return };
        let len = self.rng.below(70) as usize;
        self.model.sent += 1;
        let message: Vec<u8> = self.model.sent.to_be_bytes().into_iter().cycle().take(len).collect();
        match self.pair.ends[end].send(key(at), &message) {
            Ok(_) => self.model.under_way.entry(at).or_default().push_back(message),
            Err(Misuse::WrongState | Misuse::ReceiverClosed) => {}
            Err(misuse) => panic!("{misuse:?}"),
        }
    }

    fn send_list(&mut self, end: usize) {
        let Some(at) = self.pick(end) else { return };
        let ports: Vec<Key> = (0..=self.rng.below(5)).filter_map(|_| self.reserve(end)).collect();
        match self.pair.ends[end].command(|mux| mux.send_ports(key(at), &ports)) {
            Ok(()) => {}
            Err(Misuse::WrongState | Misuse::ReceiverClosed) => {
                for port in ports {
                    let number = self.pair.ends[end].mux.number(port);
                    self.pair.ends[end].command(|mux| mux.release(port)).unwrap();
                    self.model.asked.remove(&(end, number));
                    self.model.askers.remove(&(end, port.raw()));
                    self.model.live.remove(&(end, port.raw()));
                }
            }
            Err(misuse) => panic!("{misuse:?}"),
        }
    }

    fn cancel(&mut self, end: usize) {
        let Some(at) = self.pick(end) else { return };
        if self.pair.ends[end].cancel_last(key(at)) {
            self.model.under_way.get_mut(&at).unwrap().pop_back().unwrap();
            self.model.cancelled += 1;
        }
    }

    fn answer(&mut self, end: usize) {
        let count = self.pair.ends[end].requests.len() as u64;
        if count == 0 {
            return;
        }
        let which = self.rng.below(count) as usize;
        let request = self.pair.ends[end].requests.remove(which).unwrap();
        if self.rng.below(4) == 0 {
            return self.reject(end, request, false);
        }
        match self.pair.ends[end].try_accept(request.peer_port) {
            Ok(accepted) => {
                let asker = (1 - end, self.model.reserved[&(1 - end, request.peer_port)]);
                let accepted = (end, accepted.raw());
                if let Some(early) = request.key {
                    assert_eq!(early.raw(), accepted.1);
                    self.model.early += 1;
                    self.model.tentative.push((accepted, request.peer_port));
                }
                self.model.live.insert(accepted);
                self.model.told.insert(accepted);
                self.model.linked.insert(asker, accepted);
                self.model.linked.insert(accepted, asker);
                // The asker may have lost interest before.
                if self.model.cut.contains(&(2 + asker.0, asker.1)) {
                    self.model.cut.insert(accepted);
                }
            }
            Err(Misuse::PortsExhausted) => self.pair.ends[end].requests.push_back(request),
            Err(misuse) => panic!("{misuse:?}"),
        }
    }

    fn reject(&mut self, end: usize, request: Request, no_ports: bool) {
        if let Some(early) = request.key {
            self.model.refused.insert((end, early.raw()));
        }
        self.pair.ends[end].command(|mux| mux.reject(request.peer_port, no_ports)).unwrap();
    }

    /// Compares what happened with the model.
    fn observe(&mut self) {
        for end in 0..2 {
            for event in self.pair.ends[end].events() {
                match event {
                    Event::Opened { key } => self.forget_request(end, key),
                    Event::Refused { key, .. } => {
                        let at = (end, key.raw());
                        if !self.is_asked(end, key) {
                            self.model.refused.insert(at);
                            self.model.cut.extend(self.model.linked.get(&at).copied());
                            self.model.cut.insert(at);
                        } else {
                            self.forget_request(end, key);
                        }
                        self.forget(end, key);
                    }
                    Event::Freed { key } if self.model.refused.remove(&(end, key.raw())) => {}
                    Event::Freed { key } if !self.model.told.contains(&(end, key.raw())) => {}
                    Event::Freed { key } => {
                        self.model.freed += 1;
                        self.forget(end, key);
                    }
                    Event::Report { key } => {
                        let due = self.model.reports.get_mut(&(end, key.raw())).unwrap();
                        *due = due.checked_sub(1).expect("a report that nobody asked for");
                        self.model.reported += 1;
                    }
                    Event::Failed(error) => panic!("{error:?}"),
                    _ => {}
                }
            }
        }
        let linked: Vec<(At, At)> = self.model.linked.iter().map(|(at, peer)| (*at, *peer)).collect();
        for (at, peer) in linked {
            for received in self.pair.ends[at.0].received(key(at)) {
                if let Received::Bytes(bytes) = received {
                    let sent = self.model.under_way.get_mut(&peer).and_then(VecDeque::pop_front);
                    assert_eq!(Some(bytes), sent, "lost, doubled, reordered or changed");
                    self.model.received += 1;
                }
            }
        }
    }

    /// Whether the port waits to be opened, as far as the application knows.
    fn is_asked(&self, end: usize, key: Key) -> bool {
        self.model.asked.range((end, 0)..=(end, u32::MAX)).any(|(_, raw)| *raw == key.raw())
    }

    fn forget_request(&mut self, end: usize, key: Key) {
        let number = self.pair.ends[end].mux.number(key);
        let asked = self.model.asked.remove(&(end, number));
        assert_eq!(asked, Some(key.raw()), "answered twice or never asked");
    }

    fn forget(&mut self, end: usize, key: Key) {
        assert!(self.model.live.remove(&(end, key.raw())), "end {end}: {key:?} gone twice");
        self.model.finished.insert((end, key.raw()));
    }

    /// Everything is read and answered; then all that was sent has come and no credit is missing.
    fn quiesce(mut self) -> [u32; 7] {
        loop {
            for end in 0..2 {
                self.pair.ends[end].reads = true;
                let keys: Vec<At> = self.model.live.range((end, 0)..=(end, u32::MAX)).copied().collect();
                for at in keys {
                    self.pair.ends[end].read(key(at));
                }
                while let Some(request) = self.pair.ends[end].requests.pop_front() {
                    self.reject(end, request, true);
                }
            }
            self.pair.settle();
            self.observe();
            if self.pair.ends.iter().all(|end| end.requests.is_empty()) {
                break;
            }
        }
        assert!(self.model.asked.is_empty(), "a request was never answered");
        for (at, peer) in self.model.linked.clone() {
            let lost = self.model.under_way.get(&at).map_or(0, VecDeque::len);
            assert!(lost == 0 || self.model.cut.contains(&at), "{lost} messages of {at:?} did not come");
            let ended = self.model.finished.contains(&at) || self.model.finished.contains(&peer);
            if at.0 == 0 && !ended {
                let asker = usize::from(!self.model.askers.contains(&at));
                self.pair.check_credits_of(key(at), key(peer), self.windows, asker);
            }
        }
        for end in 0..2 {
            let live = self.model.live.range((end, 0)..=(end, u32::MAX)).count();
            assert_eq!(live as u32, self.pair.ends[end].mux.ports(), "ports are conserved");
        }
        assert!(self.model.refused.is_empty(), "refused ports remain");
        self.pair.finish();
        let model = self.model;
        let Model { sent, received, cancelled, freed, early, taken_back, reported, .. } = model;
        [sent, received, cancelled, freed, early, taken_back, reported]
    }
}

fn run_worlds(seed: u64, worlds: u64, steps: usize) {
    let mut totals = [0; 7];
    for world in 0..worlds {
        println!("world {world}");
        let mut world = World::new(Rng::new(seed.wrapping_add(world.wrapping_mul(0x1_0001))));
        for _ in 0..steps {
            world.step();
        }
        for (total, count) in totals.iter_mut().zip(world.quiesce()) {
            *total += count;
        }
    }
    println!("sent, received, cancelled, freed, early, taken back, reported: {totals:?}");
    assert!(totals.iter().all(|total| *total > 20), "the operations do too little: {totals:?}");
}

#[test]
fn c12_a_hundred_thousand_random_operations_agree_with_the_model() {
    run_worlds(seed(20), 50, 2_000);
}

#[test]
fn c12_many_short_lives_agree_with_the_model() {
    run_worlds(seed(7_000), 400, 60);
}
