//! What may be under way, and acknowledgements, which are hostile data like all others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Config, Error, FrameSink};
use support::scripted::{HELLO, Scripted, hello};

const INITIAL: usize = 65_536;

/// An end that bounds itself, with a port to a peer that grants much.
fn bounded() -> (Scripted, cuttle_mux::Key) {
    let (mut s, key) = Scripted::with_port_to(Config::default(), &hello(3, 16_384, 1 << 30, 16));
    s.end.mux.use_acks();
    s.end.send(key, &vec![0; 4_000_000]).unwrap();
    (s, key)
}

fn sent(s: &mut Scripted) -> usize {
    s.end
        .transmit(10_000, s.now)
        .iter()
        .map(|frame| frame.header.len() + frame.payload.as_ref().map_or(0, Vec::len))
        .sum()
}

#[test]
fn one_flush_collects_no_more_than_the_window() {
    let (mut s, _) = bounded();
    let first = sent(&mut s);
    assert!((INITIAL..INITIAL + 16_390).contains(&first), "{first}");
    assert_eq!(sent(&mut s), 0);
    s.now = 1.0;
    s.end.ack((16_390, 0), 1.0);
    assert!(sent(&mut s) > 0);
    s.lives();
}

#[test]
fn c13_an_acknowledgement_of_what_was_never_sent_fails() {
    let (mut s, _) = bounded();
    let first = sent(&mut s) as u32;
    // The request of the port was sent before.
    s.end.ack((first + 10, 0), 1.0);
    assert_eq!(s.end.outcome, None);
    s.end.ack((1, 0), 2.0);
    s.failed(Error::AckedTooMuch);
}

#[test]
fn c13_any_acknowledgement_with_any_age_keeps_the_window_in_bounds() {
    let (mut s, _) = bounded();
    let mut in_flight = sent(&mut s);
    for round in 0..2_000u32 {
        s.now += f64::from(round % 7);
        let age = [0, 1, u32::MAX, 1 << 28][round as usize % 4];
        let acked = (in_flight as u32 / 2).max(1);
        s.end.ack((acked, age), s.now);
        in_flight -= acked as usize;
        in_flight += sent(&mut s);
        assert!(in_flight <= (16 << 20) + 16_390, "{in_flight}");
        if in_flight == 0 {
            break;
        }
    }
    assert_eq!(s.end.outcome, None);
    s.lives();
}

#[test]
fn bytes_are_acknowledged_with_what_is_sent_anyway_or_when_they_are_much() {
    let (mut s, key) = Scripted::with_port(Config::default());
    s.end.mux.use_acks();
    s.end.transmit(10, 0.0);
    s.end.acks.clear();
    s.at(10.0).takes("03").sends(&[]);
    assert_eq!(s.end.acks, [], "a small one is not worth a message");
    s.end.send(key, b"x").unwrap();
    s.at(12.0).sends(&["07 07000000 03 | 78"]);
    // PortOpened had 9 bytes, Ping 1.
    assert_eq!(std::mem::take(&mut s.end.acks), [(10, 2)]);
    s.end.reads = false;
    s.end.frame(&support::hex::frame(&format!("07 01000000 03 | {}", "00".repeat(2_000))), 13.0);
    assert_eq!(s.end.mux.poll_deadline(), Some(16.0));
    s.at(13.0).sends(&[]);
    assert_eq!(s.end.acks, []);
    s.at(16.0).sends(&[]);
    assert_eq!(s.end.acks, [(2_006, 3)]);
    s.lives();
}

#[test]
fn nothing_is_acknowledged_unless_the_peer_does_it_too() {
    let (mut s, _) = Scripted::with_port(Config::default());
    s.end.reads = false;
    s.takes(&format!("07 01000000 03 | {}", "00".repeat(2_000))).sends(&[]);
    assert_eq!(s.end.acks, []);
    s.lives();
}

#[test]
fn r06_a_peer_that_lives_and_does_not_read_is_given_up_after_half_the_timeout() {
    let (mut s, _) = bounded();
    sent(&mut s);
    s.end.timeout(0.0);
    for second in 1..30 {
        s.at(f64::from(second) * 1_000.0).takes("03");
        assert!(sent(&mut s) <= 1, "a sign of life and nothing else");
    }
    assert_eq!(s.end.outcome, None);
    s.at(30_000.0);
    s.failed(Error::Stalled);
}

#[test]
fn r06_a_transport_that_takes_nothing_is_given_up_too() {
    let mut s = Scripted::met(Config::default(), HELLO);
    s.end.open();
    s.end.timeout(1_000.0);
    s.now = 20_000.0;
    s.takes("03");
    s.at(30_999.0);
    assert_eq!(s.end.outcome, None);
    s.at(31_000.0);
    s.failed(Error::Stalled);
}

#[test]
fn r06_who_goes_on_slowly_or_was_asleep_is_not_given_up() {
    let (mut s, _) = bounded();
    let mut in_flight = sent(&mut s);
    for round in 1..20 {
        s.now = f64::from(round) * 20_000.0;
        s.end.ack((2_000, 0), s.now);
        s.takes("03");
        in_flight -= 2_000;
        s.end.timeout(s.now);
        in_flight += sent(&mut s);
        s.end.timeout(s.now);
    }
    assert!(in_flight > 0);
    // A frozen process finds the deadline long past.
    s.takes("03");
    s.end.timeout(s.now + 40_000.0);
    assert_eq!(s.end.outcome, None);
    s.lives();
}

#[test]
fn what_is_kept_about_flights_does_not_grow_with_their_number() {
    let (mut s, _) = bounded();
    let mut sink = FrameSink::default();
    for round in 0..100_000u32 {
        let now = f64::from(round);
        s.end.mux.poll_transmit(&mut sink, 1, 1_000, now);
        let bytes = (0..sink.len()).map(|index| {
            sink.header(index).unwrap().len() as u32 + sink.body(index).map_or(0, |body| body.len)
        });
        let bytes: u32 = bytes.sum();
        if bytes > 0 {
            s.end.mux.handle_ack(bytes, 0.0, now);
        }
    }
    s.lives();
}
