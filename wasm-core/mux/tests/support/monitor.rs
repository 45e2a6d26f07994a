//! Judges every frame that two ends put on the wire by the rules of the protocol, independently of the core: who may
//! name which port when, chunk sizes, credits, order. It sees frames as they are emitted.

use std::collections::BTreeMap;

use cuttle_mux::{Capabilities, Generation, GlobalUse, Hello, Message, PortRef, Side};

use super::end::Frame;
use super::hex;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Open {
    Bytes,
    Ports,
}

#[derive(Debug)]
struct Port {
    /// Under which name the other end has it.
    peer: Name,
    /// Its own end must answer the request for it before it says anything else on it.
    undecided: bool,
    /// Questions for reports that the other end has not answered.
    questions: u32,
    send_finished: bool,
    close_sent: bool,
    receive_finished: bool,
    credits: u64,
    open: Option<Open>,
}

/// A number, and whether it is of the end that has the port, or of the other one.
type Name = (Whose, u32);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Whose {
    Own,
    Others,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Asked {
    alone: bool,
    early: bool,
}

#[derive(Debug, Default)]
struct Half {
    frames: usize,
    hello: Option<Hello>,
    ports: BTreeMap<Name, Port>,
    /// Own numbers of unanswered requests.
    asked: BTreeMap<u32, Asked>,
    client_finished: bool,
    goodbye: bool,
    /// Credits in hand of the other end's pool.
    pool: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Monitor {
    halves: [Half; 2],
}

impl Monitor {
    /// End `from` emits `frame`.
    pub fn emitted(&mut self, from: usize, frame: &Frame) {
        if let Err(broken) = self.judge(from, frame) {
            panic!("end {from} emitted an illegal frame {}: {broken}", hex::of_frame(frame));
        }
    }

    /// Ports that both ends still have to end.
    pub fn open_ports(&self) -> usize {
        self.halves[0].ports.len()
    }

    /// Credits that each end still holds on the port that `asker` asked for with `number`, when nothing is in flight.
    pub fn credits(&self, asker: usize, number: u32) -> Option<[u64; 2]> {
        let own = self.halves[asker].ports.get(&(Whose::Own, number))?;
        let other = self.halves[1 - asker].ports.get(&own.peer)?;
        let mut credits = [own.credits; 2];
        credits[1 - asker] = other.credits;
        Some(credits)
    }

    fn judge(&mut self, from: usize, frame: &Frame) -> Result<(), &'static str> {
        let half = &mut self.halves[from];
        half.frames += 1;
        require(!half.goodbye, "after Goodbye")?;
        let varint = half.frames > 2 && self.varint();
        let message = Message::decode(&frame.header, varint).map_err(|_| "not a message")?;
        require(frame.payload.is_some() == matches!(message, Message::Data { .. }), "payload of non-data")?;
        let half = &mut self.halves[from];
        match half.frames {
            1 => return require(message == Message::Reset, "no Reset first"),
            2 => {
                let Message::Hello(hello) = message else { return Err("no Hello second") };
                half.hello = Some(hello);
                self.halves[1 - from].pool = hello.capabilities.global_credits.map(u64::from);
                return Ok(());
            }
            _ => {}
        }
        match message {
            Message::Reset | Message::Hello(_) => Err("a second greeting"),
            Message::Ping | Message::ListenerFinish => Ok(()),
            Message::ClientFinish => {
                half.client_finished = true;
                Ok(())
            }
            Message::Goodbye => {
                half.goodbye = true;
                Ok(())
            }
            Message::OpenPort { client_port, pre_connect, .. } => {
                require(!half.client_finished, "OpenPort after ClientFinish")?;
                self.ask(from, client_port, Asked { alone: true, early: pre_connect })
            }
            Message::PortOpened { client_port, server_port, same_number } => {
                self.opened(from, client_port, server_port, same_number)
            }
            Message::Rejected { client_port, .. } => self.rejected(from, client_port),
            message => self.judge_port_message(from, message, frame.payload.as_ref().map_or(0, Vec::len)),
        }
    }

    fn judge_port_message(
        &mut self,
        from: usize,
        message: Message<'_>,
        len: usize,
    ) -> Result<(), &'static str> {
        let chunk_size = self.halves[1 - from].hello.as_ref().map_or(0, |hello| hello.chunk_size) as usize;
        match message {
            Message::GlobalCredits { credits, .. } => {
                let pool = self.halves[1 - from].pool.as_mut().ok_or("credits of no pool")?;
                *pool += u64::from(credits);
                Ok(())
            }
            Message::GlobalCreditsReport { current, .. } => {
                require(self.halves[from].pool.is_some_and(|pool| pool >= current.into()), "a wrong report")
            }
            Message::InhibitGlobal { port } | Message::AllowGlobal { port } => {
                self.both(from, port)?;
                require(self.halves[1 - from].pool.is_some(), "about a pool that was not announced")
            }
            Message::Data { port, first, last, global } => {
                require(len <= chunk_size, "chunk too large")?;
                require(len > 0 || last, "an empty chunk that is not the last")?;
                let cost = len.max(1) as u64;
                let from_pool = match global {
                    GlobalUse::None => 0,
                    GlobalUse::All => cost,
                    GlobalUse::Split(part) => u64::from(part),
                };
                let mut none = 0;
                let pool = self.halves[from].pool.as_mut().unwrap_or(&mut none);
                *pool = pool.checked_sub(from_pool).ok_or("more than the pool")?;
                self.chunk(from, port, first, last, Open::Bytes, cost - from_pool)
            }
            Message::PortData { port, first, last, entries, .. } => {
                let count = entries.iter().count();
                require(count > 0, "an empty list")?;
                require(4 * count <= chunk_size, "list too long")?;
                require(6 + 8 * count <= chunk_size + 16, "list too long for a byte stream")?;
                self.chunk(from, port, first, last, Open::Ports, 4 * count as u64)?;
                let asked = |early| Asked { alone: false, early };
                entries.iter().try_for_each(|entry| self.ask(from, entry.port, asked(entry.pre_connect)))
            }
            Message::PortCredits { port, credits } => {
                let (own, other) = self.both(from, port)?;
                require(!own.receive_finished, "credits after ReceiveFinish")?;
                other.credits += u64::from(credits);
                require(other.credits <= u64::from(u32::MAX), "too many credits")
            }
            Message::SendFinish { port } => {
                let (own, _) = self.both(from, port)?;
                require(!std::mem::replace(&mut own.send_finished, true), "SendFinish twice")?;
                own.open = None;
                self.free(from, port);
                Ok(())
            }
            Message::ReceiveClose { port } => {
                let (own, _) = self.both(from, port)?;
                require(!own.receive_finished, "ReceiveClose after ReceiveFinish")?;
                require(!std::mem::replace(&mut own.close_sent, true), "ReceiveClose twice")
            }
            Message::ReceiveFinish { port } => {
                let (own, _) = self.both(from, port)?;
                require(!std::mem::replace(&mut own.receive_finished, true), "ReceiveFinish twice")?;
                self.free(from, port);
                Ok(())
            }
            Message::RequestReceivedReport { port } => {
                let can = self.announced(1 - from, |can| can.received_report);
                require(can, "a question that the other end does not answer")?;
                let (own, _) = self.both(from, port)?;
                require(!own.send_finished, "a question after SendFinish")?;
                own.questions += 1;
                Ok(())
            }
            Message::ReceivedReport { port } => {
                let (own, other) = self.both(from, port)?;
                require(!own.receive_finished, "a report after ReceiveFinish")?;
                other.questions = other.questions.checked_sub(1).ok_or("a report without a question")?;
                Ok(())
            }
            _ => Err("a message of features that were not announced"),
        }
    }

    fn varint(&self) -> bool {
        self.halves.iter().all(|half| half.hello.is_some_and(|hello| hello.capabilities.varint))
    }

    fn announced(&self, end: usize, what: impl Fn(&Capabilities) -> bool) -> bool {
        self.halves[end].hello.is_some_and(|hello| what(&hello.capabilities))
    }

    fn ask(&mut self, from: usize, number: u32, asked: Asked) -> Result<(), &'static str> {
        let limit = self.halves[1 - from].hello.as_ref().map_or(0, |hello| hello.connect_queue) as usize;
        let half = &mut self.halves[from];
        require(!half.ports.contains_key(&(Whose::Own, number)), "a request with the number of a port")?;
        require(half.asked.insert(number, asked).is_none(), "a request with the number of a request")?;
        let counted = half.asked.values().filter(|asked| asked.alone || asked.early).count();
        require(!(asked.alone || asked.early) || counted <= limit, "more requests than the connect queue")?;
        if asked.early {
            require(self.announced(1 - from, |can| can.pre_connect), "a port used early against its wish")?;
            self.link(from, number, (Whose::Others, number))?;
            self.port(1 - from, (Whose::Others, number)).undecided = true;
        }
        Ok(())
    }

    fn port(&mut self, end: usize, name: Name) -> &mut Port {
        self.halves[end].ports.get_mut(&name).unwrap()
    }

    /// The port that `asker` asked for exists from now on.
    fn link(&mut self, asker: usize, number: u32, other: Name) -> Result<(), &'static str> {
        for (side, name, peer) in
            [(asker, (Whose::Own, number), other), (1 - asker, other, (Whose::Own, number))]
        {
            let credits = self.halves[1 - side].hello.as_ref().map_or(0, |hello| hello.port_receive_buffer);
            let port = Port {
                peer,
                undecided: false,
                questions: 0,
                send_finished: false,
                close_sent: false,
                receive_finished: false,
                credits: credits.into(),
                open: None,
            };
            require(self.halves[side].ports.insert(name, port).is_none(), "a number in use")?;
        }
        Ok(())
    }

    fn opened(&mut self, from: usize, client: u32, server: u32, same: bool) -> Result<(), &'static str> {
        let asked = self.halves[1 - from].asked.remove(&client).ok_or("PortOpened without a request")?;
        if asked.early {
            require(same && server == client, "an early port has the number of its asker")?;
            self.port(from, (Whose::Others, client)).undecided = false;
            return Ok(());
        }
        let newer = self.halves[from].hello.is_some_and(|hello| hello.generation == Generation::V20);
        let wanted = newer && self.announced(1 - from, |can| can.port_side);
        require(same == wanted, "the form of the answer")?;
        require(!same || server == client, "one number")?;
        let used = !same && self.halves[from].asked.contains_key(&server);
        require(!used, "a port with the number of a request")?;
        self.link(1 - from, client, if same { (Whose::Others, client) } else { (Whose::Own, server) })
    }

    fn rejected(&mut self, from: usize, client: u32) -> Result<(), &'static str> {
        let asked = self.halves[1 - from].asked.remove(&client);
        if asked.is_some_and(|asked| !asked.early) {
            return Ok(());
        }
        // Also after an acceptance, while the end that accepted has not ended the port.
        let port =
            self.halves[from].ports.get_mut(&(Whose::Others, client)).ok_or("Rejected without a request")?;
        require(!port.send_finished && !port.receive_finished, "Rejected after an end")?;
        port.undecided = false;
        Ok(())
    }

    fn chunk(
        &mut self,
        from: usize,
        port: PortRef,
        first: bool,
        last: bool,
        kind: Open,
        cost: u64,
    ) -> Result<(), &'static str> {
        let (own, _) = self.both(from, port)?;
        require(!own.send_finished, "data after SendFinish")?;
        require(first || own.open == Some(kind), "a chunk that continues nothing")?;
        require(own.credits >= cost, "more than the credits")?;
        own.credits -= cost;
        own.open = if last { None } else { Some(kind) };
        Ok(())
    }

    /// The emitter's end of a port and the other one.
    fn both(&mut self, from: usize, port: PortRef) -> Result<(&mut Port, &mut Port), &'static str> {
        let name = match port.side {
            Side::Receiver => (Whose::Own, port.number),
            Side::Sender => (Whose::Others, port.number),
        };
        let [a, b] = &mut self.halves;
        let (own, other) = if from == 0 { (a, b) } else { (b, a) };
        let other = other.ports.get_mut(&name).ok_or("a port that does not exist")?;
        let own = own.ports.get_mut(&other.peer).ok_or("half a port")?;
        require(!own.undecided, "something before the answer")?;
        Ok((own, other))
    }

    fn free(&mut self, from: usize, port: PortRef) {
        let done = |port: &Port| port.send_finished && port.receive_finished;
        let Ok((own, other)) = self.both(from, port) else { return };
        if done(own) && done(other) {
            let (own_name, other_name) = (other.peer, own.peer);
            self.halves[from].ports.remove(&own_name);
            self.halves[1 - from].ports.remove(&other_name);
        }
    }
}

fn require(holds: bool, broken: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(broken) }
}
