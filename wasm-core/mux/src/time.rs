//! Deadlines. Time is milliseconds on the embedder's monotonic clock; the core only compares.

/// One deadline each for what can be due.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timers([Option<f64>; 6]);

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
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: f64) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = Some(at);
        }
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = None;
        }
    }

    pub(crate) fn stop_all(&mut self) {
        self.0 = Default::default();
    }

    pub(crate) fn get(&self, timer: Timer) -> Option<f64> {
        self.0.get(timer as usize).copied().flatten()
    }

    pub(crate) fn is_due(&self, timer: Timer, now: f64) -> bool {
        self.get(timer).is_some_and(|at| at <= now)
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<f64> {
        self.0.iter().flatten().copied().reduce(f64::min)
    }
}
