//! Credits: who may send how much. Unit: payload bytes, per port and direction. Checked arithmetic only.

/// What one entry of a port list costs, whatever its length on the wire.
pub(crate) const PORT_COST: u32 = 4;

/// The cost of a chunk: its length, and 1 when it is empty.
pub(crate) fn chunk_cost(len: u32) -> u32 {
    len.max(1)
}

/// Credits that the peer granted for sending on a port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendCredits(u32);

impl SendCredits {
    pub(crate) fn new(initial: u32) -> Self {
        Self(initial)
    }

    pub(crate) fn available(self) -> u32 {
        self.0
    }

    pub(crate) fn take(&mut self, cost: u32) {
        debug_assert!(cost <= self.0, "a chunk is cut to the credits in hand");
        self.0 = self.0.saturating_sub(cost);
    }

    /// False when the sum exceeds a u32, which is a protocol error.
    pub(crate) fn grant(&mut self, amount: u32) -> bool {
        match self.0.checked_add(amount) {
            Some(sum) => {
                self.0 = sum;
                true
            }
            None => false,
        }
    }
}

/// Credits granted to the peer on a port, and how much of them it used.
///
/// Law: limit = held by the peer + used (received and not consumed) + to return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiveCredits {
    limit: u32,
    used: u32,
    to_return: u32,
    /// Consumed since the window was looked at, and when that was.
    consumed: u32,
    looked_at: f64,
    /// By how much the limit exceeds what was announced.
    growth: u32,
}

/// A window that was not used up for so long gives back half of what it grew, in ms.
const IDLE_MS: f64 = 10_000.0;
/// Turns of the event loops add so much to the round trip of any path, in ms, although the shortest one does not have it.
const MIN_TRIPS_MS: f64 = 4.0;

impl ReceiveCredits {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, used: 0, to_return: 0, consumed: 0, looked_at: 0.0, growth: 0 }
    }

    /// Books what arrived. Fails with what would have been allowed.
    pub(crate) fn receive(&mut self, cost: u32) -> Result<(), u32> {
        let available = self.held();
        if cost > available {
            return Err(available);
        }
        self.used += cost;
        Ok(())
    }

    /// Books what the application took. False when that is more than was received.
    pub(crate) fn consume(&mut self, cost: u32) -> bool {
        match self.used.checked_sub(cost) {
            Some(used) => {
                self.used = used;
                self.to_return += cost;
                self.consumed = self.consumed.saturating_add(cost);
                true
            }
            None => false,
        }
    }

    /// Whether enough was consumed to be worth a message: a quarter of the window, as remoc 0.19 and 0.20 do.
    pub(crate) fn is_return_due(&self) -> bool {
        self.to_return >= self.threshold()
    }

    /// What the peer may have under way or unread.
    pub(crate) fn limit(self) -> u32 {
        self.limit
    }

    /// Received and not consumed.
    pub(crate) fn used(self) -> u32 {
        self.used
    }

    /// What the peer holds, or has under way.
    pub(crate) fn held(self) -> u32 {
        self.limit.saturating_sub(self.used).saturating_sub(self.to_return)
    }

    /// Doubles the window when half of it was consumed in less than two round trips of `base_ms`, or in a few turns of
    /// the event loops, and halves its growth when that took very long. Only what was consumed counts, so a peer cannot
    /// make it grow by sending. `max`: the largest window that may be doubled. Returns by how much it grew and shrank.
    pub(crate) fn tune(&mut self, max: u32, base_ms: f64, now: f64) -> [u32; 2] {
        let elapsed = now - self.looked_at;
        // Clocks may stand still for a while, which says nothing about the rate.
        if elapsed <= 0.0 || (self.consumed < self.limit / 2 && elapsed < IDLE_MS) {
            return [0, 0];
        }
        self.looked_at = now;
        self.consumed = 0;
        if elapsed >= IDLE_MS {
            let less = self.growth.div_ceil(2).min(self.to_return);
            self.growth -= less;
            self.limit -= less;
            self.to_return -= less;
            return [0, less];
        }
        if !base_ms.is_finite() || elapsed >= (2.0 * base_ms).max(MIN_TRIPS_MS) || self.limit > max {
            return [0, 0];
        }
        let more = self.limit;
        self.growth += more;
        self.limit += more;
        self.to_return += more;
        [more, 0]
    }

    /// The window is of no use any more: by how much it had grown, told once.
    pub(crate) fn take_growth(&mut self) -> u32 {
        core::mem::take(&mut self.growth)
    }

    pub(crate) fn used_and_to_return(self) -> [u32; 2] {
        [self.used, self.to_return]
    }

    pub(crate) fn take_return(&mut self) -> u32 {
        core::mem::take(&mut self.to_return)
    }

    /// A peer that consumed everything of its credits must still hold 4, enough for one port: with a tiny window
    /// every byte is returned at once.
    fn threshold(&self) -> u32 {
        const MIN_HELD: u32 = 4;
        let quarter = self.limit / 4;
        if self.limit - quarter <= MIN_HELD { 1 } else { quarter.max(1) }
    }
}
