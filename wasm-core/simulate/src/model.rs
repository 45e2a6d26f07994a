//! What the applications know and what must therefore be true, kept as simply as possible.

use std::collections::{BTreeMap, VecDeque};

use cuttle_mux::{Event, Key};

use crate::support::end::Received;

/// One end of a port: which end of the connection, and the raw key there.
pub(crate) type At = (usize, u32);

/// A message that was accepted by the core.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) content: Received,
    /// An orderly close waits for it.
    pub(crate) covered: bool,
}

/// Where an end of a port stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// This end asked for it, and cannot use it yet.
    Asked,
    /// It is used: it was accepted, or the peer lets it be used before it answers.
    Open,
    /// The peer asked for it and uses it, and the application has not answered.
    Undecided,
    /// It was refused after it had been used. The core ends it by itself.
    Refused,
    /// The key names nothing any more.
    Gone,
}

/// One end of a port.
#[derive(Debug)]
pub(crate) struct Port {
    /// By which number the peer names it; `None` when both ends use the peer's.
    pub(crate) number: Option<u32>,
    /// The other end, once accepted.
    pub(crate) peer: Option<At>,
    /// Asked for by OpenPort, not in a list.
    pub(crate) alone: bool,
    pub(crate) stage: Stage,
    /// Sent and not received, oldest first.
    pub(crate) under_way: VecDeque<Sent>,
    pub(crate) finish_asked: bool,
    pub(crate) close_asked: bool,
    pub(crate) receive_finish_asked: bool,
    /// `SendFinished`, `ReceiverClosed`, `ReceiverFinished` came.
    pub(crate) finish_seen: bool,
    pub(crate) close_seen: bool,
    pub(crate) receive_finish_seen: bool,
}

impl Port {
    fn new(number: Option<u32>, alone: bool) -> Self {
        Self {
            number,
            peer: None,
            alone,
            stage: Stage::Asked,
            under_way: VecDeque::new(),
            finish_asked: false,
            close_asked: false,
            receive_finish_asked: false,
            finish_seen: false,
            close_seen: false,
            receive_finish_seen: false,
        }
    }

    /// The application does not wait for further messages.
    pub(crate) fn wants_no_more(&self) -> bool {
        self.close_asked || self.receive_finish_asked || self.stage == Stage::Refused
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) cancelled: u64,
    pub(crate) freed: u64,
    pub(crate) shed: u64,
    /// The longest message.
    pub(crate) longest: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) ports: BTreeMap<At, Port>,
    /// The other end lets an end use ports before it answers.
    pub(crate) early: [bool; 2],
    /// Numbers of each end in the order in which they were freed.
    pub(crate) freed_numbers: [Vec<u32>; 2],
    pub(crate) counts: Counts,
}

impl Model {
    /// Ports of `end` that exist, by raw key.
    pub(crate) fn existing(&self, end: usize) -> impl Iterator<Item = (At, &Port)> {
        let of_end = self.ports.range((end, 0)..=(end, u32::MAX));
        of_end.map(|(at, port)| (*at, port)).filter(|(_, port)| port.stage != Stage::Gone)
    }

    /// Those of them that the application of `end` may use.
    pub(crate) fn live(&self, end: usize) -> impl Iterator<Item = (At, &Port)> {
        self.existing(end).filter(|(_, port)| matches!(port.stage, Stage::Asked | Stage::Open))
    }

    pub(crate) fn port(&mut self, at: At) -> &mut Port {
        self.ports.get_mut(&at).expect("an event of a port that the application never had")
    }

    pub(crate) fn peer_of(&self, at: At) -> Option<&Port> {
        self.ports.get(&at)?.peer.and_then(|peer| self.ports.get(&peer))
    }

    /// A port that `end` asks for.
    pub(crate) fn asked(&mut self, end: usize, key: Key, number: u32, alone: bool) {
        assert!(!self.existing(end).any(|(_, port)| port.number == Some(number)), "a number twice");
        assert!(self.ports.insert((end, key.raw()), Port::new(Some(number), alone)).is_none(), "a key twice");
    }

    /// The port that `end` asked for with this number and that is not answered.
    pub(crate) fn asker(&self, end: usize, number: u32) -> At {
        let found = self.existing(end).find(|(_, port)| port.number == Some(number) && port.peer.is_none());
        found.expect("a request that nobody made").0
    }

    /// The port that `asker` asked for exists at the other end, too: it was accepted, or is used early.
    pub(crate) fn link(&mut self, asker: At, accepter: At, number: Option<u32>, stage: Stage) {
        let mut port = Port::new(number, false);
        port.stage = stage;
        port.peer = Some(asker);
        assert!(self.ports.insert(accepter, port).is_none(), "a key twice");
        self.port(asker).peer = Some(accepter);
    }

    pub(crate) fn note(&mut self, end: usize, event: &Event) {
        if let Some(at) = key_of(event).map(|key| (end, key.raw())) {
            match self.ports.get(&at).map(|port| port.stage) {
                // The core ends the port, and what else it says about it means nothing.
                Some(Stage::Refused) if matches!(event, Event::Freed { .. }) => return self.free(at),
                Some(Stage::Refused) => return,
                // Used early by the peer and refused unheard.
                None if self.early[1 - end] => return,
                _ => {}
            }
        }
        match event {
            Event::Opened { key } => {
                let may_be_early = self.early[end];
                let port = self.port((end, key.raw()));
                assert!(port.peer.is_some() || may_be_early, "opened without having been accepted");
                assert_eq!(port.stage, Stage::Asked, "opened twice");
                port.stage = Stage::Open;
            }
            Event::Refused { key, .. } => self.note_refused((end, key.raw())),
            Event::Freed { key } => {
                self.counts.freed += 1;
                let port = self.port((end, key.raw()));
                let asked = port.finish_asked && port.receive_finish_asked;
                assert!(
                    asked && port.finish_seen && port.receive_finish_seen,
                    "freed while a direction lives"
                );
                self.free((end, key.raw()));
            }
            Event::SendFinished { key } => self.note_finish((end, key.raw())),
            Event::ReceiverClosed { key } => {
                assert!(
                    self.peer_of((end, key.raw())).is_some_and(|peer| peer.close_asked),
                    "closed by nobody"
                );
                once(&mut self.port((end, key.raw())).close_seen, "closed twice");
            }
            Event::ReceiverFinished { key, graceful } => {
                let at = (end, key.raw());
                assert!(self.peer_of(at).is_some_and(|peer| peer.receive_finish_asked), "finished by nobody");
                let port = self.port(at);
                assert_eq!(*graceful, port.close_seen, "a graceful end is one after a close");
                once(&mut port.receive_finish_seen, "receiver finished twice");
            }
            _ => {}
        }
    }

    fn note_finish(&mut self, at: At) {
        let unwanted = self.port(at).wants_no_more();
        let peer = self.peer_of(at).expect("an end of sending on a port without a peer");
        assert!(peer.finish_asked, "sending ended by nobody");
        assert!(unwanted || peer.under_way.is_empty(), "the end of sending overtook {:?}", peer.under_way);
        once(&mut self.port(at).finish_seen, "sending ended twice");
    }

    fn note_refused(&mut self, at: At) {
        let may_be_early = self.early[at.0];
        let peer = self.peer_of(at).map(|peer| peer.stage);
        let port = self.port(at);
        if port.stage == Stage::Open {
            let is_refused = matches!(peer, Some(Stage::Refused | Stage::Gone) | None);
            assert!(may_be_early && is_refused, "refused after having been accepted");
            port.stage = Stage::Refused;
        } else {
            assert!(port.stage == Stage::Asked && port.peer.is_none(), "refused twice");
            self.free(at);
        }
    }

    /// The key names nothing any more.
    pub(crate) fn free(&mut self, at: At) {
        let port = self.port(at);
        assert_ne!(port.stage, Stage::Gone, "gone twice");
        port.stage = Stage::Gone;
        let number = port.number;
        self.freed_numbers[at.0].extend(number);
    }

    /// What came on a port is what was sent next by the other end.
    pub(crate) fn received(&mut self, at: At, received: &Received) {
        let peer = self.port(at).peer.expect("a message on a port without a peer");
        let sent = self.port(peer).under_way.pop_front();
        let sent = sent.unwrap_or_else(|| panic!("{at:?} received what was never sent: {received:?}"));
        let is_same = match (&sent.content, received) {
            (Received::Bytes(sent), Received::Bytes(received)) => sent == received,
            (Received::Ports(sent), Received::Ports(received)) => is_subsequence(received, sent),
            _ => false,
        };
        assert!(
            is_same,
            "lost, doubled, reordered or changed: sent {:?}, received {received:?}",
            sent.content
        );
        self.counts.received += 1;
    }
}

/// The port that an event is about.
fn key_of(event: &Event) -> Option<Key> {
    match event {
        Event::Opened { key }
        | Event::Refused { key, .. }
        | Event::SendFinished { key }
        | Event::ReceiverClosed { key }
        | Event::ReceiverFinished { key, .. }
        | Event::Freed { key } => Some(*key),
        _ => None,
    }
}

fn once(flag: &mut bool, broken: &str) {
    assert!(!std::mem::replace(flag, true), "{broken}");
}

/// Requests that the receiver has no room for are refused and do not appear in the list.
fn is_subsequence(part: &[u32], whole: &[u32]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|number| rest.any(|other| other == number))
}
