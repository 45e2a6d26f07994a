//! What the core tells its embedder.

use crate::error::Error;
use crate::store::Key;

/// What to do with the payload of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChunkUse {
    /// It starts a message; an unfinished one before it is abandoned.
    Start = 0,
    /// It continues the message.
    Append = 1,
    /// It belongs to nothing; its credits have been returned. An unfinished message before it is abandoned.
    Drop = 2,
}

/// Something happened. Keys that were never told of, or are gone, are to be ignored: they are of ports that the peer used
/// early and that were refused, here or there. To be taken with [`Mux::poll_event`](crate::Mux::poll_event) after every `handle_*` and every
/// command, before the next `poll_transmit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields are described with their variant")]
pub enum Event {
    /// The peer's Hello came; ports can be opened.
    Ready,
    /// The peer asks for a port: in the list that was announced by the last [`Event::PortList`] on `list`, or, when
    /// that is `None`, by itself. To be answered with `accept` or `reject`. With a `key` the peer uses it already, and
    /// events of that key may follow at once; accepting yields the same key.
    Request { peer_port: u32, id: u32, list: Option<Key>, key: Option<Key> },
    /// A port of ours can be used: it was accepted, or its request has left and the peer lets ports be used before it
    /// answers. In that case `Refused` may still follow.
    Opened { key: Key },
    /// A port of ours was refused, or was never asked for because the port that should have carried the request
    /// closed (`unsent`). The key is gone; when `Opened` came before, the core ends the port.
    Refused { key: Key, no_ports: bool, unsent: bool },
    /// A payload came. Exactly one for each payload frame, in order, also for those to be dropped.
    Chunk { key: Option<Key>, chunk: ChunkUse, last: bool, len: u32 },
    /// A piece of a list of requested ports came; `count` requests follow. Costs `4 * count` credits. With
    /// `ChunkUse::Drop` its requests were refused and `count` is 0.
    PortList { key: Key, chunk: ChunkUse, last: bool, count: u32 },
    /// The peer sends no more on this port. An unfinished message is abandoned.
    SendFinished { key: Key },
    /// The peer wants no more on this port, and still reads what was sent or covered. What was waiting is dropped.
    ReceiverClosed { key: Key },
    /// The peer reads nothing on this port any more; with `graceful` it had closed before. What was queued and not sent
    /// is dropped.
    ReceiverFinished { key: Key, graceful: bool },
    /// This end reads nothing on this port any more: too much was kept, most of it here. What came on it is lost, and
    /// what was held of it is to be let go, without [`Mux::unhold`](crate::Mux::unhold).
    Shed { key: Key },
    /// The peer's application read up to where [`Mux::request_report`](crate::Mux::request_report) was called first and
    /// was not answered.
    Report { key: Key },
    /// Both directions ended on both sides. The key is gone.
    Freed { key: Key },
    /// The peer accepts no more ports outside of lists.
    ListenerFinished,
    /// The peer asks for no more ports outside of lists.
    ClientFinished,
    /// The peer says Goodbye: every port fails; what arrived may still be read.
    Goodbye,
    /// The connection ended in an orderly way. Nothing follows.
    Ended,
    /// The connection failed. Nothing follows.
    Failed(Error),
}
