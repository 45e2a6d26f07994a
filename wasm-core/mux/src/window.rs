//! How much may be under way: a window driven by delay.
//!
//! A socket takes whatever it is given, so what is handed over early stands in front of what becomes urgent later. The
//! peer acknowledges what it received, or answers when it is asked; the window grows while round trips stay short and
//! shrinks when they do not.
//! Rule and figures: measured with a queue of 64 KiB at 10 Mbit/s, where it kept a small message at 24 ms (median)
//! beside an upload at 90 % of the rate.

use alloc::collections::VecDeque;

use crate::ack::OWN_MESSAGE_BYTES;

/// Queueing that is accepted: some chunks, so that the link does not run dry between acknowledgements, and a third of the
/// shortest round trip, by which the window sways; but not so little that the jitter of event loops is taken for queueing,
/// nor more than a long path needs for its swaying.
const TARGET_CHUNKS: f64 = 2.5;
const TARGET_TRIPS: f64 = 1.0 / 3.0;
const MIN_TARGET_MS: f64 = 8.0;
const MAX_TARGET_MS: f64 = 40.0;
/// What came is known later where the peer must be asked.
const ASKING_MIN_TARGET_MS: f64 = 14.0;
/// Round trips are looked at no more often.
const MIN_UPDATE_MS: f64 = 4.0;
const MIN_DOUBLING_MS: f64 = 1.0;
/// A shortest round trip older than this is measured anew, on an emptied queue: the path may have changed. Not within a
/// hundred round trips, for that idles for two.
const BASE_LIFETIME_MS: f64 = 10_000.0;
const BASE_LIFETIME_TRIPS: f64 = 100.0;
/// Enough for 10 Mbit/s at 50 ms from the start.
const INITIAL_BYTES: f64 = 65_536.0;
/// More than 1 Gbit/s at 100 ms.
const MAX_BYTES: f64 = 16_777_216.0;
/// A chunk should not take longer than this to be carried, for it cannot be interrupted.
const CHUNK_MS: f64 = 5.0;
const MIN_CHUNK: u32 = 1_024;
/// Where both ends take chunks that are larger than Hello says, these may take so long: what waits behind one should not
/// be noticed.
const LARGE_CHUNK_MS: f64 = 2.0;
/// Less is acknowledged only along with something else.
const LEAST_ACKED: f64 = OWN_MESSAGE_BYTES as f64;
/// The peer is asked after so much of the window, but no more often unless the window is full and no question open.
const ASK_SHARE: f64 = 0.25;
const ASK_PACE_MS: f64 = 20.0;
/// So many questions may be unanswered: fewer than there are numbers for them.
const MAX_QUESTIONS: usize = 64;
/// Nobody waits longer for an answer.
const PATIENCE_MS: f64 = 1_000.0;

/// Bytes handed over at one time, or before a question.
#[derive(Clone, Copy, Debug)]
struct Flight {
    /// Bytes sent up to its end.
    end: u64,
    at: f64,
}

/// The window of one direction. Law: acknowledged <= sent.
#[derive(Debug)]
pub(crate) struct Window {
    /// The peer acknowledges; else nothing is bounded here.
    pub(crate) enabled: bool,
    /// It does so only when it is asked. Each flight is a question then.
    pub(crate) asks: bool,
    /// The number of the last question, bytes sent before it, and when that was.
    pub(crate) question: u8,
    asked: u64,
    asked_at: f64,
    bytes: f64,
    /// The largest chunk sent, as agreed with the peer.
    max_chunk: u32,
    /// On a fast link.
    large_chunk: u32,
    sent: u64,
    acked: u64,
    flights: VecDeque<Flight>,
    /// The shortest round trip known, and when it was measured; infinite before the first.
    base_ms: f64,
    base_at: f64,
    /// The shortest round trip since the last look.
    sample_ms: f64,
    looked_at: f64,
    acked_then: u64,
    /// The window was full since the last look: only then a longer one would have been used.
    limited: bool,
    /// It was full when something was sent last.
    was_full: bool,
    /// Since the last look nearly all of a full window was acknowledged before more was sent: the path had nothing to carry.
    dry: bool,
    /// Doubling, until queueing shows; half of what is accepted is enough, since the window was half as long before.
    starting: bool,
    /// Bytes sent when it was full while starting: what was sent before that met less of a queue, and tells nothing.
    filled: u64,
    /// The base is measured anew: once so many bytes are acknowledged nothing is under way but what may stay
    /// unacknowledged, and since when that is so.
    probing: Option<u64>,
    drained_at: f64,
    /// Bytes per ms that arrive; 0 while unknown.
    rate: f64,
    /// The highest rate since the base was measured anew: what is under way waits for others if longer than it takes so.
    peak: f64,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            enabled: false,
            asks: false,
            question: 0,
            asked: 0,
            asked_at: f64::NEG_INFINITY,
            bytes: INITIAL_BYTES,
            max_chunk: MIN_CHUNK,
            large_chunk: 0,
            sent: 0,
            acked: 0,
            flights: VecDeque::new(),
            base_ms: f64::INFINITY,
            base_at: 0.0,
            sample_ms: f64::INFINITY,
            looked_at: 0.0,
            acked_then: 0,
            limited: false,
            was_full: false,
            dry: false,
            filled: 0,
            starting: true,
            probing: None,
            drained_at: f64::INFINITY,
            rate: 0.0,
            peak: 0.0,
        }
    }
}

impl Window {
    pub(crate) fn set_max_chunk(&mut self, max_chunk: u32) {
        self.max_chunk = max_chunk;
    }

    pub(crate) fn set_large_chunk(&mut self, large_chunk: u32) {
        self.large_chunk = large_chunk;
    }

    /// Until when no more may be sent behind `collected` bytes that are about to be, unless something is acknowledged
    /// before; what is urgent may go a quarter beyond. A peer that is asked can be asked again then, or has not answered
    /// for too long.
    pub(crate) fn full_until(&mut self, collected: u64, urgent: bool, now: f64) -> Option<f64> {
        let until = match self.flights.front() {
            _ if !self.asks => f64::INFINITY,
            Some(flight) => flight.at + PATIENCE_MS,
            None => self.asked_at + ASK_PACE_MS,
        };
        if !self.enabled || now >= until {
            return None;
        }
        let in_flight = (self.in_flight() + collected) as f64;
        let full = match self.probing {
            Some(from) => self.acked < from || in_flight >= f64::from(self.chunk()).max(LEAST_ACKED),
            None => in_flight >= self.bytes,
        };
        self.dry |= self.was_full && in_flight * 4.0 < self.bytes;
        self.was_full = full;
        if full && !core::mem::replace(&mut self.limited, true) && self.starting && !self.asks {
            (self.filled, self.sample_ms) = (self.sent + collected, f64::INFINITY);
        }
        (full && !(urgent && in_flight < self.bytes * 1.25)).then_some(until)
    }

    /// Whether it is time for a question behind `collected` bytes that are about to be sent; it is taken for asked.
    pub(crate) fn ask(&mut self, collected: u64, now: f64) -> bool {
        let sent = self.sent + collected;
        let least = if self.probing.is_some() { 1.0 } else { self.bytes * ASK_SHARE };
        // Where nothing is unanswered and the window is full, nothing else would go on: an answer takes its time as well.
        let is_stuck = self.flights.is_empty() && (sent - self.acked) as f64 >= self.bytes;
        let is_due = is_stuck || now - self.asked_at >= ASK_PACE_MS;
        if !self.asks || !is_due || least > (sent - self.asked) as f64 || self.flights.len() >= MAX_QUESTIONS
        {
            return false;
        }
        (self.asked, self.asked_at) = (sent, now);
        self.question = self.question.wrapping_add(1);
        self.flights.push_back(Flight { end: sent, at: now });
        true
    }

    /// The peer answered question `number`, and with it those before.
    pub(crate) fn on_answer(&mut self, number: u8, now: f64) {
        let from_last = usize::from(self.question.wrapping_sub(number)) + 1;
        let flight = self.flights.get(self.flights.len().wrapping_sub(from_last));
        if let Some(flight) = flight.filter(|_| self.asks) {
            self.on_acked(flight.end - self.acked, 0.0, now);
        }
    }

    /// Two chunks: with less the link runs dry between acknowledgements, and with less than is acknowledged by itself for
    /// ever.
    fn floor(&self) -> f64 {
        2.0 * f64::from(self.chunk()).max(LEAST_ACKED)
    }

    /// How large a chunk may be at the measured rate.
    pub(crate) fn chunk(&self) -> u32 {
        if self.probing.is_some() {
            return MIN_CHUNK.min(self.max_chunk);
        }
        if !self.enabled {
            return self.large_chunk.max(self.max_chunk);
        }
        if self.rate == 0.0 {
            return self.max_chunk;
        }
        self.carried_in(LARGE_CHUNK_MS)
            .min(self.large_chunk)
            .max(self.carried_in(CHUNK_MS).max(MIN_CHUNK).min(self.max_chunk))
    }

    /// At the measured rate; no more than the largest window, for which any rate fits a u32.
    fn carried_in(&self, ms: f64) -> u32 {
        (self.rate * ms).min(MAX_BYTES) as u32 / MIN_CHUNK * MIN_CHUNK
    }

    fn target_ms(&self) -> f64 {
        let least_ms = if self.asks { ASKING_MIN_TARGET_MS } else { MIN_TARGET_MS };
        let chunks_ms = TARGET_CHUNKS * f64::from(self.chunk()) / self.rate;
        chunks_ms.max(self.base_ms * TARGET_TRIPS).clamp(least_ms, MAX_TARGET_MS)
    }

    /// The shortest round trip of late.
    pub(crate) fn base_ms(&self) -> f64 {
        self.base_ms
    }

    /// How much may be under way, and how much is.
    pub(crate) fn in_use(&self) -> Option<(f64, u64)> {
        self.enabled.then_some((self.bytes, self.in_flight()))
    }

    fn in_flight(&self) -> u64 {
        self.sent - self.acked
    }

    pub(crate) fn on_sent(&mut self, bytes: u64, now: f64) {
        self.sent += bytes;
        if !self.enabled || self.asks || bytes == 0 {
            return;
        }
        if self.in_flight() - bytes < OWN_MESSAGE_BYTES.into() {
            // Nothing else was under way: the time until now says nothing of the rate.
            self.begin(now);
        }
        match self.flights.back_mut() {
            // Finer steps say nothing more.
            Some(last) if now - last.at < 0.25 => last.end = self.sent,
            _ => self.flights.push_back(Flight { end: self.sent, at: now }),
        }
    }

    /// The peer has `bytes` more, the last of them for `delay_ms`. False when that is more than was sent.
    pub(crate) fn on_acked(&mut self, bytes: u64, delay_ms: f64, now: f64) -> bool {
        self.acked += bytes;
        if self.acked > self.sent {
            return false;
        }
        if self.probing.is_some_and(|from| self.acked >= from) {
            self.drained_at = self.drained_at.min(now);
        }
        let mut newest = None;
        while let Some(flight) = self.flights.front().copied().filter(|flight| flight.end <= self.acked) {
            newest = Some(flight);
            self.flights.pop_front();
        }
        if let Some(flight) = newest {
            self.sample(flight, (now - flight.at - delay_ms).max(0.0), now);
        }
        true
    }

    fn sample(&mut self, flight: Flight, ms: f64, now: f64) {
        let renewed = self.probing.is_some() && flight.at >= self.drained_at;
        if renewed {
            self.peak = 0.0;
        }
        if renewed || ms <= self.base_ms {
            self.base_ms = ms;
            self.base_at = now;
            self.probing = None;
        }
        if self.starting && flight.end < self.filled {
            return;
        }
        self.sample_ms = self.sample_ms.min(ms);
        let elapsed = now - self.looked_at;
        let least_ms = if self.starting { MIN_DOUBLING_MS } else { MIN_UPDATE_MS };
        if elapsed >= self.base_ms.max(least_ms) {
            self.look(elapsed, now);
            self.begin(now);
            let lifetime_ms = BASE_LIFETIME_MS.max(self.base_ms * BASE_LIFETIME_TRIPS);
            if now - self.base_at > lifetime_ms && self.probing.is_none() {
                self.probing = Some(self.sent.saturating_sub(OWN_MESSAGE_BYTES.into()));
                self.drained_at = f64::INFINITY;
            }
        }
    }

    fn look(&mut self, elapsed: f64, now: f64) {
        let rate = (self.acked - self.acked_then) as f64 / elapsed;
        let queueing = self.sample_ms - self.base_ms;
        let target_ms = self.target_ms();
        if self.limited && !self.starting {
            self.rate += (rate - self.rate) / 4.0;
        } else {
            self.rate = self.rate.max(rate);
        }
        self.peak = self.peak.max(self.rate);
        if self.asks && queueing > self.bytes / self.peak + target_ms {
            // The path has become longer, or somebody is busy, and less of ours would not change that.
            self.base_ms = self.sample_ms;
            self.base_at = now;
        } else if queueing > target_ms * if self.starting { 0.5 } else { 1.0 }
            && (!self.dry || self.starting || self.asks)
        {
            if core::mem::replace(&mut self.starting, false) {
                self.bytes = self.bytes.min(rate * (self.base_ms + target_ms));
            } else {
                self.bytes *= if queueing > 2.0 * target_ms { 0.7 } else { 0.9 };
            }
        } else if self.limited {
            let quarter = f64::from(self.chunk()) / 4.0;
            self.bytes = if self.starting { self.bytes * 2.0 } else { self.bytes * 1.1 + quarter };
        }
        self.bytes = self.bytes.clamp(self.floor(), MAX_BYTES);
        self.limited = false;
        self.dry = false;
    }

    /// Begins what is looked at next.
    fn begin(&mut self, now: f64) {
        self.looked_at = now;
        self.acked_then = self.acked;
        self.sample_ms = f64::INFINITY;
    }
}
