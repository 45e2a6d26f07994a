//! What the application of one end does.

use crate::choices::Choices;

/// A command of an application. Ports and requests are named by their place among those that exist when the command
/// is carried out, counted around; where there is none, nothing happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the fields are described by the variant")]
pub enum Command {
    /// Asks for a port.
    Open,
    /// Asks for ports in a list on a port.
    List { port: u32, count: u32 },
    /// Accepts a request.
    Accept { request: u32 },
    /// Refuses a request.
    Reject { request: u32 },
    /// Sends a message.
    Send { port: u32, len: u32 },
    /// Takes the last message back.
    Cancel { port: u32 },
    /// Ends sending.
    FinishSend { port: u32 },
    /// Asks the peer to end sending.
    CloseReceive { port: u32 },
    /// Ends receiving.
    FinishReceive { port: u32 },
    /// Ends both directions.
    Drop { port: u32 },
    /// Gives a port another place among others.
    Prioritize { port: u32, urgency: u8, incremental: bool },
    /// Consumes so much of what came on a port.
    Consume { port: u32, bytes: u32 },
    /// Consumes all that comes from now on at once.
    ReadAll,
    /// Stops doing so.
    ReadNothing,
    /// Asks for no more ports outside of lists.
    CloseClient,
    /// Accepts no more ports outside of lists.
    CloseListener,
    /// Asks the peer for an answer, however late it comes.
    Probe,
    /// Ends the connection.
    Close,
    /// Ends it at once.
    Terminate,
}

/// Each command, how often it is drawn, and how it is made; the longest message is given.
type Maker<C> = fn(&mut C, u32) -> Command;

/// A bag of commands to draw from: every schedule leaves some kinds out, so that the others go further.
pub(crate) struct Bag<C> {
    makers: Vec<Maker<C>>,
    longest: u32,
}

/// Ports are named by numbers below this; more exist only rarely.
const NAMES: u32 = 24;

impl<C: Choices> Bag<C> {
    pub(crate) fn generate(choices: &mut C, longest: u32) -> Self {
        let kinds: [(usize, Maker<C>); 19] = [
            (4, |_, _| Command::Open),
            (2, |c, _| Command::List { port: c.below(NAMES), count: c.between(1, 5) }),
            (8, |c, _| Command::Accept { request: c.below(4) }),
            (1, |c, _| Command::Reject { request: c.below(4) }),
            (16, |c, longest| Command::Send { port: c.below(NAMES), len: c.below(longest) }),
            (2, |c, _| Command::Cancel { port: c.below(NAMES) }),
            (2, |c, _| Command::FinishSend { port: c.below(NAMES) }),
            (1, |c, _| Command::CloseReceive { port: c.below(NAMES) }),
            (1, |c, _| Command::FinishReceive { port: c.below(NAMES) }),
            (2, |c, _| Command::Drop { port: c.below(NAMES) }),
            (1, |c, _| Command::Prioritize {
                port: c.below(NAMES),
                urgency: c.below(8) as u8,
                incremental: c.once_in(2),
            }),
            (6, |c, longest| Command::Consume { port: c.below(NAMES), bytes: c.between(1, longest) }),
            (2, |_, _| Command::ReadAll),
            (2, |_, _| Command::ReadNothing),
            (1, |_, _| Command::Probe),
            (0, |_, _| Command::CloseClient),
            (0, |_, _| Command::CloseListener),
            (0, |_, _| Command::Close),
            (0, |_, _| Command::Terminate),
        ];
        let mut makers = Vec::new();
        for (weight, make) in kinds {
            // The last four end much, so only one schedule in ten has each of them, and once in a while.
            let times = if weight > 0 {
                weight * usize::from(!choices.once_in(5))
            } else {
                usize::from(choices.once_in(10))
            };
            makers.extend(std::iter::repeat_n(make, times));
        }
        if makers.is_empty() {
            makers.push(|_, _| Command::Open);
        }
        Self { makers, longest }
    }

    pub(crate) fn draw(&self, choices: &mut C) -> Command {
        let make = choices.one_of(&self.makers);
        make(choices, self.longest)
    }
}
