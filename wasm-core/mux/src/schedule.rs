//! Which port sends next: round robin by bytes.
//!
//! Deficit round robin with surplus: a port in turn may send a quantum; what a chunk takes beyond it is owed in the
//! next turn, so no chunk is cut to fit. Any backlogged port waits for at most one quantum and one chunk of each
//! other port. O(1) per chunk.

use alloc::collections::VecDeque;

use crate::port::Port;
use crate::store::{Key, Store};

/// The least that a port may send in one turn, in bytes: one chunk of the default size.
const QUANTUM: i64 = 16_384;

/// The ring of ports that can make progress.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    ring: VecDeque<Key>,
    /// The port at the front has received its quantum for this turn.
    in_turn: bool,
    /// The largest chunk sent. A quantum is not less, else a port would owe several turns for one chunk and finding
    /// the next port would take several rounds.
    pub(crate) chunk_size: u32,
}

impl Schedule {
    /// Puts `key` at the end of the ring when it can make progress and is not in it.
    pub(crate) fn wake(&mut self, key: Key, port: &mut Port) {
        if !port.scheduled && port.can_transmit() {
            port.scheduled = true;
            self.ring.push_back(key);
        }
    }

    /// The port whose turn it is. Ports that lost the ability to send leave the ring here.
    pub(crate) fn current(&mut self, store: &mut Store) -> Option<Key> {
        loop {
            let key = *self.ring.front()?;
            match store.get_mut(key) {
                Some(port) if port.can_transmit() => {
                    if !self.in_turn {
                        self.in_turn = true;
                        port.deficit += QUANTUM.max(i64::from(self.chunk_size));
                    }
                    if port.deficit > 0 {
                        return Some(key);
                    }
                    self.ring.rotate_left(1);
                    self.in_turn = false;
                }
                gone => {
                    if let Some(port) = gone {
                        port.scheduled = false;
                        port.deficit = port.deficit.min(0);
                    }
                    self.ring.pop_front();
                    self.in_turn = false;
                }
            }
        }
    }

    /// Whether nothing waits for the transport.
    pub(crate) fn is_idle(&mut self, store: &mut Store) -> bool {
        self.current(store).is_none()
    }
}
