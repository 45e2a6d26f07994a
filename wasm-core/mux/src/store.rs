//! Where ports live: a slab with generation-guarded keys and a quarantine for freed numbers.
//!
//! The slot index is also the port's number on the wire (plus a per-connection offset), so a message finds its port
//! without hashing and no peer can make look-ups collide.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use crate::port::Port;

/// Names a port for its whole life and nothing after it. Never 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Key(NonZeroU32);

const INDEX_BITS: u32 = 20;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
const GENERATIONS: u32 = 1 << (32 - INDEX_BITS);

impl Key {
    fn new(index: u32, generation: u32) -> Self {
        Self::from_raw(generation << INDEX_BITS | index)
    }

    pub(crate) fn index(self) -> u32 {
        self.raw() & INDEX_MASK
    }

    fn generation(self) -> u32 {
        self.raw() >> INDEX_BITS
    }

    /// The key as a number for the border; see [`Key::from_raw`].
    #[must_use]
    pub fn raw(self) -> u32 {
        self.0.get()
    }

    /// A key from its number. A number that never was a key names no port.
    #[must_use]
    pub fn from_raw(raw: u32) -> Self {
        // There is no slot of the highest index.
        Self(NonZeroU32::new(raw).unwrap_or(NonZeroU32::MAX))
    }
}

/// Freed numbers wait until this many others were freed, so that a late frame cannot hit a new port.
const QUARANTINE: usize = 256;

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    port: Option<Box<Port>>,
}

#[derive(Debug)]
pub(crate) struct Store {
    slots: Vec<Slot>,
    /// Freed slots, oldest first.
    free: VecDeque<u32>,
    live: u32,
    max: u32,
}

impl Store {
    pub(crate) fn new(max: u32) -> Self {
        // Index 0 is never used, so that no key is 0.
        Self { slots: vec![Slot::default()], free: VecDeque::new(), live: 0, max }
    }

    /// Ports that exist.
    pub(crate) fn len(&self) -> u32 {
        self.live
    }

    /// Moves `port` in; `None` when `max` ports and `beyond` that exist.
    pub(crate) fn insert(&mut self, port: Port, beyond: u32) -> Option<Key> {
        if self.live >= self.max.saturating_add(beyond) || self.slots.len() >= INDEX_MASK as usize {
            return None;
        }
        let index = if self.free.len() > QUARANTINE { self.free.pop_front() } else { None };
        let index = match index {
            Some(index) => index,
            None => {
                self.slots.push(Slot::default());
                (self.slots.len() - 1) as u32
            }
        };
        let slot = self.slots.get_mut(index as usize)?;
        slot.port = Some(Box::new(port));
        self.live += 1;
        Some(Key::new(index, slot.generation))
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Port> {
        let slot = self.slots.get(key.index() as usize)?;
        if slot.generation == key.generation() { slot.port.as_deref() } else { None }
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Port> {
        let slot = self.slots.get_mut(key.index() as usize)?;
        if slot.generation == key.generation() { slot.port.as_deref_mut() } else { None }
    }

    /// The key of the port in slot `index`, when there is one.
    pub(crate) fn key_at(&self, index: u32) -> Option<Key> {
        let slot = self.slots.get(index as usize)?;
        slot.port.as_ref().map(|_| Key::new(index, slot.generation))
    }

    /// Whether slot `index` held a port once, and holds none.
    pub(crate) fn is_vacant(&self, index: u32) -> bool {
        index > 0 && self.slots.get(index as usize).is_some_and(|slot| slot.port.is_none())
    }

    /// The keys of all ports.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        for index in 0..self.slots.len() as u32 {
            if let Some(key) = self.key_at(index) {
                keys.push(key);
            }
        }
        keys
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Box<Port>> {
        let slot = self.slots.get_mut(key.index() as usize)?;
        if slot.generation != key.generation() {
            return None;
        }
        let port = slot.port.take()?;
        slot.generation = (slot.generation + 1) % GENERATIONS;
        self.live -= 1;
        self.free.push_back(key.index());
        Some(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Early, State};

    fn port() -> Port {
        Port::new(State::Reserved, Early::No, 8, 8)
    }

    fn store(max: u32) -> Store {
        Store::new(max)
    }

    #[test]
    fn a_key_names_nothing_after_its_port_was_removed() {
        let mut store = store(10);
        let key = store.insert(port(), 0).unwrap();
        assert!(store.get(key).is_some());
        store.remove(key);
        assert!(store.get(key).is_none());
        assert!(store.remove(key).is_none());
        assert_eq!(store.len(), 0);
    }

    #[test]
    fn freed_numbers_are_reused_only_after_many_others_were_freed() {
        let mut store = store(4);
        let first = store.insert(port(), 0).unwrap();
        store.remove(first);
        for _ in 0..QUARANTINE {
            let key = store.insert(port(), 0).unwrap();
            assert_ne!(key.index(), first.index());
            store.remove(key);
        }
        let reused = store.insert(port(), 0).unwrap();
        assert_eq!(reused.index(), first.index());
        assert_ne!(reused, first);
    }

    #[test]
    fn a_hundred_thousand_ports_opened_and_closed_leave_the_table_small() {
        let mut store = store(4);
        for _ in 0..100_000 {
            let key = store.insert(port(), 0).unwrap();
            store.remove(key);
        }
        assert!(store.slots.len() <= QUARANTINE + 2);
    }

    #[test]
    fn no_more_ports_than_allowed_exist() {
        let mut store = store(2);
        assert!(store.insert(port(), 0).is_some());
        assert!(store.insert(port(), 0).is_some());
        assert!(store.insert(port(), 0).is_none());
    }
}
