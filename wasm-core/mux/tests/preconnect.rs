//! Ports that are used before they are accepted, from both sides, and ports of one number, by hand-written frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Capabilities, Config, Error, Event, Generation, Key};
use support::scripted::{HELLO_FULL, Scripted};
use support::tiny;

/// Announces everything that the core can do, in small sizes.
fn full() -> Config {
    let capabilities = Capabilities::from_bits(0b1111);
    Config { generation: Generation::V20, capabilities, connect_queue: 3, ..tiny() }
}

/// An end that uses a port early: 1, of its own. The peer has not answered.
fn asking() -> (Scripted, Key) {
    let mut s = Scripted::met(full(), HELLO_FULL);
    let key = s.end.open();
    s.sends(&["04 01 07 01"]).emits(&[Event::Opened { key }]);
    (s, key)
}

/// An end whose peer uses a port early: 5, of the peer's. It is not accepted.
fn asked() -> (Scripted, Key) {
    let mut s = Scripted::met(full(), HELLO_FULL);
    s.takes("04 05 07 05");
    let [Event::Request { peer_port: 5, id: 5, list: None, key: Some(key) }] = s.end.events()[..] else {
        panic!("no early request");
    };
    (s, key)
}

fn accepted() -> (Scripted, Key) {
    let (mut s, key) = asked();
    assert_eq!(s.end.accept(), key);
    s.sends(&["05 05 05 01"]);
    (s, key)
}

#[test]
fn everything_may_follow_an_early_request_before_it_is_answered() {
    let (mut s, key) = asking();
    s.end.send(key, b"hi").unwrap();
    s.end.command(|mux| mux.close_receive(key)).unwrap();
    s.end.mux.request_report(key).unwrap();
    s.end.command(|mux| mux.finish_send(key)).unwrap();
    s.sends(&["0b 01 01", "07 01 13 | 6869", "14 01 01", "0a 01 01"]);
    s.takes("05 01 01 01").takes("15 01 00").emits(&[Event::Report { key }]);
    s.lives();
}

#[test]
fn a_port_inside_a_value_and_its_data_leave_with_the_value_that_carries_it() {
    let (mut s, key) = asking();
    s.end.send(key, b"v").unwrap();
    let [inner] = s.end.send_ports(key, 1)[..] else { panic!() };
    s.end.send(inner, b"item").unwrap();
    s.sends(&["07 01 13 | 76", "08 01 57 02", "07 02 13 | 6974656d"]);
    s.emits(&[Event::Opened { key: inner }]);
    s.lives();
}

#[test]
fn requests_in_lists_are_early_while_the_peer_has_room_and_ordinary_then() {
    // The peer takes three, of which one is taken. Two entries fit a message.
    let (mut s, key) = asking();
    s.end.send_ports(key, 4);
    s.sends(&["08 01 55 02 03", "08 01 16 04 05"]);
    s.takes("05 02 02 01");
    s.end.send_ports(key, 2);
    s.takes("09 01 10").sends(&["08 01 37 06 01 07 00"]);
    s.lives();
}

#[test]
fn an_answer_gives_the_peers_room_back() {
    let (mut s, key) = asking();
    s.end.send_ports(key, 3);
    // Eight bytes of chunk: two entries a message.
    s.sends(&["08 01 55 02 03", "08 01 16 04"]);
    s.takes("05 02 02 01").takes("06 03 00").takes("0a 03 00").takes("0c 03 00");
    s.end.send_ports(key, 1);
    s.sends(&["0c 03 01", "0a 03 01", "08 01 57 05"]);
    s.lives();
}

#[test]
fn open_port_waits_for_room_whatever_fills_it() {
    let (mut s, key) = asking();
    s.end.send_ports(key, 2);
    s.sends(&["08 01 57 02 03"]);
    let last = s.end.open();
    s.sends(&[]);
    s.takes("05 02 02 01").sends(&["04 04 07 04"]);
    assert!(s.end.events().contains(&Event::Opened { key: last }));
    s.lives();
}

#[test]
fn an_accepted_port_is_named_by_the_askers_number_on_both_sides() {
    let (mut s, key) = accepted();
    s.takes("07 05 13 | 6162");
    assert_eq!(s.end.messages(key), [b"ab"]);
    s.end.send(key, b"cd").unwrap();
    s.sends(&["07 05 03 | 6364"]);
    s.takes("16 05 04").takes("14 05 01").sends(&["15 05 00"]);
    s.end.finish(key);
    s.sends(&["0c 05 00", "0a 05 00"]);
    s.takes("0a 05 01").takes("0c 05 01");
    assert!(s.end.events().contains(&Event::Freed { key }));
    // The number is free at once.
    s.takes("04 05 07 05");
    assert_eq!(s.end.requests.len(), 1);
    s.lives();
}

#[test]
fn the_same_number_names_a_port_of_each_side() {
    let (mut s, theirs) = asked();
    s.end.accept();
    let ours: Vec<Key> = (0..5).map(|_| s.end.mux.reserve().unwrap()).collect();
    let five = *ours.iter().find(|key| s.end.mux.number(**key) == 5).unwrap();
    s.end.mux.open(five).unwrap();
    s.frames();
    s.takes("07 05 13 | 61").takes("07 05 03 | 62");
    assert_eq!((s.end.messages(theirs), s.end.messages(five)), (vec![b"a".to_vec()], vec![b"b".to_vec()]));
    s.lives();
}

#[test]
fn what_comes_before_the_acceptance_is_kept_and_counted_and_its_credits_return_after_it() {
    let (mut s, key) = asked();
    s.takes("07 05 13 | 0102030405060708").takes("07 05 13 | 0102030405060708").sends(&[]);
    s.end.accept();
    assert_eq!(s.end.messages(key).len(), 2);
    s.sends(&["05 05 05 01", "09 05 10"]);
    s.lives();
}

#[test]
fn c01_data_beyond_the_window_of_an_undecided_port_fails() {
    let (mut s, _) = asked();
    s.takes("07 05 13 | 0102030405060708").takes("07 05 13 | 0102030405060708").takes("07 05 13 | 01");
    s.failed(Error::FlowControl { port: 5, cost: 1, available: 0 });
}

#[test]
fn the_requester_may_have_finished_everything_before_it_is_accepted() {
    let (mut s, key) = asked();
    s.takes("07 05 13 | 6c617465").takes("0a 05 01").takes("0c 05 01");
    s.end.accept();
    assert_eq!(s.end.messages(key), [b"late"]);
    s.end.finish(key);
    s.sends(&["05 05 05 01", "0c 05 00", "0a 05 00"]);
    assert_eq!(s.end.mux.ports(), 0);
    s.lives();
}

#[test]
fn a_refused_port_is_answered_ended_and_kept_until_the_peer_has_ended_it_too() {
    let (mut s, key) = asked();
    s.end.reject();
    s.sends(&["06 05 00", "0c 05 00", "0a 05 00"]);
    // What was under way is dropped; so are lists, and what their ports carry.
    s.takes("07 05 13 | 61").takes("08 05 57 06").takes("07 06 13 | 62");
    s.sends(&["06 06 00", "0c 06 00", "0a 06 00"]);
    assert_eq!(s.end.mux.ports(), 2);
    s.takes("0a 06 01").takes("0c 06 01").takes("0a 05 01").takes("0c 05 01");
    assert_eq!(s.end.mux.ports(), 0);
    assert!(s.end.events().contains(&Event::Freed { key }));
    s.lives();
}

#[test]
fn an_accepted_early_port_can_be_refused_later_but_not_once_it_ended_here() {
    let (mut s, key) = accepted();
    s.end.send(key, b"x").unwrap();
    s.end.command(|mux| mux.reject(5, false)).unwrap();
    s.sends(&["06 05 00", "0c 05 00", "0a 05 00"]);
    s.lives();
    let (mut s, key) = accepted();
    s.end.command(|mux| mux.finish_send(key)).unwrap();
    assert!(s.end.command(|mux| mux.reject(5, false)).is_err());
    s.lives();
}

#[test]
fn a_refusal_ends_a_port_of_ours_before_and_after_it_was_accepted() {
    for answers in [&["06 01 00"][..], &["05 01 01 01", "06 01 00"]] {
        let (mut s, key) = asking();
        s.end.send(key, &[7; 40]).unwrap();
        for answer in answers {
            s.takes(answer);
        }
        s.emits(&[Event::Refused { key, no_ports: false, unsent: false }]);
        s.sends(&["0c 01 01", "0a 01 01"]);
        assert!(s.end.send(key, b"x").is_err());
        s.takes("07 01 03 | 61").takes("0a 01 00").takes("0c 01 00");
        assert_eq!(s.end.mux.ports(), 0);
        s.lives();
    }
}

#[test]
fn s08_a_port_is_freed_by_four_finishes_and_the_answer_in_any_order() {
    for late in ["05 01 01 01", "06 01 00"] {
        let (mut s, key) = asking();
        s.end.finish(key);
        s.frames();
        s.takes("0a 01 00").takes("0c 01 00");
        assert_eq!(s.end.mux.ports(), 1, "the number must not be used again before the answer");
        s.takes(late);
        assert_eq!(s.end.mux.ports(), 0);
        // Again, for a port that is gone.
        s.takes(late);
        s.lives();
    }
}

#[test]
fn f05_answers_to_what_was_never_asked_fail_all_the_same() {
    for answer in ["05 63 63 01", "06 63 00"] {
        let (mut s, _) = asking();
        s.takes(answer);
        s.failed(Error::UnknownPort { message: if answer.starts_with("05") { 5 } else { 6 }, port: 0x63 });
    }
}

#[test]
fn f04_an_early_request_with_a_number_in_use_fails_and_an_ordinary_one_is_refused() {
    let (mut s, _) = accepted();
    s.takes("04 05 03 05").sends(&["06 05 00"]);
    assert!(s.end.requests.is_empty());
    s.takes("04 05 07 05");
    s.failed(Error::DuplicateRequest { port: 5 });
    let (mut s, _) = asked();
    s.takes("04 05 03 05");
    s.failed(Error::DuplicateRequest { port: 5 });
}

#[test]
fn r01_more_early_requests_than_announced_fail_and_ordinary_ones_in_lists_do_not() {
    let (mut s, _) = accepted();
    for list in ["08 05 17 10 11", "08 05 17 12 13", "08 05 57 20 21", "08 05 57 22"] {
        s.takes(list);
        assert!(s.frames()[0].starts_with("0905"), "credits return");
    }
    s.takes("08 05 57 23");
    s.failed(Error::TooManyRequests { limit: 3 });
}

#[test]
fn c09_at_the_limit_of_ports_early_requests_are_refused_and_others_live() {
    let mut s = Scripted::met(Config { max_ports: 2, ..full() }, HELLO_FULL);
    s.takes("04 05 07 05").takes("04 06 07 06").takes("04 07 07 07");
    s.end.accept();
    s.end.accept();
    assert!(s.end.try_accept(7).is_err());
    s.end.command(|mux| mux.reject(7, true)).unwrap();
    s.sends(&["05 05 05 01", "05 06 06 01", "06 07 01", "0c 07 00", "0a 07 00"]);
    s.takes("07 05 13 | 61");
    s.lives();
}

#[test]
fn c09_a_peer_that_never_ends_refused_ports_is_stopped() {
    let mut s = Scripted::met(Config { max_ports: 2, ..full() }, HELLO_FULL);
    for number in 1..100u8 {
        s.takes_bytes(&[4, number, 7, number]);
        if s.end.outcome.is_some() {
            return s.failed(Error::TooManyRequests { limit: 3 });
        }
        s.end.reject();
        s.frames();
        assert!(s.end.mux.ports() <= 2 + 2 + 3);
    }
    panic!("refused ports pile up");
}

#[test]
fn nothing_is_said_on_a_port_before_it_is_accepted_even_when_it_is_let_go_for_want_of_memory() {
    let mut s = Scripted::met(Config { buffered_bytes: 10, ..full() }, HELLO_FULL);
    s.takes("04 05 07 05").takes("07 05 13 | 0102030405060708").takes("07 05 13 | 01020304");
    s.sends(&[]);
    s.end.accept();
    s.sends(&["05 05 05 01", "0c 05 00"]);
    s.lives();
}

#[test]
fn f10_a_message_for_the_wrong_side_of_a_port_fails() {
    for frame in ["07 05 03 | 61", "0a 05 00", "0c 05 00", "08 05 07 09", "14 05 00"] {
        let (mut s, _) = accepted();
        s.takes(&frame[..frame.find('|').unwrap_or(frame.len())]);
        let message = u8::from_str_radix(&frame[..2], 16).unwrap();
        s.failed(Error::UnknownPort { message, port: 5 });
    }
    for frame in ["07 01 13", "0a 01 01", "0c 01 01", "14 01 01"] {
        let (mut s, _) = asking();
        s.takes(frame);
        let message = u8::from_str_radix(&frame[..2], 16).unwrap();
        s.failed(Error::UnknownPort { message, port: 1 });
    }
}

#[test]
fn f17_credits_and_reports_for_ports_of_either_side_that_are_gone_are_ignored() {
    let (mut s, _) = accepted();
    for frame in ["09 63 01", "12 63", "13 63", "15 63 00", "15 63 01", "16 63 01", "17 63", "18 63"] {
        s.takes(frame);
    }
    s.lives();
}

#[test]
fn a_wish_to_use_a_port_early_that_was_not_offered_is_an_ordinary_request() {
    let capabilities = Capabilities::from_bits(0);
    let mut s = Scripted::met(Config { generation: Generation::V20, capabilities, ..tiny() }, HELLO_FULL);
    s.takes("04 05000000 07 05000000");
    s.emits(&[Event::Request { peer_port: 5, id: 5, list: None, key: None }]);
    s.end.accept();
    s.sends(&["05 05000000 05000000 01"]);
    s.lives();
}

#[test]
fn an_end_that_sends_the_hello_of_0_18_behaves_like_it() {
    let mut s = Scripted::met(tiny(), HELLO_FULL);
    s.end.open();
    s.sends(&["04 01000000 03 01000000"]);
    s.takes("04 05000000 03 05000000").end.accept();
    s.sends(&["05 05000000 02000000 00"]);
    s.lives();
}

#[test]
fn s07_a_port_that_is_given_up_at_once_ends_on_both_sides() {
    let (mut s, key) = asking();
    s.end.finish(key);
    s.sends(&["0c 01 01", "0a 01 01"]);
    s.takes("05 01 01 01").takes("0a 01 00").takes("0c 01 00");
    assert_eq!(s.end.mux.ports(), 0);
    s.lives();
}

#[test]
fn the_end_of_the_connection_takes_undecided_ports_along() {
    let (s, _) = asked();
    s.lives();
    let (s, _) = asking();
    s.lives();
}

#[test]
fn an_echo_of_an_early_request_is_recognised_by_its_id() {
    let mut s = Scripted::seeded(full(), 0x1234_5678);
    s.frames();
    s.takes("01").takes(HELLO_FULL);
    s.emits(&[Event::Ready]);
    s.end.open();
    let sent = s.frames();
    assert_eq!(sent, ["040107f9acd19101"]);
    s.takes(&sent[0]);
    s.failed(Error::Echo);
}
