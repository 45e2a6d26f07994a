//! Ends: orderly, by time, by the transport.

use crate::error::Error;
use crate::event::Event;
use crate::mux::{Mux, Phase};
use crate::port::Port;
use crate::time::Timer;

/// How long an orderly end may take, for flushing and for the peer's Goodbye together.
const CLOSE_MS: f64 = 2_000.0;
/// How long a Goodbye that was late already waits for its answer.
const GOODBYE_MS: f64 = 500.0;
/// A receive timeout that is noticed this much late was overslept: the process or tab was frozen.
const OVERSLEPT_MS: f64 = 1_000.0;
/// What an overslept timeout waits once more for frames that were queued meanwhile.
const SECOND_CHANCE_MS: f64 = 5_000.0;

impl Mux {
    /// Ends the connection in an orderly way: what was accepted at once is still sent, then Goodbye; `Ended` follows
    /// when the peer's Goodbye came, after two and a half seconds at the latest. What was waiting is dropped.
    pub fn close(&mut self, now: f64) {
        match self.phase {
            Phase::Ended => {}
            Phase::Handshake => self.end(Event::Ended),
            Phase::Open => {
                if !self.closing {
                    self.closing = true;
                    for key in self.store.keys() {
                        if self.drop_uncovered(key) {
                            self.drop_finish(key);
                        }
                    }
                    self.timers.set(Timer::Close, now + CLOSE_MS);
                }
            }
        }
    }

    /// As [`Mux::close`], at once: what is queued is dropped, also what was accepted, and Goodbye is all that is sent.
    /// `Ended` follows after half a second at the latest.
    pub fn terminate(&mut self, now: f64) {
        self.close(now);
        if self.phase == Phase::Open {
            self.drop_all_but_goodbye(now);
        }
    }

    /// The network may be another one: the peer is asked for an answer, and when nothing at all came for `limit_ms` the
    /// connection fails. One that cannot be asked is only sent a Ping.
    pub fn probe(&mut self, limit_ms: f64, now: f64) {
        if self.phase != Phase::Open {
            return;
        }
        self.ping_wanted = true;
        if self.peer_answers() {
            self.pool.question_due = true;
            self.timers.set(Timer::Receive, self.timers.get(Timer::Receive).min(now + limit_ms));
        }
    }

    pub(crate) fn handle_goodbye(&mut self, now: f64) {
        self.goodbye_received = true;
        self.emit(Event::Goodbye);
        if self.goodbye_sent {
            self.end(Event::Ended);
        } else {
            // Nobody listens any more: the peer's channels failed before it said Goodbye.
            self.closing = true;
            self.drop_everything();
            if !self.timers.is_running(Timer::Close) {
                self.timers.set(Timer::Close, now + CLOSE_MS);
            }
        }
    }

    /// Whether Goodbye is the next thing to say: everything else that can be sent has been, and either an end is
    /// wanted or nothing is left that could be said.
    pub(crate) fn is_goodbye_due(&mut self) -> bool {
        (self.closing || self.is_unused()) && self.covered_cost == 0 && self.schedule.is_idle(&mut self.store)
    }

    /// No ports, and none can come.
    fn is_unused(&self) -> bool {
        let (ours, theirs) = (&self.requests, &self.asked);
        self.store.len() == 0
            && !theirs.has_unanswered()
            && (ours.client_finish_sent || ours.remote_listener_finished)
            && (theirs.listener_closed || theirs.remote_client_finished)
    }

    pub(crate) fn goodbye_left(&mut self, now: f64) {
        self.goodbye_sent = true;
        if self.goodbye_received {
            self.end(Event::Ended);
        } else if !self.timers.is_running(Timer::Close) {
            self.timers.set(Timer::Close, now + CLOSE_MS);
        }
    }

    /// A deadline has passed, or may have.
    pub fn handle_timeout(&mut self, now: f64) {
        if self.acks.due_at.is_some_and(|at| at <= now) {
            self.acks.due_at = None;
        }
        self.watch_standstill(now);
        self.is_emptying(now);
        if self.timers.is_due(Timer::Ping, now) {
            // The deadline must not stay due while the transport takes nothing.
            self.timers.stop(Timer::Ping);
            self.ping_wanted = true;
        }
        if self.timers.is_due(Timer::Handshake, now) {
            self.fail(Error::HandshakeTimeout);
        } else if self.timers.is_due(Timer::Close, now) {
            self.handle_close_timeout(now);
        } else if self.is_stalled(now) {
            self.fail(Error::Stalled);
        } else if self.timers.is_due(Timer::Receive, now) {
            let late = now - self.timers.get(Timer::Receive);
            if late > OVERSLEPT_MS && !self.second_chance {
                self.second_chance = true;
                self.timers.set(Timer::Receive, now + SECOND_CHANCE_MS);
            } else {
                self.fail(Error::ReceiveTimeout);
            }
        }
    }

    /// Whether something could have been sent and nothing was for half the time in which something must be heard: the
    /// peer lives, and does not read.
    fn is_stalled(&mut self, now: f64) -> bool {
        let limit_ms = self.config.timeout_ms as f64 / 2.0;
        if self.phase != Phase::Open || self.closing || limit_ms == 0.0 || !self.has_backlog() {
            self.timers.stop(Timer::Stall);
            return false;
        }
        let due = self.timers.get(Timer::Stall);
        // An overslept one says nothing.
        if due == f64::INFINITY || now - due > OVERSLEPT_MS {
            self.timers.set(Timer::Stall, now + limit_ms);
        }
        (0.0..=OVERSLEPT_MS).contains(&(now - due))
    }

    fn has_backlog(&mut self) -> bool {
        !self.control.is_empty() || !self.credits.is_empty() || !self.schedule.is_idle(&mut self.store)
    }

    /// What could not be flushed is given up so that at least Goodbye goes out; neither a peer that does not answer it
    /// nor a transport that does not take it is waited for.
    fn handle_close_timeout(&mut self, now: f64) {
        if self.goodbye_sent || self.gave_up {
            self.end(Event::Ended);
        } else {
            self.drop_all_but_goodbye(now);
        }
    }

    fn drop_all_but_goodbye(&mut self, now: f64) {
        self.gave_up = true;
        self.drop_everything();
        self.timers.set(Timer::Close, now + GOODBYE_MS);
    }

    /// Drops all that is queued. The end of sending is kept where it is all there is.
    fn drop_everything(&mut self) {
        for key in self.store.keys() {
            if self.store.get(key).is_some_and(Port::has_messages) {
                self.drop_finish(key);
            }
            self.drop_outgoing_from(key, 0);
        }
    }

    /// The transport ended. Clean when Goodbye was said or heard before, else a failure.
    pub fn handle_transport_end(&mut self) {
        if self.goodbye_received || self.goodbye_sent {
            self.end(Event::Ended);
        } else if self.phase == Phase::Handshake {
            self.fail(Error::TransportEndedEarly);
        } else {
            self.fail(Error::TransportEnded);
        }
    }
}
