//! What must hold, whatever happens. A new invariant is a function here and a line in [`EVERY_STEP`], or a call at the
//! moment that it is about.

use std::collections::BTreeMap;

use cuttle_mux::{Error, Event};

use crate::model::{At, Port, Stage};
use crate::support::end::Received;
use crate::world::{World, key};

/// More than all windows of a run.
const ENOUGH_BYTES: u32 = 16_000_000;

/// Judged after every delivery, command, deadline and flush.
const EVERY_STEP: &[fn(&mut World)] =
    &[credits_are_conserved, ports_are_conserved, unread_bytes_stay_within_windows, the_budget_is_held];

/// What a port may send in one turn beside a chunk, and how long a freed number rests.
const QUANTUM_BYTES: u32 = 16_384;
const QUARANTINE: usize = 256;

pub(crate) fn check(world: &mut World) {
    EVERY_STEP.iter().for_each(|holds| holds(world));
}

/// Both ends live and nothing was lost between them.
fn is_whole(world: &World) -> bool {
    !world.causes.cut && world.ends.iter().all(|end| end.outcome.is_none())
}

/// Law: window = held by the sender + on the way in chunks + received and not consumed + to be returned + on the way
/// back, in every state of a port.
fn credits_are_conserved(world: &mut World) {
    if !is_whole(world) {
        return;
    }
    for end in 0..2 {
        for (at, port) in world.model.existing(end) {
            let Some(peer_at) = port.peer else { continue };
            let own_credits = world.ends[end].mux.credits(key(at));
            let peer_credits = world.ends[1 - end].mux.credits(key(peer_at));
            let (Some([held, _, _]), Some([_, used, to_return])) = (own_credits, peer_credits) else {
                continue;
            };
            let [sent, _] = world.in_flight.get(&at).copied().unwrap_or_default();
            let [_, granted] = world.in_flight.get(&peer_at).copied().unwrap_or_default();
            assert_eq!(
                u64::from(held)
                    + u64::from(sent)
                    + u64::from(used)
                    + u64::from(to_return)
                    + u64::from(granted),
                u64::from(world.ends[1 - end].mux.window(key(peer_at)).unwrap_or_default()),
                "credits of {at:?}: held {held}, sent {sent}, unread {used}, to return {to_return}, returning {granted}"
            );
        }
    }
}

fn ports_are_conserved(world: &mut World) {
    for end in 0..2 {
        if world.ends[end].outcome.is_none() {
            let known = world.model.existing(end).count();
            let ports = world.ends[end].mux.ports() as usize;
            // A port that the peer uses early and that is refused unheard exists until both ends have ended it.
            let may_be_unheard = world.model.early[1 - end];
            assert!(
                ports == known || (ports > known && may_be_unheard),
                "end {end} has {ports} ports, not {known}"
            );
        }
    }
}

/// When nothing moves any more, no end has a port that its application does not know of.
pub(crate) fn no_port_is_unheard(world: &World) {
    for end in 0..2 {
        let known = world.model.live(end).count();
        assert_eq!(world.ends[end].mux.ports() as usize, known, "refused ports of end {end} remain");
    }
}

/// What the application of an end must keep is what that end granted.
fn unread_bytes_stay_within_windows(world: &mut World) {
    for end in 0..2 {
        if world.ends[end].outcome.is_some() {
            continue;
        }
        let ports: Vec<(At, bool)> =
            world.model.live(end).map(|(at, port)| (at, port.receive_finish_asked)).collect();
        for (at, is_finished) in ports {
            let unread = world.ends[end].inbox(key(at)).unread;
            let from_pool = u64::from(pool_size(world, end));
            let window = u64::from(world.ends[end].mux.window(key(at)).unwrap());
            assert!(u64::from(unread) <= window + from_pool, "{unread} bytes of {at:?} are unread");
            let [_, used, _] = world.ends[end].mux.credits(key(at)).unwrap();
            let is_known = if from_pool == 0 { used == unread } else { used <= unread };
            assert!(is_finished || is_known, "{at:?} has {unread} unread, the core counts {used}");
        }
    }
}

fn pool_size(world: &World, end: usize) -> u32 {
    world.setup.ends[end].config().capabilities.global_credits.unwrap_or(0)
}

/// Beside one message no more is kept than the budget.
fn the_budget_is_held(world: &mut World) {
    for end in 0..2 {
        let kept = world.ends[end].mux.kept_bytes();
        let most = u64::from(world.setup.ends[end].budget) + u64::from(world.model.counts.longest);
        assert!(u64::from(kept) <= most, "{kept} bytes are kept by end {end}");
    }
}

/// A receiver is given up only when windows could exceed the budget.
pub(crate) fn shedding_has_a_cause(world: &mut World, at: At) {
    let budget = world.setup.ends[at.0].budget;
    assert!(budget < ENOUGH_BYTES, "{at:?} was given up within the budget");
    world.model.counts.shed += 1;
    world.model.port(at).receive_finish_asked = true;
}

/// The port could send a part of a message right now.
fn is_ready(world: &World, at: At, port: &Port) -> bool {
    const COST_OF_ANYTHING: u32 = 4;
    let held = world.ends[at.0].mux.credits(key(at)).map_or(0, |[held, _, _]| held);
    port.stage == Stage::Open && held >= COST_OF_ANYTHING && world.ends[at.0].queued(key(at)) > 0
}

/// The transport asked for more and got nothing: then no port can send.
pub(crate) fn nothing_is_held_back(world: &World, end: usize) {
    let mux = &world.ends[end].mux;
    // Where more than the window would be under way, or soon, it is right to hold back.
    let is_bounded = mux.path().window_and_flight.is_some() || mux.waits_until(world.now).is_some();
    if world.is_usable(end) && !is_bounded {
        let held_back = world.model.live(end).find(|(at, port)| is_ready(world, *at, port));
        assert!(held_back.is_none(), "a message is held back: {held_back:?}");
    }
}

/// How much each other port has sent since a port that is ready sent last, by both their keys.
#[derive(Default)]
pub(crate) struct Starvation(BTreeMap<(u32, u32), u32>);

impl Starvation {
    /// `sender` has sent a chunk. Law: a port waits for at most a quantum and a chunk of each other port.
    pub(crate) fn sent(&mut self, world: &World, sender: At, cost: u32) {
        let (end, sender) = sender;
        let is_usable = world.is_usable(end);
        let live = world.model.live(end).filter(|(at, port)| is_usable && is_ready(world, *at, port));
        let ready: Vec<u32> = live.map(|(at, _)| at.1).collect();
        self.0.retain(|(waiter, _), _| *waiter != sender && ready.contains(waiter));
        let chunk = world.ends[end].mux.peer().map_or(0, |peer| peer.chunk_size);
        // A small message goes first, and then its port has had its turn.
        let alike = 2 * (QUANTUM_BYTES.max(chunk) + chunk);
        // A class that waits gets an eighth, and a port may wait for whole messages of others.
        let bound = if world.causes.prioritized { 8 * (alike + world.model.counts.longest) } else { alike };
        for waiter in ready.into_iter().filter(|waiter| *waiter != sender) {
            let waited = self.0.entry((waiter, sender)).or_default();
            *waited += cost;
            assert!(*waited <= bound, "port {waiter} of end {end} starves: {sender} has sent {waited} bytes");
        }
    }
}

/// Nothing moves any more: what still waits does so for an application.
pub(crate) fn every_wait_has_an_owner(world: &World) {
    if !is_whole(world) || !(0..2).all(|end| world.is_usable(end)) {
        return;
    }
    for end in 0..2 {
        for (at, port) in world.model.live(end) {
            if port.peer.is_none() {
                assert!(request_has_an_owner(world, end, port), "nobody will answer {at:?}: {port:?}");
            } else {
                assert!(port.stage == Stage::Open, "{at:?} was accepted and does not know");
                check_sending(world, at, port);
            }
        }
    }
}

fn request_has_an_owner(world: &World, end: usize, port: &Port) -> bool {
    let requests = &world.ends[1 - end].requests;
    if requests.iter().any(|request| Some(request.peer_port) == port.number) {
        return true;
    }
    if port.alone {
        // Requests in lists count, too.
        return requests.len() >= usize::from(world.setup.ends[1 - end].connect_queue);
    }
    let lists = world.model.live(end).flat_map(|(_, carrier)| &carrier.under_way);
    lists
        .into_iter()
        .any(|sent| matches!(&sent.content, Received::Ports(ports) if port.number.is_some_and(|number| ports.contains(&number))))
}

/// A connected port whose messages have not come waits for its receiver to consume, or to accept a port that is used early.
fn check_sending(world: &World, at: At, port: &Port) {
    let (Some(first), Some(peer)) = (port.under_way.front(), port.peer) else { return };
    let receiving = &world.model.ports[&peer];
    if receiving.wants_no_more() || receiving.stage == Stage::Undecided {
        return;
    }
    let needed = if matches!(first.content, Received::Bytes(_)) { 1 } else { 4 };
    let held = world.ends[at.0].mux.credits(key(at)).map_or(0, |[held, _, _]| held);
    assert!(held < needed, "{at:?} has {held} credits and sends nothing");
    let receiver = &world.ends[peer.0].mux;
    let unread = receiver.credits(key(peer)).map_or(0, |[_, used, _]| used);
    assert!(
        unread > 0 || is_short_of_memory(world, peer.0),
        "{at:?} waits for credits that nobody will return"
    );
}

/// Credits may be kept back: what is kept and what could come reach half of the budget.
fn is_short_of_memory(world: &World, end: usize) -> bool {
    let sizes = world.setup.ends[end];
    let could_come = world.model.existing(end).count() as u32 * sizes.window;
    world.ends[end].mux.kept_bytes() + could_come > sizes.budget / 2
}

/// A connection ends because it was closed, cut or late, and for nothing else: two ends that keep to the protocol do not
/// accuse each other.
pub(crate) fn an_end_has_a_cause(world: &World, end: usize, event: Event) {
    let causes = &world.causes;
    let is_closed = causes.close_at.iter().any(Option::is_some) || causes.closed_client_or_listener;
    let has_cause = match event {
        Event::Ended => is_closed,
        Event::Failed(Error::TransportEnded | Error::TransportEndedEarly) => {
            causes.cut || world.ends[1 - end].outcome.is_some()
        }
        Event::Failed(Error::ReceiveTimeout | Error::HandshakeTimeout | Error::Stalled) => causes.late,
        _ => false,
    };
    assert!(has_cause, "end {end} ended for no reason: {event:?}");
}

/// A freed number is not used again before many others were freed: a late frame must not hit a new port.
pub(crate) fn a_freed_number_rests(world: &World, end: usize, number: u32) {
    let recent = world.model.freed_numbers[end].iter().rev().take(QUARANTINE);
    assert!(
        !recent.into_iter().any(|freed| *freed == number),
        "number {number} of end {end} is used again at once"
    );
}
