//! What the applications of a world do.

use cuttle_mux::{Accepted, Key, Misuse};

use crate::command::Command;
use crate::invariants;
use crate::model::{At, Sent, Stage};
use crate::support::end::{Received, Request};
use crate::world::{World, key};

impl World {
    fn pick(&self, end: usize, port: u32) -> Option<At> {
        let live: Vec<At> = self.model.live(end).map(|(at, _)| at).collect();
        if live.is_empty() { None } else { Some(live[port as usize % live.len()]) }
    }

    /// Carries out a command of the application of `end`.
    pub(crate) fn command(&mut self, end: usize, command: Command) {
        match command {
            Command::Open => self.open(end),
            Command::Accept { request } => self.answer(end, request, true),
            Command::Reject { request } => self.answer(end, request, false),
            Command::ReadAll => self.ends[end].reads = true,
            Command::ReadNothing => self.ends[end].reads = false,
            Command::CloseClient => {
                self.causes.closed_client_or_listener = true;
                self.ends[end].command(|mux| mux.close_client());
            }
            Command::CloseListener => {
                self.causes.closed_client_or_listener = true;
                self.ends[end].command(|mux| mux.close_listener());
            }
            Command::Probe => {
                let now = self.now;
                self.ends[end].command(|mux| mux.probe(f64::INFINITY, now));
            }
            Command::Close => self.close(end),
            Command::Terminate => self.terminate(end),
            Command::List { port, count } => self.on_port(end, port, |world, at| world.list(at, count)),
            Command::Send { port, len } => self.on_port(end, port, |world, at| world.send(at, len)),
            Command::Cancel { port } => self.on_port(end, port, Self::cancel),
            Command::FinishSend { port } => self.on_port(end, port, Self::finish_send),
            Command::CloseReceive { port } => self.on_port(end, port, Self::close_receive),
            Command::FinishReceive { port } => self.on_port(end, port, Self::finish_receive),
            Command::Prioritize { port, urgency, incremental } => self.on_port(end, port, |world, at| {
                world.causes.prioritized = true;
                world.ends[end].command(|mux| mux.prioritize(key(at), urgency, incremental)).unwrap();
            }),
            Command::Drop { port } => self.on_port(end, port, |world, at| {
                world.finish_send(at);
                if world.model.port(at).stage != Stage::Gone {
                    world.finish_receive(at);
                }
            }),
            Command::Consume { port, bytes } => self.on_port(end, port, |world, at| world.consume(at, bytes)),
        }
        self.observe();
    }

    fn on_port(&mut self, end: usize, port: u32, run: impl FnOnce(&mut Self, At)) {
        if self.ends[end].outcome.is_none()
            && let Some(at) = self.pick(end, port)
        {
            run(self, at);
        }
    }

    pub(crate) fn close(&mut self, end: usize) {
        let now = self.now;
        if self.ends[end].outcome.is_none() {
            self.causes.close_at[end].get_or_insert(now);
            self.ends[end].command(|mux| mux.close(now));
        }
        self.observe();
    }

    fn terminate(&mut self, end: usize) {
        let now = self.now;
        self.causes.terminated[end] = true;
        self.close(end);
        self.ends[end].command(|mux| mux.terminate(now));
        self.observe();
    }

    fn reserve(&mut self, end: usize, alone: bool) -> Option<Key> {
        match self.ends[end].mux.reserve() {
            Ok(key) => {
                let number = self.ends[end].mux.number(key);
                invariants::a_freed_number_rests(self, end, number);
                self.model.asked(end, key, number, alone);
                Some(key)
            }
            Err(Misuse::PortsExhausted) => {
                // Refused ones may go beyond the limit until they are freed.
                let taken = self.model.existing(end).filter(|(_, port)| port.stage != Stage::Undecided);
                let are_some_left = (taken.count() as u32) < self.setup.ends[end].ports;
                assert!(
                    !are_some_left || self.model.early[1 - end],
                    "ports were refused while some are left"
                );
                None
            }
            Err(Misuse::Ended) => {
                assert!(!self.is_usable(end), "a usable connection refuses ports");
                None
            }
            Err(misuse) => panic!("reserve: {misuse:?}"),
        }
    }

    /// Gives back what was never requested.
    fn release(&mut self, end: usize, key: Key) {
        self.ends[end].command(|mux| mux.release(key)).unwrap();
        self.model.free((end, key.raw()));
    }

    fn open(&mut self, end: usize) {
        let Some(key) = self.reserve(end, true) else { return };
        match self.ends[end].command(|mux| mux.open(key)) {
            Ok(()) => {}
            Err(Misuse::ListenerGone) => {
                assert!(self.causes.closed_client_or_listener, "the listener is gone for no reason");
                self.release(end, key);
            }
            Err(misuse) => panic!("open: {misuse:?}"),
        }
    }

    fn list(&mut self, at: At, count: u32) {
        let ports: Vec<Key> = (0..count).filter_map(|_| self.reserve(at.0, false)).collect();
        let covered = self.ends[at.0].command(|mux| mux.send_ports(key(at), &ports));
        match covered {
            Ok(()) if ports.is_empty() => {}
            Ok(()) => {
                let numbers = ports.iter().map(|port| self.ends[at.0].mux.number(*port)).collect();
                let sent = Sent { content: Received::Ports(numbers), covered: false };
                self.model.counts.sent += 1;
                self.model.port(at).under_way.push_back(sent);
            }
            Err(misuse) => {
                self.check_refusal(at, misuse);
                ports.into_iter().for_each(|port| self.release(at.0, port));
            }
        }
    }

    fn send(&mut self, at: At, len: u32) {
        self.model.counts.sent += 1;
        self.model.counts.longest = self.model.counts.longest.max(len);
        let message = content(self.model.counts.sent, len);
        match self.ends[at.0].send(key(at), &message) {
            Ok(accepted) => {
                let covered = accepted == Accepted::Covered;
                self.model.port(at).under_way.push_back(Sent { content: Received::Bytes(message), covered });
            }
            Err(misuse) => self.check_refusal(at, misuse),
        }
    }

    /// A refusal to send has a reason.
    fn check_refusal(&mut self, at: At, misuse: Misuse) {
        let is_usable = self.is_usable(at.0);
        let port = self.model.port(at);
        let has_reason = match misuse {
            Misuse::WrongState => port.finish_asked,
            Misuse::ReceiverClosed => port.close_seen || port.receive_finish_seen,
            Misuse::Ended => !is_usable,
            _ => false,
        };
        assert!(has_reason, "refused to send for no reason: {misuse:?}");
    }

    fn cancel(&mut self, at: At) {
        // Once the connection or the receiver closes, nothing waits that could be taken back.
        if self.is_usable(at.0) && !self.model.port(at).close_seen && self.ends[at.0].cancel_last(key(at)) {
            let under_way = &mut self.model.port(at).under_way;
            while let Some(Sent { content: Received::Ports(_), .. }) = under_way.pop_back() {}
            self.model.counts.cancelled += 1;
        }
    }

    fn finish_send(&mut self, at: At) {
        self.model.port(at).finish_asked = true;
        self.ends[at.0].command(|mux| mux.finish_send(key(at))).unwrap();
        self.observe();
    }

    fn close_receive(&mut self, at: At) {
        self.model.port(at).close_asked |= !self.model.port(at).receive_finish_asked;
        self.ends[at.0].command(|mux| mux.close_receive(key(at))).unwrap();
    }

    fn finish_receive(&mut self, at: At) {
        self.model.port(at).receive_finish_asked = true;
        self.ends[at.0].command(|mux| mux.finish_receive(key(at))).unwrap();
        self.observe();
    }

    fn consume(&mut self, at: At, bytes: u32) {
        let inbox = self.ends[at.0].inbox(key(at));
        let cost = bytes.min(inbox.unread);
        inbox.unread -= cost;
        self.ends[at.0].command(|mux| mux.consumed(key(at), cost)).unwrap();
    }

    fn answer(&mut self, end: usize, request: u32, accept: bool) {
        let count = self.ends[end].requests.len();
        if count == 0 || self.ends[end].outcome.is_some() {
            return;
        }
        let request = self.ends[end].requests.remove(request as usize % count).unwrap();
        if !accept {
            return self.refuse(end, &request, false);
        }
        match self.ends[end].try_accept(request.peer_port) {
            Ok(accepted) if request.key.is_some() => {
                assert_eq!(request.key, Some(accepted), "accepted as another port than the one that is used");
                self.model.port((end, accepted.raw())).stage = Stage::Open;
            }
            Ok(accepted) => {
                let asker = self.model.asker(1 - end, request.peer_port);
                self.link(end, asker, accepted, Stage::Open);
            }
            Err(Misuse::PortsExhausted) => self.ends[end].requests.push_back(request),
            Err(misuse) => panic!("accept: {misuse:?}"),
        }
    }

    pub(crate) fn link(&mut self, end: usize, asker: At, accepter: Key, stage: Stage) {
        let [own, peer] = [self.setup.ends[end], self.setup.ends[1 - end]];
        let uses_the_askers = stage == Stage::Undecided || own.may(&peer).port_side;
        let number = (!uses_the_askers).then(|| self.ends[end].mux.number(accepter));
        if let Some(number) = number {
            invariants::a_freed_number_rests(self, end, number);
        }
        self.model.link(asker, (end, accepter.raw()), number, stage);
    }

    fn refuse(&mut self, end: usize, request: &Request, no_ports: bool) {
        if let Some(early) = request.key {
            self.model.port((end, early.raw())).stage = Stage::Refused;
        }
        self.ends[end].command(|mux| mux.reject(request.peer_port, no_ports)).unwrap();
    }

    pub(crate) fn read_everything(&mut self, end: usize) {
        self.ends[end].reads = true;
        let live: Vec<At> = self.model.live(end).map(|(at, _)| at).collect();
        live.into_iter().for_each(|at| self.consume(at, u32::MAX));
    }

    pub(crate) fn refuse_everything(&mut self, end: usize) {
        while let Some(request) = self.ends[end].requests.pop_front() {
            self.refuse(end, &request, true);
        }
    }
}

/// No two messages and no two parts of one are alike.
fn content(message: u64, len: u32) -> Vec<u8> {
    let mut state = message.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(0xd129_9c2f_6f2b_5a45).wrapping_add(0x9e37);
            (state >> 56) as u8
        })
        .collect()
}
