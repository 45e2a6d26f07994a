//! One end of the core against a peer that sends whatever it likes, much of it meant for ports that exist.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use cuttle_mux::{Error, Event, Key, Misuse};

use crate::choices::Choices;
use crate::command::{Bag, Command};
use crate::pair::{Summary, failure};
use crate::setup::Sizes;
use crate::support::end::End;
use crate::support::hex;
use crate::support::scripted::HELLO;

/// One step of a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the fields are described by the variant")]
pub enum Op {
    /// The application does something.
    Do { command: Command },
    /// The peer sends a frame.
    Takes { frame: Hex },
    /// The peer sends a payload of zeros, when one is due.
    Payload { len: u32 },
    /// The end sends at most so many messages.
    Flush { messages: u32 },
    /// Time passes.
    Sleep { ms: u32 },
}

/// Bytes that are printed as `hex("…")`, which makes them again.
#[derive(Clone, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

/// See [`Hex`].
#[must_use]
pub fn hex(digits: &str) -> Hex {
    Hex(hex::bytes(digits))
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hex({:?})", hex::text(&self.0))
    }
}

/// Settings of the end and what happens to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// Of the end.
    pub end: Sizes,
    /// What happens, in order.
    pub ops: Vec<Op>,
}

const LEAST_OPS: u32 = 10;
const MOST_OPS: u32 = 120;

impl Schedule {
    /// A schedule from choices.
    #[must_use]
    pub fn generate(choices: &mut impl Choices) -> Self {
        let end = Sizes::generate(choices, false);
        let bag = Bag::generate(choices, 60);
        let count = choices.between(LEAST_OPS, MOST_OPS);
        // Most peers are remoc up to a point.
        let mut ops = if choices.once_in(8) { Vec::new() } else { greeting() };
        while (ops.len() as u32) < count && !choices.is_exhausted() {
            ops.push(match choices.below(16) {
                0..=3 => Op::Do { command: bag.draw(choices) },
                4 => Op::Flush { messages: choices.between(1, 8) },
                5 if choices.once_in(8) => Op::Sleep { ms: choices.below(20_000) },
                6 if choices.once_in(8) => Op::Payload { len: choices.below(80) },
                _ => Op::Takes { frame: Hex(frame(choices)) },
            });
            if matches!(ops.last(), Some(Op::Takes { frame }) if frame.0.first() == Some(&DATA)) {
                let most = if choices.once_in(30) { 80 } else { 5 };
                ops.push(Op::Payload { len: choices.below(most) });
            }
        }
        Self { end, ops }
    }

    /// A schedule of frames only: each is as long as the byte before it says, at most 255.
    #[must_use]
    pub fn of_frames(end: Sizes, mut bytes: &[u8]) -> Self {
        let mut ops = Vec::new();
        while let Some((len, rest)) = bytes.split_first() {
            let (frame, rest) = rest.split_at(usize::from(*len).min(rest.len()));
            ops.push(Op::Takes { frame: Hex(frame.to_vec()) });
            ops.push(Op::Flush { messages: 4 });
            bytes = rest;
        }
        Self { end, ops }
    }

    /// Runs all of it and ends the transport.
    ///
    /// # Panics
    /// When the core panics, ends twice, keeps something, or lets the peer exceed what it was granted.
    #[must_use]
    pub fn run(&self) -> Summary {
        let mut world = World::new(self.end);
        for op in &self.ops {
            world.step(op);
            world.check();
        }
        world.summary.failures = failure(world.end.outcome);
        world.end.transport_end();
        world.end.check_nothing_left(world.now);
        let mut trace = DefaultHasher::new();
        world.trace.hash(&mut trace);
        Summary { trace: trace.finish(), quiet: world.was_alive.into(), ..world.summary }
    }
}

/// Reset, Hello, and three ports of the end, of which the peer accepts two.
fn greeting() -> Vec<Op> {
    let takes = |text: &str| Op::Takes { frame: hex(text) };
    let open = Op::Do { command: Command::Open };
    let mut ops =
        vec![takes("01"), takes(HELLO), open.clone(), open.clone(), open, Op::Flush { messages: 9 }];
    ops.extend([takes("05 01000000 09000001"), takes("05 02000000 09000002")]);
    ops
}

const DATA: u8 = 7;

/// A frame that could be meant for the end, whose ports 1 and 2 are connected and 3 is asked for; once in twenty, broken.
fn frame(choices: &mut impl Choices) -> Vec<u8> {
    const ENDS: [u8; 7] = [10, 11, 12, 13, 14, 16, 20];
    const IDS: [u8; 20] = [3, 4, 4, 5, 5, 6, DATA, DATA, DATA, DATA, DATA, DATA, 8, 8, 8, 9, 9, 9, 9, 9];
    let id = if choices.once_in(12) { choices.one_of(&ENDS) } else { choices.one_of(&IDS) };
    let mut frame = vec![id];
    match id {
        3 | 13 | 14 => {}
        4 => frame.extend(choices.between(100, 900).to_le_bytes()),
        5 | 6 => frame.extend(choices.between(3, 5).to_le_bytes()),
        _ => frame.extend(likely_number(choices).to_le_bytes()),
    }
    match id {
        4 | DATA | 10..=12 | 20 => frame.push(choices.below(4) as u8),
        5 => frame.extend([9, 0, 0, choices.below(9) as u8]),
        6 => frame.push(choices.below(2) as u8),
        8 => {
            frame.push(choices.below(8) as u8);
            for _ in 0..choices.between(1, 3) {
                frame.extend(choices.between(100, 900).to_le_bytes());
            }
        }
        9 | 16 => {
            let credits = if choices.once_in(40) { u32::MAX } else { choices.below(100) };
            frame.extend(credits.to_le_bytes());
        }
        _ => {}
    }
    corrupt(&mut frame, choices);
    frame
}

fn likely_number(choices: &mut impl Choices) -> u32 {
    match choices.below(60) {
        1 => choices.below(u32::MAX),
        2 => choices.below(20),
        _ => choices.between(1, 2),
    }
}

fn corrupt(frame: &mut Vec<u8>, choices: &mut impl Choices) {
    let at = choices.below(frame.len() as u32) as usize;
    match choices.below(80) {
        1 => frame.truncate(at),
        2 => frame.extend(vec![0xff; choices.between(1, 64) as usize]),
        3 => frame[at] ^= 1 << choices.below(8),
        4 => frame[0] = choices.below(256) as u8,
        _ => {}
    }
}

struct World {
    end: End,
    sizes: Sizes,
    now: f64,
    keys: Vec<Key>,
    was_alive: bool,
    trace: Vec<String>,
    summary: Summary,
}

impl World {
    fn new(sizes: Sizes) -> Self {
        let end = End::new(sizes.config(), 0);
        Self {
            end,
            sizes,
            now: 0.0,
            keys: Vec::new(),
            was_alive: true,
            trace: Vec::new(),
            summary: Summary::default(),
        }
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Do { command } => self.command(*command),
            Op::Takes { frame } => self.end.packet(frame.0.clone(), self.now),
            Op::Payload { len } if self.end.expects_payload() => {
                self.summary.received += 1;
                self.end.packet(vec![0; *len as usize], self.now);
            }
            Op::Payload { .. } => {}
            Op::Flush { messages } => self.flush(*messages as usize),
            Op::Sleep { ms } => {
                self.now += f64::from(*ms);
                self.end.timeout(self.now);
            }
        }
    }

    fn flush(&mut self, messages: usize) {
        for frame in self.end.transmit(messages, self.now) {
            self.summary.sent += 1;
            self.trace.push(hex::of_frame(&frame));
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.now;
        match command {
            Command::Open => {
                if let Ok(key) = self.end.mux.reserve() {
                    match self.end.command(|mux| mux.open(key)) {
                        Ok(()) => self.keys.push(key),
                        Err(_) => self.end.command(|mux| mux.release(key)).unwrap(),
                    }
                }
            }
            Command::Accept { .. } => {
                if let Some(request) = self.end.requests.pop_front() {
                    self.keys.extend(self.end.command(|mux| mux.accept(request.peer_port)).ok());
                }
            }
            Command::Reject { .. } => {
                if let Some(request) = self.end.requests.pop_front() {
                    let _ = self.end.command(|mux| mux.reject(request.peer_port, true));
                }
            }
            Command::ReadAll => self.end.reads = true,
            Command::ReadNothing => self.end.reads = false,
            Command::CloseClient => self.end.command(|mux| mux.close_client()),
            Command::CloseListener => self.end.command(|mux| mux.close_listener()),
            Command::Probe => self.end.command(|mux| mux.probe(f64::INFINITY, now)),
            Command::Close => self.end.command(|mux| mux.close(now)),
            Command::Terminate => self.end.command(|mux| mux.terminate(now)),
            Command::List { port, .. }
            | Command::Send { port, .. }
            | Command::Cancel { port }
            | Command::FinishSend { port }
            | Command::CloseReceive { port }
            | Command::FinishReceive { port }
            | Command::Drop { port }
            | Command::Prioritize { port, .. }
            | Command::Consume { port, .. } => {
                if !self.keys.is_empty() {
                    let key = self.keys[port as usize % self.keys.len()];
                    // The port may be gone, or what is asked may be forbidden by now.
                    let _ = self.on_port(key, command);
                }
            }
        }
    }

    fn on_port(&mut self, key: Key, command: Command) -> Result<(), Misuse> {
        match command {
            Command::List { count, .. } => {
                let ports: Vec<Key> = (0..count).filter_map(|_| self.end.mux.reserve().ok()).collect();
                let sent = self.end.command(|mux| mux.send_ports(key, &ports));
                match sent {
                    Ok(()) => self.keys.extend(ports),
                    Err(_) => {
                        ports.iter().for_each(|port| self.end.command(|mux| mux.release(*port)).unwrap())
                    }
                }
                sent
            }
            Command::Send { len, .. } => self.end.send(key, &vec![7; len as usize]).map(drop),
            Command::Cancel { .. } => {
                self.end.cancel_last(key);
                Ok(())
            }
            Command::FinishSend { .. } => self.end.command(|mux| mux.finish_send(key)),
            Command::CloseReceive { .. } => self.end.command(|mux| mux.close_receive(key)),
            Command::FinishReceive { .. } => self.end.command(|mux| mux.finish_receive(key)),
            Command::Drop { .. } => {
                self.end.command(|mux| mux.finish_send(key))?;
                self.end.command(|mux| mux.finish_receive(key))
            }
            Command::Prioritize { urgency, incremental, .. } => {
                self.end.command(|mux| mux.prioritize(key, urgency, incremental))
            }
            Command::Consume { bytes, .. } => {
                let inbox = self.end.inbox(key);
                let cost = bytes.min(inbox.unread);
                inbox.unread -= cost;
                self.end.command(|mux| mux.consumed(key, cost))
            }
            _ => Ok(()),
        }
    }

    /// The peer stays within what it was granted, and whatever it does is its own fault.
    fn check(&mut self) {
        self.trace.extend(self.end.events().iter().map(|event| format!("{event:?}")));
        if let Some(Event::Failed(error)) = self.end.outcome {
            let is_own_fault = matches!(error, Error::TransportEnded | Error::TransportEndedEarly);
            assert!(!is_own_fault, "the transport has not ended");
            self.was_alive = false;
            return;
        }
        // Ports that the peer uses early may go beyond, and as many more that were refused and that it has not ended.
        let early = self.sizes.config().announced().pre_connect;
        let beyond = if early { self.sizes.ports + u32::from(self.sizes.connect_queue) } else { 0 };
        assert!(self.end.mux.ports() <= self.sizes.ports + beyond, "more ports than allowed");
        let most_requests = self.sizes.ports as usize + usize::from(self.sizes.connect_queue);
        assert!(self.end.requests.len() <= most_requests, "more requests than allowed");
        for key in self.keys.clone() {
            if self.end.mux.credits(key).is_some() {
                let unread = self.end.inbox(key).unread;
                let pool = self.sizes.config().capabilities.global_credits.unwrap_or(0);
                let window = self.end.mux.window(key).unwrap_or(0);
                assert!(unread <= window + pool, "{unread} bytes are unread");
            }
        }
    }
}
