//! Commands for those who pass on what they do not understand: messages piece by piece, lists of ports that belong to no
//! message, labels that are not numbers, and sending on after the peer asked for no more.

use alloc::vec::Vec;

use crate::credit::PORT_COST;
use crate::error::Misuse;
use crate::mux::Mux;
use crate::port::{Outgoing, Part, State};
use crate::send::Accepted;
use crate::store::Key;

impl Mux {
    /// As [`Mux::send`] for a part of a message whose length is not known yet. Only the last part may be empty. A message
    /// that is not ended is discarded by the peer when the next one begins, or at the end of sending.
    ///
    /// # Errors
    /// As [`Mux::send`]; `WrongState` for an empty part that is not the last.
    pub fn send_part(&mut self, key: Key, len: u32, part: Part) -> Result<Accepted, Misuse> {
        // Stock remoc hangs while it reads an empty chunk that does not end its message.
        if len == 0 && !part.last {
            return Err(Misuse::WrongState);
        }
        self.queue_bytes(key, len, 0, part)
    }

    /// Queues a list that requests the reserved `ports`, in this order, as a message of its own. It is taken back as one
    /// by [`Mux::cancel_last`].
    ///
    /// # Errors
    /// As [`Mux::send_ports`]; `WrongState` also for an empty list, which 0.20 takes for a violation.
    pub fn send_list(&mut self, key: Key, ports: &[Key]) -> Result<Accepted, Misuse> {
        self.check_sendable(key)?;
        if ports.is_empty() {
            return Err(Misuse::WrongState);
        }
        self.request_all(key, ports)?;
        let cost = PORT_COST * ports.len() as u32;
        let covered = self.can_cover(key, cost);
        Ok(self.queue(key, Outgoing::Ports { keys: Vec::from(ports), covered, alone: true }, cost))
    }

    /// Labels the request of a reserved port with `id`; otherwise its number is the label. Peers that know no labels see
    /// the number.
    /// Such a port is not used before it is answered: who passes a request on can then pass a refusal back.
    ///
    /// # Errors
    /// `NoSuchPort`; `WrongState` when it was requested.
    pub fn set_id(&mut self, key: Key, id: u32) -> Result<(), Misuse> {
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        if port.state != State::Reserved {
            return Err(Misuse::WrongState);
        }
        port.id = Some(id);
        Ok(())
    }

    /// From now on the port sends also after `ReceiverClosed`, until `ReceiverFinished`: what was under way before the
    /// peer closed is still read there. A port that is gone is fine.
    pub fn outlast_close(&mut self, key: Key) {
        if let Some(port) = self.store.get_mut(key) {
            port.outlasts_close = true;
        }
    }

    /// The label that was given to the port's request.
    pub(crate) fn label(&self, key: Key) -> Option<u32> {
        self.store.get(key).and_then(|port| port.id)
    }
}
