//! The core in the place of one side of a recorded session: each recorded frame of that side is turned into the command
//! that causes it, and what the core sends then must be the recorded message but for the numbers of its own ports. The
//! frames of the other side are fed as recorded.

use std::collections::HashMap;

use cuttle_mux::{
    Config, Encoding, Entries, Event, Generation, Hello, Key, Message, PortEntry, PortRef, Side,
};
use serde_json::Value;

use crate::support::end::{End, Frame};
use crate::support::hex;

/// The frames of a recording, each with its sender (A is 0).
pub type Frames = Vec<(usize, Frame)>;

/// The file of a recording.
pub fn vector(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The frames in the rows of a recording.
pub fn frames_of(rows: &[Value]) -> Frames {
    let mut frames = Frames::new();
    let mut payload_due = false;
    for row in rows {
        let Some(dir) = row["dir"].as_str() else { continue };
        let bytes = hex::bytes(row["hex"].as_str().unwrap());
        if payload_due {
            frames.last_mut().unwrap().1.payload = Some(bytes);
            payload_due = false;
        } else {
            payload_due = bytes.first() == Some(&7);
            frames.push((usize::from(dir == "B>A"), Frame { header: bytes, payload: None }));
        }
    }
    frames
}

/// The frames of a recorded session.
pub fn recording(name: &str) -> Frames {
    frames_of(vector(name)["trace"].as_array().unwrap())
}

fn hello_of(frames: &[(usize, Frame)], side: usize) -> Hello {
    let hellos = frames.iter().filter(|(from, frame)| *from == side && frame.header[0] == 2);
    match Message::decode(&hellos.map(|(_, frame)| &frame.header).next().unwrap()[..], false) {
        Ok(Message::Hello(hello)) => hello,
        other => panic!("{other:?}"),
    }
}

/// The core in the place of one side.
pub struct Player {
    pub end: End,
    generation: Generation,
    pub varint: bool,
    /// Numbers recorded for this side's requests, and those that the core chose instead.
    numbers: HashMap<u32, u32>,
    /// The core's ports by how this side names them to the other: number as recorded, and whose it is.
    ports: HashMap<(Side, u32), Key>,
    /// Requested ports by the recorded number.
    asked: HashMap<u32, Key>,
    /// What the core sent and was not compared yet.
    pub sent: Vec<Frame>,
    /// What was received, to be compared with the recording.
    pub received: Vec<Vec<u8>>,
}

impl Player {
    fn new(hello: &Hello, varint: bool) -> Self {
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
        // Ports with numbers of their own, so that confusing the sides is noticed.
        let seed = if varint { 0 } else { 0x5000 };
        Self {
            end: End::new(config, seed),
            generation: hello.generation,
            varint: false,
            numbers: HashMap::new(),
            ports: HashMap::new(),
            asked: HashMap::new(),
            sent: Vec::new(),
            received: Vec::new(),
        }
    }

    fn own(&self, recorded: u32) -> u32 {
        *self.numbers.get(&recorded).unwrap_or_else(|| panic!("number {recorded} is not of this side"))
    }

    /// The core's port that this side names so.
    pub fn key(&self, port: PortRef) -> Key {
        *self.ports.get(&(port.side, port.number)).unwrap_or_else(|| panic!("{port:?} is not known"))
    }

    /// As this side names the port to the other, with the core's number.
    fn outgoing(&self, port: PortRef) -> PortRef {
        match port.side {
            Side::Receiver => port,
            Side::Sender => PortRef::sender(self.own(port.number)),
        }
    }

    /// As the other side names the port to this one, with the core's number.
    fn incoming(&self, port: PortRef) -> PortRef {
        match port.side {
            Side::Receiver => PortRef::receiver(self.own(port.number)),
            Side::Sender => port,
        }
    }

    /// Does what makes the core send the recorded frame, and returns the message expected.
    fn act<'a>(&mut self, message: Message<'a>, whole: &[u8], list: &'a mut Vec<PortEntry>) -> Message<'a> {
        match message {
            Message::OpenPort { client_port, id, pre_connect, .. } => {
                let key = self.end.open();
                let number = self.note_asked(client_port, key, pre_connect);
                Message::OpenPort { client_port: number, wait: true, id: id.map(|_| number), pre_connect }
            }
            Message::PortOpened { client_port, server_port, same_number } => {
                let key = self.end.accept_number(client_port);
                self.ports.insert((Side::Receiver, client_port), key);
                let number = self.end.mux.number(key);
                if !same_number {
                    self.numbers.insert(server_port, number);
                }
                Message::PortOpened { client_port, server_port: number, same_number }
            }
            Message::Rejected { client_port, no_ports } => {
                let request = self.end.requests.iter().find(|request| request.peer_port == client_port);
                if let Some(key) = request.and_then(|request| request.key) {
                    self.ports.insert((Side::Receiver, client_port), key);
                }
                self.end.command(|mux| mux.reject(client_port, no_ports)).unwrap();
                message
            }
            Message::Data { port, first, last, global } => {
                if first {
                    self.end.send(self.key(port), whole).unwrap();
                }
                Message::Data { port: self.outgoing(port), first, last, global }
            }
            Message::PortData { port, first, last, entries, .. } => {
                for entry in entries.iter() {
                    let key = self.end.mux.reserve().unwrap();
                    let number = self.note_asked(entry.port, key, entry.pre_connect);
                    // The core pre-connects where it can, and labels ports with their numbers.
                    let pre_connect = self.end.mux.peer().unwrap().hello.capabilities.pre_connect;
                    list.push(PortEntry { port: number, id: number, pre_connect });
                }
                let keys: Vec<Key> = entries.iter().map(|entry| self.asked[&entry.port]).collect();
                self.end.mux.send_ports(self.key(port), &keys).unwrap();
                let port = self.outgoing(port);
                Message::PortData { port, first, last, wait: true, entries: Entries::list(list) }
            }
            // The core ends refused ports by itself; then these fail.
            Message::SendFinish { port } => {
                let key = self.key(port);
                let _ = self.end.command(|mux| mux.finish_send(key));
                Message::SendFinish { port: self.outgoing(port) }
            }
            Message::ReceiveFinish { port } => {
                let key = self.key(port);
                let _ = self.end.command(|mux| mux.finish_receive(key));
                Message::ReceiveFinish { port: self.outgoing(port) }
            }
            Message::ReceiveClose { port } => {
                let key = self.key(port);
                self.end.command(|mux| mux.close_receive(key)).unwrap();
                Message::ReceiveClose { port: self.outgoing(port) }
            }
            Message::RequestReceivedReport { port } => {
                self.end.mux.request_report(self.key(port)).unwrap();
                Message::RequestReceivedReport { port: self.outgoing(port) }
            }
            // Said by itself, when what came was consumed.
            Message::ReceivedReport { port } => Message::ReceivedReport { port: self.outgoing(port) },
            Message::ListenerFinish => {
                self.end.mux.close_listener();
                message
            }
            Message::ClientFinish => {
                self.end.mux.close_client();
                message
            }
            // The core says these by itself.
            Message::Reset | Message::Hello(_) | Message::Goodbye | Message::GlobalCreditsReport { .. } => {
                message
            }
            other => panic!("the recording has {other:?}"),
        }
    }

    fn note_asked(&mut self, recorded: u32, key: Key, pre_connect: bool) -> u32 {
        let number = self.end.mux.number(key);
        self.numbers.insert(recorded, number);
        self.asked.insert(recorded, key);
        if pre_connect {
            self.ports.insert((Side::Sender, recorded), key);
        }
        number
    }

    /// The first of `frames` is of this side, and the others come after it.
    fn plays(&mut self, frames: &[(usize, Frame)]) {
        let mut list = Vec::new();
        let (side, frame) = &frames[0];
        let message = Message::decode(&frame.header, self.varint).unwrap();
        // How much is returned at once, and when the peer is asked to spare the pool, is up to each end.
        if is_about_credits(&message) {
            return self.sent.extend(self.end.transmit(1_000, 0.0));
        }
        let own = frames.iter().filter(|(from, _)| from == side).map(|(_, frame)| frame);
        let whole = self.message_of(own);
        let expected = self.act(message, &whole, &mut list);
        self.sent.extend(self.end.transmit(1_000, 0.0));
        let varint = self.varint;
        let found = self.sent.iter().position(|sent| {
            Message::decode(&sent.header, varint).as_ref() == Ok(&expected) && sent.payload == frame.payload
        });
        let found =
            found.unwrap_or_else(|| panic!("{expected:?} is not sent, but {:?}", self.texts(&self.sent)));
        self.sent.remove(found);
    }

    /// The payloads up to the end of the message that the first frame begins.
    fn message_of<'f>(&self, frames: impl Iterator<Item = &'f Frame>) -> Vec<u8> {
        let mut whole = Vec::new();
        for frame in frames {
            if let Ok(Message::Data { last, .. }) = Message::decode(&frame.header, self.varint) {
                whole.extend(frame.payload.iter().flatten());
                if last {
                    break;
                }
            }
        }
        whole
    }

    /// What these frames return: credits of ports, and of the pool.
    pub fn returned<'f>(&self, frames: impl Iterator<Item = &'f Frame>) -> [u32; 2] {
        let mut sums = [0; 2];
        for frame in frames {
            match Message::decode(&frame.header, self.varint) {
                Ok(Message::PortCredits { credits, .. }) => sums[0] += credits,
                Ok(Message::GlobalCredits { credits, .. }) => sums[1] += credits,
                _ => {}
            }
        }
        sums
    }

    pub fn texts(&self, frames: &[Frame]) -> Vec<String> {
        frames.iter().map(|frame| format!("{:?}", Message::decode(&frame.header, self.varint))).collect()
    }

    /// A frame of the other side; numbers of this side become the core's.
    fn hears(&mut self, frame: &Frame, encoding: Encoding) {
        let message = Message::decode(&frame.header, self.varint).unwrap();
        if matches!(message, Message::Hello(_)) {
            // An older remoc sees less of it.
            let seen = match self.generation {
                Generation::V18 => 26,
                Generation::V19 => 31,
                Generation::V20 => 40,
            };
            let header = frame.header[..seen.min(frame.header.len())].to_vec();
            return self.end.frame(&Frame { header, payload: None }, 0.0);
        }
        let mut again = Vec::new();
        message.encode(&mut again, encoding);
        assert_eq!(hex::text(&again), hex::text(&frame.header), "the recording is written alike");
        self.received.extend(frame.payload.clone());
        let mapped = match message {
            Message::PortOpened { client_port, server_port, same_number } => {
                let named = match same_number {
                    true => (Side::Sender, client_port),
                    false => (Side::Receiver, server_port),
                };
                self.ports.insert(named, self.asked[&client_port]);
                let client_port = self.own(client_port);
                let server_port = if same_number { client_port } else { server_port };
                Message::PortOpened { client_port, server_port, same_number }
            }
            Message::Rejected { client_port, no_ports } => {
                Message::Rejected { client_port: self.own(client_port), no_ports }
            }
            Message::Data { port, first, last, global } => {
                Message::Data { port: self.incoming(port), first, last, global }
            }
            Message::PortData { port, first, last, wait, entries } => {
                Message::PortData { port: self.incoming(port), first, last, wait, entries }
            }
            Message::SendFinish { port } => Message::SendFinish { port: self.incoming(port) },
            Message::ReceiveFinish { port } => Message::ReceiveFinish { port: self.incoming(port) },
            Message::ReceiveClose { port } => Message::ReceiveClose { port: self.incoming(port) },
            Message::RequestReceivedReport { port } => {
                Message::RequestReceivedReport { port: self.incoming(port) }
            }
            Message::ReceivedReport { port } => Message::ReceivedReport { port: self.incoming(port) },
            Message::PortCredits { port, credits } => {
                Message::PortCredits { port: self.incoming(port), credits }
            }
            Message::InhibitGlobal { port } => Message::InhibitGlobal { port: self.incoming(port) },
            Message::AllowGlobal { port } => Message::AllowGlobal { port: self.incoming(port) },
            other => other,
        };
        let mut header = Vec::new();
        mapped.encode(&mut header, encoding);
        self.end.frame(&Frame { header, payload: frame.payload.clone() }, 0.0);
    }
}

pub fn is_about_credits(message: &Message<'_>) -> bool {
    matches!(
        message,
        Message::PortCredits { .. }
            | Message::GlobalCredits { .. }
            | Message::InhibitGlobal { .. }
            | Message::AllowGlobal { .. }
    )
}

/// Plays one side of a recording. What the core sends is what was recorded, although ends of refused ports may come
/// earlier; and whole messages arrive as they were recorded.
pub fn play(name: &str, side: usize) -> Player {
    play_frames(name, &recording(name), side)
}

pub fn play_frames(name: &str, frames: &[(usize, Frame)], side: usize) -> Player {
    let (own, other) = (hello_of(frames, side), hello_of(frames, 1 - side));
    let with_flags = other.generation == Generation::V20;
    let varint = own.capabilities.varint && other.capabilities.varint;
    let encoding =
        Encoding { varint, flags_byte: with_flags, port_ids: !with_flags || own.capabilities.port_id };
    let mut player = Player::new(&own, varint);
    for (at, (from, frame)) in frames.iter().enumerate() {
        player.varint = varint && at >= 4;
        if *from == side {
            player.plays(&frames[at..])
        } else {
            player.hears(frame, encoding)
        }
        let outcome = player.end.outcome;
        assert!(!matches!(outcome, Some(Event::Failed(_))), "{name}, side {side}, frame {at}: {outcome:?}");
    }
    let sent = player.end.transmit(1_000, 0.0);
    player.sent.extend(sent);
    player
}
