//! What those need who pass on what they do not understand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Accepted, Event, Misuse, Part};
use support::scripted::{Scripted, hello};
use support::tiny;

const FIRST: Part = Part { first: true, last: false };
const MIDDLE: Part = Part { first: false, last: false };
const LAST: Part = Part { first: false, last: true };

#[test]
fn a_message_given_in_parts_is_one_message_on_the_wire_also_where_credits_cut_the_parts() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 6, 16));
    assert_eq!(s.end.send_part(key, b"abcd", FIRST), Ok(Accepted::Covered));
    assert_eq!(s.end.send_part(key, b"efgh", MIDDLE), Ok(Accepted::Waiting));
    assert_eq!(s.end.send_part(key, b"", LAST), Ok(Accepted::Waiting));
    s.sends(&["07 07000000 01 | 61626364", "07 07000000 00 | 6566"]);
    s.takes("09 01000000 08000000").sends(&["07 07000000 00 | 6768", "07 07000000 02 |"]);
    assert_eq!(s.end.send_part(key, b"", MIDDLE), Err(Misuse::WrongState));
    s.lives();
}

#[test]
fn a_message_of_parts_that_is_not_ended_is_given_up_by_the_next_one() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 64, 16));
    s.end.send_part(key, b"gone", FIRST).unwrap();
    s.end.send(key, b"next").unwrap();
    s.sends(&["07 07000000 01 | 676f6e65", "07 07000000 03 | 6e657874"]);
    s.lives();
}

#[test]
fn a_list_without_a_message_waits_for_credits_and_can_be_taken_back_alone() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 8, 16));
    s.end.send(key, b"12345678").unwrap();
    let port = s.end.mux.reserve().unwrap();
    assert_eq!(s.end.mux.send_list(key, &[port]), Ok(Accepted::Waiting));
    assert_eq!(s.end.mux.send_list(key, &[]), Err(Misuse::WrongState));
    assert!(s.end.mux.cancel_last(key));
    s.sends(&["07 07000000 03 | 3132333435363738"]);
    s.emits(&[Event::Refused { key: port, no_ports: false, unsent: true }]);
    let port = s.end.mux.reserve().unwrap();
    s.end.mux.set_id(port, 0x77).unwrap();
    assert_eq!(s.end.mux.send_list(key, &[port]), Ok(Accepted::Waiting));
    assert_eq!(s.end.mux.set_id(port, 1), Err(Misuse::WrongState));
    s.takes("09 01000000 08000000");
    let frames = s.frames();
    assert_eq!(frames.len(), 1);
    assert!(frames[0].starts_with("08070000000f") && frames[0].ends_with("77000000"), "{frames:?}");
    s.lives();
}

#[test]
fn a_label_of_its_own_goes_with_a_request_by_itself() {
    let mut s = Scripted::new(tiny());
    let key = s.end.mux.reserve().unwrap();
    s.end.mux.set_id(key, 0x0102_0304).unwrap();
    s.end.mux.open(key).unwrap();
    s.sends(&["04 01000000 03 04030201"]);
}

#[test]
fn who_outlasts_a_close_sends_on_until_nobody_reads() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 8, 16));
    s.end.outlast_close(key);
    assert_eq!(s.end.send(key, b"0123456789"), Ok(Accepted::Waiting));
    s.sends(&["07 07000000 01 | 3031323334353637"]);
    s.takes("0b 01000000").emits(&[Event::ReceiverClosed { key }]);
    assert_eq!(s.end.send(key, b"x"), Ok(Accepted::Waiting));
    s.takes("09 01000000 08000000").sends(&["07 07000000 02 | 3839", "07 07000000 03 | 78"]);
    s.takes("0c 01000000").emits(&[Event::ReceiverFinished { key, graceful: true }]);
    assert_eq!(s.end.send(key, b"y"), Err(Misuse::ReceiverClosed));
    s.lives();
}

#[test]
fn a_port_with_a_label_of_its_own_is_not_used_before_the_answer() {
    let all = "0243484d5558000360ea000000000000004000000000010010000000000001010100000000000100";
    let mut s = Scripted::met(tiny(), all);
    let key = s.end.mux.reserve().unwrap();
    s.end.mux.set_id(key, 9).unwrap();
    s.end.mux.open(key).unwrap();
    s.end.send(key, b"x").unwrap();
    s.sends(&["04 01000000 03 09000000"]).emits(&[]);
    s.takes("05 01000000 07000000").emits(&[Event::Opened { key }]);
    s.sends(&["07 07000000 03 | 78"]);
}
