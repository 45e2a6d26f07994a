//! Ports requested in lists, behind the message that names them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Config, Event, Key, Misuse};
use support::end::Received;
use support::pair::Pair;
use support::scripted::{Scripted, hello};
use support::{hex, sized, tiny};

#[test]
fn a_list_of_ports_follows_its_message_and_each_port_is_answered_for_itself() {
    let (mut pair, a, b) = Pair::with_port(sized(64, 256));
    pair.a().send(a, b"three ports").unwrap();
    let ports = pair.a().send_ports(a, 3);
    pair.a().send(ports[0], b"at once").unwrap();
    pair.settle();
    let numbers: Vec<u32> = ports.iter().map(|key| pair.a().mux.number(*key)).collect();
    let expected = [Received::Bytes(b"three ports".to_vec()), Received::Ports(numbers)];
    assert_eq!(pair.b().received(b), expected);
    assert!(pair.b().requests.iter().all(|request| request.list == Some(b)));
    let first = pair.b().accept();
    let refused = pair.b().requests.pop_front().unwrap();
    pair.b().command(|mux| mux.reject(refused.peer_port, false)).unwrap();
    let third = pair.b().accept();
    pair.settle();
    assert_eq!(
        pair.a().events(),
        [
            Event::Opened { key: ports[0] },
            Event::Refused { key: ports[1], no_ports: false, unsent: false },
            Event::Opened { key: ports[2] },
        ]
    );
    assert_eq!(pair.b().messages(first), [b"at once"]);
    pair.check_credits(ports[0], first, [256, 256]);
    pair.check_credits(ports[2], third, [256, 256]);
    pair.check_credits(a, b, [256, 256]);
    pair.finish();
}

#[test]
fn a_list_queued_on_a_port_of_a_list_waits_until_that_one_is_connected() {
    let (mut pair, a, b) = Pair::with_port(sized(64, 256));
    let outer = pair.a().send_ports(a, 1)[0];
    pair.a().send(outer, b"nested").unwrap();
    let inner = pair.a().send_ports(outer, 1)[0];
    pair.a().send(inner, b"deep").unwrap();
    pair.settle();
    assert_eq!(pair.b().requests.len(), 1);
    let outer_b = pair.b().accept();
    pair.settle();
    assert_eq!(pair.b().requests[0].list, Some(outer_b));
    let inner_b = pair.b().accept();
    pair.settle();
    assert_eq!(pair.b().messages(inner_b), [b"deep"]);
    assert_eq!(pair.b().received(outer_b).len(), 2);
    assert!(!pair.b().received(b).is_empty());
    pair.finish();
}

#[test]
fn refusing_a_port_refuses_what_it_would_have_asked_for() {
    let (mut pair, a, _) = Pair::with_port(sized(64, 256));
    let outer = pair.a().send_ports(a, 1)[0];
    let inner = pair.a().send_ports(outer, 2);
    pair.settle();
    let request = pair.b().requests.pop_front().unwrap();
    pair.b().command(|mux| mux.reject(request.peer_port, false)).unwrap();
    pair.settle();
    let unsent = |key| Event::Refused { key, no_ports: false, unsent: true };
    let refused = Event::Refused { key: outer, no_ports: false, unsent: false };
    assert_eq!(pair.a().events(), [unsent(inner[0]), unsent(inner[1]), refused]);
    assert_eq!(pair.a().mux.ports(), 1);
    pair.finish();
}

#[test]
fn lists_nested_as_deep_as_there_are_ports_are_refused_without_deep_recursion() {
    let config = Config { max_ports: 65_536, ..Config::default() };
    let mut s = Scripted::new(config);
    let first = s.end.open();
    let mut carrier = first;
    for _ in 1..65_536 {
        carrier = s.end.send_ports(carrier, 1)[0];
    }
    s.frames();
    s.takes("06 01000000 00");
    assert_eq!(s.end.events().len(), 65_536);
    assert_eq!(s.end.mux.ports(), 0);
    s.lives();
}

#[test]
fn lists_on_a_port_whose_receiver_is_gone_are_refused_here() {
    let (mut pair, a, b) = Pair::with_port(sized(64, 8));
    pair.b().reads = false;
    pair.a().send(a, b"no more window").unwrap();
    let ports = pair.a().send_ports(a, 2);
    pair.settle();
    pair.b().command(|mux| mux.finish_receive(b)).unwrap();
    pair.settle();
    let unsent = |key| Event::Refused { key, no_ports: false, unsent: true };
    let closed = Event::ReceiverFinished { key: a, graceful: false };
    assert_eq!(pair.a().events(), [unsent(ports[0]), unsent(ports[1]), closed]);
    pair.finish();
}

#[test]
fn a_port_can_be_asked_for_only_once() {
    let (mut s, carrier) = Scripted::with_port(tiny());
    let mux = &mut s.end.mux;
    let (one, two, three) = (mux.reserve().unwrap(), mux.reserve().unwrap(), mux.reserve().unwrap());
    assert_eq!(mux.send_ports(carrier, &[one, one]), Err(Misuse::WrongState));
    assert_eq!(mux.send_ports(one, &[one]), Err(Misuse::WrongState));
    assert_eq!(mux.send_ports(carrier, &[one, carrier]), Err(Misuse::WrongState));
    assert_eq!(mux.send_ports(carrier, &[one, Key::from_raw(99)]), Err(Misuse::NoSuchPort));
    mux.send_ports(carrier, &[one]).unwrap();
    assert_eq!(mux.send_ports(carrier, &[one]), Err(Misuse::WrongState));
    assert_eq!(mux.open(one), Err(Misuse::WrongState));
    assert_eq!(mux.release(one), Err(Misuse::WrongState));
    mux.open(two).unwrap();
    assert_eq!(mux.open(two), Err(Misuse::WrongState));
    assert_eq!(mux.send_ports(carrier, &[two]), Err(Misuse::WrongState));
    mux.release(three).unwrap();
    assert_eq!(mux.release(three), Err(Misuse::NoSuchPort));
    s.sends(&["04 03000000 03 03000000", "08 07000000 0f 02000000 02000000"]);
    s.lives();
}

/// Page 1 section 6.2, second example: limit 48, chunk 40, a message of 24 bytes and 13 ports. remoc sends 6 and 7
/// entries; a list of 7 with ids is longer than `chunk_size + 16`, which peers on byte streams do not take.
#[test]
fn thirteen_ports_are_listed_in_pieces_that_credits_and_frame_limits_allow() {
    let (mut s, key) = Scripted::with_port_to(sized(40, 48), &hello(3, 40, 48, 16));
    s.end.send(key, &[0x41; 24]).unwrap();
    let ports = s.end.send_ports(key, 13);
    let numbers: Vec<u32> = ports.iter().map(|key| s.end.mux.number(*key)).collect();
    let list = |flags: &str, numbers: &[u32]| {
        let entries: String =
            numbers.iter().map(|number| hex::text(&number.to_le_bytes()).repeat(2)).collect();
        format!("08 07000000 {flags} {entries}")
    };
    let data = format!("07 07000000 03 | {}", "41".repeat(24));
    s.sends(&[&data, &list("0d", &numbers[..6])]);
    s.takes("09 01000000 18000000").takes("09 01000000 18000000");
    s.sends(&[&list("0c", &numbers[6..12]), &list("0e", &numbers[12..])]);
    s.lives();
}

#[test]
fn a_list_waits_for_four_credits_and_takes_no_part_of_an_entry() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 4, 16));
    s.end.send(key, b"x").unwrap();
    s.end.send_ports(key, 1);
    s.sends(&["07 07000000 03 | 78"]);
    s.takes("09 01000000 01000000").sends(&["08 07000000 0f 02000000 02000000"]);
    s.lives();
}

#[test]
fn a_long_list_arrives_whole_over_a_tiny_window() {
    for (chunk, window) in [(4, 4), (4, 5), (8, 7), (8, 8), (40, 48)] {
        let (mut pair, a, b) = Pair::with_port(sized(chunk, window));
        let ports = pair.a().send_ports(a, 13);
        pair.settle();
        let [Received::Ports(numbers)] = &pair.b().received(b)[..] else { panic!("one list") };
        assert_eq!(numbers.len(), 13);
        assert_eq!(numbers[12], pair.a().mux.number(ports[12]));
        pair.check_credits(a, b, [window, window]);
        pair.finish();
    }
}

#[test]
fn requests_beyond_max_ports_are_refused_and_their_credits_come_back() {
    let (mut pair, a, b) = Pair::with_port(sized(64, 64));
    pair.finish();
    let small = Config { max_ports: 4, ..sized(64, 64) };
    pair = Pair::of(sized(64, 64), small);
    let (a2, b2) = pair.open();
    assert_eq!((a.raw(), b.raw()), (a2.raw(), b2.raw()));
    let ports = pair.a().send_ports(a2, 6);
    pair.settle();
    assert_eq!(pair.b().requests.len(), 4);
    let refused = |key| Event::Refused { key, no_ports: true, unsent: false };
    assert_eq!(pair.a().events(), [refused(ports[4]), refused(ports[5])]);
    pair.check_credits(a2, b2, [64, 64]);
    pair.finish();
}
