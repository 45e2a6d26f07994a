//! What the peer is told about what arrived, where both ends are cuttle: so many bytes more, the last of them so long
//! ago. How that is carried is the embedder's affair.

/// At the latest after so many bytes: at full speed that is one message in a few, and half of the window that such a path
/// gets.
const EVERY_BYTES: u32 = 262_144;
/// From so many on it is worth a message of its own: enough for a chunk on a slow link, too much for calls.
pub(crate) const OWN_MESSAGE_BYTES: u32 = 1_024;
/// Such messages leave no more often, in ms.
const PACE_MS: f64 = 4.0;

/// Bytes received and not acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    /// The peer wants to be told.
    pub(crate) enabled: bool,
    pending: u32,
    /// When the last bytes came, and when something was acknowledged.
    received_at: f64,
    acked_at: f64,
    /// When it will be worth a message of its own, or a peer that is asked may be asked again or has not answered for too
    /// long; until that was noticed.
    pub(crate) due_at: Option<f64>,
}

impl Acks {
    pub(crate) fn on_received(&mut self, bytes: u32, now: f64) {
        self.pending = self.pending.saturating_add(bytes);
        self.received_at = now;
        if self.enabled && self.pending >= OWN_MESSAGE_BYTES && self.due_at.is_none() {
            self.due_at = Some(now.max(self.acked_at + PACE_MS));
        }
    }

    /// Whether it is worth a message of its own now.
    fn is_due(&self, now: f64) -> bool {
        self.pending >= EVERY_BYTES || (self.pending >= OWN_MESSAGE_BYTES && now - self.acked_at >= PACE_MS)
    }

    /// Bytes and age of the last of them in ms, when it is time; `along` with something else it always is.
    pub(crate) fn take(&mut self, along: bool, now: f64) -> Option<(u32, u32)> {
        if !self.enabled || self.pending == 0 || !(along || self.is_due(now)) {
            return None;
        }
        self.acked_at = now;
        self.due_at = None;
        Some((core::mem::take(&mut self.pending), (now - self.received_at).max(0.0) as u32))
    }
}
