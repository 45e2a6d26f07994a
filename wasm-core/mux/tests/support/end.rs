//! A `Mux` with the smallest embedder: it keeps the bytes, slices them by `Body`, assembles them by `Event::Chunk`.

use std::collections::{BTreeMap, VecDeque};

use cuttle_mux::{Accepted, ChunkUse, Config, Event, Expect, FrameSink, Key, Misuse, Mux, Part};

/// A message on the wire: a header and, for Data, the payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub header: Vec<u8>,
    pub payload: Option<Vec<u8>>,
}

/// A whole message of a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    Bytes(Vec<u8>),
    /// The peer's numbers.
    Ports(Vec<u32>),
}

/// What came in on a port.
#[derive(Default, Debug)]
pub struct Inbox {
    partial: Option<Vec<u8>>,
    partial_ports: Option<Vec<u32>>,
    pub received: Vec<Received>,
    /// Bytes of all chunks.
    pub arrived: usize,
    /// Cost of what came and was not consumed.
    pub unread: u32,
    pub finished: bool,
    /// Given up for want of memory.
    pub shed: bool,
}

/// A request of the peer, not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    pub peer_port: u32,
    pub id: u32,
    pub list: Option<Key>,
    /// The port, when the peer uses it already.
    pub key: Option<Key>,
}

pub struct End {
    pub mux: Mux,
    sink: FrameSink,
    /// Queued messages by port, and whether they are covered.
    outbox: BTreeMap<u32, VecDeque<(Vec<u8>, bool)>>,
    inbox: BTreeMap<u32, Inbox>,
    pub requests: VecDeque<Request>,
    /// Every event since [`End::events`] was called last.
    events: Vec<Event>,
    /// Ports that the peer uses and that were not accepted.
    undecided: Vec<Key>,
    /// Consumes what comes at once.
    pub reads: bool,
    /// Not before so many bytes of a port came.
    pub reads_bytes: u32,
    /// `Ended` or `Failed`.
    pub outcome: Option<Event>,
    expect: Expect,
    /// Acknowledgements to be carried: bytes, and their age in ms.
    pub acks: Vec<(u32, u32)>,
    /// It is not told what arrived.
    pub ignores_acks: bool,
    /// The list being announced and how many of its requests are still to come.
    list: Option<(Key, u32, bool)>,
    /// It sends on after the peer asked for no more.
    outlasting: Option<Key>,
}

impl End {
    pub fn new(config: Config, seed: u32) -> Self {
        Self {
            mux: Mux::new(config, seed, 0.0).unwrap(),
            sink: FrameSink::default(),
            outbox: BTreeMap::new(),
            inbox: BTreeMap::new(),
            requests: VecDeque::new(),
            events: Vec::new(),
            undecided: Vec::new(),
            reads: true,
            reads_bytes: 0,
            outcome: None,
            expect: Expect::Frame,
            acks: Vec::new(),
            ignores_acks: false,
            list: None,
            outlasting: None,
        }
    }

    /// Delivers one packet: a header or a payload.
    pub fn packet(&mut self, bytes: Vec<u8>, now: f64) {
        match self.expect {
            Expect::Frame => {
                let prefix = bytes.len().min(self.mux.max_header() as usize);
                self.expect = self.mux.handle_frame(&bytes[..prefix], bytes.len() as u32, now);
                self.settle(None);
            }
            Expect::Payload => {
                self.expect = Expect::Frame;
                self.mux.handle_payload(bytes.len() as u32, now);
                self.settle(Some(bytes));
            }
        }
    }

    pub fn expects_payload(&self) -> bool {
        self.expect == Expect::Payload
    }

    pub fn frame(&mut self, frame: &Frame, now: f64) {
        self.packet(frame.header.clone(), now);
        if let Some(payload) = &frame.payload {
            assert!(self.expects_payload(), "a payload was not expected");
            self.packet(payload.clone(), now);
        }
    }

    pub fn timeout(&mut self, now: f64) {
        self.mux.handle_timeout(now);
        self.settle(None);
    }

    pub fn ack(&mut self, (bytes, delay_ms): (u32, u32), now: f64) {
        if self.ignores_acks {
            return;
        }
        self.mux.handle_ack(bytes, delay_ms.into(), now);
        self.settle(None);
    }

    pub fn transport_end(&mut self) {
        self.mux.handle_transport_end();
        self.settle(None);
    }

    /// At most `max` messages to send now.
    pub fn transmit(&mut self, max: usize, now: f64) -> Vec<Frame> {
        self.mux.poll_transmit(&mut self.sink, max, u32::MAX, now);
        let mut frames = Vec::new();
        for index in 0..self.sink.len() {
            if let Some(ack) = self.sink.ack(index) {
                self.acks.push(ack);
                continue;
            }
            let header = self.sink.header(index).unwrap().to_vec();
            let payload = self.sink.body(index).map(|body| {
                let queue = self.outbox.get_mut(&body.key.raw()).expect("a body of a port with messages");
                let (message, _) = queue.front().expect("a body of a queued message");
                let part = message[body.offset as usize..][..body.len as usize].to_vec();
                assert_eq!(body.last, (body.offset + body.len) as usize == message.len());
                if body.last {
                    queue.pop_front();
                }
                part
            });
            frames.push(Frame { header, payload });
        }
        self.settle(None);
        frames
    }

    fn settle(&mut self, mut payload: Option<Vec<u8>>) {
        let had_payload = payload.is_some();
        let mut consumed = Vec::new();
        while let Some(event) = self.mux.poll_event() {
            assert_eq!(self.outcome, None, "nothing follows the end, but {event:?} did");
            self.note(event, &mut payload, &mut consumed);
            self.events.push(event);
        }
        assert!(!had_payload || payload.is_none() || self.outcome.is_some(), "a payload without an event");
        for (key, cost) in consumed {
            self.inbox.get_mut(&key.raw()).unwrap().unread -= cost;
            self.mux.consumed(key, cost).unwrap();
        }
    }

    fn note(&mut self, event: Event, payload: &mut Option<Vec<u8>>, consumed: &mut Vec<(Key, u32)>) {
        match event {
            Event::Chunk { key, chunk, last, len } => {
                let bytes = payload.take().expect("a chunk event without a payload");
                assert_eq!(bytes.len(), len as usize);
                if let Some(key) = key {
                    let cost = self.note_chunk(key, chunk, last, bytes);
                    let unread = self.inbox(key).unread;
                    let reads = self.reads && unread >= self.reads_bytes && !self.undecided.contains(&key);
                    consumed.extend(cost.filter(|_| reads).map(|_| (key, unread)));
                }
            }
            Event::PortList { key, chunk, last, count } => {
                let inbox = self.inbox.entry(key.raw()).or_default();
                inbox.unread += 4 * count;
                inbox.partial = None;
                match chunk {
                    ChunkUse::Start => inbox.partial_ports = Some(Vec::new()),
                    ChunkUse::Append => assert!(inbox.partial_ports.is_some()),
                    ChunkUse::Drop => inbox.partial_ports = None,
                }
                self.list = Some((key, count, last && chunk != ChunkUse::Drop));
                self.list_progress();
                if self.reads && count > 0 && !self.undecided.contains(&key) {
                    consumed.push((key, 4 * count));
                }
            }
            Event::Request { peer_port, id, list, key } => {
                self.requests.push_back(Request { peer_port, id, list, key });
                self.undecided.extend(key);
                if let Some(key) = list {
                    let (listed, left, last) = self.list.expect("a listed request without a list");
                    assert_eq!(listed, key);
                    self.inbox.get_mut(&key.raw()).unwrap().partial_ports.as_mut().unwrap().push(peer_port);
                    self.list = Some((key, left - 1, last));
                    self.list_progress();
                }
            }
            Event::SendFinished { key } => {
                let inbox = self.inbox.entry(key.raw()).or_default();
                inbox.finished = true;
                inbox.partial = None;
                inbox.partial_ports = None;
            }
            Event::ReceiverClosed { key } if self.outlasting == Some(key) => {}
            Event::ReceiverClosed { key } => {
                self.outbox.entry(key.raw()).or_default().retain(|(_, covered)| *covered);
            }
            Event::ReceiverFinished { key, .. } | Event::Freed { key } | Event::Refused { key, .. } => {
                self.outbox.remove(&key.raw());
            }
            Event::Shed { key } => self.inbox.entry(key.raw()).or_default().shed = true,
            Event::Ended | Event::Failed(_) => self.outcome = Some(event),
            _ => {}
        }
    }

    /// Returns the cost to be consumed.
    fn note_chunk(&mut self, key: Key, chunk: ChunkUse, last: bool, bytes: Vec<u8>) -> Option<u32> {
        let inbox = self.inbox.entry(key.raw()).or_default();
        inbox.partial_ports = None;
        inbox.arrived += bytes.len();
        let cost = (bytes.len() as u32).max(1);
        match chunk {
            ChunkUse::Drop => {
                inbox.partial = None;
                return None;
            }
            ChunkUse::Start => inbox.partial = Some(bytes),
            ChunkUse::Append => inbox.partial.as_mut().expect("something to append to").extend(bytes),
        }
        inbox.unread += cost;
        if last {
            let whole = inbox.partial.take().unwrap();
            inbox.received.push(Received::Bytes(whole));
        }
        Some(cost)
    }

    fn list_progress(&mut self) {
        if let Some((key, 0, last)) = self.list {
            self.list = None;
            let inbox = self.inbox.get_mut(&key.raw()).unwrap();
            if last {
                let ports = inbox.partial_ports.take().unwrap();
                inbox.received.push(Received::Ports(ports));
            }
        }
    }

    // Commands of the application.

    pub fn outlast_close(&mut self, key: Key) {
        self.mux.outlast_close(key);
        self.outlasting = Some(key);
    }

    pub fn send_part(&mut self, key: Key, bytes: &[u8], part: Part) -> Result<Accepted, Misuse> {
        let accepted = self.mux.send_part(key, bytes.len() as u32, part)?;
        let covered = accepted == Accepted::Covered;
        self.outbox.entry(key.raw()).or_default().push_back((bytes.to_vec(), covered));
        self.settle(None);
        Ok(accepted)
    }

    pub fn send(&mut self, key: Key, bytes: &[u8]) -> Result<Accepted, Misuse> {
        let accepted = self.mux.send(key, bytes.len() as u32, 0)?;
        let covered = accepted == Accepted::Covered;
        self.outbox.entry(key.raw()).or_default().push_back((bytes.to_vec(), covered));
        self.settle(None);
        Ok(accepted)
    }

    pub fn cancel_last(&mut self, key: Key) -> bool {
        let cancelled = self.mux.cancel_last(key);
        if cancelled {
            self.outbox.get_mut(&key.raw()).unwrap().pop_back().unwrap();
        }
        self.settle(None);
        cancelled
    }

    /// Reserves and requests a port.
    pub fn open(&mut self) -> Key {
        let key = self.mux.reserve().unwrap();
        self.mux.open(key).unwrap();
        key
    }

    /// Reserves `count` ports and lists them on `key`.
    pub fn send_ports(&mut self, key: Key, count: usize) -> Vec<Key> {
        let ports: Vec<Key> = (0..count).map(|_| self.mux.reserve().unwrap()).collect();
        self.mux.send_ports(key, &ports).unwrap();
        ports
    }

    /// Runs a command and takes its events.
    pub fn command<T>(&mut self, run: impl FnOnce(&mut Mux) -> T) -> T {
        let result = run(&mut self.mux);
        self.settle(None);
        result
    }

    pub fn finish(&mut self, key: Key) {
        self.command(|mux| mux.finish_send(key)).unwrap();
        self.command(|mux| mux.finish_receive(key)).unwrap();
    }

    /// Accepts the oldest request.
    pub fn accept(&mut self) -> Key {
        let request = self.requests.pop_front().expect("a request");
        self.accept_number(request.peer_port)
    }

    /// Accepts the request for a number of the peer.
    pub fn accept_number(&mut self, peer_port: u32) -> Key {
        self.try_accept(peer_port).unwrap()
    }

    pub fn try_accept(&mut self, peer_port: u32) -> Result<Key, Misuse> {
        let key = self.command(|mux| mux.accept(peer_port))?;
        self.undecided.retain(|undecided| *undecided != key);
        if self.reads {
            self.read(key);
        }
        Ok(key)
    }

    /// Refuses the oldest request.
    pub fn reject(&mut self) {
        let request = self.requests.pop_front().expect("a request");
        self.command(|mux| mux.reject(request.peer_port, false)).unwrap();
    }

    /// Byte messages of a port that have not left whole.
    pub fn queued(&self, key: Key) -> usize {
        self.outbox.get(&key.raw()).map_or(0, VecDeque::len)
    }

    /// Consumes all that came on a port.
    pub fn read(&mut self, key: Key) {
        let inbox = self.inbox.entry(key.raw()).or_default();
        let unread = std::mem::take(&mut inbox.unread);
        self.command(|mux| mux.consumed(key, unread)).unwrap();
    }

    pub fn inbox(&mut self, key: Key) -> &mut Inbox {
        self.inbox.entry(key.raw()).or_default()
    }

    /// Bytes of all chunks that came on a port.
    pub fn arrived(&mut self, key: Key) -> usize {
        self.inbox(key).arrived
    }

    /// Whole messages since the last call.
    pub fn received(&mut self, key: Key) -> Vec<Received> {
        std::mem::take(&mut self.inbox(key).received)
    }

    /// Whole byte messages since the last call.
    pub fn messages(&mut self, key: Key) -> Vec<Vec<u8>> {
        let received = self.received(key);
        received
            .into_iter()
            .map(|message| match message {
                Received::Bytes(bytes) => bytes,
                Received::Ports(_) => panic!("a port list among messages"),
            })
            .collect()
    }

    /// Events since the last call.
    pub fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// After the end nothing remains: no ports, no deadline, nothing to send.
    pub fn check_nothing_left(&mut self, now: f64) {
        assert!(self.outcome.is_some(), "the connection has not ended");
        assert_eq!(self.mux.ports(), 0, "ports remain");
        assert_eq!(self.mux.poll_deadline(), None, "a deadline remains");
        self.mux.handle_timeout(now + 1e9);
        self.mux.handle_transport_end();
        self.mux.close(now);
        assert_eq!(self.transmit(10, now), Vec::new(), "frames remain");
        assert_eq!(self.mux.poll_deadline(), None, "a deadline came back");
    }
}
