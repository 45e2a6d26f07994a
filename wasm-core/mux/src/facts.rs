//! What is only of interest to whoever looks into a connection.

use crate::mux::Mux;
use crate::store::Key;
use crate::time::Timer;

/// What is known of the way to the peer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Path {
    /// The shortest round trip of late in ms; infinite while unknown.
    pub round_trip_ms: f64,
    /// How much may be under way, and how much is; `None` where nothing is acknowledged.
    pub window_and_flight: Option<(f64, u64)>,
}

impl Mux {
    /// What is known of the way to the peer.
    #[must_use]
    pub fn path(&self) -> Path {
        Path {
            round_trip_ms: self.window.base_ms().min(self.trips.base_ms()),
            window_and_flight: self.window.in_use(),
        }
    }

    /// Until when credits or data stay here so that queues are short, in ms of the embedder's clock, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn waits_until(&self, now: f64) -> Option<f64> {
        let returns = Some(self.timers.get(Timer::Emptied)).filter(|at| at.is_finite());
        returns.or(self.pace.full_until(0, now))
    }

    /// Credits in hand for sending on a port, and the cost of what it queues; 0 for a port that is gone.
    #[must_use]
    pub fn credit_and_queued(&self, key: Key) -> (u32, u64) {
        self.store.get(key).map_or((0, 0), |port| (port.send.available(), port.queued_cost))
    }
}
