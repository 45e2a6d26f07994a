//! Signs of life and deadlines, by a virtual clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Config, Error, Event};
use support::pair::Pair;
use support::scripted::{HELLO, Scripted, hello_timed};
use support::tiny;

/// An end whose peer wants a sign of life every `timeout_ms`, and that waits for none itself.
fn against(timeout_ms: u64) -> Scripted {
    Scripted::met(Config { timeout_ms: 0, ..tiny() }, &hello_timed(3, timeout_ms, 8, 16, 16))
}

#[test]
fn h14_pings_leave_at_half_of_the_peers_timeout_within_limits() {
    for (timeout, interval) in [
        (0, 25_000.0),
        (1, 1_000.0),
        (1_999, 1_000.0),
        (10_000, 5_000.0),
        (60_000, 25_000.0),
        (1 << 31, 25_000.0),
        (1 << 32, 25_000.0),
        (u64::MAX, 25_000.0),
    ] {
        let mut s = against(timeout);
        for round in 1..5 {
            let due = interval * f64::from(round);
            assert_eq!(s.end.mux.poll_deadline(), Some(due), "timeout {timeout}");
            s.at(due - 1.0).sends(&[]);
            s.at(due).sends(&["03"]).sends(&[]);
        }
        s.lives();
    }
}

#[test]
fn h14_any_own_timeout_can_be_announced_and_none_fires_at_once() {
    for timeout_ms in [0, 1, 60_000, 1 << 31, 1 << 32, u64::MAX] {
        let s = Scripted::new(Config { timeout_ms, ..tiny() });
        assert!(s.end.mux.poll_deadline().is_some_and(|at| at > 0.0));
        s.lives();
    }
}

#[test]
fn a_ping_leaves_only_when_nothing_else_was_sent() {
    let mut s = against(10_000);
    s.at(4_000.0);
    s.end.open();
    assert_eq!(s.frames().len(), 1);
    s.at(8_999.0).sends(&[]).at(9_000.0).sends(&["03"]);
    s.at(14_000.0);
    s.end.open();
    assert_eq!(s.frames().len(), 1, "the request is sign enough");
    s.sends(&[]);
    s.lives();
}

#[test]
fn a_ping_that_the_transport_does_not_take_keeps_no_deadline_due() {
    let mut s = against(10_000);
    s.at(5_000.0);
    assert_eq!(s.end.mux.poll_deadline(), None);
    s.at(7_000.0).sends(&["03"]);
    assert_eq!(s.end.mux.poll_deadline(), Some(12_000.0));
    s.lives();
}

#[test]
fn b01_a_frame_that_comes_late_in_the_interval_is_answered_so_that_hidden_tabs_stay_connected() {
    let mut s = against(60_000);
    s.at(12_500.0).takes("03").sends(&[]);
    s.at(12_501.0).takes("03").sends(&["03"]).sends(&[]);
    s.at(20_000.0).takes("03").sends(&[]);
    s.lives();
}

#[test]
fn two_idle_ends_stay_connected_without_answering_each_other_for_ever() {
    let (mut pair, a, b) = Pair::with_port(Config { timeout_ms: 10_000, ..tiny() });
    pair.slow(0.0, 40.0);
    let before = pair.links[0].log.len() + pair.links[1].log.len();
    pair.run(600_000.0);
    let pings = pair.links[0].log.len() + pair.links[1].log.len() - before;
    assert!((240..=250).contains(&pings), "one of both each 5 s, {pings}");
    pair.check_credits(a, b, [16, 16]);
    pair.finish();
}

#[test]
fn h08_a_silent_peer_is_given_up_after_ten_seconds() {
    let mut s = Scripted::fresh(tiny());
    assert_eq!(s.frames().len(), 2);
    assert_eq!(s.end.mux.poll_deadline(), Some(10_000.0));
    s.at(9_999.0).emits(&[]);
    s.at(10_000.0);
    s.failed(Error::HandshakeTimeout);
}

#[test]
fn h08_frames_that_are_no_hello_do_not_put_the_deadline_off() {
    let mut s = Scripted::fresh(tiny());
    s.at(9_000.0).takes("03").takes("01");
    s.at(10_000.0);
    s.failed(Error::HandshakeTimeout);
}

#[test]
fn without_a_handshake_timeout_hello_is_awaited_for_ever() {
    let mut s = Scripted::fresh(Config { handshake_timeout_ms: 0, ..tiny() });
    assert_eq!(s.end.mux.poll_deadline(), None);
    s.at(1e9).takes(HELLO).emits(&[Event::Ready]);
    s.lives();
}

#[test]
fn a_peer_that_falls_silent_is_given_up_after_the_own_timeout() {
    let mut s = Scripted::new(Config { timeout_ms: 3_000, ..tiny() });
    s.at(2_000.0).takes("03");
    s.at(4_999.0).emits(&[]);
    s.at(5_000.0);
    s.failed(Error::ReceiveTimeout);
}

#[test]
fn a_data_header_alone_is_no_sign_of_life() {
    let (mut s, _) = Scripted::with_port(Config { timeout_ms: 3_000, ..tiny() });
    s.at(2_000.0).takes("07 01000000 03");
    s.end.events();
    s.at(3_000.0);
    s.failed(Error::ReceiveTimeout);
}

#[test]
fn the_payload_is_a_sign_of_life() {
    let (mut s, _) = Scripted::with_port(Config { timeout_ms: 3_000, ..tiny() });
    s.at(2_000.0).takes("07 01000000 03 | 61");
    s.at(4_999.0).takes("03").at(7_000.0);
    s.lives();
}

#[test]
fn b02_a_timeout_that_was_overslept_gets_a_second_chance() {
    let mut s = Scripted::new(Config { timeout_ms: 3_000, ..tiny() });
    // Frozen for five minutes; what was queued meanwhile is delivered after the timer.
    s.at(300_000.0).takes("03").emits(&[]);
    s.at(302_999.0).emits(&[]);
    s.at(303_000.0);
    s.failed(Error::ReceiveTimeout);
}

#[test]
fn b02_the_second_chance_lasts_five_seconds_and_comes_once() {
    let mut s = Scripted::new(Config { timeout_ms: 3_000, ..tiny() });
    s.at(300_000.0).at(304_999.0).emits(&[]);
    s.at(400_000.0);
    s.failed(Error::ReceiveTimeout);
}

#[test]
fn b02_a_frame_restores_the_second_chance() {
    let mut s = Scripted::new(Config { timeout_ms: 3_000, ..tiny() });
    s.at(300_000.0).takes("03").at(600_000.0).takes("03").emits(&[]);
    s.lives();
}

#[test]
fn no_ping_is_due_after_goodbye() {
    let mut s = against(2_000);
    s.end.mux.close(0.0);
    s.sends(&["0f"]);
    assert_eq!(s.end.mux.poll_deadline(), Some(2_000.0));
    s.at(1_500.0).takes("03").sends(&[]);
    assert_eq!(s.end.mux.poll_deadline(), Some(2_000.0));
    s.at(2_000.0).emits(&[Event::Ended]);
    s.end.check_nothing_left(2_000.0);
}

#[test]
fn nothing_is_due_after_the_end() {
    let mut s = Scripted::new(tiny());
    s.takes("0f").sends(&["0f"]).emits(&[Event::Goodbye, Event::Ended]);
    assert_eq!(s.end.mux.poll_deadline(), None);
    s.end.check_nothing_left(0.0);
}
