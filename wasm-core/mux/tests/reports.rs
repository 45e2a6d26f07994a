//! Reports that the application read up to a point.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Capabilities, Config, Error, Event, Generation, Key, Misuse};
use support::scripted::{HELLO, HELLO_FULL, Scripted};
use support::tiny;

fn full() -> Config {
    Config { generation: Generation::V20, capabilities: Capabilities::from_bits(0b1111), ..tiny() }
}

/// With a port of the peer's, 5, that is accepted. What comes on it is read when the test says so.
fn unread() -> (Scripted, Key) {
    let mut s = Scripted::met(full(), HELLO_FULL);
    s.takes("04 05 07 05");
    s.end.reads = false;
    let key = s.end.accept();
    s.frames();
    (s, key)
}

fn consume(s: &mut Scripted, key: Key, cost: u32) {
    s.end.inbox(key).unread -= cost;
    s.end.command(|mux| mux.consumed(key, cost)).unwrap();
}

#[test]
fn a_question_is_answered_when_all_before_it_was_taken_and_no_earlier() {
    let (mut s, key) = unread();
    s.takes("07 05 13 | 0102").takes("14 05 01").takes("07 05 13 | 03").takes("14 05 01").sends(&[]);
    consume(&mut s, key, 1);
    s.sends(&[]);
    consume(&mut s, key, 1);
    s.sends(&["15 05 00"]);
    consume(&mut s, key, 1);
    s.sends(&["15 05 00"]);
    s.lives();
}

#[test]
fn a_question_behind_nothing_is_answered_at_once() {
    let (mut s, _) = unread();
    s.takes("14 05 01").takes("14 05 01").sends(&["15 05 00", "15 05 00"]);
    s.lives();
}

#[test]
fn an_answer_leaves_before_the_end_that_follows_it() {
    let (mut s, key) = unread();
    s.takes("07 05 13 | 01").takes("14 05 01");
    consume(&mut s, key, 1);
    s.end.command(|mux| mux.finish_receive(key)).unwrap();
    s.sends(&["15 05 00", "0c 05 00"]);
    // What is asked later was answered by the end.
    s.takes("14 05 01").sends(&[]);
    s.lives();
}

#[test]
fn r04_questions_without_end_are_bounded_and_answered_in_number() {
    let (mut s, key) = unread();
    s.takes("07 05 13 | 01");
    for _ in 0..1_000 {
        s.takes("14 05 01");
    }
    consume(&mut s, key, 1);
    assert_eq!(s.frames().len(), 1_000);
    s.takes("07 05 13 | 01");
    for _ in 0..=65_536 {
        s.takes_bytes(&[20, 5, 1]);
    }
    s.failed(Error::TooManyRequests { limit: 65_536 });
}

#[test]
fn k15_points_beyond_64_are_answered_together_with_the_last_one() {
    let config = Config { port_receive_buffer: 200, ..full() };
    let mut s = Scripted::met(config, HELLO_FULL);
    s.takes("04 05 07 05");
    s.end.reads = false;
    let key = s.end.accept();
    s.frames();
    for _ in 0..100 {
        s.takes("07 05 13 | 01").takes("14 05 01");
    }
    let mut answered = Vec::new();
    for at in 1..=100 {
        consume(&mut s, key, 1);
        let count = s.frames().iter().filter(|frame| frame.starts_with("15")).count();
        answered.extend(std::iter::repeat_n(at, count));
    }
    let expected: Vec<i32> = (1..64).chain(std::iter::repeat_n(100, 37)).collect();
    assert_eq!(answered, expected);
    s.lives();
}

#[test]
fn a_question_after_the_end_of_the_data_fails() {
    let (mut s, _) = unread();
    s.takes("0a 05 01").takes("14 05 01");
    s.failed(Error::WrongState { message: 20, port: 5 });
}

#[test]
fn a_question_stands_in_line_with_the_data_and_costs_nothing() {
    let mut s = Scripted::met(full(), HELLO_FULL);
    let key = s.end.open();
    s.frames();
    s.end.send(key, b"one").unwrap();
    s.end.mux.request_report(key).unwrap();
    s.end.send(key, b"two").unwrap();
    s.end.mux.request_report(key).unwrap();
    s.sends(&["07 01 13 | 6f6e65", "14 01 01", "07 01 13 | 74776f", "14 01 01"]);
    s.end.events();
    s.takes("15 01 00").emits(&[Event::Report { key }]);
    // More than was asked for says nothing.
    s.takes("15 01 00").takes("15 01 00").emits(&[Event::Report { key }]);
    s.lives();
}

#[test]
fn a_message_that_is_taken_back_takes_its_question_along() {
    let mut s = Scripted::met(full(), HELLO_FULL);
    let key = s.end.open();
    s.frames();
    s.end.send(key, &[1; 16]).unwrap();
    s.frames();
    s.end.send(key, &[2; 300]).unwrap();
    s.end.mux.request_report(key).unwrap();
    assert!(s.end.cancel_last(key));
    s.frames();
    s.takes("09 01 40");
    assert!(s.frames().iter().all(|frame| !frame.starts_with("14")));
    s.lives();
}

#[test]
fn peers_that_do_not_announce_it_are_not_asked() {
    let (mut s, key) = Scripted::with_port_to(full(), HELLO);
    assert_eq!(s.end.mux.request_report(key), Err(Misuse::Unsupported));
    s.sends(&[]);
    s.lives();
}
