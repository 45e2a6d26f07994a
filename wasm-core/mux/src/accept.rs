//! Requests of the peer for ports, and answering them.

use alloc::vec::Vec;

use crate::error::{Error, Failure, Misuse};
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::port::{Early, State};
use crate::store::Key;
use crate::transmit::Control;
use crate::wire::{PortEntry, PortRef};

/// Requests of the peer that are not answered yet, and the ports that live under a number of the peer.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The peer's numbers that name a request or a port, sorted.
    theirs: Vec<Theirs>,
    /// Unanswered requests: all, those that came as OpenPort, and those whose port the peer uses already.
    unanswered: u32,
    alone: u32,
    pub(crate) undecided: u32,
    /// We answer no more OpenPort.
    pub(crate) listener_closed: bool,
    /// The peer asks no more by OpenPort.
    pub(crate) remote_client_finished: bool,
}

/// What a number of the peer stands for.
#[derive(Clone, Copy, Debug)]
struct Theirs {
    number: u32,
    /// The port that lives under it.
    key: Option<Key>,
    /// It is requested and was not answered.
    asked: bool,
    /// By OpenPort.
    alone: bool,
}

impl Asked {
    pub(crate) fn has_unanswered(&self) -> bool {
        self.unanswered > 0
    }

    /// The port that lives under this number of the peer.
    pub(crate) fn key_of(&self, number: u32) -> Option<Key> {
        self.find(number).ok().and_then(|at| self.theirs.get(at)).and_then(|theirs| theirs.key)
    }

    /// The port under this number is gone.
    pub(crate) fn forget(&mut self, number: u32) {
        if let Ok(at) = self.find(number) {
            self.theirs.remove(at);
        }
    }

    fn find(&self, number: u32) -> Result<usize, usize> {
        self.theirs.binary_search_by_key(&number, |theirs| theirs.number)
    }

    /// Takes an unanswered request out of the counts, to be answered now.
    fn answer(&mut self, number: u32) -> Option<&mut Theirs> {
        let at = self.find(number).ok()?;
        let theirs = self.theirs.get_mut(at).filter(|theirs| theirs.asked)?;
        theirs.asked = false;
        self.unanswered -= 1;
        self.alone -= u32::from(theirs.alone);
        self.undecided -= u32::from(theirs.key.is_some());
        Some(theirs)
    }
}

impl Mux {
    /// Accepts no more ports that are asked for by themselves: further requests are refused.
    pub fn close_listener(&mut self) {
        if self.phase != Phase::Ended && !core::mem::replace(&mut self.asked.listener_closed, true) {
            self.control.push_back(Control::ListenerFinish);
        }
    }

    /// Accepts a request. The port is connected at once; data may follow.
    ///
    /// # Errors
    /// `NoSuchRequest`; `PortsExhausted`, then the request is still unanswered.
    pub fn accept(&mut self, peer_port: u32) -> Result<Key, Misuse> {
        let at = self.asked.find(peer_port).map_err(|_| Misuse::NoSuchRequest)?;
        let theirs = self.asked.theirs.get(at).filter(|theirs| theirs.asked);
        let Theirs { key: early, .. } = *theirs.ok_or(Misuse::NoSuchRequest)?;
        if self.store.len() - self.asked.undecided >= self.config.max_ports {
            return Err(Misuse::PortsExhausted);
        }
        let key = match early {
            Some(key) => key,
            None => self.insert_accepted(peer_port, Early::No)?,
        };
        let same_number = early.is_some() || self.peer_can().port_side;
        if let Some(theirs) = self.asked.answer(peer_port) {
            theirs.key = same_number.then_some(key);
        }
        if let Some(port) = self.store.get_mut(key) {
            port.named_by_peer = same_number.then_some(peer_port);
            port.answers_queued += 1;
        }
        if !same_number {
            self.asked.forget(peer_port);
        }
        self.control.push_back(Control::PortOpened { client_port: peer_port, key });
        self.decided(key);
        Ok(key)
    }

    /// Refuses a request, `no_ports` when for want of ports. A port that was used already is ended, and events may name
    /// its key until `Freed`. So may a request be refused that was accepted, while its port exists: what the peer sends
    /// on the port is dropped from then on.
    ///
    /// # Errors
    /// `NoSuchRequest`.
    pub fn reject(&mut self, peer_port: u32, no_ports: bool) -> Result<(), Misuse> {
        let key = match self.asked.answer(peer_port) {
            Some(theirs) => theirs.key,
            None => Some(self.tentative(peer_port).ok_or(Misuse::NoSuchRequest)?),
        };
        self.control.push_back(Control::Rejected { client_port: peer_port, no_ports, key });
        match key {
            None => self.asked.forget(peer_port),
            Some(key) => {
                if let Some(port) = self.store.get_mut(key) {
                    port.answers_queued += 1;
                }
                self.decided(key);
                self.give_up(key);
            }
        }
        Ok(())
    }

    /// A port that was used before it was accepted, and can be refused all the same.
    fn tentative(&self, peer_port: u32) -> Option<Key> {
        let key = self.asked.key_of(peer_port)?;
        let port = self.store.get(key)?;
        // What ended here already cannot be told from a refusal any more.
        (port.early == Early::Decided && !port.finish_queued && !port.receiver_finished).then_some(key)
    }

    /// Our answer to a request for a port that is used already stands in the queue: what waited for it follows.
    fn decided(&mut self, key: Key) {
        let Some(port) = self.store.get_mut(key) else { return };
        if port.early == Early::Undecided {
            port.early = Early::Decided;
            self.send_postponed(key);
            self.report_consumed(key, 0);
            self.wake(key);
        }
    }

    fn insert_accepted(&mut self, number: u32, early: Early) -> Result<Key, Misuse> {
        // Ports that are not decided may go beyond the limit, and so many more whose end the peer owes.
        let beyond = match early {
            Early::No => self.asked.undecided,
            _ => self.config.max_ports.saturating_add(u32::from(self.config.connect_queue)),
        };
        self.insert(State::Connected(PortRef::receiver(number)), early, beyond)
    }

    pub(crate) fn handle_open_port(&mut self, entry: PortEntry) -> Result<(), Failure> {
        if self.is_own_request(entry.id) {
            return Err(self.broken(Error::Echo));
        }
        if self.asked.listener_closed || self.is_short_of_memory() {
            return self.refuse_unheard(entry, !self.asked.listener_closed);
        }
        let limit = u32::from(self.config.connect_queue);
        if self.asked.alone >= limit {
            return Err(self.broken(Error::TooManyRequests { limit }));
        }
        if self.ask(entry, true)? {
            self.emit_request(entry, None);
        }
        Ok(())
    }

    pub(crate) fn emit_request(&mut self, PortEntry { port, id, .. }: PortEntry, list: Option<Key>) {
        self.emit(Event::Request { peer_port: port, id, list, key: self.asked.key_of(port) });
    }

    /// Books a request out of a list. False when it cannot be granted: then it is refused.
    pub(crate) fn ask_in_list(&mut self, entry: PortEntry) -> Result<bool, Failure> {
        if self.asked.unanswered >= self.config.max_ports || self.is_short_of_memory() {
            self.refuse_unheard(entry, true)?;
            return Ok(false);
        }
        self.ask(entry, false)
    }

    /// Refuses a request that nobody will look at.
    pub(crate) fn refuse_unheard(&mut self, entry: PortEntry, no_ports: bool) -> Result<(), Failure> {
        if self.ask(entry, false)? {
            let _ = self.reject(entry.port, no_ports);
        }
        Ok(())
    }

    /// False when the number is in use, and the request was refused for that.
    fn ask(&mut self, entry: PortEntry, alone: bool) -> Result<bool, Failure> {
        let number = entry.port;
        let early = entry.pre_connect && self.config.announced().pre_connect;
        let at = match self.asked.find(number) {
            Err(at) => at,
            Ok(at) if early || self.asked.theirs.get(at).is_some_and(|theirs| theirs.asked) => {
                return Err(self.broken(Error::DuplicateRequest { port: number }));
            }
            Ok(_) => {
                self.control.push_back(Control::Rejected { client_port: number, no_ports: false, key: None });
                return Ok(false);
            }
        };
        let limit = u32::from(self.config.connect_queue);
        let mut key = None;
        if early {
            let has_room = self.asked.undecided < limit;
            key = has_room.then(|| self.insert_accepted(number, Early::Undecided).ok()).flatten();
            let Some(port) = key.and_then(|key| self.store.get_mut(key)) else {
                return Err(self.broken(Error::TooManyRequests { limit }));
            };
            port.named_by_peer = Some(number);
            self.asked.undecided += 1;
        }
        self.asked.theirs.insert(at, Theirs { number, key, asked: true, alone });
        self.asked.unanswered += 1;
        self.asked.alone += u32::from(alone);
        Ok(true)
    }
}
