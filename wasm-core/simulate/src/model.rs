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

/// One end of a port.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u32,
    /// The other end, once accepted.
    pub(crate) peer: Option<At>,
    /// Asked for by OpenPort, not in a list.
    pub(crate) alone: bool,
    /// `Opened` came, or this end accepted it.
    pub(crate) answered: bool,
    /// `Refused` or `Freed` came: the key names nothing any more.
    pub(crate) gone: bool,
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
    fn new(number: u32, alone: bool) -> Self {
        Self {
            number,
            peer: None,
            alone,
            answered: false,
            gone: false,
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
        self.close_asked || self.receive_finish_asked
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
    /// Numbers of each end in the order in which they were freed.
    pub(crate) freed_numbers: [Vec<u32>; 2],
    pub(crate) counts: Counts,
}

impl Model {
    /// Ports of `end` that exist, by raw key.
    pub(crate) fn live(&self, end: usize) -> impl Iterator<Item = (At, &Port)> {
        let of_end = self.ports.range((end, 0)..=(end, u32::MAX));
        of_end.map(|(at, port)| (*at, port)).filter(|(_, port)| !port.gone)
    }

    pub(crate) fn port(&mut self, at: At) -> &mut Port {
        self.ports.get_mut(&at).expect("an event of a port that the application never had")
    }

    pub(crate) fn peer_of(&self, at: At) -> Option<&Port> {
        self.ports.get(&at)?.peer.and_then(|peer| self.ports.get(&peer))
    }

    /// A port that `end` asks for.
    pub(crate) fn asked(&mut self, end: usize, key: Key, number: u32, alone: bool) {
        assert!(!self.live(end).any(|(_, port)| port.number == number), "a number twice");
        assert!(self.ports.insert((end, key.raw()), Port::new(number, alone)).is_none(), "a key twice");
    }

    /// The port that `end` asked for with this number and that is not answered.
    pub(crate) fn asker(&self, end: usize, number: u32) -> At {
        let found = self.live(end).find(|(_, port)| port.number == number && port.peer.is_none());
        found.expect("a request that nobody made").0
    }

    /// `accepter` accepts what `asker` asked for.
    pub(crate) fn accepted(&mut self, asker: At, accepter: At, number: u32) {
        let mut port = Port::new(number, false);
        port.answered = true;
        port.peer = Some(asker);
        assert!(self.ports.insert(accepter, port).is_none(), "a key twice");
        self.port(asker).peer = Some(accepter);
    }

    pub(crate) fn note(&mut self, end: usize, event: &Event) {
        match event {
            Event::Opened { key } => {
                let port = self.port((end, key.raw()));
                assert!(port.peer.is_some(), "opened without having been accepted");
                once(&mut port.answered, "opened twice");
            }
            Event::Refused { key, .. } => {
                let port = self.port((end, key.raw()));
                assert!(!port.answered && port.peer.is_none(), "refused after having been accepted");
                self.free(end, *key);
            }
            Event::Freed { key } => {
                self.counts.freed += 1;
                let port = self.port((end, key.raw()));
                let asked = port.finish_asked && port.receive_finish_asked;
                assert!(
                    asked && port.finish_seen && port.receive_finish_seen,
                    "freed while a direction lives"
                );
                self.free(end, *key);
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

    fn free(&mut self, end: usize, key: Key) {
        let port = self.port((end, key.raw()));
        once(&mut port.gone, "gone twice");
        let number = port.number;
        self.freed_numbers[end].push(number);
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

fn once(flag: &mut bool, broken: &str) {
    assert!(!std::mem::replace(flag, true), "{broken}");
}

/// Requests that the receiver has no room for are refused and do not appear in the list.
fn is_subsequence(part: &[u32], whole: &[u32]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|number| rest.any(|other| other == number))
}
