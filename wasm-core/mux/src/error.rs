//! Why a connection fails, and who is at fault.

use crate::wire::{HelloField, WireError};

/// Who has to change something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The other endpoint broke the protocol.
    Peer,
    /// The other endpoint is of a kind that cannot be talked to.
    Incompatible,
    /// The carrier ended.
    Transport,
}

/// Ends the connection. There is no per-port protocol error: a peer that broke a rule once cannot be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields say what they count; ports are numbers on the wire")]
pub enum Error {
    /// A frame is not a message.
    Wire(WireError),
    /// Too much that is no Hello came before a Hello.
    NotRemoc { frames: u32, bytes: u32 },
    /// The other side returns what is sent to it.
    Echo,
    /// A Hello announces a value that cannot work.
    InvalidHello(HelloField, u32),
    /// No Hello came in time.
    HandshakeTimeout,
    /// Nothing came for the announced timeout.
    ReceiveTimeout,
    /// Hello after the handshake.
    SecondHello,
    /// Reset after the handshake: the peer restarted.
    Reset,
    /// A message names a port that does not exist.
    UnknownPort { message: u8, port: u32 },
    /// A message names a port whose state forbids it.
    WrongState { message: u8, port: u32 },
    /// A chunk is larger than announced.
    ChunkTooLarge { port: u32, size: u32, limit: u32 },
    /// More was sent than credits were granted.
    FlowControl { port: u32, cost: u32, available: u32 },
    /// A chunk is paid from a pool that was never granted, or claims more than it costs.
    GlobalCredits { port: u32 },
    /// Granted credits exceed what a u32 holds.
    CreditOverflow { port: u32 },
    /// A port is requested that is already requested.
    DuplicateRequest { port: u32 },
    /// More requests than announced are unanswered.
    TooManyRequests { limit: u32 },
    /// A list of no ports, which costs nothing and could be sent without end.
    EmptyPortList { port: u32 },
    /// A frame is longer than any header.
    FrameTooLong { size: u32, limit: u32 },
    /// The peer makes this end queue answers and does not read them.
    AnswersUnread { queued: u32 },
    /// The peer says to have received more than was sent.
    AckedTooMuch,
    /// Nothing of what waits could be sent for too long.
    Stalled,
    /// More is held for the application than this end allows.
    TooMuchKept { bytes: u32 },
    /// The carrier ended before Goodbye.
    TransportEnded,
    /// The carrier ended before a Hello came.
    TransportEndedEarly,
}

impl Error {
    /// A stable number for the border to the embedder.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::Wire(WireError::Empty) => 1,
            Self::Wire(WireError::UnknownId(_)) => 2,
            Self::Wire(WireError::Truncated(_)) => 3,
            Self::Wire(WireError::BadInteger(_)) => 4,
            Self::Wire(WireError::BadMagic) => 5,
            Self::NotRemoc { .. } => 6,
            Self::Echo => 7,
            Self::InvalidHello(..) => 8,
            Self::HandshakeTimeout => 9,
            Self::ReceiveTimeout => 10,
            Self::SecondHello => 11,
            Self::Reset => 12,
            Self::UnknownPort { .. } => 13,
            Self::WrongState { .. } => 14,
            Self::ChunkTooLarge { .. } => 15,
            Self::FlowControl { .. } => 16,
            Self::GlobalCredits { .. } => 17,
            Self::CreditOverflow { .. } => 18,
            Self::DuplicateRequest { .. } => 19,
            Self::TooManyRequests { .. } => 20,
            Self::EmptyPortList { .. } => 21,
            Self::FrameTooLong { .. } => 22,
            Self::AnswersUnread { .. } => 23,
            Self::TransportEnded => 24,
            Self::TransportEndedEarly => 25,
            Self::AckedTooMuch => 26,
            Self::Stalled => 27,
            Self::TooMuchKept { .. } => 28,
        }
    }

    /// The numbers of the error in declaration order, padded with 0.
    #[must_use]
    pub fn numbers(self) -> [u32; 3] {
        match self {
            Self::Wire(WireError::UnknownId(id) | WireError::Truncated(id) | WireError::BadInteger(id)) => {
                [u32::from(id), 0, 0]
            }
            Self::NotRemoc { frames, bytes } => [frames, bytes, 0],
            Self::InvalidHello(field, value) => [field as u32, value, 0],
            Self::UnknownPort { message, port } | Self::WrongState { message, port } => {
                [u32::from(message), port, 0]
            }
            Self::ChunkTooLarge { port, size, limit } => [port, size, limit],
            Self::FlowControl { port, cost, available } => [port, cost, available],
            Self::GlobalCredits { port }
            | Self::CreditOverflow { port }
            | Self::DuplicateRequest { port }
            | Self::EmptyPortList { port } => [port, 0, 0],
            Self::TooManyRequests { limit } => [limit, 0, 0],
            Self::FrameTooLong { size, limit } => [size, limit, 0],
            Self::AnswersUnread { queued: number } | Self::TooMuchKept { bytes: number } => [number, 0, 0],
            _ => [0; 3],
        }
    }

    /// Who has to change something.
    #[must_use]
    pub fn fault(self) -> Fault {
        match self {
            Self::NotRemoc { .. } | Self::Echo | Self::InvalidHello(..) | Self::TransportEndedEarly => {
                Fault::Incompatible
            }
            Self::TransportEnded => Fault::Transport,
            _ => Fault::Peer,
        }
    }
}

/// What handling a message fails with, after [`Mux::broken`](crate::Mux::broken) was told why. It happens once, while
/// results are handed on all the time: hence nothing but a mark.
#[derive(Debug)]
pub(crate) struct Failure;

/// A command that cannot be carried out; nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misuse {
    /// The key names no port: it was freed, or never was.
    NoSuchPort = 1,
    /// The connection has ended or is ending.
    Ended = 2,
    /// The port's state forbids it, for instance sending after the end was announced.
    WrongState = 3,
    /// `max_ports` exist already.
    PortsExhausted = 4,
    /// The peer has not requested that port, or the request was answered.
    NoSuchRequest = 5,
    /// The peer accepts no requests any more.
    ListenerGone = 6,
    /// The peer's receiver is closed.
    ReceiverClosed = 7,
    /// More was consumed than received.
    TooMuchConsumed = 8,
    /// The peer did not announce that it can do that.
    Unsupported = 9,
}
