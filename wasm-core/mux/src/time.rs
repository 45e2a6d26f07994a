//! Deadlines. Time is milliseconds on the embedder's monotonic clock; the core only compares.

/// One deadline each for what can be due, infinite where nothing is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers([f64; 7]);

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// The peer's Hello must have come.
    Handshake = 0,
    /// Something must have been received.
    Receive = 1,
    /// Something must be sent so that the peer sees a sign of life.
    Ping = 2,
    /// The peer's Goodbye must have come.
    Close = 3,
    /// Something that could be sent must have been taken by the transport.
    Stall = 4,
    /// A message that others wait for must have gone on.
    Standstill = 5,
    /// What the peer had credits for must have come.
    Emptied = 6,
}

impl Default for Timers {
    fn default() -> Self {
        Self([f64::INFINITY; 7])
    }
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: f64) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.set(timer, f64::INFINITY);
    }

    /// Infinite when it does not run.
    pub(crate) fn get(&self, timer: Timer) -> f64 {
        self.0.get(timer as usize).copied().unwrap_or(f64::INFINITY)
    }

    pub(crate) fn is_running(&self, timer: Timer) -> bool {
        self.get(timer) < f64::INFINITY
    }

    pub(crate) fn is_due(&self, timer: Timer, now: f64) -> bool {
        self.get(timer) <= now
    }

    /// The earliest deadline, infinite for none.
    pub(crate) fn next(&self) -> f64 {
        self.0.iter().fold(f64::INFINITY, |next, at| if *at < next { *at } else { next })
    }
}
