//! Two ends of the core against each other.

use cuttle_mux::Event;

use crate::choices::Choices;
use crate::command::{Bag, Command};
use crate::invariants;
use crate::model::Stage;
use crate::setup::Setup;
use crate::support::end::Received;
use crate::world::World;

/// One step of a schedule. Times are milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the fields are described by the variant")]
pub enum Op {
    /// An application does something.
    Do { end: usize, command: Command },
    /// Time passes: frames arrive, deadlines are kept, both ends send what the network takes.
    Run { ms: u32 },
    /// An end sends at most so many messages, now.
    Flush { end: usize, messages: u32 },
    /// Nothing sent by this end arrives for a time.
    Stall { from: usize, ms: u32 },
    /// Time passes and neither end notices.
    Sleep { ms: u32 },
    /// The connection breaks; this end learns of it first.
    Cut { end: usize },
}

/// A setup and what happens on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The ends and the network.
    pub setup: Setup,
    /// What happens, in order.
    pub ops: Vec<Op>,
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[allow(missing_docs, reason = "counts of messages and ports")]
pub struct Summary {
    pub sent: u64,
    pub received: u64,
    pub cancelled: u64,
    pub freed: u64,
    /// Runs that came to the end without having been closed or cut before.
    pub quiet: u64,
    /// Kinds of failures, by the bits of their codes.
    pub failures: u64,
    /// Equal for equal runs.
    pub trace: u64,
}

const LEAST_OPS: u32 = 10;
const MOST_OPS: u32 = 250;

impl Schedule {
    /// A schedule from choices.
    #[must_use]
    pub fn generate(choices: &mut impl Choices) -> Self {
        let (setup, is_bulk) = Setup::generate(choices);
        let bag = Bag::generate(choices, if is_bulk { 80_000 } else { 120 });
        let has_cut = choices.once_in(12);
        let has_stalls = choices.once_in(6);
        let count =
            if is_bulk { choices.between(LEAST_OPS, 60) } else { choices.between(LEAST_OPS, MOST_OPS) };
        let mut ops = Vec::new();
        if !choices.once_in(16) {
            ops.push(Op::Run { ms: 1_000 }); // Most begin after the handshake.
        }
        while (ops.len() as u32) < count && !choices.is_exhausted() {
            let end = choices.below(2) as usize;
            ops.push(match choices.below(20) {
                0..=2 => Op::Run { ms: choices.below(20) },
                3 => Op::Run { ms: choices.below(2_000) },
                4 | 5 => Op::Flush { end, messages: choices.between(1, 8) },
                6 if has_stalls => Op::Stall { from: end, ms: choices.below(15_000) },
                7 if has_stalls && choices.once_in(4) => Op::Sleep { ms: choices.below(15_000) },
                8 if has_cut && choices.once_in(8) => Op::Cut { end },
                _ => Op::Do { end, command: bag.draw(choices) },
            });
        }
        Self { setup, ops }
    }

    /// Runs all of it, reads and answers everything at the end, and closes both ends.
    ///
    /// # Panics
    /// When an invariant does not hold.
    #[must_use]
    pub fn run(&self) -> Summary {
        let mut world = World::new(self.setup);
        for op in &self.ops {
            step(&mut world, *op);
            invariants::check(&mut world);
        }
        let quiet = quiesce(&mut world);
        end(&mut world, self.ops.len());
        let counts = &world.model.counts;
        Summary {
            sent: counts.sent,
            received: counts.received,
            cancelled: counts.cancelled,
            freed: counts.freed,
            quiet: quiet.into(),
            failures: world.ends.iter().fold(0, |failures, end| failures | failure(end.outcome)),
            trace: world.trace(),
        }
    }
}

/// The code of a failure as a bit.
pub(crate) fn failure(outcome: Option<Event>) -> u64 {
    if let Some(Event::Failed(error)) = outcome { 1 << error.code() } else { 0 }
}

fn step(world: &mut World, op: Op) {
    match op {
        Op::Do { end, command } => world.command(end, command),
        Op::Run { ms } => world.run(ms.into()),
        Op::Flush { end, messages } => {
            world.flush(end, messages as usize);
        }
        Op::Stall { from, ms } => world.stall(from, ms.into()),
        Op::Sleep { ms } => world.sleep(ms.into()),
        Op::Cut { end } => world.cut(end),
    }
}

/// Everything is read and answered. When the connection lives, all that was sent has come then. Whether it lives.
fn quiesce(world: &mut World) -> bool {
    /// Longer than the core lets others wait for a message that does not go on.
    const STANDSTILL_MS: f64 = 6_000.0;
    world.resume();
    // Each round answers what the one before let through: a request a round at worst.
    for round in 0..1_000 {
        for end in 0..2 {
            if world.ends[end].outcome.is_none() {
                world.read_everything(end);
                world.refuse_everything(end);
            }
        }
        let shed = world.model.counts.shed;
        // Signs of life come at regular times, which must not always be the end of a round.
        world.run(STANDSTILL_MS + f64::from(17 * round));
        if !(0..2).all(|end| world.is_usable(end)) {
            return false;
        }
        let is_answered = world.ends.iter().all(|end| end.requests.is_empty());
        if is_answered && !world.is_moving() && shed == world.model.counts.shed {
            check_quiet(world);
            return true;
        }
    }
    panic!("requests never end");
}

fn check_quiet(world: &World) {
    invariants::no_port_is_unheard(world);
    for end in 0..2 {
        for (at, port) in world.model.live(end) {
            assert!(port.stage == Stage::Open, "{at:?} was never answered");
            let Some(peer) = world.model.peer_of(at) else { continue };
            let lost = port.under_way.len();
            assert!(lost == 0 || peer.wants_no_more(), "{lost} messages of {at:?} did not come");
            assert_eq!(peer.finish_seen, port.finish_asked, "the end of sending of {at:?}");
            assert_eq!(peer.close_seen, port.close_asked, "the close of receiving of {at:?}");
            assert_eq!(peer.receive_finish_seen, port.receive_finish_asked, "the end of receiving of {at:?}");
            let is_over = port.finish_seen
                && port.finish_asked
                && port.receive_finish_seen
                && port.receive_finish_asked;
            assert!(!is_over, "{at:?} is over and was not freed");
        }
    }
}

/// One end or both close. Both end once, nothing remains, and what the core promised to send before has come.
fn end(world: &mut World, variant: usize) {
    const LONGEST_END_MS: f64 = 200_000.0;
    for end in [0, 1] {
        if variant % 3 != end {
            world.close(end);
        }
    }
    world.run(LONGEST_END_MS);
    for end in 0..2 {
        let outcome = world.ends[end].outcome.expect("the connection never ends");
        let flushed = world.causes.flushed[end] && !world.causes.cut && !world.causes.late;
        let heard = world.ends[1 - end].outcome == Some(Event::Ended);
        if outcome == Event::Ended && heard && flushed {
            check_promises(world, end);
        }
        world.ends[end].check_nothing_left(world.now);
    }
}

/// Messages that were covered have come, unless their receiver ended or its application never answered.
fn check_promises(world: &World, end: usize) {
    for (at, port) in world.model.live(end) {
        let Some(peer) = world.model.peer_of(at) else { continue };
        let is_covered = |message: &&_| {
            matches!(message, crate::model::Sent { content: Received::Bytes(_), covered: true })
        };
        let lost = port.under_way.iter().find(is_covered);
        assert!(lost.is_none() || peer.receive_finish_asked, "{at:?} promised to send {lost:?}");
    }
}
