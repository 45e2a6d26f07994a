//! What the peer makes this end keep, and what is done when it becomes much.
//!
//! Counted are bytes that came and were not taken, those of messages that have not come whole, and what the embedder
//! holds for the application. Law: beside one
//! message that the application waits for, no more is kept than the budget. On the way there windows stop to grow, then
//! the credits of what is kept stay here, then no ports are given out any more; what still goes beyond is a peer that
//! uses credits of many ports which nobody reads, and the largest of them is let go; the connection, when that does not
//! help.

use alloc::vec::Vec;

use crate::error::Error;
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::store::Key;
use crate::time::Timer;
use crate::transmit::Control;

/// How long a message that the others wait for may stand still.
const STANDSTILL_MS: f64 = 5_000.0;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Bytes kept for all ports, those that are gone included.
    kept: u32,
    /// Ports for which something is kept: each may get a window more without asking.
    filling: u32,
    /// By how much windows may exceed what was announced.
    granted: u32,
    /// Ports whose credits stay here.
    withheld: Vec<Key>,
    /// The port whose message the application waits for, and that alone may become as long as it is.
    favored: Option<Key>,
}

impl Memory {
    /// A port is gone, for which something is still held.
    pub(crate) fn note_removed(&mut self, held: bool) {
        self.filling = self.filling.saturating_sub(u32::from(held));
    }
}

impl Mux {
    /// Counts anew what is kept for a port.
    pub(crate) fn recount(&mut self, key: Key) {
        let Some(port) = self.store.get_mut(key) else { return };
        let kept = port.kept();
        let before = core::mem::replace(&mut port.counted, kept);
        self.count(before, kept);
        if kept >= before {
            self.shed_beyond_budget();
        } else {
            if self.memory.favored == Some(key) && kept == 0 {
                self.memory.favored = None;
            }
            self.release_withheld();
        }
    }

    /// Counts no more what was kept for a port, unless the embedder holds it, nor what was granted to it.
    pub(crate) fn forget(&mut self, key: Key) {
        let Some(port) = self.store.get_mut(key) else { return };
        let before = core::mem::replace(&mut port.counted, port.held);
        let kept = port.held;
        self.count(before, kept);
        let granted = self.store.get_mut(key).map_or(0, |port| port.receive.take_growth());
        self.memory.granted = self.memory.granted.saturating_sub(granted);
        self.pool_returned(key);
        if self.memory.favored == Some(key) {
            self.memory.favored = None;
        }
        self.trips.forget(key);
        self.release_withheld();
    }

    /// The embedder keeps `bytes` of messages of this port, which were consumed, for an application that did not take
    /// them yet. They are counted until [`Mux::unhold`], also when the port is gone by then, or until `Event::Shed`.
    pub fn hold(&mut self, key: Key, bytes: u32) {
        if let Some(port) = self.store.get_mut(key) {
            port.held = port.held.saturating_add(bytes);
            self.recount(key);
        } else if self.phase != Phase::Ended {
            self.memory.kept = self.memory.kept.saturating_add(bytes);
            self.shed_beyond_budget();
        }
    }

    /// The application took, or gave up, `bytes` of what [`Mux::hold`] told of.
    pub fn unhold(&mut self, key: Key, bytes: u32) {
        if let Some(port) = self.store.get_mut(key) {
            port.held = port.held.saturating_sub(bytes);
            self.recount(key);
        } else {
            self.memory.kept = self.memory.kept.saturating_sub(bytes);
            self.release_withheld();
        }
    }

    /// Whether the credits of a port stay here for now.
    pub(crate) fn must_withhold(&mut self, key: Key) -> bool {
        if !self.is_filling_up() || self.memory.favored == Some(key) {
            return false;
        }
        let Some(port) = self.store.get_mut(key) else { return false };
        if port.counted == 0 {
            return false;
        }
        if self.memory.favored.is_none() && port.is_read() {
            self.memory.favored = Some(key);
            return false;
        }
        if !core::mem::replace(&mut port.withheld, true) {
            self.memory.withheld.push(key);
        }
        true
    }

    /// Whether a request is refused because too much is kept already.
    pub(crate) fn is_short_of_memory(&self) -> bool {
        self.unfavored() > self.config.buffered_bytes / 4 * 3
    }

    /// The largest window that may become larger than it has been.
    pub(crate) fn growth(&self) -> u32 {
        let budget = self.config.buffered_bytes;
        if self.is_filling_up() { 0 } else { (budget / 4).saturating_sub(self.memory.granted) }
    }

    /// A window may exceed what was announced by `after` instead of `before`.
    pub(crate) fn grew(&mut self, before: u32, after: u32) {
        self.memory.granted = self.memory.granted.saturating_add(after).saturating_sub(before);
    }

    /// Bytes kept for all ports.
    #[must_use]
    pub fn kept_bytes(&self) -> u32 {
        self.memory.kept
    }

    /// Whether half of the budget is kept, or would be by what peers may send without asking.
    fn is_filling_up(&self) -> bool {
        let windows = self.memory.filling.saturating_mul(self.config.port_receive_buffer);
        self.memory.kept.saturating_add(windows) > self.config.buffered_bytes / 2
    }

    /// What is kept for a port changed.
    fn count(&mut self, before: u32, kept: u32) {
        self.memory.kept = self.memory.kept.saturating_sub(before).saturating_add(kept);
        match (before, kept) {
            (0, 1..) => self.memory.filling += 1,
            (1.., 0) => self.memory.filling = self.memory.filling.saturating_sub(1),
            _ => {}
        }
    }

    fn unfavored(&self) -> u32 {
        let favored = self.memory.favored.and_then(|key| self.store.get(key)).map_or(0, |port| port.counted);
        self.memory.kept.saturating_sub(favored)
    }

    fn release_withheld(&mut self) {
        if self.memory.withheld.is_empty() || (self.memory.favored.is_some() && self.is_filling_up()) {
            return;
        }
        for key in core::mem::take(&mut self.memory.withheld) {
            if let Some(port) = self.store.get_mut(key) {
                port.withheld = false;
            }
            self.return_credits(key);
        }
    }

    fn shed_beyond_budget(&mut self) {
        while self.unfavored() > self.config.buffered_bytes {
            match self.largest_unfavored() {
                Some(key) => self.shed(key),
                None => self.fail(Error::TooMuchKept { bytes: self.memory.kept }),
            }
        }
    }

    /// The port for which most is kept, if anything is.
    fn largest_unfavored(&self) -> Option<Key> {
        let (mut most, mut largest) = (1, None);
        for key in self.store.keys() {
            let kept = self.store.get(key).map_or(0, |port| port.counted);
            if kept >= most && self.memory.favored != Some(key) {
                (most, largest) = (kept, Some(key));
            }
        }
        largest
    }

    /// Gives a receiver up: what came on it is lost, also what the embedder holds, and the application is told.
    fn shed(&mut self, key: Key) {
        if let Some(port) = self.store.get_mut(key) {
            port.held = 0;
        }
        self.forget(key);
        if let Some(port) = self.store.get_mut(key)
            && !core::mem::replace(&mut port.receiver_finished, true)
        {
            if let Some(remote) = port.remote() {
                self.control.push_back(Control::ReceiveFinish { remote });
            }
            self.emit(Event::Shed { key });
        }
        self.free_if_over(key);
    }

    /// A message that the others wait for goes on.
    pub(crate) fn note_progress(&mut self, key: Key) {
        if self.memory.favored == Some(key) {
            self.timers.stop(Timer::Standstill);
        }
    }

    /// While others wait for one message, it must go on.
    pub(crate) fn watch_standstill(&mut self, now: f64) {
        let Some(key) = self.memory.favored.filter(|_| !self.memory.withheld.is_empty()) else {
            self.timers.stop(Timer::Standstill);
            return;
        };
        if self.timers.is_due(Timer::Standstill, now) {
            self.timers.stop(Timer::Standstill);
            self.shed(key);
        } else if !self.timers.is_running(Timer::Standstill) {
            self.timers.set(Timer::Standstill, now + STANDSTILL_MS);
        }
    }
}
