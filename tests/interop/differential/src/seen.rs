//! What the applications see, and what the script tells them to do with it.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::script::{At, Port};

/// What a list asks for, and how each port is answered.
pub type List = Vec<(Port, bool)>;

/// A command to one end.
#[derive(Clone, Debug)]
pub enum Command {
    Open(Port),
    Answer { accept: bool, port: Port },
    Send(Port, Bytes),
    List(Port, List),
    Finish(Port),
    /// So many messages and lists.
    Receive(Port, usize),
    /// All to come, until the end.
    ReceiveAll,
    Close(Port),
    Drop(Port),
    /// Every sender ends, nothing is asked for and nothing accepted any more.
    End,
}

/// What was seen at each end of each port, in order. Lists are announced by who sends them, so that who receives one
/// knows what to do.
#[derive(Clone, Default)]
pub struct Seen(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    lines: BTreeMap<At, Vec<String>>,
    lists: BTreeMap<At, VecDeque<List>>,
}

impl Seen {
    pub fn note(&self, at: At, line: impl Into<String>) {
        self.0.borrow_mut().lines.entry(at).or_default().push(line.into());
    }

    pub fn note_message(&self, at: At, message: &[u8]) {
        let sum = message.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte) + 1));
        self.note(at, format!("message of {} bytes, {sum:016x}", message.len()));
    }

    pub fn announce(&self, receiver: At, list: List) {
        self.0.borrow_mut().lists.entry(receiver).or_default().push_back(list);
    }

    /// The list that comes next on a port.
    pub fn next_list(&self, receiver: At, len: usize) -> List {
        let list = self.0.borrow_mut().lists.get_mut(&receiver).and_then(VecDeque::pop_front);
        self.note(receiver, format!("list of {len}"));
        list.filter(|list| list.len() == len).unwrap_or_default()
    }

    pub fn lines(&self) -> BTreeMap<At, Vec<String>> {
        self.0.borrow().lines.clone()
    }
}

/// What an end is given: commands, and the packets of its connection in both directions.
pub struct Wiring {
    pub end: usize,
    /// Largest chunk and window, in bytes.
    pub sizes: (u32, u32),
    pub commands: UnboundedReceiver<Command>,
    pub sink: UnboundedSender<Bytes>,
    pub stream: UnboundedReceiver<Bytes>,
    pub seen: Seen,
}

/// The port of whose ends the end of the connection itself is noted.
pub const CONNECTION: Port = 0;
