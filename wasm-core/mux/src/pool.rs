//! Credits of the whole connection, of remoc 0.19 and 0.20: the peer's pool, from which this end may pay, and our own,
//! which is announced only when it is configured.

use crate::error::{Error, Failure};
use crate::mux::Mux;
use crate::store::Key;
use crate::transmit::Control;
use crate::wire::{Generation, GlobalUse, Message};

/// Our pool, and what is to be said about the peer's.
///
/// Law: size = held by the peer + used (in ports, not consumed) + to return.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// 0: none was announced.
    size: u32,
    used: u32,
    to_return: u32,
    /// The least that was in hand of the peer's pool since the last report.
    minimum: u32,
    /// The number of the report that the peer waits for.
    report: Option<u8>,
    reported: u8,
    /// The peer is asked for an answer whatever was sent before.
    pub(crate) question_due: bool,
}

/// An unread port is asked to leave the pool to others from a quarter of it on.
const THROTTLE_SHARE: u32 = 4;
/// What was consumed is returned when it is a tenth of the pool, as remoc does.
const RETURN_SHARE: u32 = 10;

impl Mux {
    /// Starts with what both sides announced.
    pub(crate) fn start_pools(&mut self) {
        if self.config.generation >= Generation::V19 {
            self.pool.size = self.config.capabilities.global_credits.unwrap_or(0);
        }
        self.schedule.pool =
            self.peer.as_ref().and_then(|peer| peer.hello.capabilities.global_credits).unwrap_or(0);
        self.pool.minimum = self.schedule.pool;
    }

    /// Whether the peer answers when it is sent credits of our pool: both must have announced one, be it of nothing.
    pub(crate) fn peer_answers(&self) -> bool {
        self.config.capabilities.global_credits.is_some() && self.peer_can().global_credits.is_some()
    }

    /// Whether we announced a pool.
    pub(crate) fn has_pool(&self) -> bool {
        self.pool.size > 0
    }

    /// Books the part of a chunk's cost that the peer pays from our pool. Returns the rest.
    pub(crate) fn book_pool(&mut self, key: Key, cost: u32, global: GlobalUse) -> Result<u32, Failure> {
        let from_pool = match global {
            GlobalUse::None => return Ok(cost),
            GlobalUse::All => cost,
            GlobalUse::Split(part) => part,
        };
        let free = self.pool.size - self.pool.used - self.pool.to_return;
        if from_pool > cost || from_pool > free {
            let port = self.number(key);
            return Err(self.broken(Error::GlobalCredits { port }));
        }
        if let Some(port) = self.store.get_mut(key) {
            port.pool_used += from_pool;
        }
        self.pool.used += from_pool;
        Ok(cost - from_pool)
    }

    /// Takes what was consumed off our pool first, which others wait for. Returns the rest.
    pub(crate) fn consume_pool(&mut self, key: Key, cost: u32) -> u32 {
        let Some(port) = self.store.get_mut(key) else { return cost };
        let part = cost.min(port.pool_used);
        port.pool_used -= part;
        self.pool.used -= part;
        self.pool.to_return += part;
        cost - part
    }

    /// Nobody reads the port any more.
    pub(crate) fn pool_returned(&mut self, key: Key) {
        self.consume_pool(key, u32::MAX);
    }

    /// Asks the peer to spare the pool on a port that is not read, and to use it again.
    pub(crate) fn throttle(&mut self, key: Key) {
        if !self.has_pool() {
            return;
        }
        let limit = self.pool.size / THROTTLE_SHARE;
        let Some(port) = self.store.get_mut(key) else { return };
        let Some(remote) = port.remote() else { return };
        let wanted = if port.throttled { port.kept() >= limit / 4 * 3 } else { port.kept() >= limit.max(1) };
        if wanted != core::mem::replace(&mut port.throttled, wanted) && !port.receiver_finished {
            self.control.push_back(Control::Throttle { remote, inhibit: wanted });
        }
    }

    pub(crate) fn handle_global_credits(&mut self, credits: u32, seq: u8) -> Result<(), Failure> {
        let announced =
            self.peer.as_ref().is_some_and(|peer| peer.hello.capabilities.global_credits.is_some());
        if !announced {
            // Some peers say this to everybody.
            return Ok(());
        }
        let Some(sum) = self.schedule.pool.checked_add(credits) else {
            return Err(self.broken(Error::CreditOverflow { port: 0 }));
        };
        let was_empty = core::mem::replace(&mut self.schedule.pool, sum) == 0;
        if core::mem::replace(&mut self.pool.reported, seq) != seq {
            self.pool.minimum = sum;
        }
        self.pool.report = Some(seq);
        if was_empty && credits > 0 {
            for key in self.store.keys() {
                self.wake(key);
            }
        }
        Ok(())
    }

    /// Pays from the peer's pool.
    pub(crate) fn pay_pool(&mut self, cost: u32) {
        self.schedule.pool = self.schedule.pool.saturating_sub(cost);
        self.pool.minimum = self.pool.minimum.min(self.schedule.pool);
    }

    /// The report that the peer waits for, or credits of our pool to return; even none are answered with a report, by which
    /// it is asked what it received, `collected` bytes that are about to be sent included.
    pub(crate) fn next_pool_message(&mut self, collected: u64, now: f64) -> Option<Message<'static>> {
        if let Some(seq) = self.pool.report.take() {
            let current = self.schedule.pool;
            let minimum = core::mem::replace(&mut self.pool.minimum, current);
            return Some(Message::GlobalCreditsReport { current, minimum, seq });
        }
        let due = self.pool.to_return > 0 && self.pool.to_return >= self.pool.size / RETURN_SHARE;
        let probes = core::mem::take(&mut self.pool.question_due);
        if !self.window.ask(collected, now) && !due && !probes {
            return None;
        }
        let credits = core::mem::take(&mut self.pool.to_return);
        Some(Message::GlobalCredits { credits, seq: self.window.question })
    }
}
