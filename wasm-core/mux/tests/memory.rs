//! What a peer can make this end keep: windows that grow, a budget that holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Config, Event, Key};
use support::pair::Pair;
use support::scripted::Scripted;
use support::sized;

const KIB: u32 = 1_024;
const BUDGET: u32 = 256 * KIB;
const WINDOW: u32 = 16 * KIB;

fn config() -> Config {
    Config { buffered_bytes: BUDGET, timeout_ms: 0, ..sized(4 * KIB, WINDOW) }
}

/// Two ends of which the second keeps at most [`BUDGET`], with ports.
fn with_ports(count: usize) -> (Pair, Vec<(Key, Key)>) {
    let mut pair = Pair::alike(config());
    let ports = (0..count).map(|_| pair.open()).collect();
    (pair, ports)
}

#[test]
fn a_window_grows_while_what_comes_is_consumed_fast() {
    let (mut pair, ports) = with_ports(1);
    let (a, b) = ports[0];
    pair.slow(10_000.0, 20.0);
    pair.a().send(a, &vec![1; 4 << 20]).unwrap();
    pair.run(1_000.0);
    let window = pair.b().mux.window(b).unwrap();
    assert!(window > WINDOW && window <= BUDGET / 4 + WINDOW, "{window}");
    pair.a().cancel_last(a);
    pair.settle();
    pair.check_credits(a, b, [WINDOW, WINDOW]);
    pair.finish();
}

#[test]
fn c11_a_window_does_not_grow_by_what_is_only_sent() {
    let (mut pair, ports) = with_ports(1);
    let (a, b) = ports[0];
    pair.slow(10_000.0, 20.0);
    pair.b().reads = false;
    pair.a().send(a, &vec![1; 4 << 20]).unwrap();
    for _ in 0..100 {
        pair.run(100.0);
        // Slower than the path by far.
        let inbox = pair.b().inbox(b);
        let some = inbox.unread.min(1_000);
        inbox.unread -= some;
        pair.b().command(|mux| mux.consumed(b, some)).unwrap();
    }
    assert!(pair.b().mux.window(b).unwrap() <= WINDOW);
    pair.a().cancel_last(a);
    pair.settle();
    pair.finish();
}

#[test]
fn a_window_that_is_not_used_shrinks_again() {
    let (mut pair, ports) = with_ports(1);
    let (a, b) = ports[0];
    pair.slow(10_000.0, 20.0);
    pair.a().send(a, &vec![1; 1 << 20]).unwrap();
    pair.run(2_000.0);
    let grown = pair.b().mux.window(b).unwrap();
    assert!(grown > 2 * WINDOW);
    for _ in 0..20 {
        pair.run(11_000.0);
        let little = pair.b().mux.window(b).unwrap() / 4 + 1;
        pair.a().send(a, &vec![1; little as usize]).unwrap();
        pair.run(100.0);
    }
    assert_eq!(pair.b().mux.window(b), Some(WINDOW));
    pair.settle();
    pair.check_credits(a, b, [WINDOW, WINDOW]);
    pair.finish();
}

#[test]
fn several_windows_together_grow_by_no_more_than_a_quarter_of_the_budget() {
    let (mut pair, ports) = with_ports(20);
    pair.slow(100_000.0, 20.0);
    for (a, _) in &ports {
        for _ in 0..250 {
            pair.a().send(*a, &vec![1; 4 << 10]).unwrap();
        }
    }
    pair.run(500.0);
    let sum: u32 = ports.iter().map(|(_, b)| pair.b().mux.window(*b).unwrap()).sum();
    assert!(sum <= 20 * WINDOW + BUDGET / 4, "{sum}");
    assert!(sum > 20 * WINDOW, "some did grow");
    pair.settle();
    pair.finish();
}

#[test]
fn c09_no_more_than_the_budget_is_kept_of_ports_that_nobody_reads() {
    let (mut pair, ports) = with_ports(40);
    pair.b().reads = false;
    for (index, (a, _)) in ports.iter().enumerate() {
        pair.a().send(*a, &vec![1; WINDOW as usize]).unwrap();
        pair.settle();
        assert!(pair.b().mux.kept_bytes() <= BUDGET, "port {index}");
    }
    let shed = ports.iter().filter(|(_, b)| pair.b().inbox(*b).shed).count();
    assert_eq!(shed, 40 - (BUDGET / WINDOW) as usize);
    // New ports are refused, for want of room.
    let refused = pair.a().open();
    pair.settle();
    assert!(pair.a().events().contains(&Event::Refused { key: refused, no_ports: true, unsent: false }));
    // Whoever was shed says so to the sender, and others are read as before.
    let kept = *ports.iter().find(|(_, b)| !pair.b().inbox(*b).shed).unwrap();
    pair.b().read(kept.1);
    pair.settle();
    assert_eq!(pair.b().messages(kept.1), [vec![1; WINDOW as usize]]);
    for (_, b) in &ports {
        if !pair.b().inbox(*b).shed {
            pair.b().read(*b);
        }
    }
    pair.settle();
    assert_eq!(pair.b().mux.kept_bytes(), 0);
    assert!(pair.open().0 != refused, "and ports are given out again");
    pair.finish();
}

#[test]
fn c09_messages_that_never_end_are_counted_although_their_pieces_were_consumed() {
    let (mut pair, ports) = with_ports(8);
    for (a, _) in &ports {
        pair.a().send(*a, &vec![1; 4 << 20]).unwrap();
    }
    pair.slow(1_000.0, 1.0);
    for _ in 0..400 {
        pair.run(10.0);
        let kept: Vec<u32> = ports.iter().map(|(_, b)| pair.b().inbox(*b).arrived as u32).collect();
        let largest = *kept.iter().max().unwrap();
        let others = kept.iter().sum::<u32>() - largest;
        assert!(others <= BUDGET, "{kept:?}");
    }
    // One of them could go on, so that it comes to its end.
    let arrived: Vec<usize> = ports.iter().map(|(_, b)| pair.b().inbox(*b).arrived).collect();
    assert!(arrived.iter().any(|bytes| *bytes > 2 << 20), "{arrived:?}");
    for (a, _) in ports {
        pair.a().cancel_last(a);
    }
    pair.slow(0.0, 0.0);
    pair.settle();
    pair.finish();
}

#[test]
fn several_messages_larger_than_the_budget_arrive_one_after_the_other() {
    let (mut pair, ports) = with_ports(5);
    pair.slow(1_000.0, 5.0);
    for (a, _) in &ports {
        pair.a().send(*a, &vec![7; 1 << 20]).unwrap();
    }
    pair.run(8_000.0);
    for (_, b) in &ports {
        assert_eq!(pair.b().messages(*b), [vec![7; 1 << 20]]);
        assert!(!pair.b().inbox(*b).shed);
    }
    assert_eq!(pair.b().mux.kept_bytes(), 0);
    pair.finish();
}

#[test]
fn a_message_that_the_others_wait_for_and_that_stands_still_is_given_up() {
    let (mut pair, ports) = with_ports(3);
    let (stuck, stuck_b) = ports[0];
    // More than half of the budget of one that never ends.
    pair.a().send(stuck, &vec![1; 4 << 20]).unwrap();
    pair.slow(1_000.0, 1.0);
    pair.run(200.0);
    pair.a().cancel_last(stuck);
    for (a, _) in &ports[1..] {
        pair.a().send(*a, &vec![2; 1 << 20]).unwrap();
    }
    pair.run(4_000.0);
    assert!(!pair.b().inbox(stuck_b).shed);
    pair.run(20_000.0);
    assert!(pair.b().inbox(stuck_b).shed);
    for (_, b) in &ports[1..] {
        assert_eq!(pair.b().messages(*b), [vec![2; 1 << 20]]);
    }
    pair.finish();
}

#[test]
fn messages_that_are_too_long_to_be_kept_are_not_counted() {
    let (mut s, key) = Scripted::with_port(config());
    s.end.mux.set_max_message(key, 4);
    s.takes("07 01000000 01 | 01020304");
    assert_eq!(s.end.mux.kept_bytes(), 4);
    s.takes("07 01000000 00 | 05");
    assert_eq!(s.end.mux.kept_bytes(), 0);
    s.lives();
}

#[test]
fn c09_what_waits_in_channels_is_counted_and_stops_only_their_senders() {
    let (mut pair, ports) = with_ports(3);
    let (a, b) = ports[0];
    // The embedder takes messages out of the port and keeps them for an application that is slow.
    for _ in 0..80 {
        pair.a().send(a, &[1; 4 << 10]).unwrap();
        pair.settle();
        if pair.b().messages(b).len() == 1 {
            pair.b().command(|mux| mux.hold(b, 4 << 10));
        }
    }
    let kept = pair.b().mux.kept_bytes();
    assert!(kept > BUDGET / 2 && kept <= BUDGET / 2 + 2 * WINDOW, "{kept}");
    pair.a().send(ports[1].0, &[2; 4 << 10]).unwrap();
    pair.settle();
    assert_eq!(pair.b().messages(ports[1].1).len(), 1, "other channels go on");
    let held = kept / (4 << 10);
    for _ in 0..held {
        pair.b().command(|mux| mux.unhold(b, 4 << 10));
        pair.settle();
    }
    assert_eq!(pair.b().mux.kept_bytes(), 0);
    assert_eq!(pair.b().messages(b).len(), 80 - held as usize);
    pair.finish();
}

#[test]
fn c09_what_is_held_of_ports_that_are_gone_is_counted_until_the_connection_fails() {
    let (mut s, _) = Scripted::with_port(config());
    for number in 0..64u32 {
        let (port, peer) = (number + 2, number + 100);
        let key = s.end.open();
        s.frames();
        s.takes_bytes(&[&[5][..], &port.to_le_bytes(), &peer.to_le_bytes()].concat());
        s.end.mux.hold(key, 4 << 10);
        s.end.finish(key);
        s.frames();
        s.takes_bytes(&[&[10][..], &port.to_le_bytes()].concat());
        s.takes_bytes(&[&[12][..], &port.to_le_bytes()].concat());
        assert_eq!(s.end.mux.kept_bytes(), (number + 1) * (4 << 10));
        s.end.mux.unhold(key, 1);
        s.end.mux.hold(key, 1);
    }
    assert_eq!(s.end.outcome, None);
    s.takes("07 01000000 03 | 01");
    s.end.reads = false;
    s.takes("07 01000000 01 | 01");
    assert!(s.end.mux.kept_bytes() <= BUDGET, "the only one left was let go");
    s.end.command(|mux| mux.hold(Key::from_raw(77), 1));
    s.failed(cuttle_mux::Error::TooMuchKept { bytes: BUDGET + 1 });
}

#[test]
fn what_is_counted_of_ports_that_are_gone_goes_with_what_was_held() {
    let (mut pair, _) = with_ports(0);
    for _ in 0..1_000 {
        let (a, b) = pair.open();
        pair.a().send(a, &[1; 100]).unwrap();
        pair.settle();
        pair.b().command(|mux| mux.hold(b, 100));
        pair.a().finish(a);
        pair.b().finish(b);
        pair.settle();
        pair.b().command(|mux| mux.unhold(b, 100));
    }
    assert_eq!(pair.b().mux.kept_bytes(), 0);
    // Nothing is taken for full, so windows grow as in the beginning.
    let (a, b) = pair.open();
    pair.slow(10_000.0, 20.0);
    for _ in 0..250 {
        pair.a().send(a, &[1; 4 << 10]).unwrap();
    }
    pair.run(1_000.0);
    assert!(pair.b().mux.window(b).unwrap() > WINDOW);
    pair.settle();
    pair.finish();
}
