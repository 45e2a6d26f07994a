//! One direction of the simulated network: frames arrive in order, late, in pieces, or never.

use std::collections::VecDeque;

use crate::model::At;
use crate::setup::Carrier;
use crate::support::end::Frame;

/// What a frame pays or grants, and the end of a port that sends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    Nothing,
    /// Uses credits of the sending direction.
    Uses {
        sender: At,
        cost: u32,
    },
    /// Grants credits for the other direction.
    Grants {
        sender: At,
        credits: u32,
    },
}

/// What arrives.
#[derive(Debug)]
pub(crate) enum Packet {
    /// A header or a payload; `Effect` happens with the last packet of a frame.
    Bytes(Vec<u8>, Effect),
    /// So many bytes were received, the last of them so many ms ago; weightless.
    Ack((u32, u32)),
    /// The transport ended.
    End,
}

#[derive(Debug)]
pub(crate) struct Link {
    carrier: Carrier,
    busy_until: f64,
    /// Nothing arrives before.
    stalled_until: f64,
    packets: VecDeque<(f64, Packet)>,
    /// Takes nothing more.
    ended: bool,
}

impl Link {
    pub(crate) fn new(carrier: Carrier) -> Self {
        Self { carrier, busy_until: 0.0, stalled_until: 0.0, packets: VecDeque::new(), ended: false }
    }

    pub(crate) fn has_room(&self, now: f64) -> bool {
        !self.ended && self.room_at() <= now
    }

    /// When fewer than `buffer_bytes` wait to be sent.
    fn room_at(&self) -> f64 {
        match self.carrier.bytes_per_ms {
            0 => 0.0,
            rate => self.busy_until - f64::from(self.carrier.buffer_bytes - 1) / f64::from(rate),
        }
    }

    pub(crate) fn take(&mut self, frame: Frame, effect: Effect, now: f64) {
        match frame.payload {
            Some(payload) => {
                self.carry(Packet::Bytes(frame.header, Effect::Nothing), now);
                self.carry(Packet::Bytes(payload, effect), now);
            }
            None => self.carry(Packet::Bytes(frame.header, effect), now),
        }
    }

    fn carry(&mut self, packet: Packet, now: f64) {
        let len = if let Packet::Bytes(bytes, _) = &packet { bytes.len() } else { 0 };
        let rate = self.carrier.bytes_per_ms;
        let sending_ms = if rate == 0 { 0.0 } else { len as f64 / f64::from(rate) };
        self.busy_until = self.busy_until.max(now) + sending_ms;
        self.packets.push_back((self.busy_until + f64::from(self.carrier.latency_ms), packet));
    }

    pub(crate) fn take_ack(&mut self, ack: (u32, u32), now: f64) {
        self.carry(Packet::Ack(ack), now);
    }

    /// Nothing arrives for so long.
    pub(crate) fn stall(&mut self, ms: f64, now: f64) {
        self.stalled_until = self.stalled_until.max(now + ms);
    }

    pub(crate) fn resume(&mut self) {
        self.stalled_until = 0.0;
    }

    /// The sender closes: what was taken still arrives, and then the end.
    pub(crate) fn end(&mut self, now: f64) {
        if !std::mem::replace(&mut self.ended, true) {
            self.carry(Packet::End, now);
        }
    }

    /// What is under way is lost; only the end arrives.
    pub(crate) fn cut(&mut self, now: f64) {
        self.packets.clear();
        self.ended = false;
        self.end(now);
    }

    pub(crate) fn arrival(&mut self, now: f64) -> Option<Packet> {
        if self.next_arrival()? <= now { self.packets.pop_front().map(|(_, packet)| packet) } else { None }
    }

    fn next_arrival(&self) -> Option<f64> {
        self.packets.front().map(|(at, _)| at.max(self.stalled_until))
    }

    /// When something arrives, or when there is room again.
    pub(crate) fn next_event(&self, now: f64) -> Option<f64> {
        let room = Some(self.room_at()).filter(|at| *at > now && !self.ended);
        [self.next_arrival(), room].into_iter().flatten().reduce(f64::min)
    }
}
