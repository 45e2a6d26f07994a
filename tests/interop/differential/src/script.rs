//! What the applications of two ends do. A script is made so that what they see depends on nothing but the script.

use crate::rng::Rng;

/// Names a port in a script; its ends are `(0, port)` and `(1, port)`.
pub type Port = usize;

/// One end of a port: which of the two ends of the connection, and the port.
pub type At = (usize, Port);

/// One step. Everything that follows from it has happened before the next one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// `end` asks for a port by itself.
    Open { end: usize, port: Port },
    /// `end` answers the oldest request of that kind.
    Answer { end: usize, port: Port, accept: bool },
    /// Sends a message, when there is room.
    Send { at: At, len: usize },
    /// Asks for ports in a list, each with how it is answered by who takes the list out of the channel.
    List { at: At, ports: Vec<(Port, bool)> },
    /// Ends sending, behind what is queued.
    Finish { at: At },
    /// Takes so many messages and lists out, which have been sent or are sent later.
    Receive { at: At, count: usize },
    /// Asks the sender to send no more. Everything sent has been taken out.
    Close { at: At },
    /// Receives no more. Everything sent has been taken out.
    Drop { at: At },
}

/// A script and the sizes at both ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// Largest chunk and window of each end, in bytes.
    pub sizes: [(u32, u32); 2],
    pub ops: Vec<Op>,
}

/// One direction of a port, as the generator knows it.
#[derive(Clone, Copy, Default)]
struct Direction {
    sent: usize,
    taken: usize,
    finished: bool,
    closed: bool,
    dropped: bool,
}

#[derive(Default)]
struct Generator {
    ports: usize,
    /// Ends of connected ports, and what each of them sends.
    directions: Vec<(At, Direction)>,
    /// Requests of each end that the other one has not answered.
    asked: [Vec<Port>; 2],
    ops: Vec<Op>,
}

const MOST_PORTS: usize = 40;

impl Script {
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        // Frames of remoc must hold a Hello.
        let mut sizes = || (16 + rng.below(60) as u32, 16 + rng.below(200) as u32);
        let sizes = [sizes(), sizes()];
        let mut generator = Generator::default();
        for _ in 0..10 + rng.below(50) {
            generator.step(&mut rng);
        }
        for end in 0..2 {
            while !generator.asked[1 - end].is_empty() {
                generator.answer(end, false);
            }
        }
        Self { sizes, ops: generator.ops }
    }
}

impl Generator {
    fn step(&mut self, rng: &mut Rng) {
        let end = rng.below(2);
        match rng.below(16) {
            0 | 1 => {
                if let Some(port) = self.next_port() {
                    self.asked[end].push(port);
                    self.ops.push(Op::Open { end, port });
                }
            }
            2..=4 => self.answer(end, rng.below(4) > 0),
            5..=8 => self.on_sender(rng, |rng, at, direction| {
                direction.sent += 1;
                Some(Op::Send { at, len: rng.below(150) })
            }),
            9 => self.list(rng),
            10 => self.on_sender(rng, |_, at, direction| {
                direction.finished = true;
                Some(Op::Finish { at })
            }),
            14 if rng.below(4) == 0 => self.on_receiver(rng, |rng, at, direction| {
                if direction.taken < direction.sent || direction.closed {
                    return None;
                }
                direction.closed = true;
                direction.dropped = rng.below(2) == 0;
                Some(if direction.dropped { Op::Drop { at } } else { Op::Close { at } })
            }),
            _ => self.on_receiver(rng, |rng, at, direction| {
                let count = (direction.sent - direction.taken).min(1 + rng.below(4));
                direction.taken += count;
                (count > 0).then_some(Op::Receive { at, count })
            }),
        }
    }

    fn next_port(&mut self) -> Option<Port> {
        self.ports += 1;
        (self.ports <= MOST_PORTS).then_some(self.ports)
    }

    fn answer(&mut self, end: usize, accept: bool) {
        if self.asked[1 - end].is_empty() {
            return;
        }
        let port = self.asked[1 - end].remove(0);
        if accept {
            self.connect(port);
        }
        self.ops.push(Op::Answer { end, port, accept });
    }

    fn connect(&mut self, port: Port) {
        for end in 0..2 {
            self.directions.push(((end, port), Direction::default()));
        }
    }

    /// A list is taken out at once, so its ports are answered.
    fn list(&mut self, rng: &mut Rng) {
        let sendable: Vec<usize> = (0..self.directions.len()).filter(|at| self.is_listable(*at)).collect();
        let Some(&which) = rng.pick(&sendable) else { return };
        let ports: Vec<(Port, bool)> =
            (0..1 + rng.below(5)).filter_map(|_| self.next_port()).map(|port| (port, rng.below(3) > 0)).collect();
        if ports.is_empty() {
            return;
        }
        let (at, direction) = &mut self.directions[which];
        direction.sent += 1;
        let count = direction.sent - direction.taken;
        direction.taken = direction.sent;
        let (end, port) = *at;
        self.ops.push(Op::List { at: (end, port), ports: ports.clone() });
        self.ops.push(Op::Receive { at: (1 - end, port), count });
        ports.into_iter().filter(|(_, accept)| *accept).for_each(|(port, _)| self.connect(port));
    }

    fn is_listable(&self, which: usize) -> bool {
        let (_, direction) = self.directions[which];
        !direction.finished && !direction.closed
    }

    /// Also on a direction that the receiver closed: then sending is refused.
    fn on_sender(&mut self, rng: &mut Rng, make: impl FnOnce(&mut Rng, At, &mut Direction) -> Option<Op>) {
        let open: Vec<usize> = (0..self.directions.len()).filter(|at| !self.directions[*at].1.finished).collect();
        if let Some(&which) = rng.pick(&open) {
            let (at, direction) = &mut self.directions[which];
            let before = *direction;
            self.ops.extend(make(rng, *at, direction));
            if before.closed {
                direction.sent = before.sent;
            }
        }
    }

    fn on_receiver(&mut self, rng: &mut Rng, make: impl FnOnce(&mut Rng, At, &mut Direction) -> Option<Op>) {
        let open: Vec<usize> = (0..self.directions.len()).filter(|at| !self.directions[*at].1.dropped).collect();
        if let Some(&which) = rng.pick(&open) {
            let ((end, port), direction) = &mut self.directions[which];
            self.ops.extend(make(rng, (1 - *end, *port), direction));
        }
    }
}
