//! Messages and their bytes, in both integer forms (fixed and varint), ids 1 to 24.
//!
//! Source of the format: remoc 0.18.3 and 0.20.5 `chmux/msg.rs`, observed on the wire; PROTOCOL.md section 3.
//! A decoder ignores trailing bytes and unknown flag bits, as remoc does.

mod entries;
mod hello;
mod writer;

use alloc::vec::Vec;

pub use self::entries::{Entries, PortEntry};
pub use self::hello::{Capabilities, Generation, Hello, HelloField};
use self::writer::Writer;
use crate::reader::Reader;

/// The id byte of a message, for errors.
pub type MessageId = u8;

pub(crate) mod id {
    pub(crate) const RESET: u8 = 1;
    pub(crate) const HELLO: u8 = 2;
    pub(crate) const PING: u8 = 3;
    pub(crate) const OPEN_PORT: u8 = 4;
    pub(crate) const PORT_OPENED: u8 = 5;
    pub(crate) const REJECTED: u8 = 6;
    pub(crate) const DATA: u8 = 7;
    pub(crate) const PORT_DATA: u8 = 8;
    pub(crate) const PORT_CREDITS: u8 = 9;
    pub(crate) const SEND_FINISH: u8 = 10;
    pub(crate) const RECEIVE_CLOSE: u8 = 11;
    pub(crate) const RECEIVE_FINISH: u8 = 12;
    pub(crate) const CLIENT_FINISH: u8 = 13;
    pub(crate) const LISTENER_FINISH: u8 = 14;
    pub(crate) const GOODBYE: u8 = 15;
    pub(crate) const GLOBAL_CREDITS: u8 = 16;
    pub(crate) const GLOBAL_CREDITS_REPORT: u8 = 17;
    pub(crate) const INHIBIT_GLOBAL: u8 = 18;
    pub(crate) const ALLOW_GLOBAL: u8 = 19;
    pub(crate) const REQUEST_RECEIVED_REPORT: u8 = 20;
    pub(crate) const RECEIVED_REPORT: u8 = 21;
    pub(crate) const PORT_CREDITS_LOCAL: u8 = 22;
    pub(crate) const INHIBIT_GLOBAL_LOCAL: u8 = 23;
    pub(crate) const ALLOW_GLOBAL_LOCAL: u8 = 24;
}

pub(crate) mod flag {
    pub(crate) const OPEN_WAIT: u8 = 0x01;
    pub(crate) const OPEN_ID: u8 = 0x02;
    pub(crate) const OPEN_PRE_CONNECT: u8 = 0x04;
    pub(crate) const OPENED_SAME_NUMBER: u8 = 0x01;
    pub(crate) const REJECTED_NO_PORTS: u8 = 0x01;
    pub(crate) const FIRST: u8 = 0x01;
    pub(crate) const LAST: u8 = 0x02;
    pub(crate) const DATA_GLOBAL: u8 = 0x04;
    pub(crate) const DATA_SPLIT: u8 = 0x08;
    pub(crate) const LOCAL: u8 = 0x10;
    pub(crate) const PORTS_WAIT: u8 = 0x04;
    pub(crate) const PORTS_IDS: u8 = 0x08;
    pub(crate) const PORTS_PER_PORT_FLAGS: u8 = 0x20;
    pub(crate) const PORTS_ALL_PRE_CONNECT: u8 = 0x40;
    pub(crate) const ENTRY_PRE_CONNECT: u8 = 0x01;
    /// On ids 10, 11, 12, 20 and 21.
    pub(crate) const PORT_IS_LOCAL: u8 = 0x01;
}

/// Why a frame is not a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WireError {
    /// A frame of length 0 where a header was due.
    Empty,
    /// The id byte is none of 1 to 24.
    UnknownId(MessageId),
    /// The frame ends inside a field of this message.
    Truncated(MessageId),
    /// A varint is longer than a u32 can be.
    BadInteger(MessageId),
    /// The magic of a Hello is wrong.
    BadMagic,
}

/// Whose number a port-addressed message carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The number belongs to the receiver of the message: the ordinary form.
    Receiver,
    /// The number belongs to the sender of the message (flag LOCAL, 0.20 port sides).
    Sender,
}

/// How a message names a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortRef {
    /// The number on the wire.
    pub number: u32,
    /// Whose number it is.
    pub side: Side,
}

impl PortRef {
    /// A number of the message's receiver.
    #[must_use]
    pub fn receiver(number: u32) -> Self {
        Self { number, side: Side::Receiver }
    }

    /// A number of the message's sender.
    #[must_use]
    pub fn sender(number: u32) -> Self {
        Self { number, side: Side::Sender }
    }

    fn from_flag(number: u32, local: bool) -> Self {
        Self { number, side: if local { Side::Sender } else { Side::Receiver } }
    }

    fn flag(self, bit: u8) -> u8 {
        if self.side == Side::Sender { bit } else { 0 }
    }
}

/// Which part of a chunk's cost is paid from the connection-wide pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GlobalUse {
    /// None of it.
    None,
    /// All of it.
    All,
    /// This many credits; the rest is port credits.
    Split(u32),
}

/// The form in which messages are written: negotiated once per connection, a value and never a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoding {
    /// Numbers as unsigned LEB128 instead of four bytes; never in Hello.
    pub varint: bool,
    /// Write the trailing flags byte of ids 5, 10, 11, 12, 20 and 21 also when it is 0, as 0.20 does.
    pub flags_byte: bool,
    /// Lists may carry ids; peers of other versions than 3 cannot read them.
    pub port_ids: bool,
}

impl Default for Encoding {
    /// The form of 0.18.
    fn default() -> Self {
        Self { varint: false, flags_byte: false, port_ids: true }
    }
}

/// One message. `Data` is only the header; its payload is the next frame.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "fields carry the names of PROTOCOL.md section 3")]
pub enum Message<'a> {
    /// A peer (re)starts.
    Reset,
    /// Settings and capabilities of its sender.
    Hello(Hello),
    /// A sign of life.
    Ping,
    /// Asks for a port. Without an id the number serves as id.
    OpenPort { client_port: u32, wait: bool, id: Option<u32>, pre_connect: bool },
    /// Grants a requested port. With `same_number` the port has only the requester's number.
    PortOpened { client_port: u32, server_port: u32, same_number: bool },
    /// Refuses a requested port.
    Rejected { client_port: u32, no_ports: bool },
    /// A chunk of a byte message.
    Data { port: PortRef, first: bool, last: bool, global: GlobalUse },
    /// A chunk of a list of requested ports.
    PortData { port: PortRef, first: bool, last: bool, wait: bool, entries: Entries<'a> },
    /// More bytes may be sent.
    PortCredits { port: PortRef, credits: u32 },
    /// No more data comes on this port.
    SendFinish { port: PortRef },
    /// Please send no more; what is under way is still read.
    ReceiveClose { port: PortRef },
    /// Nothing on this port is read any more.
    ReceiveFinish { port: PortRef },
    /// No more `OpenPort` comes.
    ClientFinish,
    /// No `OpenPort` is accepted any more.
    ListenerFinish,
    /// The connection ends.
    Goodbye,
    /// Credits of the connection-wide pool.
    GlobalCredits { credits: u32, seq: u8 },
    /// Answer to `GlobalCredits`.
    GlobalCreditsReport { current: u32, minimum: u32, seq: u8 },
    /// Stop using the pool on this port.
    InhibitGlobal { port: PortRef },
    /// The pool may be used on this port again.
    AllowGlobal { port: PortRef },
    /// Asks to be told when the application read up to here.
    RequestReceivedReport { port: PortRef },
    /// The application read up to there.
    ReceivedReport { port: PortRef },
}

impl<'a> Message<'a> {
    /// Decodes one frame. Allocates nothing.
    ///
    /// # Errors
    /// Fails when the frame is empty, cut short, of unknown id or holds an invalid integer.
    pub fn decode(frame: &'a [u8], varint: bool) -> Result<Self, WireError> {
        let (&id, body) = frame.split_first().ok_or(WireError::Empty)?;
        if id == 0 || id > id::ALLOW_GLOBAL_LOCAL {
            return Err(WireError::UnknownId(id));
        }
        let mut reader = Reader::new(body, id, varint);
        let message = Self::decode_fields(id, &mut reader);
        match reader.error() {
            None => Ok(message),
            Some(error) => Err(error),
        }
    }

    // Inlined, the message would be taken apart into bytes that are handed on one by one.
    #[inline(never)]
    fn decode_fields(id: MessageId, r: &mut Reader<'a>) -> Self {
        match id {
            id::RESET => Self::Reset,
            id::HELLO => Self::Hello(Hello::decode(r)),
            id::PING => Self::Ping,
            id::OPEN_PORT => decode_open_port(r),
            id::PORT_OPENED => Self::PortOpened {
                client_port: r.number(),
                server_port: r.number(),
                same_number: r.flags_or_none() & flag::OPENED_SAME_NUMBER != 0,
            },
            id::REJECTED => {
                Self::Rejected { client_port: r.number(), no_ports: r.u8() & flag::REJECTED_NO_PORTS != 0 }
            }
            id::DATA => decode_data(r),
            id::PORT_DATA => decode_port_data(r),
            id::CLIENT_FINISH => Self::ClientFinish,
            id::LISTENER_FINISH => Self::ListenerFinish,
            id::GOODBYE => Self::Goodbye,
            id::GLOBAL_CREDITS => Self::GlobalCredits { credits: r.number(), seq: r.u8() },
            id::GLOBAL_CREDITS_REPORT => {
                Self::GlobalCreditsReport { current: r.number(), minimum: r.number(), seq: r.u8() }
            }
            _ => decode_port_message(id, r),
        }
    }

    /// Appends the bytes of this message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>, encoding: Encoding) {
        let mut w = Writer { out, encoding };
        match self {
            Self::Reset => w.u8(id::RESET),
            Self::Hello(hello) => hello.encode(w.out),
            Self::Ping => w.u8(id::PING),
            Self::OpenPort { client_port, wait, id, pre_connect } => {
                w.open_port(*client_port, *wait, *id, *pre_connect);
            }
            Self::PortOpened { client_port, server_port, same_number } => {
                w.u8(id::PORT_OPENED);
                w.number(*client_port);
                w.number(*server_port);
                w.trailing_flags(if *same_number { flag::OPENED_SAME_NUMBER } else { 0 });
            }
            Self::Rejected { client_port, no_ports } => {
                w.u8(id::REJECTED);
                w.number(*client_port);
                w.u8(if *no_ports { flag::REJECTED_NO_PORTS } else { 0 });
            }
            Self::Data { port, first, last, global } => w.data(*port, *first, *last, *global),
            Self::PortData { port, first, last, wait, entries } => {
                entries::encode(&mut w, *port, [*first, *last, *wait], entries);
            }
            Self::PortCredits { port, credits } => {
                w.sided(*port, id::PORT_CREDITS, id::PORT_CREDITS_LOCAL);
                w.number(*credits);
            }
            Self::SendFinish { port } => w.flagged(id::SEND_FINISH, *port),
            Self::ReceiveClose { port } => w.flagged(id::RECEIVE_CLOSE, *port),
            Self::ReceiveFinish { port } => w.flagged(id::RECEIVE_FINISH, *port),
            Self::ClientFinish => w.u8(id::CLIENT_FINISH),
            Self::ListenerFinish => w.u8(id::LISTENER_FINISH),
            Self::Goodbye => w.u8(id::GOODBYE),
            Self::GlobalCredits { credits, seq } => {
                w.u8(id::GLOBAL_CREDITS);
                w.number(*credits);
                w.u8(*seq);
            }
            Self::GlobalCreditsReport { current, minimum, seq } => {
                w.u8(id::GLOBAL_CREDITS_REPORT);
                w.number(*current);
                w.number(*minimum);
                w.u8(*seq);
            }
            Self::InhibitGlobal { port } => w.sided(*port, id::INHIBIT_GLOBAL, id::INHIBIT_GLOBAL_LOCAL),
            Self::AllowGlobal { port } => w.sided(*port, id::ALLOW_GLOBAL, id::ALLOW_GLOBAL_LOCAL),
            Self::RequestReceivedReport { port } => w.flagged(id::REQUEST_RECEIVED_REPORT, *port),
            Self::ReceivedReport { port } => w.flagged(id::RECEIVED_REPORT, *port),
        }
    }
}

fn decode_open_port<'a>(r: &mut Reader<'a>) -> Message<'a> {
    let client_port = r.number();
    let flags = r.u8();
    Message::OpenPort {
        client_port,
        wait: flags & flag::OPEN_WAIT != 0,
        id: (flags & flag::OPEN_ID != 0).then(|| r.number()),
        pre_connect: flags & flag::OPEN_PRE_CONNECT != 0,
    }
}

fn decode_data<'a>(r: &mut Reader<'a>) -> Message<'a> {
    let number = r.number();
    let flags = r.u8();
    // Both bits set: "all of it" wins and no amount follows.
    let global = if flags & flag::DATA_GLOBAL != 0 {
        GlobalUse::All
    } else if flags & flag::DATA_SPLIT != 0 {
        GlobalUse::Split(r.number())
    } else {
        GlobalUse::None
    };
    Message::Data {
        port: PortRef::from_flag(number, flags & flag::LOCAL != 0),
        first: flags & flag::FIRST != 0,
        last: flags & flag::LAST != 0,
        global,
    }
}

fn decode_port_data<'a>(r: &mut Reader<'a>) -> Message<'a> {
    let number = r.number();
    let flags = r.u8();
    Message::PortData {
        port: PortRef::from_flag(number, flags & flag::LOCAL != 0),
        first: flags & flag::FIRST != 0,
        last: flags & flag::LAST != 0,
        wait: flags & flag::PORTS_WAIT != 0,
        entries: Entries::decode(r, flags),
    }
}

/// Those that name a port first, ids 9 to 12 and 18 to 24.
fn decode_port_message<'a>(id: MessageId, r: &mut Reader<'a>) -> Message<'a> {
    let number = r.number();
    let is_local = match id {
        id::PORT_CREDITS | id::INHIBIT_GLOBAL | id::ALLOW_GLOBAL => false,
        id::PORT_CREDITS_LOCAL..=id::ALLOW_GLOBAL_LOCAL => true,
        _ => r.flags_or_none() & flag::PORT_IS_LOCAL != 0,
    };
    let port = PortRef::from_flag(number, is_local);
    match id {
        id::PORT_CREDITS | id::PORT_CREDITS_LOCAL => Message::PortCredits { port, credits: r.number() },
        id::SEND_FINISH => Message::SendFinish { port },
        id::RECEIVE_CLOSE => Message::ReceiveClose { port },
        id::RECEIVE_FINISH => Message::ReceiveFinish { port },
        id::INHIBIT_GLOBAL | id::INHIBIT_GLOBAL_LOCAL => Message::InhibitGlobal { port },
        id::REQUEST_RECEIVED_REPORT => Message::RequestReceivedReport { port },
        id::RECEIVED_REPORT => Message::ReceivedReport { port },
        _ => Message::AllowGlobal { port },
    }
}
