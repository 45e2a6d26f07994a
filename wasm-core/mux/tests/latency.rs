//! A big transfer never makes anything else wait: small messages beside bulk, over a link that takes whatever it is
//! given, as a socket does. Virtual time, so every figure is exact.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Capabilities, Config, Generation, Key};
use support::pair::Pair;

/// 10 Mbit/s.
const TEN_MBIT: f64 = 1_250.0;
/// 5 MB/s.
const FORTY_MBIT: f64 = 5_000.0;
/// What sockets and routers swallow.
const DEEP: f64 = 8_000_000.0;
/// More than the link carries in any test here.
const BULK_BYTES: usize = 80_000_000;
const PING_MS: f64 = 97.0;

struct Measured {
    p50: f64,
    p99: f64,
    /// Part of the link's rate that bulk got.
    goodput: f64,
}

struct World {
    pair: Pair,
    bulk: Vec<(Key, Key)>,
    quick: (Key, Key),
    /// What bulk is made of.
    item_bytes: usize,
}

const PLAIN: Told = Told::Never(Generation::V20);

/// How the sender learns what arrived.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Nothing,
    /// As a plain remoc of that generation, which has under way whatever the other side grants.
    Never(Generation),
    ByAcks,
    /// As by remoc 0.19 and 0.20.
    WhenAsked,
    /// As by remoc 0.18: when half of a window was consumed.
    ByCredits,
    /// As by another cuttle that does the same where nothing is agreed on: both fit to the path what is under way.
    ByFittedCredits,
}

fn world(bulk: usize, rate: f64, latency_ms: f64, told: Told) -> World {
    let capabilities = Capabilities { global_credits: Some(0), ..Capabilities::classic(3) };
    let config = Config { timeout_ms: 0, generation: Generation::V20, capabilities, ..Config::default() };
    let generation = if let Told::Never(generation) = told { generation } else { Generation::V20 };
    let reader = match told {
        Told::ByCredits => stock_18(),
        Told::ByFittedCredits => {
            Config { capabilities: Capabilities::classic(3), port_receive_buffer: 65_536, ..config }
        }
        _ => config,
    };
    let mut pair = Pair::apart(Config { generation, ..config }, reader);
    pair.slow(rate, latency_ms);
    pair.settle();
    match told {
        Told::Nothing => grant_amply(&mut pair),
        Told::Never(_) => {
            // As a base channel: its answer tells the round trip.
            pair.b().open();
            pair.settle();
            pair.a().accept();
            pair.settle();
        }
        Told::ByAcks => pair = pair.with_acks(),
        Told::ByCredits => {
            grant_amply(&mut pair);
            pair.b().reads_bytes = STOCK_18_WINDOW / 2;
            pair.a().mux.use_probes();
        }
        Told::ByFittedCredits => pair.a().mux.use_probes(),
        Told::WhenAsked => {
            grant_amply(&mut pair);
            pair.a().mux.use_probes();
        }
    }
    let bulk = (0..bulk).map(|_| pair.open()).collect();
    let quick = pair.open();
    for link in &mut pair.links {
        link.buffer = DEEP;
    }
    let item_bytes = if let Told::Never(_) = told { 65_536 } else { BULK_BYTES };
    World { pair, bulk, quick, item_bytes }
}

const STOCK_18_WINDOW: u32 = 524_288;

/// Returns half of a window at once, as remoc 0.18 does, and keeps windows as they are: the budget lets none grow.
fn stock_18() -> Config {
    let window = STOCK_18_WINDOW;
    Config { timeout_ms: 0, port_receive_buffer: window, buffered_bytes: 4 * window - 4, ..Config::default() }
}

/// The second end grants as much as to a peer that bounds by itself what is under way.
fn grant_amply(pair: &mut Pair) {
    pair.b().mux.use_acks();
    pair.a().ignores_acks = true;
}

impl World {
    /// Round trips of small messages for `ms`, after `warm_up` ms, while the first end sends without end on all bulk ports.
    fn measure(&mut self, warm_up: f64, ms: f64) -> Measured {
        for (a, _) in self.bulk.clone() {
            let bytes = BULK_BYTES / self.bulk.len();
            let item = self.item_bytes.min(bytes);
            for _ in 0..bytes / item {
                self.pair.a().send(a, &vec![0; item]).unwrap();
            }
        }
        self.pair.run(warm_up);
        let (a, b) = self.quick;
        let start = self.pair.now;
        let before = self.arrived();
        let mut trips = Vec::new();
        while self.pair.now - start < ms {
            let sent_at = self.pair.now;
            self.pair.a().send(a, b"sixteen bytes ok").unwrap();
            while self.pair.b().messages(b).is_empty() {
                self.pair.run(1.0);
            }
            self.pair.b().send(b, b"sixteen bytes ok").unwrap();
            while self.pair.a().messages(a).is_empty() {
                self.pair.run(1.0);
            }
            trips.push(self.pair.now - sent_at);
            self.pair.run(PING_MS - (self.pair.now - sent_at) % PING_MS);
        }
        let elapsed = self.pair.now - start;
        let goodput = (self.arrived() - before) as f64 / elapsed / self.pair.links[0].bytes_per_ms;
        trips.sort_by(f64::total_cmp);
        let at = |part: f64| trips[((trips.len() - 1) as f64 * part) as usize];
        Measured { p50: at(0.5), p99: at(0.99), goodput }
    }

    /// Payload bytes that came out at the second end.
    fn arrived(&mut self) -> usize {
        let keys: Vec<Key> = self.bulk.iter().map(|(_, b)| *b).collect();
        keys.into_iter().map(|key| self.pair.b().arrived(key)).sum()
    }

    /// Questions of the first end for what arrived.
    fn probes(&self) -> f64 {
        self.pair.links[0].log.iter().filter(|(_, frame)| frame.header.first() == Some(&16)).count() as f64
    }

    fn finish(mut self) {
        self.pair.b().reads_bytes = 0;
        for (a, _) in self.bulk.clone() {
            self.pair.a().cancel_last(a);
        }
        self.pair.slow(0.0, 0.0);
        self.pair.settle();
        self.pair.finish();
    }
}

#[test]
fn small_messages_beside_bulk_at_10_mbit_take_25_ms_and_60_at_most() {
    for bulk in [1, 16, 64] {
        let mut world = world(bulk, TEN_MBIT, 0.5, Told::ByAcks);
        let Measured { p50, p99, goodput } = world.measure(1_000.0, 6_000.0);
        assert!(p50 <= 25.0, "{bulk} streams: median {p50} ms");
        assert!(p99 <= 60.0, "{bulk} streams: p99 {p99} ms");
        assert!(goodput >= 0.9, "{bulk} streams: goodput {goodput}");
        world.finish();
    }
}

/// A window that is doubled before it is known what its last doubling led to fills the queue with many times what fits.
#[test]
fn while_bulk_begins_small_messages_arrive_within_60_ms_at_40_mbit_and_20_ms() {
    for bulk in [1, 16] {
        let mut world = world(bulk, FORTY_MBIT, 10.0, Told::ByAcks);
        let start = world.pair.now;
        let (a, b) = world.quick;
        let (mut sent, mut arrived) = (Vec::new(), Vec::new());
        while world.pair.now - start < 2_000.0 {
            let now = world.pair.now;
            if now - start > 1_000.0 && sent.len() % 4 == 0 {
                for (key, _) in world.bulk.clone() {
                    world.pair.a().send(key, &vec![0; 1_000_000 / bulk]).unwrap();
                }
            }
            world.pair.a().send(a, b"sixteen bytes ok").unwrap();
            sent.push(now);
            for _ in 0..10 {
                world.pair.run(1.0);
                let now = world.pair.now;
                arrived.extend(world.pair.b().messages(b).iter().map(|_| now));
            }
        }
        assert!(sent.len() - arrived.len() <= 6, "{bulk} streams: {} of {}", arrived.len(), sent.len());
        let worst = sent.iter().zip(&arrived).map(|(sent, arrived)| arrived - sent).fold(0.0, f64::max);
        assert!(worst <= 60.0, "{bulk} streams: {worst} ms");
        world.finish();
    }
}

#[test]
fn without_acknowledgements_the_same_link_would_take_what_a_socket_swallows() {
    let mut world = world(16, TEN_MBIT, 0.5, Told::Nothing);
    let Measured { p50, .. } = world.measure(1_000.0, 2_000.0);
    assert!(p50 > 500.0, "the link queues nothing, so the test above shows nothing: {p50} ms");
    world.finish();
}

#[test]
fn a_long_path_is_filled() {
    // 100 Mbit/s at 100 ms, within 2 s from a window of 128 KiB.
    let mut world = world(1, 12_500.0, 50.0, Told::ByAcks);
    let Measured { goodput, .. } = world.measure(2_000.0, 600.0);
    assert!(goodput >= 0.9, "goodput {goodput}");
    world.finish();
}

#[test]
fn a_path_that_became_longer_is_noticed_and_filled_again() {
    let mut world = world(4, TEN_MBIT, 0.5, Told::ByAcks);
    world.measure(500.0, 500.0);
    for link in &mut world.pair.links {
        link.latency_ms = 80.0;
    }
    let Measured { goodput, .. } = world.measure(25_000.0, 4_000.0);
    assert!(goodput >= 0.9, "goodput {goodput}");
    world.finish();
}

#[test]
fn the_base_round_trip_does_not_creep_up_under_a_load_that_never_ends() {
    let mut world = world(2, TEN_MBIT, 0.5, Told::ByAcks);
    let Measured { p50, p99, goodput } = world.measure(30_000.0, 15_000.0);
    assert!(p50 <= 25.0 && p99 <= 60.0 && goodput >= 0.9, "{p50} {p99} {goodput}");
    world.finish();
}

#[test]
fn beside_bulk_to_a_peer_that_must_be_asked_small_messages_take_40_ms_and_60_at_most() {
    for (rate, latency_ms) in [(TEN_MBIT, 0.5), (FORTY_MBIT, 10.0)] {
        for bulk in [1, 16, 64] {
            let mut world = world(bulk, rate, latency_ms, Told::WhenAsked);
            let Measured { p50, p99, goodput } = world.measure(2_000.0, 6_000.0);
            assert!(p50 <= 40.0, "{bulk} streams: median {p50} ms");
            assert!(p99 <= 60.0, "{bulk} streams: p99 {p99} ms");
            assert!(goodput >= 0.9, "{bulk} streams: goodput {goodput}");
            assert!(world.probes() <= world.pair.now / 20.0, "more than 50 a second: {}", world.probes());
            world.finish();
        }
    }
}

/// Its event loop is, or its own bulk is in front of its answers.
#[test]
fn a_peer_that_is_busy_does_not_slow_bulk_down() {
    let mut world = world(1, TEN_MBIT, 0.5, Told::WhenAsked);
    world.measure(2_000.0, 1_000.0);
    world.pair.links[1].latency_ms = 60.0;
    let Measured { goodput, .. } = world.measure(1_000.0, 3_000.0);
    assert!(goodput >= 0.9, "goodput {goodput}");
    world.finish();
}

#[test]
fn small_messages_beside_bulk_from_a_plain_peer_take_50_ms_and_70_at_most() {
    for generation in [Generation::V18, Generation::V20] {
        for (rate, latency_ms) in [(TEN_MBIT, 0.5), (FORTY_MBIT, 10.0)] {
            for bulk in [1, 2, 8] {
                let mut world = world(bulk, rate, latency_ms, Told::Never(generation));
                let Measured { p50, p99, goodput } = world.measure(2_000.0, 6_000.0);
                assert!(p50 <= 50.0, "{bulk} streams: median {p50} ms");
                assert!(p99 <= 70.0, "{bulk} streams: p99 {p99} ms");
                assert!(goodput >= 0.9, "{bulk} streams: goodput {goodput}");
                world.finish();
            }
        }
    }
}

#[test]
fn what_is_granted_to_a_plain_peer_does_not_creep_up_under_a_load_that_never_ends() {
    let mut world = world(2, TEN_MBIT, 0.5, PLAIN);
    let Measured { p50, p99, goodput } = world.measure(30_000.0, 15_000.0);
    assert!(p50 <= 40.0 && p99 <= 60.0 && goodput >= 0.9, "{p50} {p99} {goodput}");
    world.finish();
}

#[test]
fn a_path_from_a_plain_peer_that_became_longer_is_noticed_and_filled_again() {
    let mut world = world(2, TEN_MBIT, 0.5, PLAIN);
    world.measure(500.0, 500.0);
    for link in &mut world.pair.links {
        link.latency_ms = 80.0;
    }
    let Measured { goodput, p99, .. } = world.measure(8_000.0, 15_000.0);
    assert!(goodput >= 0.9, "goodput {goodput}");
    assert!(p99 <= 400.0, "p99 {p99}");
    world.finish();
}

#[test]
fn a_long_path_from_a_plain_peer_is_filled() {
    let mut world = world(1, 12_500.0, 50.0, PLAIN);
    let Measured { goodput, .. } = world.measure(2_000.0, 600.0);
    assert!(goodput >= 0.9, "goodput {goodput}");
    world.finish();
}

#[test]
fn a_plain_peer_that_seldom_sends_something_large_can_send_it_at_once() {
    const ITEM: usize = 65_536;
    let mut world = world(0, FORTY_MBIT, 25.0, PLAIN);
    let (a, b) = world.quick;
    for _ in 0..50 {
        let sent_at = world.pair.now;
        world.pair.a().send(a, &[0; ITEM]).unwrap();
        while world.pair.b().messages(b).is_empty() {
            world.pair.run(1.0);
        }
        let ms = world.pair.now - sent_at;
        assert!(ms <= 25.0 + 1.0 + ITEM as f64 / FORTY_MBIT, "{ms} ms");
        world.pair.run(400.0);
    }
    world.finish();
}

#[test]
fn small_messages_beside_bulk_to_a_peer_that_tells_only_by_credits_take_50_ms_and_70_at_most() {
    for (rate, latency_ms) in [(TEN_MBIT, 0.5), (FORTY_MBIT, 10.0)] {
        let mut world = world(1, rate, latency_ms, Told::ByCredits);
        let Measured { p50, p99, goodput } = world.measure(3_000.0, 6_000.0);
        assert!(p50 <= 50.0 && p99 <= 70.0 && goodput >= 0.95, "{rate}: {p50} ms, {p99} ms, {goodput}");
        world.finish();
    }
}

#[test]
fn a_path_to_a_peer_that_tells_only_by_credits_is_filled_again_when_it_becomes_faster() {
    let mut world = world(1, TEN_MBIT, 0.5, Told::ByCredits);
    world.measure(3_000.0, 500.0);
    world.pair.slow(FORTY_MBIT, 0.5);
    let Measured { goodput, .. } = world.measure(3_000.0, 3_000.0);
    assert!(goodput >= 0.9, "goodput {goodput}");
    world.finish();
}

/// The programs or their computers are busy. Beyond what fits into a turn, so little is what a window carries.
#[test]
fn a_peer_that_tells_only_by_credits_gets_a_third_of_the_rate_where_either_has_a_turn_every_50_ms() {
    for [send_turn_ms, turn_ms] in [[50.0, 0.0], [0.0, 50.0], [50.0, 50.0]] {
        let mut world = world(1, TEN_MBIT, 0.5, Told::ByCredits);
        world.pair.links[0].send_turn_ms = send_turn_ms;
        world.pair.links[0].turn_ms = turn_ms;
        let Measured { goodput, .. } = world.measure(20_000.0, 6_000.0);
        assert!(goodput >= 0.33, "{send_turn_ms} {turn_ms}: goodput {goodput}");
        world.pair.links[0].send_turn_ms = 0.0;
        world.pair.links[0].turn_ms = 0.0;
        world.finish();
    }
}

/// What comes late because a program is busy looks like a queue, but a shorter window does not make it shorter.
#[test]
fn a_fast_path_is_filled_while_either_has_a_turn_every_20_ms() {
    for [send_turn_ms, turn_ms] in [[20.0, 0.0], [0.0, 20.0], [20.0, 20.0]] {
        let mut world = world(1, 20_000.0, 0.1, Told::ByAcks);
        world.measure(200.0, 200.0);
        world.pair.links[0].send_turn_ms = send_turn_ms;
        world.pair.links[0].turn_ms = turn_ms;
        let Measured { goodput, .. } = world.measure(200.0, 1_000.0);
        assert!(goodput >= 0.5, "{send_turn_ms} {turn_ms}: goodput {goodput}");
        world.pair.links[0].send_turn_ms = 0.0;
        world.pair.links[0].turn_ms = 0.0;
        world.finish();
    }
}

#[test]
fn a_path_between_two_ends_that_both_fit_what_is_under_way_is_filled() {
    for (rate, latency_ms) in [(TEN_MBIT, 0.5), (FORTY_MBIT, 10.0)] {
        let mut world = world(1, rate, latency_ms, Told::ByFittedCredits);
        let Measured { p50, p99, goodput } = world.measure(3_000.0, 6_000.0);
        assert!(p50 <= 50.0 && p99 <= 70.0 && goodput >= 0.9, "{rate}: {p50} ms, {p99} ms, {goodput}");
        world.finish();
    }
}

#[test]
fn a_path_from_a_plain_peer_is_filled_while_the_receiver_has_a_turn_every_100_ms() {
    let mut world = world(1, TEN_MBIT, 0.5, PLAIN);
    world.pair.links[0].turn_ms = 100.0;
    let Measured { goodput, .. } = world.measure(3_000.0, 6_000.0);
    assert!(goodput >= 0.8, "goodput {goodput}");
    world.pair.links[0].turn_ms = 0.0;
    world.finish();
}

#[test]
fn a_path_from_a_plain_peer_is_filled_when_the_turns_of_the_receiver_become_rare() {
    let mut world = world(1, TEN_MBIT, 0.5, PLAIN);
    world.measure(1_000.0, 500.0);
    world.pair.links[0].turn_ms = 100.0;
    // Before the round trip is measured anew.
    let Measured { goodput, .. } = world.measure(500.0, 1_000.0);
    assert!(goodput >= 0.7, "goodput {goodput}");
    world.pair.links[0].turn_ms = 0.0;
    world.finish();
}
