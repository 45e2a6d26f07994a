//! One port: its half-close flags, what waits to be sent, and what may arrive.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::credit::{PORT_COST, ReceiveCredits, SendCredits, chunk_cost};
use crate::report::Reports;
use crate::schedule::NORMAL;
use crate::store::Key;
use crate::wire::PortRef;

/// Where a local port stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// A number is taken; nothing was asked for.
    Reserved,
    /// The request waits to leave: until the peer may be asked, or in a list.
    Requested,
    /// The request has left, `alone` as OpenPort or else in a list, and is not answered.
    Connecting { alone: bool },
    /// The peer's end is known, or used before it is.
    Connected(PortRef),
}

/// Which part of a message queued bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// They begin the message.
    pub first: bool,
    /// They end it.
    pub last: bool,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { first: true, last: true };
}

/// Whether a port is used before its request is answered (pre-connected).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Early {
    /// It is not.
    No,
    /// It is, and the answer is still to come, from the peer or from this end.
    Undecided,
    /// It was, and is answered.
    Decided,
}

/// What waits to be sent on a port, in order.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A byte message; the embedder holds the bytes. `covered`: it was accepted at once, so closing the connection
    /// waits for it.
    Bytes { len: u32, covered: bool, part: Part },
    /// A list of our ports to be requested, part of the message before it or `alone`.
    Ports { keys: Vec<Key>, covered: bool, alone: bool },
    /// A question whether the application read up to here.
    Report,
    /// The end of this direction.
    Finish,
}

impl Outgoing {
    /// It was accepted at once, so closing the connection waits for it.
    pub(crate) fn is_covered(&self) -> bool {
        matches!(self, Self::Bytes { covered: true, .. } | Self::Ports { covered: true, .. })
    }

    /// Whether a message begins here, or a part of one that is given piece by piece: what is dropped is dropped from
    /// there on.
    pub(crate) fn is_start(&self) -> bool {
        matches!(self, Self::Bytes { .. } | Self::Ports { alone: true, .. })
    }

    /// Credits still to be paid after `progress` bytes or entries have left.
    pub(crate) fn cost_after(&self, progress: u32) -> u64 {
        match self {
            Self::Bytes { len, .. } => u64::from(chunk_cost(*len) - progress),
            Self::Ports { keys, .. } => u64::from(PORT_COST) * (keys.len() as u64 - u64::from(progress)),
            Self::Report | Self::Finish => 0,
        }
    }
}

/// What is being assembled from incoming chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Assembly {
    Nothing,
    Bytes,
    Ports,
}

// In this order: what is named most often stands where naming it takes the fewest bytes of code.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Port {
    pub(crate) state: State,
    pub(crate) early: Early,
    pub(crate) assembly: Assembly,
    /// Answers to its request that have not left: nothing may go before them.
    pub(crate) answers_queued: u8,
    /// Its class; see [`schedule`](crate::schedule).
    pub(crate) class: u8,
    /// The class among which it is scheduled.
    pub(crate) ring: u8,
    /// Whether its messages take turns with those of others of its class; else each is finished first.
    pub(crate) incremental: bool,
    /// In the scheduler's ring.
    pub(crate) scheduled: bool,
    /// In the queue of ports with credits to return.
    pub(crate) credit_queued: bool,
    /// The end of sending was asked for and is in `outgoing`, or has left; or it is not to be told any more.
    pub(crate) finish_queued: bool,
    /// SendFinish has left.
    pub(crate) sender_finished: bool,
    /// ReceiveClose is wanted or was queued.
    pub(crate) receiver_closed: bool,
    /// ReceiveFinish is wanted or was queued.
    pub(crate) receiver_finished: bool,
    /// SendFinish came.
    pub(crate) remote_sender_finished: bool,
    /// ReceiveClose or ReceiveFinish came.
    pub(crate) remote_receiver_closed: bool,
    /// ReceiveFinish came.
    pub(crate) remote_receiver_finished: bool,
    /// The peer's pool must not be used.
    pub(crate) inhibited: bool,
    /// Its credits stay here for want of memory.
    pub(crate) withheld: bool,
    /// The peer was asked not to use our pool.
    pub(crate) throttled: bool,
    /// It was used early and refused: until it is gone, the peer has one for which its end is owed.
    pub(crate) owes_end: bool,
    /// ReceiveClose does not keep it from sending.
    pub(crate) outlasts_close: bool,
    /// The number under which it lives, when that is the peer's (port sides).
    pub(crate) named_by_peer: Option<u32>,
    /// Credits for sending; meaningful once connected.
    pub(crate) send: SendCredits,
    pub(crate) receive: ReceiveCredits,
    pub(crate) outgoing: VecDeque<Outgoing>,
    /// Cost of all outgoing items that has not left yet; may exceed the credits in hand.
    pub(crate) queued_cost: u64,
    /// How much of the first outgoing item has left: bytes, or entries.
    pub(crate) progress: u32,
    /// What the embedder keeps of messages that were consumed.
    pub(crate) held: u32,
    /// What is counted as kept for it.
    pub(crate) counted: u32,
    /// What was received on account of our pool and not consumed.
    pub(crate) pool_used: u32,
    /// Cost of the message that is arriving, so far.
    pub(crate) partial: u32,
    /// Longer messages are not kept.
    pub(crate) max_message: u32,
    /// Bytes this port may still send in its turn; negative when it sent more than its share.
    pub(crate) deficit: i64,
    /// What it sent before its class in one round, and in which.
    pub(crate) went_first: u32,
    pub(crate) went_first_in: u32,
    /// Reports of the peer that this end waits for.
    pub(crate) reports_due: u32,
    /// Reports that the peer waits for.
    pub(crate) reports: Reports,
    /// The label of its request, when that is not its number.
    pub(crate) id: Option<u32>,
}

impl Port {
    /// Windows in bytes: what the peer grants, what this end grants.
    pub(crate) fn new(state: State, early: Early, send_window: u32, receive_window: u32) -> Self {
        Self {
            state,
            early,
            named_by_peer: None,
            owes_end: false,
            answers_queued: 0,
            reports: Reports::default(),
            reports_due: 0,
            send: SendCredits::new(send_window),
            receive: ReceiveCredits::new(receive_window),
            assembly: Assembly::Nothing,
            outgoing: VecDeque::new(),
            progress: 0,
            class: NORMAL,
            incremental: true,
            ring: NORMAL,
            went_first: 0,
            went_first_in: 0,
            partial: 0,
            max_message: u32::MAX,
            held: 0,
            counted: 0,
            withheld: false,
            inhibited: false,
            pool_used: 0,
            throttled: false,
            queued_cost: 0,
            scheduled: false,
            deficit: 0,
            credit_queued: false,
            finish_queued: false,
            sender_finished: false,
            receiver_closed: false,
            receiver_finished: false,
            remote_sender_finished: false,
            remote_receiver_closed: false,
            remote_receiver_finished: false,
            id: None,
            outlasts_close: false,
        }
    }

    /// How to name the port to the peer, once that is known and nothing is to be said before it.
    pub(crate) fn remote(&self) -> Option<PortRef> {
        match self.state {
            State::Connected(_) if self.is_unanswered() => None,
            State::Connected(remote) => Some(remote),
            State::Reserved | State::Requested | State::Connecting { .. } => None,
        }
    }

    /// The peer uses the port, and this end has not said whether it may.
    fn is_unanswered(&self) -> bool {
        self.early == Early::Undecided && self.named_by_peer.is_some()
    }

    /// Both directions ended on both sides, and the answer came: no message may name the port any more.
    pub(crate) fn is_over(&self) -> bool {
        self.early != Early::Undecided
            && self.sender_finished
            && self.receiver_finished
            && self.remote_sender_finished
            && self.remote_receiver_finished
    }

    /// Bytes that this end keeps for it: what was not consumed, the message that is arriving, and what the embedder holds.
    pub(crate) fn kept(&self) -> u32 {
        if self.receiver_finished {
            return self.held;
        }
        let arriving = if self.partial > self.max_message { 0 } else { self.partial };
        (self.receive.used() + self.pool_used).max(arriving).saturating_add(self.held)
    }

    /// The application has taken all that came.
    pub(crate) fn is_read(&self) -> bool {
        self.receive.used() == 0 && self.held == 0
    }

    /// Credits that can be paid with: the port's, and unless excluded those of the peer's pool.
    pub(crate) fn in_hand(&self, pool: u32) -> u32 {
        if self.inhibited { self.send.available() } else { self.send.available().saturating_add(pool) }
    }

    /// Whether something other than the end of sending is queued.
    pub(crate) fn has_messages(&self) -> bool {
        self.outgoing.iter().any(|item| !matches!(item, Outgoing::Finish))
    }

    /// Whether the last queued message is one that an orderly close drops.
    pub(crate) fn is_last_uncovered(&self) -> bool {
        self.last_start().and_then(|at| self.outgoing.get(at)).is_some_and(|last| !last.is_covered())
    }

    /// Where the last queued message begins.
    pub(crate) fn last_start(&self) -> Option<usize> {
        self.outgoing.iter().rposition(Outgoing::is_start)
    }

    /// Whether the first outgoing item can make progress now.
    pub(crate) fn can_transmit(&self, pool: u32) -> bool {
        if self.remote().is_none() || self.answers_queued > 0 {
            return false;
        }
        match self.outgoing.front() {
            None => false,
            Some(Outgoing::Report | Outgoing::Finish) => true,
            Some(Outgoing::Bytes { .. }) => self.in_hand(pool) > 0,
            Some(Outgoing::Ports { .. }) => self.send.available() >= PORT_COST,
        }
    }
}
