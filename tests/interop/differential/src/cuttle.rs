//! One end that is cuttle's core, with the application that its own tests use.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use cuttle_mux::{Capabilities, Config, Event, Generation, Key, Misuse};
use futures::StreamExt;
use tokio::time::{Instant, sleep_until};

use crate::end::{End, Received};
use crate::script::Port;
use crate::seen::{CONNECTION, Command, List, Wiring};

/// What the end announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Announces {
    /// The Hello of 0.18.
    Nothing,
    /// Everything of 0.20.
    Everything,
}

fn config((chunk, window): (u32, u32), announces: Announces) -> Config {
    let base = Config::default();
    let everything = Capabilities {
        global_credits: Some(1_000),
        received_report: true,
        port_side: true,
        pre_connect: true,
        varint: true,
        ..base.capabilities
    };
    let (generation, capabilities) = match announces {
        Announces::Nothing => (Generation::V18, base.capabilities),
        Announces::Everything => (Generation::V20, everything),
    };
    Config {
        chunk_size: chunk,
        max_send_chunk: chunk,
        port_receive_buffer: window,
        generation,
        capabilities,
        ..base
    }
}

/// The application of one port.
#[derive(Default)]
struct Application {
    /// What is still to be taken out.
    wanted: usize,
    came: VecDeque<Received>,
    finished: bool,
    ended: bool,
    /// How the peer ended receiving.
    closed: Option<&'static str>,
}

struct World {
    index: usize,
    end: End,
    wiring: Wiring,
    keys: BTreeMap<Port, Key>,
    applications: BTreeMap<Port, Application>,
    began: Instant,
}

pub async fn run(wiring: Wiring, announces: Announces) {
    let mut end = End::new(config(wiring.sizes, announces), 0x1000 * (1 + wiring.end as u32));
    end.reads = false;
    let index = wiring.end;
    let (keys, applications) = (BTreeMap::new(), BTreeMap::new());
    let mut world = World { index, end, wiring, keys, applications, began: Instant::now() };
    let mut has_commands = true;
    while world.end.outcome.is_none() {
        world.flush();
        let deadline = world.end.mux.poll_deadline().unwrap_or(1e9);
        let deadline = world.began + std::time::Duration::from_micros((deadline * 1e3) as u64 + 1);
        tokio::select! {
            packet = world.wiring.stream.next() => match packet {
                Some(packet) => world.end.packet(packet.to_vec(), world.began.elapsed().as_secs_f64() * 1e3),
                None => world.end.transport_end(),
            },
            command = world.wiring.commands.next(), if has_commands => match command {
                Some(command) => world.command(command),
                None => has_commands = false,
            },
            () = sleep_until(deadline) => world.end.timeout(world.now()),
        }
        world.observe();
    }
    let outcome = if world.end.outcome == Some(Event::Ended) { "ended" } else { "failed" };
    world.note(CONNECTION, outcome);
}

impl World {
    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1e3
    }

    fn note(&self, port: Port, line: &str) {
        self.wiring.seen.note((self.index, port), line);
    }

    fn flush(&mut self) {
        for frame in self.end.transmit(usize::MAX, self.now()) {
            for packet in std::iter::once(frame.header).chain(frame.payload) {
                self.wiring.sink.unbounded_send(Bytes::from(packet)).ok();
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Open(port) => {
                let key = self.reserve();
                self.end.command(|mux| mux.open(key)).unwrap();
                self.keys.insert(port, key);
            }
            Command::Answer { accept, port } => {
                let at = self.end.requests.iter().position(|request| request.list.is_none()).expect("a request");
                let request = self.end.requests.remove(at).unwrap();
                self.answer(port, request.peer_port, accept);
            }
            Command::Send(port, message) => {
                let outcome = self.end.send(self.keys[&port], &message).map(drop);
                self.note_refusal(port, outcome);
            }
            Command::List(port, list) => self.list(port, &list),
            Command::Finish(port) => self.finish(port),
            Command::Receive(port, count) => self.application(port).wanted += count,
            Command::Close(port) => self.on_port(port, |end, key| end.command(|mux| mux.close_receive(key)).unwrap()),
            Command::Drop(port) => self.drop_receiver(port),
            Command::ReceiveAll | Command::End => self.end_all(),
        }
    }

    /// A port with a label is not used before it is answered: else what is seen would depend on when that is.
    fn reserve(&mut self) -> Key {
        let key = self.end.mux.reserve().unwrap();
        let number = self.end.mux.number(key);
        self.end.mux.set_id(key, number).unwrap();
        key
    }

    fn application(&mut self, port: Port) -> &mut Application {
        self.applications.entry(port).or_default()
    }

    /// A port that is gone needs nothing.
    fn on_port(&mut self, port: Port, run: impl FnOnce(&mut End, Key)) {
        let key = self.keys[&port];
        if self.end.mux.credits(key).is_some() {
            run(&mut self.end, key);
        }
    }

    fn finish(&mut self, port: Port) {
        self.on_port(port, |end, key| end.command(|mux| mux.finish_send(key)).unwrap());
    }

    fn drop_receiver(&mut self, port: Port) {
        self.application(port).ended = true;
        self.on_port(port, |end, key| end.command(|mux| mux.finish_receive(key)).unwrap());
    }

    fn answer(&mut self, port: Port, peer_port: u32, accept: bool) {
        if accept {
            let key = self.end.accept_number(peer_port);
            self.keys.insert(port, key);
            self.application(port);
        } else {
            self.end.command(|mux| mux.reject(peer_port, false)).unwrap();
        }
    }

    fn list(&mut self, port: Port, list: &List) {
        let keys: Vec<Key> = list.iter().map(|_| self.reserve()).collect();
        let outcome = self.end.command(|mux| mux.send_ports(self.keys[&port], &keys));
        if outcome.is_ok() {
            self.keys.extend(list.iter().map(|(port, _)| *port).zip(keys));
        } else {
            keys.into_iter().for_each(|key| self.end.command(|mux| mux.release(key)).unwrap());
        }
        self.note_refusal(port, outcome);
    }

    fn note_refusal(&mut self, port: Port, outcome: Result<(), Misuse>) {
        match outcome {
            Ok(()) => {}
            Err(Misuse::ReceiverClosed) => {
                let closed = self.application(port).closed.unwrap_or("closed for no reason");
                self.note(port, closed);
            }
            // Both directions ended: the receiver is gone.
            Err(Misuse::NoSuchPort) => self.note(port, "dropped"),
            Err(misuse) => self.note(port, &format!("cannot send: {misuse:?}")),
        }
    }

    /// Every sender ends, everything is read, and nothing more is asked or accepted.
    fn end_all(&mut self) {
        let ports: Vec<Port> = self.applications.keys().copied().collect();
        for port in ports {
            self.finish(port);
            self.application(port).wanted = usize::MAX;
        }
        self.end.command(|mux| mux.close_client());
        self.end.command(|mux| mux.close_listener());
    }

    fn port_of(&self, key: Key) -> Port {
        self.keys.iter().find(|(_, other)| **other == key).map_or(CONNECTION, |(port, _)| *port)
    }

    fn observe(&mut self) {
        for event in self.end.events() {
            match event {
                Event::Opened { key } => {
                    let port = self.port_of(key);
                    self.note(port, "opened");
                    self.application(port);
                }
                Event::Refused { key, .. } => self.note(self.port_of(key), "refused"),
                Event::SendFinished { key } => {
                    let port = self.port_of(key);
                    self.application(port).finished = true;
                }
                Event::ReceiverClosed { key } => {
                    let port = self.port_of(key);
                    self.application(port).closed = Some("closed");
                }
                Event::ReceiverFinished { key, .. } => {
                    let port = self.port_of(key);
                    self.application(port).closed = Some("dropped");
                }
                Event::Failed(error) => self.note(CONNECTION, &format!("{error:?}")),
                _ => {}
            }
        }
        let ports: Vec<Port> = self.applications.keys().copied().collect();
        ports.into_iter().for_each(|port| self.read(port));
    }

    /// Takes out what is wanted. While a message is waited for, its beginning is consumed, too.
    fn read(&mut self, port: Port) {
        let key = self.keys[&port];
        let came = self.end.received(key);
        self.application(port).came.extend(came);
        while self.application(port).wanted > 0 && !self.application(port).ended {
            let Some(received) = self.application(port).came.pop_front() else {
                let unread = self.end.inbox(key).unread;
                self.consume(key, unread);
                if self.application(port).finished {
                    self.application(port).ended = true;
                    self.note(port, "end");
                    // A receiver that saw the end is dropped by its application.
                    self.drop_receiver(port);
                }
                return;
            };
            self.application(port).wanted -= 1;
            match received {
                Received::Bytes(message) => {
                    self.consume(key, (message.len() as u32).max(1));
                    self.wiring.seen.note_message((self.index, port), &message);
                }
                Received::Ports(numbers) => {
                    self.consume(key, 4 * numbers.len() as u32);
                    let list = self.wiring.seen.next_list((self.index, port), numbers.len());
                    for ((port, accept), number) in list.into_iter().zip(numbers) {
                        self.end.requests.retain(|request| request.peer_port != number);
                        self.answer(port, number, accept);
                    }
                }
            }
        }
    }

    fn consume(&mut self, key: Key, cost: u32) {
        let inbox = self.end.inbox(key);
        let cost = cost.min(inbox.unread);
        inbox.unread -= cost;
        self.end.command(|mux| mux.consumed(key, cost)).unwrap();
    }
}
