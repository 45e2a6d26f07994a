//! How fast data leaves towards a peer that tells nothing but by its credits, as remoc 0.18 does: what it has credits for
//! would stand in front of what becomes urgent later.
//!
//! Credits come back once half of a window was consumed. What of the port is under way then, by the rate at which it
//! comes, is how long a byte is under way: data leaves so fast that this is the round trip and a little more.

use crate::store::Key;

/// Queueing that is accepted: so long, and a third of the round trip.
const TARGET_MS: f64 = 16.0;
const TARGET_TRIPS: f64 = 1.0 / 3.0;
/// A chunk cannot be interrupted.
const CHUNK_MS: f64 = 5.0;
pub(crate) const MIN_CHUNK: u32 = 1_024;
/// Whoever was late may catch up so much, and who waited for the pace all that a busy program is late.
const LATE_MS: f64 = 8.0;
const MAX_LATE_MS: f64 = 1_000.0;
/// Where the queue is nearly empty more is tried, and each time twice as much more.
const MORE: f64 = 0.1;
const MOST_MORE: f64 = 1.0;
/// No slower, in bytes per ms: half of a window of remoc comes back within the patience below.
const LEAST_RATE: f64 = 64.0;
/// Who was slower than this part of the rate had other reasons, which tell nothing.
const PACED: f64 = 0.8;
/// Credits that took longer tell nothing, in ms: the reader had other things to do.
const PATIENCE_MS: f64 = 5_000.0;

/// A moment at which credits for a port came back.
#[derive(Clone, Copy, Debug)]
struct Mark {
    key: Key,
    at: f64,
    /// Bytes sent on all ports until then, and bytes of the port under way.
    sent: u64,
    in_flight: u32,
}

#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) enabled: bool,
    sent: u64,
    mark: Option<Mark>,
    /// Bytes per ms; infinite while nothing shows that they queue.
    rate: f64,
    more: f64,
    /// When more may leave.
    next_at: f64,
    /// Something waits for that.
    pub(crate) waits: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            enabled: false,
            sent: 0,
            mark: None,
            rate: f64::INFINITY,
            more: MORE,
            next_at: 0.0,
            waits: false,
        }
    }
}

impl Pace {
    /// Something is about to be sent. Whether it has waited.
    pub(crate) fn begin(&mut self, now: f64) -> bool {
        let late_ms = if self.waits { MAX_LATE_MS } else { LATE_MS };
        self.next_at = self.next_at.max(now - late_ms);
        core::mem::take(&mut self.waits)
    }

    pub(crate) fn on_sent(&mut self, bytes: u64) {
        self.sent += bytes;
        self.next_at += bytes as f64 / self.rate;
    }

    /// Until when nothing may leave behind `collected` bytes that are about to.
    pub(crate) fn full_until(&self, collected: u64, now: f64) -> Option<f64> {
        let at = self.next_at + collected as f64 / self.rate;
        (self.enabled && at > now).then_some(at)
    }

    /// A chunk of at most `most` bytes should be no longer.
    pub(crate) fn cut(&self, most: u32) -> u32 {
        if self.enabled { most.min(((self.rate * CHUNK_MS) as u32).max(MIN_CHUNK)) } else { most }
    }

    /// Credits came back for a port of which `in_flight` bytes remain under way; all had been used if it was `out`. `base_ms`:
    /// the shortest round trip known.
    pub(crate) fn on_returned(
        &mut self,
        key: Key,
        returned: u32,
        in_flight: u32,
        out: bool,
        base_ms: f64,
        now: f64,
    ) {
        let mark = self.mark.filter(|mark| now - mark.at <= PATIENCE_MS);
        if mark.is_some_and(|mark| mark.key != key || mark.at >= now) {
            return;
        }
        self.mark = Some(Mark { key, at: now, sent: self.sent, in_flight });
        let Some(before) = mark else {
            self.rate = f64::INFINITY;
            return;
        };
        let elapsed = now - before.at;
        let under_way_ms = f64::from(in_flight) * elapsed / f64::from(returned);
        let target_ms = base_ms * (1.0 + TARGET_TRIPS) + TARGET_MS;
        let sent_rate = (self.sent - before.sent) as f64 / elapsed;
        // All ports share the rate at which the port's bytes came as they shared that at which they left.
        let left = f64::from(returned) + f64::from(in_flight) - f64::from(before.in_flight);
        let came_rate = sent_rate * f64::from(returned) / left.max(1.0);
        if under_way_ms > target_ms {
            if out || sent_rate >= self.rate * PACED {
                let less = (1.0 - (under_way_ms - target_ms) / elapsed).max(0.5);
                self.rate = (came_rate * less).max(LEAST_RATE);
                self.more = MORE;
            }
            return;
        }
        self.rate = self.rate.max(came_rate);
        if under_way_ms < (base_ms + target_ms) / 2.0 && sent_rate >= self.rate / 2.0 {
            self.rate *= 1.0 + self.more;
            self.more = (self.more * 2.0).min(MOST_MORE);
        }
    }
}
