//! Reports that the application read up to a point, of remoc 0.19 and 0.20: questions go in line with the data.

use alloc::collections::VecDeque;

use crate::error::{Error, Failure, Misuse};
use crate::event::Event;
use crate::mux::Mux;
use crate::port::Outgoing;
use crate::store::Key;
use crate::transmit::Control;
use crate::wire::{PortRef, id};

/// Questions cost the peer nothing. So many points of a port are kept apart; what is asked beyond is answered together
/// with the last of them, later than it could be.
const MAX_POINTS: usize = 64;
/// Unanswered questions on one port, each of which is an answer to be sent.
const MAX_QUESTIONS: u32 = 65_536;

/// What the peer asked on a port and is not told yet.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// What must be consumed after the point before, and how many questions are answered then.
    points: VecDeque<(u32, u32)>,
    /// What must be consumed for all of them.
    ahead: u32,
    /// All questions.
    count: u32,
}

impl Reports {
    /// A question, behind `unread` of what came.
    fn ask(&mut self, unread: u32) {
        self.count += 1;
        let beyond = unread.saturating_sub(self.ahead);
        self.ahead += beyond;
        let is_full = self.points.len() >= MAX_POINTS;
        match self.points.back_mut() {
            Some((cost, count)) if beyond == 0 || is_full => {
                *cost += beyond;
                *count += 1;
            }
            _ => self.points.push_back((beyond, 1)),
        }
    }

    /// The application took `cost`. How many questions can be answered now.
    fn consume(&mut self, mut cost: u32) -> u32 {
        let before = self.count;
        while let Some((due, count)) = self.points.front_mut() {
            let part = cost.min(*due);
            *due -= part;
            cost -= part;
            self.ahead -= part;
            if *due > 0 {
                break;
            }
            self.count -= *count;
            self.points.pop_front();
        }
        before - self.count
    }
}

impl Mux {
    /// Asks the peer to tell when its application has read all that was queued on the port so far; answered by
    /// [`Event::Report`], in order, unless the peer stops to read before.
    ///
    /// # Errors
    /// `Unsupported` when the peer does not answer such questions, else as [`Mux::send`].
    pub fn request_report(&mut self, key: Key) -> Result<(), Misuse> {
        if !self.peer_can().received_report {
            return Err(Misuse::Unsupported);
        }
        self.check_sendable(key)?;
        if let Some(port) = self.store.get_mut(key) {
            port.outgoing.push_back(Outgoing::Report);
        }
        self.wake(key);
        Ok(())
    }

    pub(crate) fn handle_report_request(&mut self, port: PortRef) -> Result<(), Failure> {
        let message = id::REQUEST_RECEIVED_REPORT;
        let number = port.number;
        let key = match self.addressed(port, message) {
            Ok(key) => key,
            Err(error) if self.config.announced().received_report => return Err(error),
            Err(_) => return Ok(()),
        };
        let Some(port) = self.store.get_mut(key) else { return Ok(()) };
        if port.remote_sender_finished {
            return Err(self.wrong_state(message, number));
        }
        let unread = port.receive.used().saturating_add(port.pool_used);
        port.reports.ask(unread);
        if port.reports.count > MAX_QUESTIONS {
            return Err(self.broken(Error::TooManyRequests { limit: MAX_QUESTIONS }));
        }
        self.report_consumed(key, 0);
        Ok(())
    }

    /// The application took `cost` on a port: some questions of the peer are answered by that.
    pub(crate) fn report_consumed(&mut self, key: Key, cost: u32) {
        let Some(port) = self.store.get_mut(key) else { return };
        // After the end that was sent nothing is to be told.
        let Some(remote) = port.remote().filter(|_| !port.receiver_finished) else { return };
        for _ in 0..port.reports.consume(cost) {
            self.control.push_back(Control::Report { remote });
        }
    }

    pub(crate) fn handle_report(&mut self, port: PortRef) {
        let Ok(key) = self.addressed(port, id::RECEIVED_REPORT) else { return };
        let Some(port) = self.store.get_mut(key) else { return };
        if port.reports_due > 0 {
            port.reports_due -= 1;
            self.emit(Event::Report { key });
        }
    }
}
