//! Credits: who may send how much. Unit: payload bytes, per port and direction. Checked arithmetic only.

use crate::trip::Trips;

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

    /// What is available then. `None` when the sum exceeds a u32, which is a protocol error.
    pub(crate) fn grant(&mut self, amount: u32) -> Option<u32> {
        self.0 = self.0.checked_add(amount)?;
        Some(self.0)
    }
}

/// Credits granted to the peer on a port, and how much of them it used.
///
/// Law: limit = held by the peer + used (received and not consumed) + to return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiveCredits {
    announced: u32,
    /// By how much the limit may exceed what was announced, for it did of late.
    growth: u32,
    limit: u32,
    /// By how much the limit is to become less, as credits come back.
    excess: u32,
    used: u32,
    to_return: u32,
    /// Consumed since the window was looked at, and when that was, by the clock of [`Trips`](crate::trip::Trips) as well.
    consumed: u32,
    looked_at: f64,
    clock_then: f64,
}

/// A window that was not used up for so long goes back towards what was announced, in ms.
const IDLE_MS: f64 = 10_000.0;
/// Half of a window that was consumed in so few turns of the event loops shows that it is too small.
const FEW_TURNS_MS: f64 = 4.0;
/// No window becomes smaller, lest its chunks be too many.
const MIN_WINDOW: u32 = 4_096;

impl ReceiveCredits {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            announced: limit,
            growth: 0,
            limit,
            excess: 0,
            used: 0,
            to_return: 0,
            consumed: 0,
            looked_at: f64::NEG_INFINITY,
            clock_then: 0.0,
        }
    }

    /// Something comes: looks at the window count from the first time.
    pub(crate) fn start(&mut self, clock: f64, now: f64) {
        if self.looked_at.is_infinite() {
            (self.looked_at, self.clock_then) = (now, clock);
        }
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

    /// Once the window was consumed as a whole, fits it to how fast that was: it should last as long as `trips` says, after
    /// one step to half or twice of it at most. What was not used for long goes back to what was announced. Only what was
    /// consumed counts, so a peer cannot make it grow by sending. A window beyond `max` becomes no larger than it has been.
    pub(crate) fn tune(&mut self, trips: &mut Trips, ample: bool, max: u32, now: f64) {
        let elapsed = now - self.looked_at;
        let lasted = trips.clock() - self.clock_then;
        let is_idle = elapsed >= IDLE_MS;
        // Clocks may stand still for a while, which says nothing about the rate.
        let enough = if lasted < FEW_TURNS_MS { self.limit / 2 } else { self.limit };
        if is_idle || (lasted > 0.0 && self.consumed >= enough) {
            let windows = f64::from(self.consumed) / f64::from(self.limit);
            let goal = if is_idle {
                self.growth /= 2;
                self.announced + self.growth
            } else if let Some(wanted_ms) = trips.wanted_ms(lasted / windows, ample, now) {
                let least = if ample { self.announced } else { self.announced.min(MIN_WINDOW) };
                let most = if self.limit > max { self.announced + self.growth } else { u32::MAX };
                let mut factor = windows * wanted_ms / lasted;
                if self.used > self.limit / 2 {
                    // Whoever reads slowly is not helped by more.
                    factor = factor.min((windows * wanted_ms / elapsed).max(1.0));
                }
                ((f64::from(self.limit) * factor.clamp(0.5, 2.0)) as u32).min(most).max(least)
            } else {
                self.limit
            };
            (self.looked_at, self.clock_then, self.consumed) = (now, trips.clock(), 0);
            self.growth = self.growth.max(goal.saturating_sub(self.announced));
            self.excess = self.limit.saturating_sub(goal);
            let more = goal.saturating_sub(self.limit);
            self.limit += more;
            self.to_return += more;
        }
        let less = self.excess.min(self.to_return);
        self.excess -= less;
        self.limit -= less;
        self.to_return -= less;
    }

    pub(crate) fn growth(&self) -> u32 {
        self.growth
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
