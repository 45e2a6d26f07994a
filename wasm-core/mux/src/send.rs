//! Commands that send on a port, and those that end its directions.

use alloc::vec::Vec;

use crate::credit::{PORT_COST, chunk_cost};
use crate::error::Misuse;
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::port::{Outgoing, Part, State};
use crate::schedule::{BULK, NORMAL, URGENT};
use crate::store::Key;
use crate::transmit::Control;

/// What became of a message given to [`Mux::send`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// Credits for all of it are in hand and the queue has room: the application may go on, and an orderly close
    /// waits for it.
    Covered,
    /// It waits; its last chunk's [`Body`](crate::Body) says when it left. An orderly close drops it.
    Waiting,
}

impl Mux {
    /// Queues a byte message of `len` bytes behind what the port already queues. The embedder keeps the bytes and
    /// hands out the ranges that `poll_transmit` names. `ports` says how many ports the list has that is queued next, by
    /// [`Mux::send_ports`]: the message is accepted together with it or not at all.
    ///
    /// # Errors
    /// `WrongState` after the end was announced, `ReceiverClosed` when the peer reads no more, `Ended`, `NoSuchPort`.
    pub fn send(&mut self, key: Key, len: u32, ports: u32) -> Result<Accepted, Misuse> {
        self.queue_bytes(key, len, ports, Part::WHOLE)
    }

    pub(crate) fn queue_bytes(
        &mut self,
        key: Key,
        len: u32,
        ports: u32,
        part: Part,
    ) -> Result<Accepted, Misuse> {
        self.check_sendable(key)?;
        let cost = chunk_cost(len);
        let covered = self.can_cover(key, cost.saturating_add(ports.saturating_mul(PORT_COST)));
        Ok(self.queue(key, Outgoing::Bytes { len, covered, part }, cost))
    }

    /// Whether so much could leave with what is in hand, and nothing before it is dropped by an orderly close.
    pub(crate) fn can_cover(&self, key: Key, cost: u32) -> bool {
        let room = self.config.send_queue_bytes.saturating_sub(self.covered_cost);
        self.store.get(key).is_some_and(|port| {
            // A port that is not answered yet has the peer's window in hand all the same.
            let in_hand = u64::from(port.send.available());
            port.queued_cost + u64::from(cost) <= in_hand && cost <= room && !port.is_last_uncovered()
        })
    }

    pub(crate) fn queue(&mut self, key: Key, item: Outgoing, cost: u32) -> Accepted {
        let covered = item.is_covered();
        if let Some(port) = self.store.get_mut(key) {
            port.queued_cost += u64::from(cost);
            port.outgoing.push_back(item);
            if covered {
                self.covered_cost += cost;
            }
        }
        self.wake(key);
        if covered { Accepted::Covered } else { Accepted::Waiting }
    }

    /// Queues a list that requests the reserved `ports`, in this order.
    ///
    /// # Errors
    /// As [`Mux::send`]; `WrongState` when one of `ports` is not reserved, is given twice or is `key` itself.
    pub fn send_ports(&mut self, key: Key, ports: &[Key]) -> Result<(), Misuse> {
        self.check_sendable(key)?;
        self.request_all(key, ports)?;
        if ports.is_empty() {
            return Ok(());
        }
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        // The list is a part of the value before it: what was accepted is accepted with it.
        let covered = matches!(port.outgoing.back(), Some(Outgoing::Bytes { covered: true, .. }));
        let list = Outgoing::Ports { keys: Vec::from(ports), covered, alone: false };
        self.queue(key, list, PORT_COST * ports.len() as u32);
        Ok(())
    }

    /// All or none.
    pub(crate) fn request_all(&mut self, carrier: Key, ports: &[Key]) -> Result<(), Misuse> {
        for (at, asked) in ports.iter().enumerate() {
            let result = match self.store.get_mut(*asked) {
                None => Err(Misuse::NoSuchPort),
                Some(port) if port.state == State::Reserved && *asked != carrier => {
                    port.state = State::Requested;
                    Ok(())
                }
                Some(_) => Err(Misuse::WrongState),
            };
            if let Err(misuse) = result {
                for undone in ports.iter().take(at) {
                    if let Some(port) = self.store.get_mut(*undone) {
                        port.state = State::Reserved;
                    }
                }
                return Err(misuse);
            }
        }
        Ok(())
    }

    /// Takes back the last message queued on the port together with the lists behind it, or gives it up when a part
    /// has left: the peer discards an unfinished message when the next one starts. False when it has left whole.
    pub fn cancel_last(&mut self, key: Key) -> bool {
        let Some(port) = self.store.get(key) else { return false };
        let last = port.last_start();
        if let Some(at) = last {
            self.drop_outgoing_from(key, at);
        }
        last.is_some()
    }

    /// Announces the end of sending after what is queued.
    ///
    /// # Errors
    /// `NoSuchPort`; calling it twice is fine.
    pub fn finish_send(&mut self, key: Key) -> Result<(), Misuse> {
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        if !core::mem::replace(&mut port.finish_queued, true) {
            port.outgoing.push_back(Outgoing::Finish);
            self.wake(key);
        }
        Ok(())
    }

    /// Asks the peer to send no more; what is under way can still be received.
    ///
    /// # Errors
    /// `NoSuchPort`; calling it twice, or after `finish_receive`, does nothing.
    pub fn close_receive(&mut self, key: Key) -> Result<(), Misuse> {
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        if port.receiver_closed || port.receiver_finished {
            return Ok(());
        }
        port.receiver_closed = true;
        if let Some(remote) = port.remote() {
            self.control.push_back(Control::ReceiveClose { remote });
        }
        Ok(())
    }

    /// Ends both directions of a port that came to nothing, and lets go of what it queued.
    pub(crate) fn give_up(&mut self, key: Key) {
        self.drop_outgoing_from(key, 0);
        let _ = self.finish_send(key);
        let _ = self.finish_receive(key);
    }

    /// Receives no more: what arrives from now on is dropped and not consumed.
    ///
    /// # Errors
    /// `NoSuchPort`; calling it twice is fine.
    pub fn finish_receive(&mut self, key: Key) -> Result<(), Misuse> {
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        if core::mem::replace(&mut port.receiver_finished, true) {
            return Ok(());
        }
        if let Some(remote) = port.remote() {
            self.control.push_back(Control::ReceiveFinish { remote });
        }
        self.forget(key);
        self.free_if_over(key);
        Ok(())
    }

    /// Where a port stands among others: `urgency` from 0 (first) to 7 (last), 3 being usual, and whether its messages
    /// take turns with others of the same urgency or are finished one by one. In the shape of RFC 9218.
    ///
    /// # Errors
    /// `NoSuchPort`.
    pub fn prioritize(&mut self, key: Key, urgency: u8, incremental: bool) -> Result<(), Misuse> {
        let port = self.store.get_mut(key).ok_or(Misuse::NoSuchPort)?;
        port.class = match urgency {
            0..=2 => URGENT,
            3 | 4 => NORMAL,
            _ => BULK,
        };
        port.incremental = incremental;
        if !port.scheduled {
            port.ring = port.class;
        }
        Ok(())
    }

    /// Messages on this port that are longer than `bytes` are not kept by the embedder.
    pub fn set_max_message(&mut self, key: Key, bytes: u32) {
        if let Some(port) = self.store.get_mut(key) {
            port.max_message = bytes;
        }
    }

    /// Returns credits for what the application took out of a port: `cost` bytes of chunks (at least 1 each), 4 for
    /// each entry of a list.
    ///
    /// # Errors
    /// `TooMuchConsumed`; a port that is gone or finished is fine.
    pub fn consumed(&mut self, key: Key, cost: u32) -> Result<(), Misuse> {
        if self.store.get(key).is_none_or(|port| port.receiver_finished) {
            return Ok(());
        }
        let from_port = self.consume_pool(key, cost);
        let Some(port) = self.store.get_mut(key) else { return Ok(()) };
        if !port.receive.consume(from_port) {
            return Err(Misuse::TooMuchConsumed);
        }
        self.report_consumed(key, cost);
        self.recount(key);
        self.throttle(key);
        self.return_credits(key);
        Ok(())
    }

    pub(crate) fn return_credits(&mut self, key: Key) {
        let Some(port) = self.store.get_mut(key) else { return };
        // After ReceiveFinish or the peer's SendFinish credits are of no use, and 0.18 fails on late ones.
        let wanted = !port.receiver_finished && !port.remote_sender_finished;
        if wanted && !port.credit_queued && port.receive.is_return_due() && !self.must_withhold(key) {
            if let Some(port) = self.store.get_mut(key) {
                port.credit_queued = true;
            }
            self.credits.push_back(key);
        }
    }

    pub(crate) fn check_sendable(&self, key: Key) -> Result<(), Misuse> {
        if self.phase != Phase::Open || self.closing {
            return Err(Misuse::Ended);
        }
        let port = self.store.get(key).ok_or(Misuse::NoSuchPort)?;
        let outlasts = port.outlasts_close && !port.remote_receiver_finished;
        if port.remote_receiver_closed && !outlasts {
            return Err(Misuse::ReceiverClosed);
        }
        if port.finish_queued { Err(Misuse::WrongState) } else { Ok(()) }
    }

    /// Sends what was asked of a port while it was not answered.
    pub(crate) fn send_postponed(&mut self, key: Key) {
        let Some(port) = self.store.get(key) else { return };
        let Some(remote) = port.remote() else { return };
        let (closed, finished) = (port.receiver_closed, port.receiver_finished);
        if closed {
            self.control.push_back(Control::ReceiveClose { remote });
        }
        if finished {
            self.control.push_back(Control::ReceiveFinish { remote });
        }
    }

    /// Drops the queued items from position `at` on; a first one that has left in part is given up. Ports in dropped
    /// lists are refused locally, with what they would have carried. The end of sending stays queued.
    pub(crate) fn drop_outgoing_from(&mut self, key: Key, at: usize) {
        let mut refused = Vec::new();
        self.drop_items(key, at, &mut refused);
        self.wake(key);
        // A loop, because lists on ports in lists can be nested as deep as there are ports.
        while let Some(key) = refused.pop() {
            self.drop_items(key, 0, &mut refused);
            self.remove(key);
            self.emit(Event::Refused { key, no_ports: false, unsent: true });
        }
    }

    /// Adds the ports of dropped lists to `refused`, the first of them last.
    fn drop_items(&mut self, key: Key, at: usize, refused: &mut Vec<Key>) {
        let Some(port) = self.store.get_mut(key) else { return };
        let mut finish = false;
        while port.outgoing.len() > at
            && let Some(item) = port.outgoing.pop_back()
        {
            let progress = if port.outgoing.is_empty() { core::mem::take(&mut port.progress) } else { 0 };
            let cost = item.cost_after(progress);
            port.queued_cost = port.queued_cost.saturating_sub(cost);
            if item.is_covered() {
                self.covered_cost -= cost as u32;
            }
            match item {
                Outgoing::Bytes { .. } | Outgoing::Report => {}
                Outgoing::Ports { mut keys, .. } => {
                    while keys.len() > progress as usize
                        && let Some(key) = keys.pop()
                    {
                        refused.push(key);
                    }
                }
                Outgoing::Finish => finish = true,
            }
        }
        if finish {
            port.outgoing.push_back(Outgoing::Finish);
        }
    }

    /// Drops every message that was not accepted at once, and what is queued behind it but for the end of sending.
    /// Whether there was one.
    pub(crate) fn drop_uncovered(&mut self, key: Key) -> bool {
        let Some(port) = self.store.get(key) else { return false };
        let first = port.outgoing.iter().position(|item| item.is_start() && !item.is_covered());
        if let Some(at) = first {
            self.drop_outgoing_from(key, at);
        }
        first.is_some()
    }

    /// Takes back the end of sending, for now and later: the peer would take it for the end of a whole stream.
    pub(crate) fn drop_finish(&mut self, key: Key) {
        if let Some(port) = self.store.get_mut(key) {
            port.finish_queued = true;
            // Nothing is queued behind it.
            if matches!(port.outgoing.back(), Some(Outgoing::Finish)) {
                port.outgoing.pop_back();
            }
        }
    }
}
