//! Asking the peer for ports, by themselves (OpenPort) or in lists (PortData), and what it answers.

use alloc::collections::VecDeque;

use crate::error::{Error, Failure, Misuse};
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::port::{Early, Port, State};
use crate::store::Key;
use crate::transmit::Control;
use crate::wire::{Capabilities, Generation, PortRef, Side};

/// Requests of ours that are not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// All, and those of which the peer takes at most its `connect_queue`, which left as OpenPort or whose port is used
    /// already.
    unanswered: u32,
    slots: u32,
    /// Those that were used early and refused, and whose end the peer still waits for: they count as its `connect_queue`
    /// does, so that it never has more ports beyond its limit than that.
    refused: u32,
    /// Those that wait until the peer may be asked.
    pub(crate) waiting: VecDeque<Key>,
    /// We ask no more by OpenPort: wanted, sent.
    client_closed: bool,
    pub(crate) client_finish_sent: bool,
    /// The peer answers no more OpenPort.
    pub(crate) remote_listener_finished: bool,
}

impl Requests {
    /// One of ours that the peer refused has ended.
    pub(crate) fn forget_refused(&mut self) {
        self.refused -= 1;
    }
}

impl Mux {
    /// Takes a number for a port to be requested: by [`Mux::open`], or in a list by [`Mux::send_ports`]. Data may be
    /// queued on it at once.
    ///
    /// # Errors
    /// `PortsExhausted`, and `Ended` outside of an open connection.
    pub fn reserve(&mut self) -> Result<Key, Misuse> {
        if self.phase != Phase::Open || self.closing {
            return Err(Misuse::Ended);
        }
        self.insert(State::Reserved, Early::No, self.asked.undecided)
    }

    /// Makes a port, when no more than `max_ports` and `beyond` that exist.
    pub(crate) fn insert(&mut self, state: State, early: Early, beyond: u32) -> Result<Key, Misuse> {
        let peer = self.peer.as_ref().ok_or(Misuse::Ended)?;
        let port = Port::new(state, early, peer.hello.port_receive_buffer, self.config.port_receive_buffer);
        self.store.insert(port, beyond).ok_or(Misuse::PortsExhausted)
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

    /// Whether a request carries the random id of an unanswered one of ours: then it is ours, coming back.
    pub(crate) fn is_own_request(&self, id: u32) -> bool {
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

    /// PortOpened or Rejected for one of ours.
    pub(crate) fn handle_answer(&mut self, number: u32, answer: Answer, now: f64) -> Result<(), Failure> {
        let message = answer.message_id();
        let Some(key) = self.key_of_number(number) else {
            // A port that was used early may be refused late, when it has ended already.
            let index = number.wrapping_sub(self.number_offset);
            let is_late = self.peer_can().pre_connect && self.store.is_vacant(index);
            return if is_late {
                Ok(())
            } else {
                Err(self.broken(Error::UnknownPort { message, port: number }))
            };
        };
        self.note_answer(key, now);
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
            _ => return Err(self.wrong_state(message, number)),
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
