//! The round trip as it is seen by who receives, and how long the windows of ports should last for it.
//!
//! A plain remoc sends whatever it has credits for, and what it has sent stands in front of its small messages. So what it
//! holds is fitted to the path: as much as arrives in a round trip and a little more.

use crate::mux::Mux;
use crate::store::Key;
use crate::time::Timer;

/// Queueing that is accepted, so that the link does not run dry between returns and turns of event loops are not taken for
/// the path: so long, and a third of the round trip.
const TARGET_MS: f64 = 16.0;
const TARGET_TRIPS: f64 = 1.0 / 3.0;
/// Windows of a peer that bounds by itself what is under way: never what holds it back.
const AMPLE_TRIPS: f64 = 6.0;
/// Where nothing came for longer, the peer had nothing to send, or no credits.
const PAUSE_MS: f64 = 8.0;
/// A base older than this is measured anew, on an emptied queue, for the path may have become longer. Not within a
/// hundred round trips, for that idles for one.
const BASE_LIFETIME_MS: f64 = 3_000.0;
const BASE_LIFETIME_TRIPS: f64 = 100.0;
/// No queue that is worth it takes longer to be emptied.
const MAX_EMPTYING_MS: f64 = 500.0;
/// A question that is not answered for so long gives way to another, in ms.
const PROBE_MS: f64 = 1_000.0;

/// A request for a port, answered by the first that comes on it, or credits, answered by what comes beyond those that the
/// peer held. An upper bound of the round trip.
#[derive(Clone, Copy, Debug)]
struct Probe {
    key: Key,
    /// What the peer may still send of the credits that it held before.
    held: u32,
    at: f64,
    /// The peer could send nothing until it came, and nothing was under way.
    alone: bool,
}

#[derive(Debug)]
pub(crate) struct Trips {
    probe: Option<Probe>,
    /// The shortest round trip known; infinite before the first.
    base_ms: f64,
    base_at: f64,
    /// A clock that stands still while nothing is carried, in ms.
    clock: f64,
    arrived_at: f64,
    /// For how long no credits are to be returned from now on, so that the queue empties.
    emptying_ms: Option<f64>,
    /// That time is over.
    emptied: bool,
}

impl Default for Trips {
    fn default() -> Self {
        Self {
            probe: None,
            base_ms: f64::INFINITY,
            base_at: 0.0,
            clock: 0.0,
            arrived_at: 0.0,
            emptying_ms: None,
            emptied: false,
        }
    }
}

impl Trips {
    pub(crate) fn clock(&self) -> f64 {
        self.clock
    }

    /// The shortest round trip of late.
    pub(crate) fn base_ms(&self) -> f64 {
        self.base_ms
    }

    /// A chunk begins to come.
    fn on_header(&mut self, now: f64) {
        self.clock += (now - self.arrived_at).min(PAUSE_MS);
        self.arrived_at = now;
    }

    /// A chunk has come: until then it was carried, however long that took.
    fn on_payload(&mut self, now: f64) {
        self.clock += now - self.arrived_at;
        self.arrived_at = now;
    }

    /// A request for a port leaves, or credits for a peer that holds `held`.
    pub(crate) fn ask(&mut self, key: Key, held: u32, now: f64) {
        let alone = held == 0 && self.emptied;
        if alone || self.probe.is_none_or(|probe| now - probe.at > PROBE_MS) {
            self.probe = Some(Probe { key, held, at: now, alone });
        }
        self.emptied = false;
    }

    /// `len` bytes came on a port; 0 for the answer to the request for it, and where a chunk begins to come.
    fn on_answer(&mut self, key: Key, len: u32, ample: bool, now: f64) {
        let Some(probe) = self.probe.as_mut().filter(|probe| probe.key == key) else { return };
        if probe.held > 0 && len <= probe.held {
            probe.held -= len;
            return;
        }
        let ms = now - probe.at;
        if ms <= self.base_ms || probe.alone || (ample && self.is_old(now)) {
            self.base_ms = ms;
            self.base_at = now;
        }
        self.probe = None;
    }

    /// What was asked on a port that is gone is not answered.
    pub(crate) fn forget(&mut self, key: Key) {
        self.probe = self.probe.filter(|probe| probe.key != key);
    }

    fn is_old(&self, now: f64) -> bool {
        now - self.base_at > BASE_LIFETIME_MS.max(self.base_ms * BASE_LIFETIME_TRIPS)
    }

    /// How long a window should last that lasts `lasts_ms` now; unknown before the first round trip. `ample`: the peer
    /// bounds by itself what is under way.
    pub(crate) fn wanted_ms(&mut self, lasts_ms: f64, ample: bool, now: f64) -> Option<f64> {
        let base_ms = self.base_ms;
        if !base_ms.is_finite() {
            return None;
        }
        if ample {
            return Some((base_ms * AMPLE_TRIPS).max(TARGET_MS));
        }
        let wanted_ms = base_ms * (1.0 + TARGET_TRIPS) + TARGET_MS;
        if self.is_old(now) {
            self.base_at = now;
            self.emptying_ms = Some((1.25 * lasts_ms + base_ms).min(MAX_EMPTYING_MS));
        }
        Some(wanted_ms)
    }

    /// For how long no credits are to be returned from now on, told once.
    pub(crate) fn take_emptying(&mut self) -> Option<f64> {
        self.emptying_ms.take()
    }
}

impl Mux {
    /// Whether no credits are returned, so that the queue in front of the peer's messages empties.
    pub(crate) fn is_emptying(&mut self, now: f64) -> bool {
        if self.timers.is_due(Timer::Emptied, now) {
            self.timers.stop(Timer::Emptied);
            self.trips.emptied = true;
        }
        self.timers.is_running(Timer::Emptied)
    }

    /// The answer to the request for a port came, which tells the round trip.
    pub(crate) fn note_answer(&mut self, key: Key, now: f64) {
        self.trips.on_answer(key, 0, self.acks.enabled, now);
    }

    /// A chunk begins to come on a port.
    pub(crate) fn note_header(&mut self, key: Key, now: f64) {
        self.trips.on_header(now);
        self.note_answer(key, now);
    }

    /// `len` bytes came on a port. They also show that its message goes on.
    pub(crate) fn note_arrival(&mut self, key: Key, len: u32, now: f64) {
        self.note_progress(key);
        self.trips.on_payload(now);
        self.trips.on_answer(key, len, self.acks.enabled, now);
        let clock = self.trips.clock();
        if let Some(port) = self.port(key) {
            port.receive.start(clock, now);
        }
    }
}
