//! What to send now: an ordered list of small sources, each of which writes one message or nothing.

use alloc::vec::Vec;

use crate::credit::{PORT_COST, chunk_cost};
use crate::mux::{Mux, Phase};
use crate::port::{Outgoing, Part, Port};
use crate::schedule::URGENT;
use crate::sink::{Body, FrameSink};
use crate::store::Key;
use crate::time::Timer;
use crate::wire::{Encoding, Entries, GlobalUse, Message, PortEntry, PortRef};

/// A small message that waits for its turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Control {
    OpenPort {
        key: Key,
    },
    PortOpened {
        client_port: u32,
        key: Key,
    },
    /// With the key of a port that was used already.
    Rejected {
        client_port: u32,
        no_ports: bool,
        key: Option<Key>,
    },
    Report {
        remote: PortRef,
    },
    /// Whether the peer may use our pool on the port.
    Throttle {
        remote: PortRef,
        inhibit: bool,
    },
    ReceiveClose {
        remote: PortRef,
    },
    ReceiveFinish {
        remote: PortRef,
    },
    ClientFinish,
    ListenerFinish,
}

/// Answers and credits may be a third of the data; this much may be ahead of that, times three.
const MAX_CONTROL_AHEAD: u32 = 3 * 16_384;

impl Mux {
    /// Collects what should be handed to the transport now into `out`, replacing what was there: at most
    /// `max_messages`, and no further one once `max_bytes` are reached. Until the next command or `handle_*` the
    /// embedder must send all of it, in order, header and payload adjacent.
    pub fn poll_transmit(&mut self, out: &mut FrameSink, max_messages: usize, max_bytes: u32, now: f64) {
        out.clear(self.encoding());
        self.watch_standstill(now);
        let waited = self.pace.begin(now);
        while out.len() < max_messages && out.weight() < u64::from(max_bytes) && self.transmit_one(out, now) {
        }
        // What stops for want of room there waits on.
        self.pace.waits |= waited && (out.len() >= max_messages || out.weight() >= u64::from(max_bytes));
        let alone = out.is_empty();
        if let Some((len, offset)) = self.acks.take(!alone, now) {
            out.push_ack(len, offset);
        }
        if alone {
            return;
        }
        self.window.on_sent(out.counted(), now);
        self.pace.on_sent(out.counted());
        if out.has_payload() {
            self.timers.stop(Timer::Stall);
        }
        self.last_sent = now;
        self.ping_wanted = false;
        self.timers.stop(Timer::Ping);
        // Nothing follows Goodbye, not even a sign of life.
        if let Some(peer) = &self.peer
            && self.phase == Phase::Open
            && !self.goodbye_sent
        {
            self.timers.set(Timer::Ping, now + peer.ping_interval_ms);
        }
    }

    /// Law: order of sources is order of importance. Answers and credits before data, unless they would get more than
    /// a quarter of the bytes; Goodbye last, unless nothing else is sent any more.
    fn transmit_one(&mut self, out: &mut FrameSink, now: f64) -> bool {
        match self.phase {
            Phase::Ended => false,
            Phase::Handshake => self.transmit_greeting(out),
            Phase::Open if self.gave_up => {
                self.transmit_greeting(out) || (!self.goodbye_sent && self.transmit_goodbye(out, now))
            }
            Phase::Open => {
                let answers_first = self.control_ahead < MAX_CONTROL_AHEAD;
                self.transmit_greeting(out)
                    || (!self.goodbye_sent
                        && ((answers_first && self.transmit_answer(out, now))
                            || self.transmit_port(out, now)
                            || (!answers_first && self.transmit_answer(out, now))
                            || self.transmit_ping(out, now)
                            || self.transmit_goodbye(out, now)))
            }
        }
    }

    fn transmit_greeting(&mut self, out: &mut FrameSink) -> bool {
        let message = match self.greeted {
            0 => Message::Reset,
            1 => Message::Hello(self.config.hello()),
            _ => return false,
        };
        self.greeted += 1;
        out.push(&message);
        out.end_greeting();
        true
    }

    /// A message that is no data.
    fn transmit_answer(&mut self, out: &mut FrameSink, now: f64) -> bool {
        let before = out.headers_len();
        let sent = self.transmit_control(out, now)
            || self.transmit_pool(out, now)
            || self.transmit_credits(out, now);
        let len = (out.headers_len() - before) as u32;
        self.control_ahead = self.control_ahead.saturating_add(3 * len).min(2 * MAX_CONTROL_AHEAD);
        sent
    }

    fn transmit_pool(&mut self, out: &mut FrameSink, now: f64) -> bool {
        let Some(message) = self.next_pool_message(out.counted(), now) else { return false };
        out.push(&message);
        true
    }

    fn encoding(&self) -> Encoding {
        self.peer.as_ref().map(|peer| peer.encoding).unwrap_or_default()
    }

    fn transmit_control(&mut self, out: &mut FrameSink, now: f64) -> bool {
        let Some(control) = self.control.pop_front() else { return false };
        let message = match control {
            Control::OpenPort { key } => {
                self.trips.ask(key, 0, now);
                let with_id = self.encoding().port_ids;
                Message::OpenPort {
                    client_port: self.number(key),
                    wait: true,
                    id: with_id.then_some(self.label(key).unwrap_or(key.index().wrapping_add(self.seed))),
                    pre_connect: self.request_alone(key),
                }
            }
            Control::PortOpened { client_port, key } => {
                let same_number = self.answer_left(key);
                Message::PortOpened { client_port, server_port: self.number(key), same_number }
            }
            Control::Rejected { client_port, no_ports, key } => {
                if let Some(key) = key {
                    self.answer_left(key);
                }
                Message::Rejected { client_port, no_ports }
            }
            Control::Report { remote } => Message::ReceivedReport { port: remote },
            Control::Throttle { remote, inhibit: true } => Message::InhibitGlobal { port: remote },
            Control::Throttle { remote, inhibit: false } => Message::AllowGlobal { port: remote },
            Control::ReceiveClose { remote } => Message::ReceiveClose { port: remote },
            Control::ReceiveFinish { remote } => Message::ReceiveFinish { port: remote },
            Control::ClientFinish => Message::ClientFinish,
            Control::ListenerFinish => Message::ListenerFinish,
        };
        out.push(&message);
        true
    }

    /// Our answer to the request for a port leaves: what waited behind it follows. Whether the port has one number.
    fn answer_left(&mut self, key: Key) -> bool {
        let Some(port) = self.store.get_mut(key) else { return false };
        port.answers_queued -= 1;
        let same_number = port.named_by_peer.is_some();
        self.wake(key);
        same_number
    }

    fn transmit_credits(&mut self, out: &mut FrameSink, now: f64) -> bool {
        if self.is_emptying(now) {
            return false;
        }
        while let Some(key) = self.credits.pop_front() {
            let Some(port) = self.store.get_mut(key) else { continue };
            port.credit_queued = false;
            let Some(remote) = port.remote() else { continue };
            if port.receiver_finished || port.remote_sender_finished {
                continue;
            }
            let held = port.receive.held();
            let credits = self.tuned_return(key, now);
            if credits == 0 {
                continue;
            }
            self.trips.ask(key, held, now);
            out.push(&Message::PortCredits { port: remote, credits });
            return true;
        }
        false
    }

    /// Credits to return for a port, after its window was fitted to what the path needs.
    fn tuned_return(&mut self, key: Key, now: f64) -> u32 {
        let max = self.growth();
        let Some(port) = self.store.get_mut(key) else { return 0 };
        // What is held waits for an application that a larger window would not make faster.
        let max = if port.held > 0 { 0 } else { max };
        let before = port.receive.growth();
        port.receive.tune(&mut self.trips, self.acks.enabled, max, now);
        let after = port.receive.growth();
        let credits = port.receive.take_return();
        self.grew(before, after);
        if let Some(ms) = self.trips.take_emptying() {
            self.timers.set(Timer::Emptied, now + ms);
        }
        credits
    }

    fn transmit_port(&mut self, out: &mut FrameSink, now: f64) -> bool {
        let Some(key) = self.schedule.current(&mut self.store) else { return false };
        let Some(peer) = self.peer else { return false };
        let Some(port) = self.store.get_mut(key) else { return false };
        let Some(remote) = port.remote() else { return false };
        let urgent = port.ring == URGENT;
        if let Some(at) = self.window.full_until(out.counted(), urgent, now) {
            if self.window.asks {
                self.acks.due_at = Some(at);
            }
            return false;
        }
        if let Some(at) = self.pace.full_until(out.counted(), now).filter(|_| !urgent) {
            self.acks.due_at = Some(at);
            self.pace.waits = true;
            return false;
        }
        let cost_before = port.queued_cost;
        let before = out.weight();
        match port.outgoing.front() {
            Some(Outgoing::Bytes { .. }) => {
                let pool = if port.inhibited { 0 } else { self.schedule.pool };
                let chunk = self.pace.cut(self.window.chunk());
                let (message, body, from_pool) =
                    next_chunk(key, remote, port, [chunk, pool], &mut self.covered_cost);
                out.push(&message);
                out.push_body(body);
                self.pay_pool(from_pool);
            }
            Some(Outgoing::Ports { .. }) => {
                let entries_max = entries_per_message(peer.hello.chunk_size, port.send.available());
                self.transmit_list(out, key, remote, entries_max, now);
            }
            Some(Outgoing::Report) => {
                port.outgoing.pop_front();
                port.reports_due += 1;
                out.push(&Message::RequestReceivedReport { port: remote });
            }
            Some(Outgoing::Finish) => {
                port.outgoing.pop_front();
                port.sender_finished = true;
                out.push(&Message::SendFinish { port: remote });
            }
            None => return false,
        }
        self.control_ahead = self.control_ahead.saturating_sub((out.weight() - before) as u32);
        if let Some(port) = self.store.get_mut(key) {
            let cost = cost_before - port.queued_cost;
            let whole = port.progress == 0;
            self.schedule.sent(key, port, cost as u32, whole);
        }
        self.free_if_over(key);
        true
    }

    fn transmit_list(&mut self, out: &mut FrameSink, key: Key, remote: PortRef, entries_max: u32, now: f64) {
        let Some(port) = self.store.get_mut(key) else { return };
        let Some(Outgoing::Ports { keys, covered, .. }) = port.outgoing.front() else { return };
        let start = port.progress;
        let total = keys.len() as u32;
        let count = entries_max.min(total - start);
        let part = keys.get(start as usize..(start + count) as usize).unwrap_or_default().to_vec();
        let last = start + count == total;
        if *covered {
            self.covered_cost -= count * PORT_COST;
        }
        port.send.take(count * PORT_COST);
        port.queued_cost = port.queued_cost.saturating_sub(u64::from(count * PORT_COST));
        port.progress = start + count;
        if last {
            port.outgoing.pop_front();
            port.progress = 0;
        }
        let mut entries = Vec::with_capacity(part.len());
        for asked in part {
            self.trips.ask(asked, 0, now);
            let number = self.number(asked);
            entries.push(PortEntry {
                port: number,
                id: self.label(asked).unwrap_or(number),
                pre_connect: self.request_in_list(asked),
            });
        }
        let message = Message::PortData {
            port: remote,
            first: start == 0,
            last,
            wait: true,
            entries: Entries::list(&entries),
        };
        out.push(&message);
        if last {
            out.end_list(key);
        }
    }

    fn transmit_ping(&mut self, out: &mut FrameSink, now: f64) -> bool {
        let wanted = self.ping_wanted || self.timers.is_due(Timer::Ping, now);
        if !wanted || !out.is_empty() {
            return false;
        }
        out.push(&Message::Ping);
        true
    }

    fn transmit_goodbye(&mut self, out: &mut FrameSink, now: f64) -> bool {
        if !self.is_goodbye_due() {
            return false;
        }
        out.push(&Message::Goodbye);
        self.goodbye_left(now);
        true
    }
}

/// Cuts the next chunk off the first queued message: as large as credits and chunk size allow, the port's credits first.
/// The last result is what is paid from the pool.
fn next_chunk<'a>(
    key: Key,
    remote: PortRef,
    port: &mut Port,
    [chunk_size, pool]: [u32; 2],
    covered_cost: &mut u32,
) -> (Message<'a>, Body, u32) {
    let (total, covered, part) = match port.outgoing.front() {
        Some(Outgoing::Bytes { len, covered, part }) => (*len, *covered, *part),
        _ => (0, false, Part::WHOLE),
    };
    let offset = port.progress;
    let in_hand = port.send.available();
    let len = (total - offset).min(chunk_size).min(in_hand.saturating_add(pool));
    let last = offset + len == total;
    let cost = chunk_cost(len);
    let from_pool = cost.saturating_sub(in_hand);
    let global = match from_pool {
        0 => GlobalUse::None,
        all if all == cost => GlobalUse::All,
        part => GlobalUse::Split(part),
    };
    port.send.take(cost - from_pool);
    port.queued_cost = port.queued_cost.saturating_sub(u64::from(cost));
    if covered {
        *covered_cost -= cost;
    }
    port.progress = offset + len;
    if last {
        port.outgoing.pop_front();
        port.progress = 0;
    }
    let message =
        Message::Data { port: remote, first: offset == 0 && part.first, last: last && part.last, global };
    (message, Body { key, offset, len, last }, from_pool)
}

/// How many requests fit one PortData message: 4 credits and at most 4 bytes of `chunk_size` each, and on byte
/// streams the whole frame, 8 bytes an entry with ids, must stay within `chunk_size + 16`.
fn entries_per_message(chunk_size: u32, credits: u32) -> u32 {
    const FIXED: u32 = 6;
    const WITH_ID: u32 = 8;
    const FRAME_SLACK: u32 = 16;
    let by_cost = chunk_size.min(credits) / PORT_COST;
    let by_frame = (chunk_size.saturating_add(FRAME_SLACK) - FIXED) / WITH_ID;
    by_cost.min(by_frame).max(1)
}
