//! Which port sends next: three classes, and inside each of them round robin by bytes.
//!
//! Classes go before each other, but one that waits gets an eighth of the bytes. Inside a class, deficit round robin
//! with surplus: a port in turn may send a quantum; what a chunk takes beyond it is owed in the next turn, so no chunk
//! is cut to fit. Any backlogged port waits for at most one quantum and one chunk of each other port. O(1) per chunk.
//!
//! A port of the middle class whose next message is small has its turn of a round first, among the urgent ones: it gets
//! no more than its share, but earlier.

use alloc::collections::VecDeque;

use crate::credit::PORT_COST;
use crate::port::{Outgoing, Part, Port};
use crate::store::{Key, Store};

/// Classes by their place in the order.
pub(crate) const URGENT: u8 = 0;
pub(crate) const NORMAL: u8 = 1;
pub(crate) const BULK: u8 = 2;
const CLASSES: usize = 3;

/// The least that a port may send in one turn, in bytes: one chunk of the default size.
const QUANTUM: u32 = 16_384;
/// A class that waits gets one byte for so many of classes before it.
const FLOOR: u32 = 7;

/// The ports of one class that can make progress.
#[derive(Debug, Default)]
struct Ring {
    keys: VecDeque<Key>,
    /// The port at the front has received its quantum for this turn.
    in_turn: bool,
    /// Bytes that classes before this one sent while it waited, less what it got for them.
    starved: u32,
    /// The port whose message is under way and that lets others of its kind wait until it is whole.
    exclusive: Option<Key>,
}

/// The rings of ports that can make progress.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    rings: [Ring; CLASSES],
    /// The largest chunk sent. A quantum is not less, else a port would owe several turns for one chunk and finding
    /// the next port would take several rounds.
    pub(crate) chunk_size: u32,
    /// Credits of the peer's pool, which every port may use that it did not exclude.
    pub(crate) pool: u32,
    /// Rounds of the middle class, and how many of its ports had no turn yet in this one.
    round: u32,
    round_left: usize,
}

impl Schedule {
    /// Puts `key` at the end of its ring when it can make progress and is in none.
    pub(crate) fn wake(&mut self, key: Key, port: &mut Port) {
        if !port.scheduled && port.can_transmit(self.pool) {
            port.scheduled = true;
            port.ring = if self.may_go_first(port) { URGENT } else { port.class };
            self.push(key, port.ring);
        }
    }

    /// The port whose turn it is. Ports that lost the ability to send leave the rings here.
    pub(crate) fn current(&mut self, store: &mut Store) -> Option<Key> {
        // A port whose class was changed moves to a ring that may have been asked already.
        while self.rings.iter().any(|ring| !ring.keys.is_empty()) {
            for class in self.order() {
                let current = self.front(class, store);
                if current.is_some() {
                    return current;
                }
            }
        }
        None
    }

    /// Whether nothing waits for the transport.
    pub(crate) fn is_idle(&mut self, store: &mut Store) -> bool {
        self.current(store).is_none()
    }

    /// Books what the port whose turn it is sent; `whole` when that ended a message.
    pub(crate) fn sent(&mut self, key: Key, port: &mut Port, cost: u32, whole: bool) {
        port.deficit -= i64::from(cost);
        if port.ring != port.class {
            port.went_first += cost;
        }
        let mut behind = false;
        for (class, ring) in self.rings.iter_mut().enumerate() {
            if behind && !ring.keys.is_empty() {
                ring.starved = ring.starved.saturating_add(cost);
            }
            if class == usize::from(port.ring) {
                behind = true;
                ring.starved = ring.starved.saturating_sub(cost.saturating_mul(FLOOR));
                if whole && ring.exclusive == Some(key) {
                    ring.exclusive = None;
                }
            }
        }
        let [_, normal, bulk] = &self.rings;
        if normal.keys.is_empty() && bulk.keys.is_empty() {
            self.round = self.round.wrapping_add(1);
        }
    }

    /// The classes in the order in which they are asked: one that starved goes before all others.
    fn order(&self) -> [u8; CLASSES] {
        let quantum = self.quantum();
        let is_due = |ring: &Ring| ring.starved >= quantum.saturating_mul(FLOOR);
        let [_, normal, bulk] = &self.rings;
        if is_due(bulk) {
            [BULK, URGENT, NORMAL]
        } else if is_due(normal) {
            [NORMAL, URGENT, BULK]
        } else {
            [URGENT, NORMAL, BULK]
        }
    }

    /// The port whose turn it is among those of one class.
    fn front(&mut self, class: u8, store: &mut Store) -> Option<Key> {
        loop {
            let quantum = self.quantum();
            let Some(&key) = self.ring(class).keys.front() else {
                self.ring(class).starved = 0;
                return None;
            };
            match store.get_mut(key) {
                Some(port) if port.can_transmit(self.pool) => {
                    if port.ring != port.class && !self.may_go_first(port) {
                        self.move_home(key, port);
                        continue;
                    }
                    let ring = self.ring(class);
                    let lets_others_wait =
                        !port.incremental && ring.exclusive.is_none_or(|other| other == key);
                    if port.incremental || lets_others_wait {
                        if !ring.in_turn {
                            ring.in_turn = true;
                            port.deficit += i64::from(quantum);
                        }
                        if port.deficit > 0 {
                            if lets_others_wait {
                                ring.exclusive = Some(key);
                            }
                            return Some(key);
                        }
                    }
                    ring.keys.pop_front();
                    ring.keys.push_back(key);
                }
                gone => {
                    if let Some(port) = gone {
                        port.scheduled = false;
                        port.deficit = port.deficit.min(0);
                    }
                    let ring = self.ring(class);
                    ring.keys.pop_front();
                    if ring.exclusive == Some(key) {
                        ring.exclusive = None;
                    }
                }
            }
            self.end_turn(class);
        }
    }

    /// The front of a ring changed.
    fn end_turn(&mut self, class: u8) {
        self.ring(class).in_turn = false;
        if class == NORMAL {
            self.round_left = self.round_left.saturating_sub(1);
            if self.round_left == 0 {
                self.round = self.round.wrapping_add(1);
                self.round_left = self.ring(NORMAL).keys.len();
            }
        }
    }

    /// A port that went first has had its share: the next turn counts against what it sent.
    fn move_home(&mut self, key: Key, port: &mut Port) {
        port.deficit = -i64::from(port.went_first);
        let ring = self.ring(port.ring);
        ring.keys.pop_front();
        if ring.exclusive == Some(key) {
            ring.exclusive = None;
        }
        self.end_turn(port.ring);
        port.ring = port.class;
        self.push(key, port.ring);
    }

    /// Whether the port's next message may go before those of its class.
    fn may_go_first(&self, port: &mut Port) -> bool {
        if port.class != NORMAL {
            return false;
        }
        if port.went_first_in != self.round {
            port.went_first_in = self.round;
            port.went_first = 0;
        }
        port.went_first < self.quantum() && port.deficit >= 0 && self.is_next_small(port)
    }

    fn is_next_small(&self, port: &Port) -> bool {
        match port.outgoing.front() {
            Some(Outgoing::Bytes { len, part, .. }) => {
                *part == Part::WHOLE && *len <= self.chunk_size && port.progress == 0
            }
            Some(Outgoing::Ports { keys, .. }) => keys.len() as u32 * PORT_COST <= self.chunk_size,
            Some(Outgoing::Report | Outgoing::Finish) | None => true,
        }
    }

    fn push(&mut self, key: Key, class: u8) {
        self.ring(class).keys.push_back(key);
    }

    fn quantum(&self) -> u32 {
        self.chunk_size.max(QUANTUM)
    }

    fn ring(&mut self, class: u8) -> &mut Ring {
        let [urgent, normal, bulk] = &mut self.rings;
        match class {
            URGENT => urgent,
            NORMAL => normal,
            _ => bulk,
        }
    }
}
