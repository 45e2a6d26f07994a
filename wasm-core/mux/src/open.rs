//! Asking for ports and answering such requests, by themselves (OpenPort) or in lists (PortData).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::error::{Error, Failure, Misuse};
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::port::{Early, Port, State};
use crate::store::Key;
use crate::transmit::Control;
use crate::wire::{Capabilities, Generation, PortEntry, PortRef, Side};

/// Requests in both directions that are not answered yet, and the ports that live under a number of the peer.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// The peer's numbers that name a request or a port, sorted.
    theirs: Vec<Theirs>,
    /// Unanswered requests of the peer: all, those that came as OpenPort, and those whose port it uses already.
    asked: u32,
    asked_alone: u32,
    undecided: u32,
    /// Ours that the peer has not answered: all, and those of which it takes at most its `connect_queue`, which left as
    /// OpenPort or whose port is used already.
    unanswered: u32,
    slots: u32,
    /// Ours that were used early and refused, and whose end the peer still waits for: they count as its `connect_queue`
    /// does, so that it never has more ports beyond its limit than that.
    refused: u32,
    /// Ours that wait until the peer may be asked.
    pub(crate) waiting: VecDeque<Key>,
    /// We answer no more OpenPort.
    pub(crate) listener_closed: bool,
    /// We ask no more by OpenPort: wanted, sent.
    pub(crate) client_closed: bool,
    pub(crate) client_finish_sent: bool,
    /// The peer answers no more OpenPort.
    pub(crate) remote_listener_finished: bool,
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

impl Requests {
    pub(crate) fn has_asked(&self) -> bool {
        self.asked > 0
    }

    /// The port that lives under this number of the peer.
    pub(crate) fn key_of(&self, number: u32) -> Option<Key> {
        self.find(number).ok().and_then(|at| self.theirs.get(at)).and_then(|theirs| theirs.key)
    }

    /// One of ours that the peer refused has ended.
    pub(crate) fn forget_refused(&mut self) {
        self.refused -= 1;
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
        self.asked -= 1;
        self.asked_alone -= u32::from(theirs.alone);
        self.undecided -= u32::from(theirs.key.is_some());
        Some(theirs)
    }
}

impl Mux {
    /// Takes a number for a port to be requested: by [`Mux::open`], or in a list by [`Mux::send_ports`]. Data may be
    /// queued on it at once.
    ///
    /// # Errors
    /// `PortsExhausted`, and `Ended` outside of an open connection.
    pub fn reserve(&mut self) -> Result<Key, Misuse> {
        let peer = self.peer.as_ref().ok_or(Misuse::Ended)?;
        if self.phase != Phase::Open || self.closing {
            return Err(Misuse::Ended);
        }
        let port = Port::requested(peer.hello.port_receive_buffer, self.config.port_receive_buffer);
        self.store.insert(port, self.requests.undecided).ok_or(Misuse::PortsExhausted)
    }

    /// Gives back a number that was never requested.
    ///
    /// # Errors
    /// `WrongState` when it was requested.
    pub fn release(&mut self, key: Key) -> Result<(), Misuse> {
        let port = self.store.get(key).ok_or(Misuse::NoSuchPort)?;
        if port.state != State::Reserved {
            return Err(Misuse::WrongState);
        }
        self.drop_outgoing_from(key, 0);
        self.remove(key);
        Ok(())
    }

    /// Requests a reserved port by itself. Waits while the peer has too many unanswered requests. Answered by
    /// `Opened` or `Refused`.
    ///
    /// # Errors
    /// `ListenerGone` when the peer accepts none; `WrongState` when the port was requested before; `Ended`.
    pub fn open(&mut self, key: Key) -> Result<(), Misuse> {
        if self.phase != Phase::Open || self.closing {
            return Err(Misuse::Ended);
        }
        if self.requests.remote_listener_finished || self.requests.client_closed {
            return Err(Misuse::ListenerGone);
        }
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        if port.state != State::Reserved {
            return Err(Misuse::WrongState);
        }
        port.state = State::Requested;
        self.requests.waiting.push_back(key);
        self.open_waiting();
        Ok(())
    }

    /// Sends the requests that the peer has room for. 0.20 counts those in lists, too.
    pub(crate) fn open_waiting(&mut self) {
        let limit = self.connect_slots();
        while self.requests.unanswered + self.requests.refused < limit {
            let Some(key) = self.requests.waiting.pop_front() else { break };
            let Some(port) = self.store.get_mut(key) else { continue };
            port.state = State::Connecting { alone: true };
            self.requests.slots += 1;
            self.requests.unanswered += 1;
            self.control.push_back(Control::OpenPort { key });
        }
        if self.requests.client_closed
            && self.requests.waiting.is_empty()
            && !self.requests.client_finish_sent
        {
            self.requests.client_finish_sent = true;
            self.control.push_back(Control::ClientFinish);
        }
    }

    /// The peer accepts no requests any more: those that have not left are refused here, as remoc does.
    pub(crate) fn handle_listener_finish(&mut self) {
        self.requests.remote_listener_finished = true;
        self.emit(Event::ListenerFinished);
        for key in core::mem::take(&mut self.requests.waiting) {
            self.drop_refused(key, false, true);
        }
        self.open_waiting();
    }

    /// Asks for no more ports by themselves.
    pub fn close_client(&mut self) {
        if self.phase == Phase::Ended {
            return;
        }
        self.requests.client_closed = true;
        self.open_waiting();
    }

    /// Accepts no more ports that are asked for by themselves: further requests are refused.
    pub fn close_listener(&mut self) {
        if self.phase != Phase::Ended && !core::mem::replace(&mut self.requests.listener_closed, true) {
            self.control.push_back(Control::ListenerFinish);
        }
    }

    /// Accepts a request. The port is connected at once; data may follow.
    ///
    /// # Errors
    /// `NoSuchRequest`; `PortsExhausted`, then the request is still unanswered.
    pub fn accept(&mut self, peer_port: u32) -> Result<Key, Misuse> {
        let at = self.requests.find(peer_port).map_err(|_| Misuse::NoSuchRequest)?;
        let theirs = self.requests.theirs.get(at).filter(|theirs| theirs.asked);
        let Theirs { key: early, .. } = *theirs.ok_or(Misuse::NoSuchRequest)?;
        if self.store.len() - self.requests.undecided >= self.config.max_ports {
            return Err(Misuse::PortsExhausted);
        }
        let key = match early {
            Some(key) => key,
            None => self.insert_accepted(peer_port, Early::No)?,
        };
        let same_number = early.is_some() || self.peer_can().port_side;
        if let Some(theirs) = self.requests.answer(peer_port) {
            theirs.key = same_number.then_some(key);
        }
        if let Some(port) = self.store.get_mut(key) {
            port.named_by_peer = same_number.then_some(peer_port);
            port.answers_queued += 1;
        }
        if !same_number {
            self.requests.forget(peer_port);
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
        let key = match self.requests.answer(peer_port) {
            Some(theirs) => theirs.key,
            None => Some(self.tentative(peer_port).ok_or(Misuse::NoSuchRequest)?),
        };
        self.control.push_back(Control::Rejected { client_port: peer_port, no_ports, key });
        match key {
            None => self.requests.forget(peer_port),
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
        let key = self.requests.key_of(peer_port)?;
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
        let peer = self.peer.as_ref().ok_or(Misuse::Ended)?;
        let port =
            Port::accepted(number, early, peer.hello.port_receive_buffer, self.config.port_receive_buffer);
        // Ports that are not decided may go beyond the limit, and so many more whose end the peer owes.
        let beyond = match early {
            Early::No => self.requests.undecided,
            _ => self.config.max_ports.saturating_add(u32::from(self.config.connect_queue)),
        };
        self.store.insert(port, beyond).ok_or(Misuse::PortsExhausted)
    }

    /// What the peer lets this end use, which behaves like the remoc whose Hello it sends.
    pub(crate) fn peer_can(&self) -> Capabilities {
        match &self.peer {
            Some(peer) if self.config.generation >= Generation::V20 => peer.hello.capabilities,
            _ => Capabilities::classic(0),
        }
    }

    /// How many requests of the kinds that it counts the peer lets wait.
    fn connect_slots(&self) -> u32 {
        self.peer.as_ref().map_or(0, |peer| u32::from(peer.hello.connect_queue))
    }

    /// Notes that a request leaves in a list. Whether its port is used at once.
    pub(crate) fn request_in_list(&mut self, key: Key) -> bool {
        self.requests.unanswered += 1;
        let is_free = self.requests.slots + self.requests.refused < self.connect_slots();
        let early = is_free && self.may_use_early(key);
        if early {
            self.requests.slots += 1;
            self.use_early(key);
        } else if let Some(port) = self.store.get_mut(key) {
            port.state = State::Connecting { alone: false };
        }
        early
    }

    /// Notes that a request leaves by itself. Whether its port is used at once.
    pub(crate) fn request_alone(&mut self, key: Key) -> bool {
        let early = self.may_use_early(key);
        if early {
            self.use_early(key);
        }
        early
    }

    fn may_use_early(&self, key: Key) -> bool {
        self.peer_can().pre_connect && self.label(key).is_none()
    }

    /// A request leaves, and its port is used without waiting for the answer.
    fn use_early(&mut self, key: Key) {
        let number = self.number(key);
        let Some(port) = self.store.get_mut(key) else { return };
        port.early = Early::Undecided;
        port.state = State::Connected(PortRef::sender(number));
        self.emit(Event::Opened { key });
        self.send_postponed(key);
        self.wake(key);
    }

    pub(crate) fn handle_open_port(&mut self, entry: PortEntry) -> Result<(), Failure> {
        if self.is_own_request(entry.id) {
            return Err(Error::Echo.into());
        }
        if self.requests.listener_closed || self.is_short_of_memory() {
            return self.refuse_unheard(entry, !self.requests.listener_closed);
        }
        if self.requests.asked_alone >= u32::from(self.config.connect_queue) {
            return Err(Error::TooManyRequests { limit: u32::from(self.config.connect_queue) }.into());
        }
        if self.ask(entry, true)? {
            self.emit_request(entry, None);
        }
        Ok(())
    }

    pub(crate) fn emit_request(&mut self, PortEntry { port, id, .. }: PortEntry, list: Option<Key>) {
        self.emit(Event::Request { peer_port: port, id, list, key: self.requests.key_of(port) });
    }

    /// Whether a request carries the random id of an unanswered one of ours: then it is ours, coming back.
    fn is_own_request(&self, id: u32) -> bool {
        let key = self.store.key_at(id.wrapping_sub(self.seed));
        self.seed != 0
            && key.and_then(|key| self.store.get(key)).is_some_and(|port| match port.state {
                State::Connecting { alone } => alone,
                State::Connected(PortRef { side, .. }) => {
                    side == Side::Sender && port.early == Early::Undecided
                }
                State::Reserved | State::Requested => false,
            })
    }

    /// Books a request out of a list. False when it cannot be granted: then it is refused.
    pub(crate) fn ask_in_list(&mut self, entry: PortEntry) -> Result<bool, Failure> {
        if self.requests.asked >= self.config.max_ports || self.is_short_of_memory() {
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
        let at = match self.requests.find(number) {
            Err(at) => at,
            Ok(at) if early || self.requests.theirs.get(at).is_some_and(|theirs| theirs.asked) => {
                return Err(Error::DuplicateRequest { port: number }.into());
            }
            Ok(_) => {
                self.control.push_back(Control::Rejected { client_port: number, no_ports: false, key: None });
                return Ok(false);
            }
        };
        let limit = u32::from(self.config.connect_queue);
        let mut key = None;
        if early {
            if self.requests.undecided >= limit {
                return Err(Error::TooManyRequests { limit }.into());
            }
            let inserted = self.insert_accepted(number, Early::Undecided);
            key = Some(inserted.map_err(|_| Error::TooManyRequests { limit })?);
            self.requests.undecided += 1;
        }
        if let Some(port) = key.and_then(|key| self.store.get_mut(key)) {
            port.named_by_peer = Some(number);
        }
        self.requests.theirs.insert(at, Theirs { number, key, asked: true, alone });
        self.requests.asked += 1;
        self.requests.asked_alone += u32::from(alone);
        Ok(true)
    }

    /// PortOpened or Rejected for one of ours.
    pub(crate) fn handle_answer(&mut self, number: u32, answer: Answer) -> Result<(), Failure> {
        let message = answer.message_id();
        let Some(key) = self.key_of_number(number) else {
            // A port that was used early may be refused late, when it has ended already.
            let index = number.wrapping_sub(self.number_offset);
            let is_late = self.peer_can().pre_connect && self.store.is_vacant(index);
            return if is_late { Ok(()) } else { Err(Error::UnknownPort { message, port: number }.into()) };
        };
        let Some(port) = self.store.get_mut(key) else { return Ok(()) };
        let has_slot = match (port.state, port.early) {
            (State::Connecting { alone }, _) => alone,
            (_, Early::Undecided) => true,
            (_, Early::Decided) => {
                if let Answer::Rejected { no_ports } = answer {
                    self.handle_refusal(key, no_ports);
                }
                return Ok(());
            }
            _ => return Err(Error::WrongState { message, port: number }.into()),
        };
        self.requests.unanswered -= 1;
        self.requests.slots -= u32::from(has_slot);
        match answer {
            Answer::Rejected { no_ports } => {
                port.owes_end = port.early == Early::Undecided;
                self.requests.refused += u32::from(port.owes_end);
                self.handle_refusal(key, no_ports);
            }
            Answer::Opened(_) if port.early == Early::Undecided => {
                port.early = Early::Decided;
                self.free_if_over(key);
            }
            Answer::Opened(remote) => {
                port.state = State::Connected(remote);
                self.emit(Event::Opened { key });
                self.send_postponed(key);
                self.wake(key);
            }
        }
        self.open_waiting();
        Ok(())
    }

    /// The peer refuses a port of ours, which may have been used already, or even accepted for a while.
    fn handle_refusal(&mut self, key: Key, no_ports: bool) {
        let Some(port) = self.store.get_mut(key) else { return };
        if port.early == Early::No {
            return self.drop_refused(key, no_ports, false);
        }
        port.early = Early::Decided;
        self.emit(Event::Refused { key, no_ports, unsent: false });
        self.give_up(key);
        self.free_if_over(key);
    }

    /// A port of ours comes to nothing, and with it those that it would have asked for.
    pub(crate) fn drop_refused(&mut self, key: Key, no_ports: bool, unsent: bool) {
        self.drop_outgoing_from(key, 0);
        self.remove(key);
        self.emit(Event::Refused { key, no_ports, unsent });
    }
}

/// The peer's answer to a request of ours.
pub(crate) enum Answer {
    Opened(PortRef),
    Rejected { no_ports: bool },
}

impl Answer {
    fn message_id(&self) -> u8 {
        match self {
            Self::Opened(_) => crate::wire::id::PORT_OPENED,
            Self::Rejected { .. } => crate::wire::id::REJECTED,
        }
    }
}
