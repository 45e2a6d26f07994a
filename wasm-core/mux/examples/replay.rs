//! Plays a trace (`Trace.bytes()` of cuttle/mux, format in ts/mux/trace.ts) into the core: the frames that came are given
//! to it, and those that were sent become the commands that caused them. Prints what the core makes of it; exits 1 when
//! the connection failed, 2 when the file is no trace.
//!
//!     cargo run -p cuttle-mux --example replay -- FILE

#![allow(clippy::indexing_slicing, reason = "a program for developers, which may stop at a broken file")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use cuttle_mux::{
    ChunkUse, Config, Event, Expect, FrameSink, Key, Message, Misuse, Mux, Part, PortRef, Side,
};

const MAGIC: &[u8] = b"CTRACE\x01";
const SENT: u8 = 1;
const PAYLOAD: u8 = 2;
const DROPPED: u8 = 4;
/// Numbers that may be skipped because a request was taken back before it left.
const MAX_GAP: u32 = 256;

struct Frame {
    sent: bool,
    payload: bool,
    at_ms: f64,
    len: u32,
    bytes: Vec<u8>,
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: replay FILE");
        return ExitCode::from(2);
    };
    let frames = match std::fs::read(&path).map_err(|error| error.to_string()).and_then(|bytes| read(&bytes))
    {
        Ok(frames) => frames,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    let Some(mut replay) = Replay::new(&frames) else {
        eprintln!("{path}: the trace has no Hello that was sent; it must begin with the connection");
        return ExitCode::from(2);
    };
    for (at, frame) in frames.iter().enumerate() {
        replay.frame(frame, frames.get(at + 1));
    }
    match replay.failure {
        Some(error) => {
            println!("failed: {error:?}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn read(bytes: &[u8]) -> Result<Vec<Frame>, String> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or("this is no trace of cuttle")?;
    let mut frames = Vec::new();
    let mut us = 0;
    while let Some((&flags, after)) = rest.split_first() {
        rest = after;
        if flags & DROPPED != 0 {
            println!("{} more frames were not kept", number(&mut rest)?);
            break;
        }
        us += number(&mut rest)?;
        let len = number(&mut rest)? as u32;
        let kept = number(&mut rest)? as usize;
        let (bytes, after) = rest.split_at_checked(kept).ok_or("the trace is cut short")?;
        rest = after;
        let (sent, payload) = (flags & SENT != 0, flags & PAYLOAD != 0);
        frames.push(Frame { sent, payload, at_ms: us as f64 / 1_000.0, len, bytes: bytes.to_vec() });
    }
    Ok(frames)
}

fn number(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..56).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or("the trace is cut short")?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err("a number in the trace is too long".to_owned())
}

struct Replay {
    mux: Mux,
    sink: FrameSink,
    expect: Expect,
    /// Our ports by our number, and by the peer's.
    ours: BTreeMap<u32, Key>,
    theirs: BTreeMap<u32, Key>,
    /// Cost of what came and was not paid for.
    unpaid: BTreeMap<u32, u32>,
    failure: Option<cuttle_mux::Error>,
}

impl Replay {
    /// With the settings that were announced, and the seed that the first request shows.
    fn new(frames: &[Frame]) -> Option<Self> {
        let sent = || frames.iter().filter(|frame| frame.sent && !frame.payload);
        let hello = sent().find_map(|frame| match Message::decode(&frame.bytes, false) {
            Ok(Message::Hello(hello)) => Some(hello),
            _ => None,
        })?;
        let config = Config {
            timeout_ms: 0,
            handshake_timeout_ms: 0,
            chunk_size: hello.chunk_size,
            port_receive_buffer: hello.port_receive_buffer,
            connect_queue: hello.connect_queue,
            max_ports: 1 << 16,
            send_queue_bytes: u32::MAX,
            generation: hello.generation,
            capabilities: hello.capabilities,
            ..Config::default()
        };
        let varint = hello.capabilities.varint
            && frames.iter().filter(|frame| !frame.sent && !frame.payload).any(|frame| {
                matches!(Message::decode(&frame.bytes, false), Ok(Message::Hello(hello)) if hello.capabilities.varint)
            });
        let seed = sent().find_map(|frame| match Message::decode(&frame.bytes, varint) {
            Ok(Message::OpenPort { client_port, id, .. }) => Some(id.unwrap_or(client_port).wrapping_sub(1)),
            _ => None,
        });
        Some(Self {
            mux: Mux::new(config, seed.unwrap_or(0), 0.0).ok()?,
            sink: FrameSink::default(),
            expect: Expect::Frame,
            ours: BTreeMap::new(),
            theirs: BTreeMap::new(),
            unpaid: BTreeMap::new(),
            failure: None,
        })
    }

    fn frame(&mut self, frame: &Frame, next: Option<&Frame>) {
        if !frame.sent {
            self.received(frame);
        } else if !frame.payload
            && let Err(misuse) = self.sent(frame, next)
        {
            println!("{:11.3} → what was sent here cannot be repeated: {misuse:?}", frame.at_ms);
        }
        self.settle(frame.at_ms);
        // What it sends is what was sent, or explains itself by what follows.
        self.mux.poll_transmit(&mut self.sink, usize::MAX, u32::MAX, frame.at_ms);
        self.settle(frame.at_ms);
    }

    fn received(&mut self, frame: &Frame) {
        if self.expect == Expect::Payload {
            self.expect = Expect::Frame;
            self.mux.handle_payload(frame.len, frame.at_ms);
            return;
        }
        if let Ok(Message::PortOpened { client_port, server_port, same_number: false }) =
            Message::decode(&frame.bytes, self.varint())
            && let Some(key) = self.ours.get(&client_port)
        {
            self.theirs.insert(server_port, *key);
        }
        self.expect = self.mux.handle_frame(&frame.bytes, frame.len, frame.at_ms);
    }

    /// Gives the command that a sent frame came of.
    fn sent(&mut self, frame: &Frame, next: Option<&Frame>) -> Result<(), Misuse> {
        let Ok(message) = Message::decode(&frame.bytes, self.varint()) else { return Ok(()) };
        match message {
            Message::OpenPort { client_port, .. } => {
                let key = self.reserve(client_port)?;
                self.mux.open(key)
            }
            Message::PortData { port, entries, .. } => {
                let mut keys = Vec::new();
                for entry in entries.iter() {
                    keys.push(self.reserve(entry.port)?);
                }
                let carrier = self.key(port)?;
                self.mux.send_list(carrier, &keys).map(|_| ())
            }
            Message::PortOpened { client_port, same_number, .. } => {
                let key = self.mux.accept(client_port)?;
                self.theirs.insert(client_port, key);
                if !same_number {
                    self.ours.insert(self.mux.number(key), key);
                }
                Ok(())
            }
            Message::Rejected { client_port, no_ports } => self.mux.reject(client_port, no_ports),
            Message::Data { port, first, last, .. } => {
                let len = next.filter(|next| next.sent && next.payload).map_or(0, |payload| payload.len);
                let key = self.key(port)?;
                self.mux.outlast_close(key);
                self.mux.send_part(key, len, Part { first, last }).map(|_| ())
            }
            Message::PortCredits { port, .. } => {
                let key = self.key(port)?;
                let cost = self.unpaid.remove(&key.raw()).unwrap_or(0);
                self.mux.consumed(key, cost)
            }
            Message::SendFinish { port } => self.mux.finish_send(self.key(port)?),
            Message::ReceiveClose { port } => self.mux.close_receive(self.key(port)?),
            Message::ReceiveFinish { port } => self.mux.finish_receive(self.key(port)?),
            Message::RequestReceivedReport { port } => self.mux.request_report(self.key(port)?),
            Message::ClientFinish => {
                self.mux.close_client();
                Ok(())
            }
            Message::ListenerFinish => {
                self.mux.close_listener();
                Ok(())
            }
            Message::Goodbye => {
                self.mux.close(frame.at_ms);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Takes the number that was used; numbers are given in order.
    fn reserve(&mut self, wanted: u32) -> Result<Key, Misuse> {
        let mut passed = Vec::new();
        let found = loop {
            let key = self.mux.reserve()?;
            if self.mux.number(key) == wanted {
                break key;
            }
            passed.push(key);
            if passed.len() as u32 > MAX_GAP {
                return Err(Misuse::NoSuchPort);
            }
        };
        for key in passed {
            self.mux.release(key)?;
        }
        self.ours.insert(wanted, found);
        Ok(found)
    }

    fn key(&self, port: PortRef) -> Result<Key, Misuse> {
        let map = if port.side == Side::Sender { &self.ours } else { &self.theirs };
        map.get(&port.number).copied().ok_or(Misuse::NoSuchPort)
    }

    fn varint(&self) -> bool {
        self.mux.peer().is_some_and(|peer| peer.encoding.varint)
    }

    fn settle(&mut self, at_ms: f64) {
        while let Some(event) = self.mux.poll_event() {
            println!("{at_ms:11.3}   {event:?}");
            match event {
                Event::Chunk { key: Some(key), chunk, len, .. } if chunk != ChunkUse::Drop => {
                    *self.unpaid.entry(key.raw()).or_default() += len.max(1);
                }
                Event::PortList { key, count, .. } => *self.unpaid.entry(key.raw()).or_default() += 4 * count,
                Event::Request { peer_port, key: Some(key), .. } => {
                    self.theirs.insert(peer_port, key);
                }
                Event::Failed(error) => self.failure = Some(error),
                _ => {}
            }
        }
    }
}
