//! Asking for ports and answering such requests, by themselves (OpenPort) or in lists (PortData).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::error::{Error, Misuse};
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::port::{Port, State};
use crate::store::Key;
use crate::transmit::Control;
use crate::wire::PortRef;

/// Requests in both directions that are not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// The peer's, sorted by its number.
    asked: Vec<Asked>,
    /// How many of them came as OpenPort.
    asked_alone: u32,
    /// Ours that came as OpenPort and left, at most the peer's `connect_queue`.
    pub(crate) opening: u32,
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

#[derive(Clone, Copy, Debug)]
struct Asked {
    peer_port: u32,
    alone: bool,
}

impl Requests {
    pub(crate) fn has_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    fn find(&self, peer_port: u32) -> Result<usize, usize> {
        self.asked.binary_search_by_key(&peer_port, |asked| asked.peer_port)
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
        self.store.insert(port).ok_or(Misuse::PortsExhausted)
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
        self.store.remove(key);
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

    /// Sends the requests that the peer has room for.
    pub(crate) fn open_waiting(&mut self) {
        let Some(limit) = self.peer.as_ref().map(|peer| u32::from(peer.hello.connect_queue)) else { return };
        while self.requests.opening < limit {
            let Some(key) = self.requests.waiting.pop_front() else { break };
            let Some(port) = self.store.get_mut(key) else { continue };
            port.state = State::Connecting { alone: true };
            self.requests.opening += 1;
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
        let peer = self.peer.as_ref().ok_or(Misuse::Ended)?;
        let remote = PortRef::receiver(peer_port);
        let port = Port::accepted(remote, peer.hello.port_receive_buffer, self.config.port_receive_buffer);
        let key = self.store.insert(port).ok_or(Misuse::PortsExhausted)?;
        self.answered(at);
        self.control.push_back(Control::PortOpened { client_port: peer_port, key });
        Ok(key)
    }

    /// Refuses a request, `no_ports` when for want of ports.
    ///
    /// # Errors
    /// `NoSuchRequest`.
    pub fn reject(&mut self, peer_port: u32, no_ports: bool) -> Result<(), Misuse> {
        let at = self.requests.find(peer_port).map_err(|_| Misuse::NoSuchRequest)?;
        self.answered(at);
        self.push_rejected(peer_port, no_ports);
        Ok(())
    }

    fn answered(&mut self, at: usize) {
        if self.requests.asked.remove(at).alone {
            self.requests.asked_alone -= 1;
        }
    }

    fn push_rejected(&mut self, client_port: u32, no_ports: bool) {
        self.control.push_back(Control::Rejected { client_port, no_ports });
    }

    pub(crate) fn handle_open_port(&mut self, peer_port: u32, id: u32) -> Result<(), Error> {
        if self.is_own_request(peer_port) {
            return Err(Error::Echo);
        }
        if self.requests.listener_closed || self.is_short_of_memory() {
            self.push_rejected(peer_port, !self.requests.listener_closed);
            return Ok(());
        }
        if self.requests.asked_alone >= u32::from(self.config.connect_queue) {
            return Err(Error::TooManyRequests { limit: u32::from(self.config.connect_queue) });
        }
        self.ask(peer_port, true)?;
        self.emit(Event::Request { peer_port, id, list: None });
        Ok(())
    }

    /// Whether a request carries the random number of an unanswered one of ours: then it is ours, coming back.
    fn is_own_request(&self, number: u32) -> bool {
        let port = self.key_of_number(number).and_then(|key| self.store.get(key));
        self.number_offset != 0 && port.is_some_and(|port| port.state == State::Connecting { alone: true })
    }

    /// Books a request out of a list. False when there are too many already: then it is refused for want of ports.
    pub(crate) fn ask_in_list(&mut self, peer_port: u32) -> Result<bool, Error> {
        if self.requests.asked.len() >= self.config.max_ports as usize || self.is_short_of_memory() {
            self.push_rejected(peer_port, true);
            return Ok(false);
        }
        self.ask(peer_port, false)?;
        Ok(true)
    }

    /// Refuses a request that nobody will look at.
    pub(crate) fn refuse_unheard(&mut self, peer_port: u32) -> Result<(), Error> {
        if self.requests.find(peer_port).is_ok() {
            return Err(Error::DuplicateRequest { port: peer_port });
        }
        self.push_rejected(peer_port, false);
        Ok(())
    }

    fn ask(&mut self, peer_port: u32, alone: bool) -> Result<(), Error> {
        match self.requests.find(peer_port) {
            Ok(_) => Err(Error::DuplicateRequest { port: peer_port }),
            Err(at) => {
                self.requests.asked.insert(at, Asked { peer_port, alone });
                self.requests.asked_alone += u32::from(alone);
                Ok(())
            }
        }
    }

    /// PortOpened or Rejected for one of ours.
    pub(crate) fn handle_answer(&mut self, number: u32, answer: Answer) -> Result<(), Error> {
        let message = answer.message_id();
        let key = self.key_of_number(number).ok_or(Error::UnknownPort { message, port: number })?;
        let Some(port) = self.store.get_mut(key) else { return Ok(()) };
        let State::Connecting { alone } = port.state else {
            return Err(Error::WrongState { message, port: number });
        };
        match answer {
            Answer::Opened(remote) => {
                port.state = State::Connected(remote);
                self.emit(Event::Opened { key });
                self.send_postponed(key);
                self.wake(key);
            }
            Answer::Rejected { no_ports } => self.drop_refused(key, no_ports, false),
        }
        if alone {
            self.requests.opening -= 1;
            self.open_waiting();
        }
        Ok(())
    }

    /// A port of ours comes to nothing, and with it those that it would have asked for.
    pub(crate) fn drop_refused(&mut self, key: Key, no_ports: bool, unsent: bool) {
        self.drop_outgoing_from(key, 0);
        self.store.remove(key);
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
