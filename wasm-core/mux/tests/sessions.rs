//! Sessions recorded between remoc 0.20.5 and 0.18.3, and 0.20.5 without extensions: the core plays either side.
//!
//! Each recorded frame of the played side is turned into the command that causes it; what the core sends then must be
//! the recorded message but for the numbers of its own ports. The frames of the other side are fed as recorded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use std::collections::HashMap;

use cuttle_mux::{
    Config, Encoding, Entries, Event, Generation, GlobalUse, Hello, Key, Message, PortEntry, PortRef,
};
use serde_json::Value;
use support::end::{End, Frame};
use support::hex;

/// The frames of a recorded session, each with its sender (A is 0).
fn recording(name: &str) -> Vec<(usize, Frame)> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let vector: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut frames: Vec<(usize, Frame)> = Vec::new();
    let mut payload_due = false;
    for row in vector["trace"].as_array().unwrap() {
        let Some(dir) = row["dir"].as_str() else { continue };
        let bytes = hex::bytes(row["hex"].as_str().unwrap());
        if payload_due {
            frames.last_mut().unwrap().1.payload = Some(bytes);
            payload_due = false;
        } else {
            payload_due = bytes[0] == 7;
            frames.push((usize::from(dir == "B>A"), Frame { header: bytes, payload: None }));
        }
    }
    frames
}

fn hello_of(frames: &[(usize, Frame)], side: usize) -> Hello {
    let hellos = frames.iter().filter(|(from, frame)| *from == side && frame.header[0] == 2);
    match Message::decode(&hellos.map(|(_, frame)| &frame.header).next().unwrap()[..], false) {
        Ok(Message::Hello(hello)) => hello,
        other => panic!("{other:?}"),
    }
}

/// The core in the place of one side.
struct Player {
    end: End,
    /// Numbers recorded for this side, and those that the core chose instead.
    numbers: HashMap<u32, u32>,
    /// The core's ports by the peer's number.
    by_peer: HashMap<u32, Key>,
    /// Requested ports by the own number.
    asked: HashMap<u32, Key>,
    /// What was received, to be compared with the recording.
    received: Vec<Vec<u8>>,
}

impl Player {
    fn new(hello: &Hello) -> Self {
        let config = Config {
            timeout_ms: hello.timeout_ms,
            chunk_size: hello.chunk_size,
            max_send_chunk: hello.chunk_size,
            port_receive_buffer: hello.port_receive_buffer,
            connect_queue: hello.connect_queue,
            generation: hello.generation,
            capabilities: hello.capabilities,
            ..Config::default()
        };
        Self {
            end: End::new(config, 0x5000),
            numbers: HashMap::new(),
            by_peer: HashMap::new(),
            asked: HashMap::new(),
            received: Vec::new(),
        }
    }

    fn own(&self, recorded: u32) -> u32 {
        *self.numbers.get(&recorded).unwrap_or_else(|| panic!("number {recorded} is not of this side"))
    }

    /// Does what makes the core send the recorded frame, and returns the message expected.
    fn act<'a>(
        &mut self,
        message: Message<'a>,
        payload: Option<&[u8]>,
        list: &'a mut Vec<PortEntry>,
    ) -> Message<'a> {
        match message {
            Message::OpenPort { client_port, wait, id, pre_connect } => {
                let key = self.end.open();
                let number = self.note_asked(client_port, key);
                Message::OpenPort { client_port: number, wait, id: id.map(|_| number), pre_connect }
            }
            Message::PortOpened { client_port, server_port, same_number } => {
                let key = self.end.mux.accept(client_port).unwrap();
                self.by_peer.insert(client_port, key);
                let number = self.end.mux.number(key);
                self.numbers.insert(server_port, number);
                Message::PortOpened { client_port, server_port: number, same_number }
            }
            Message::Data { port, .. } => {
                self.end.send(self.by_peer[&port.number], payload.unwrap()).unwrap();
                message
            }
            Message::PortData { port, first, last, wait, entries } => {
                for entry in entries.iter() {
                    let key = self.end.mux.reserve().unwrap();
                    let number = self.note_asked(entry.port, key);
                    list.push(PortEntry { port: number, id: number, pre_connect: false });
                }
                let keys: Vec<Key> = list.iter().map(|entry| self.asked[&entry.port]).collect();
                self.end.mux.send_ports(self.by_peer[&port.number], &keys).unwrap();
                Message::PortData { port, first, last, wait, entries: Entries::list(list) }
            }
            Message::SendFinish { port } => {
                let key = self.by_peer[&port.number];
                self.end.command(|mux| mux.finish_send(key)).unwrap();
                message
            }
            Message::ReceiveFinish { port } => {
                let key = self.by_peer[&port.number];
                self.end.command(|mux| mux.finish_receive(key)).unwrap();
                message
            }
            Message::ListenerFinish => {
                self.end.mux.close_listener();
                message
            }
            Message::ClientFinish => {
                self.end.mux.close_client();
                message
            }
            // The core says these by itself.
            Message::Reset | Message::Hello(_) | Message::Goodbye => message,
            other => panic!("the recording has {other:?}"),
        }
    }

    fn note_asked(&mut self, recorded: u32, key: Key) -> u32 {
        let number = self.end.mux.number(key);
        self.numbers.insert(recorded, number);
        self.asked.insert(number, key);
        number
    }

    fn plays(&mut self, frame: &Frame) {
        let mut list = Vec::new();
        let message = Message::decode(&frame.header, false).unwrap();
        let expected = self.act(message, frame.payload.as_deref(), &mut list);
        let [sent] = &self.end.transmit(1, 0.0)[..] else { panic!("nothing is sent for {expected:?}") };
        assert_eq!(Message::decode(&sent.header, false), Ok(expected));
        assert_eq!(sent.payload, frame.payload);
    }

    /// A frame of the other side; numbers of this side become the core's.
    fn hears(&mut self, frame: &Frame, encoding: Encoding) {
        let message = Message::decode(&frame.header, false).unwrap();
        let mut again = Vec::new();
        message.encode(&mut again, encoding);
        if !matches!(message, Message::Hello(_)) {
            assert_eq!(hex::text(&again), hex::text(&frame.header), "the recording is written alike");
        }
        self.received.extend(frame.payload.clone());
        let to = |port: PortRef| PortRef::receiver(self.own(port.number));
        let mapped = match message {
            Message::PortOpened { client_port, server_port, same_number } => {
                let client_port = self.own(client_port);
                self.by_peer.insert(server_port, self.asked[&client_port]);
                Message::PortOpened { client_port, server_port, same_number }
            }
            Message::Data { port, first, last, .. } => {
                Message::Data { port: to(port), first, last, global: GlobalUse::None }
            }
            Message::PortData { port, first, last, wait, entries } => {
                Message::PortData { port: to(port), first, last, wait, entries }
            }
            Message::SendFinish { port } => Message::SendFinish { port: to(port) },
            Message::ReceiveFinish { port } => Message::ReceiveFinish { port: to(port) },
            other => other,
        };
        let mut header = Vec::new();
        mapped.encode(&mut header, encoding);
        if matches!(mapped, Message::Hello(_)) {
            header.clone_from(&frame.header);
        }
        self.end.frame(&Frame { header, payload: frame.payload.clone() }, 0.0);
    }
}

fn replay(name: &str, side: usize) {
    let frames = recording(name);
    let (own, other) = (hello_of(&frames, side), hello_of(&frames, 1 - side));
    let with_flags = other.generation == Generation::V20;
    let encoding = Encoding {
        varint: false,
        flags_byte: with_flags,
        port_ids: !with_flags || other.capabilities.port_id,
    };
    let mut player = Player::new(&own);
    for (from, frame) in &frames {
        if *from == side {
            player.plays(frame)
        } else {
            player.hears(frame, encoding)
        }
        assert!(!matches!(player.end.outcome, Some(Event::Failed(_))), "{:?}", player.end.outcome);
    }
    let events = player.end.events();
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Ready)), 1);
    assert_eq!(count(|event| matches!(event, Event::Opened { .. })), 1 + usize::from(side == 0));
    assert_eq!(count(|event| matches!(event, Event::Request { .. })), 1 + usize::from(side == 1));
    assert_eq!(count(|event| matches!(event, Event::Freed { .. })), 3);
    assert_eq!(count(|event| matches!(event, Event::SendFinished { .. })), 3);
    assert_eq!(count(|event| matches!(event, Event::ReceiverFinished { .. })), 3);
    let chunks = count(|event| matches!(event, Event::Chunk { key: Some(_), last: true, .. }));
    assert_eq!(chunks, player.received.len());
    assert_eq!(player.received.len(), if side == 0 { 2 } else { 1 });
    assert_eq!(player.end.outcome, Some(Event::Ended));
    player.end.check_nothing_left(0.0);
}

#[test]
fn the_core_plays_0_18_3_asked_by_0_20_5() {
    replay("remoc20-06-asks-0.18.3.json", 1);
    replay("remoc20-09-asks-0.18.3-json.json", 1);
}

#[test]
fn the_core_plays_0_18_3_that_asks_0_20_5() {
    replay("remoc20-07-asked-by-0.18.3.json", 0);
    replay("remoc20-10-asked-by-0.18.3-json.json", 0);
}

#[test]
fn the_core_plays_0_20_5_with_0_18_3() {
    replay("remoc20-06-asks-0.18.3.json", 0);
    replay("remoc20-09-asks-0.18.3-json.json", 0);
    replay("remoc20-07-asked-by-0.18.3.json", 1);
    replay("remoc20-10-asked-by-0.18.3-json.json", 1);
}

#[test]
fn the_core_plays_either_side_of_0_20_5_without_extensions() {
    replay("remoc20-04-session-nothing.json", 0);
    replay("remoc20-04-session-nothing.json", 1);
}
