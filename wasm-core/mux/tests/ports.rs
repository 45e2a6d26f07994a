//! Ports: asked for, answered, used, half-closed, freed; alone and in lists.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Accepted, ChunkUse, Config, Event, Key, Misuse};
use support::pair::Pair;
use support::scripted::{HELLO, Scripted, hello};
use support::tiny;

#[test]
fn a_port_is_opened_carries_messages_both_ways_and_is_freed_after_four_finishes() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    pair.a().send(a, b"a message of thirty bytes, cut").unwrap();
    pair.b().send(b, b"").unwrap();
    pair.b().send(b, b"back").unwrap();
    pair.settle();
    assert_eq!(pair.b().messages(b), [b"a message of thirty bytes, cut"]);
    assert_eq!(pair.a().messages(a), [&b""[..], b"back"]);
    pair.check_credits(a, b, [16, 16]);
    pair.a().finish(a);
    pair.settle();
    assert!(pair.b().events().contains(&Event::SendFinished { key: b }));
    assert_eq!(pair.a().mux.ports(), 1);
    pair.b().finish(b);
    pair.settle();
    assert_eq!(pair.a().events().last(), Some(&Event::Freed { key: a }));
    assert_eq!(pair.b().events().last(), Some(&Event::Freed { key: b }));
    assert_eq!((pair.a().mux.ports(), pair.b().mux.ports(), pair.monitor.open_ports()), (0, 0, 0));
    pair.finish();
}

#[test]
fn a_refused_port_is_gone_and_says_why() {
    for no_ports in [false, true] {
        let mut pair = Pair::alike(tiny());
        let key = pair.a().open();
        pair.a().send(key, b"early").unwrap();
        pair.settle();
        let request = pair.b().requests.pop_front().unwrap();
        assert_eq!(request.id, request.peer_port);
        pair.b().command(|mux| mux.reject(request.peer_port, no_ports)).unwrap();
        assert_eq!(pair.b().mux.reject(request.peer_port, no_ports), Err(Misuse::NoSuchRequest));
        pair.settle();
        assert_eq!(pair.a().events(), [Event::Refused { key, no_ports, unsent: false }]);
        assert_eq!(pair.a().mux.ports(), 0);
        assert_eq!(pair.a().mux.send(key, 1, 0), Err(Misuse::NoSuchPort));
        pair.finish();
    }
}

#[test]
fn data_queued_before_the_answer_leaves_after_it() {
    let mut s = Scripted::new(tiny());
    let key = s.end.open();
    assert_eq!(s.end.send(key, b"hi"), Ok(Accepted::Covered));
    s.end.command(|mux| mux.finish_send(key)).unwrap();
    s.sends(&["04 01000000 03 01000000"]);
    s.takes("05 01000000 09000000").emits(&[Event::Opened { key }]);
    s.sends(&["07 09000000 03 | 6869", "0a 09000000"]);
    s.lives();
}

#[test]
fn base_ports_are_used_in_one_direction_each() {
    let mut pair = Pair::alike(tiny());
    let keys = [pair.a().open(), pair.b().open()];
    pair.settle();
    let accepted = [pair.a().accept(), pair.b().accept()];
    for (end, (opened, accepted)) in pair.ends.iter_mut().zip(keys.into_iter().zip(accepted)) {
        end.command(|mux| {
            mux.close_listener();
            mux.close_client();
            mux.finish_receive(opened).unwrap();
            mux.finish_send(accepted).unwrap();
        });
        end.send(opened, b"my side of the base channel").unwrap();
    }
    pair.settle();
    for (end, accepted) in pair.ends.iter_mut().zip(accepted) {
        assert_eq!(end.messages(accepted), [b"my side of the base channel"]);
        end.command(|mux| mux.finish_receive(accepted)).unwrap();
    }
    for (end, opened) in pair.ends.iter_mut().zip(keys) {
        end.command(|mux| mux.finish_send(opened)).unwrap();
    }
    // Nothing is left that could be said: both say Goodbye by themselves.
    pair.settle();
    pair.check_over([Event::Ended, Event::Ended]);
}

/// The four finishes of a port, by end and kind.
fn run_finish(pair: &mut Pair, keys: [Key; 2], which: usize) {
    let (end, key) = (&mut pair.ends[which / 2], keys[which / 2]);
    if which.is_multiple_of(2) {
        end.command(|mux| mux.finish_send(key)).unwrap();
    } else {
        end.command(|mux| mux.finish_receive(key)).unwrap();
    }
}

fn permutations(rest: &[usize]) -> Vec<Vec<usize>> {
    if rest.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in rest.iter().enumerate() {
        let others: Vec<usize> = [&rest[..at], &rest[at + 1..]].concat();
        all.extend(permutations(&others).into_iter().map(|tail| [vec![*first], tail].concat()));
    }
    all
}

#[test]
fn s08_four_finishes_free_the_port_in_every_order_and_overlap() {
    for order in permutations(&[0, 1, 2, 3]) {
        // Bit i: everything arrives before finish i + 1 is called.
        for arrivals in 0..8 {
            let (mut pair, a, b) = Pair::with_port(tiny());
            pair.a().send(a, b"to the last").unwrap();
            for (step, which) in order.iter().enumerate() {
                run_finish(&mut pair, [a, b], *which);
                if arrivals >> step & 1 == 1 {
                    pair.settle();
                }
            }
            pair.settle();
            for (end, key) in pair.ends.iter_mut().zip([a, b]) {
                let freed = end.events().iter().filter(|event| **event == Event::Freed { key }).count();
                assert_eq!(freed, 1, "{order:?}");
                assert_eq!(end.mux.ports(), 0, "{order:?}");
            }
            pair.finish();
        }
    }
}

#[test]
fn a_closed_receiver_still_gets_what_was_covered_and_had_not_left_yet() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    assert_eq!(pair.a().send(a, b"covered"), Ok(Accepted::Covered));
    pair.b().command(|mux| mux.close_receive(b)).unwrap();
    for frame in pair.b().transmit(1, 0.0) {
        pair.a().frame(&frame, 0.0);
    }
    assert_eq!(pair.a().events(), [Event::ReceiverClosed { key: a }]);
    pair.settle();
    assert_eq!(pair.b().messages(b), [b"covered"]);
    pair.a().finish(a);
    pair.b().finish(b);
    pair.finish();
}

#[test]
fn a_closed_receiver_still_gets_what_was_sent_and_the_sender_stops() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    pair.b().reads = false;
    pair.a().send(a, b"fits the window.").unwrap();
    assert_eq!(pair.a().send(a, b"waits"), Ok(Accepted::Waiting));
    pair.settle();
    pair.b().command(|mux| mux.close_receive(b)).unwrap();
    pair.b().command(|mux| mux.close_receive(b)).unwrap();
    pair.settle();
    assert_eq!(pair.a().events(), [Event::ReceiverClosed { key: a }]);
    assert_eq!(pair.a().send(a, b"x"), Err(Misuse::ReceiverClosed));
    pair.a().command(|mux| mux.finish_send(a)).unwrap();
    pair.settle();
    assert_eq!(pair.b().messages(b), [b"fits the window."]);
    assert!(pair.b().inbox(b).finished);
    pair.b().finish(b);
    pair.a().finish(a);
    pair.settle();
    assert_eq!(pair.b().mux.ports(), 0);
    pair.finish();
}

#[test]
fn a_dropped_receiver_takes_no_data_and_returns_no_credits() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.takes("07 01000000 01 | 0102030405060708");
    s.end.command(|mux| mux.finish_receive(key)).unwrap();
    s.sends(&["0c 07000000"]).end.events();
    s.takes("07 01000000 02 | 01020304").sends(&[]);
    // Requests of ports are refused; what came is counted, so this list takes the last credits.
    s.takes("08 01000000 0f 21000000 21000000").sends(&["06 21000000 00"]);
    s.emits(&[
        Event::Chunk { key: Some(key), chunk: ChunkUse::Drop, last: true, len: 4 },
        Event::PortList { key, chunk: ChunkUse::Drop, last: true, count: 0 },
    ]);
    s.lives();
}

#[test]
fn credits_that_wait_to_be_returned_are_not_returned_after_the_receiver_is_finished() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.reads = false;
    s.takes("07 01000000 03 | 0102030405060708");
    s.end.read(key);
    s.end.command(|mux| mux.finish_receive(key)).unwrap();
    s.sends(&["0c 07000000"]);
    s.lives();
}

#[test]
fn a_message_cancelled_before_it_left_leaves_no_trace() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 16, 16));
    s.end.send(key, b"kept").unwrap();
    s.end.send(key, b"cancelled").unwrap();
    let [port] = s.end.send_ports(key, 1)[..] else { panic!("one port") };
    assert!(s.end.cancel_last(key));
    s.emits(&[Event::Refused { key: port, no_ports: false, unsent: true }]);
    s.sends(&["07 07000000 03 | 6b657074"]);
    assert!(!s.end.cancel_last(key));
    assert_eq!(s.end.mux.ports(), 1);
    s.lives();
}

#[test]
fn a_message_cancelled_in_the_middle_is_given_up_by_the_next_one() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    pair.b().reads = false;
    pair.a().send(a, b"sixteen leave and the rest does not").unwrap();
    pair.settle();
    assert!(pair.a().cancel_last(a));
    pair.a().send(a, b"next").unwrap();
    pair.settle();
    pair.b().reads = true;
    pair.b().read(b);
    pair.settle();
    assert_eq!(pair.b().messages(b), [b"next"]);
    pair.check_credits(a, b, [16, 16]);
    pair.finish();
}

#[test]
fn a_message_cancelled_in_the_middle_is_given_up_by_the_end() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    pair.b().reads = false;
    pair.a().send(a, b"sixteen leave and the rest does not").unwrap();
    pair.settle();
    pair.a().command(|mux| mux.finish_send(a)).unwrap();
    assert!(pair.a().cancel_last(a));
    pair.settle();
    assert_eq!(pair.b().messages(b), Vec::<Vec<u8>>::new());
    assert!(pair.b().inbox(b).finished);
    pair.finish();
}

#[test]
fn a_request_that_waits_for_the_connect_queue_cannot_be_asked_again_or_given_back() {
    let mut s = Scripted::met(tiny(), &hello(3, 8, 16, 1));
    let (first, second) = (s.end.open(), s.end.open());
    assert_eq!(s.end.mux.open(second), Err(Misuse::WrongState));
    assert_eq!(s.end.mux.release(second), Err(Misuse::WrongState));
    s.sends(&["04 01000000 03 01000000"]);
    s.takes("05 01000000 07000000").sends(&["04 02000000 03 02000000"]);
    s.takes("06 02000000 01").sends(&[]);
    s.emits(&[Event::Opened { key: first }, Event::Refused { key: second, no_ports: true, unsent: false }]);
    s.lives();
}

#[test]
fn a_reserved_port_that_is_given_back_takes_its_messages_and_lists_with_it() {
    let mut pair = Pair::alike(tiny());
    let key = pair.a().mux.reserve().unwrap();
    assert_eq!(pair.a().send(key, b"never"), Ok(Accepted::Covered));
    let listed = pair.a().send_ports(key, 1)[0];
    pair.a().command(|mux| mux.release(key)).unwrap();
    assert_eq!(pair.a().events(), [Event::Refused { key: listed, no_ports: false, unsent: true }]);
    assert_eq!(pair.a().mux.ports(), 0);
    // Nothing is left to be flushed, so closing takes no time.
    let now = pair.now;
    pair.a().command(|mux| mux.close(now));
    pair.settle();
    assert_eq!(pair.now, now);
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn requests_that_have_not_left_are_refused_when_the_peer_accepts_none_any_more() {
    let mut s = Scripted::met(tiny(), &hello(3, 8, 16, 1));
    let (sent, waiting) = (s.end.open(), s.end.open());
    s.sends(&["04 01000000 03 01000000"]);
    s.takes("0e");
    let refused = Event::Refused { key: waiting, no_ports: false, unsent: true };
    s.emits(&[Event::ListenerFinished, refused]);
    let late = s.end.mux.reserve().unwrap();
    assert_eq!(s.end.mux.open(late), Err(Misuse::ListenerGone));
    s.end.mux.release(late).unwrap();
    s.takes("05 01000000 07000000").emits(&[Event::Opened { key: sent }]);
    s.sends(&[]);
    s.lives();
}

#[test]
fn client_finish_follows_the_last_request_and_listener_finish_cancels_no_answer() {
    let mut s = Scripted::met(tiny(), &hello(3, 8, 16, 1));
    s.end.open();
    s.end.open();
    s.end.mux.close_client();
    s.end.mux.close_client();
    let late = s.end.mux.reserve().unwrap();
    assert_eq!(s.end.mux.open(late), Err(Misuse::ListenerGone));
    s.end.mux.release(late).unwrap();
    s.takes("04 09000000 03 09000000");
    s.end.mux.close_listener();
    s.end.mux.close_listener();
    s.sends(&["04 01000000 03 01000000", "0e"]);
    s.end.accept();
    s.takes("04 0a000000 03 0a000000");
    s.sends(&["05 09000000 04000000", "06 0a000000 00"]);
    s.takes("06 01000000 00").sends(&["04 02000000 03 02000000", "0d"]);
    s.lives();
}

#[test]
fn closing_the_client_before_the_handshake_is_said_after_it() {
    let mut s = Scripted::fresh(tiny());
    s.end.mux.close_client();
    assert_eq!(s.frames().len(), 2);
    s.takes("01").takes(HELLO).sends(&["0d"]);
    s.lives();
}

#[test]
fn at_most_max_ports_exist_and_further_requests_stay_unanswered_until_there_is_room() {
    let mut s = Scripted::new(Config { max_ports: 2, ..tiny() });
    let first = s.end.mux.reserve().unwrap();
    let second = s.end.mux.reserve().unwrap();
    assert_eq!(s.end.mux.reserve(), Err(Misuse::PortsExhausted));
    s.takes("04 09000000 03 09000000");
    assert_eq!(s.end.mux.accept(9), Err(Misuse::PortsExhausted));
    s.end.mux.release(first).unwrap();
    s.end.accept();
    s.sends(&["05 09000000 03000000"]);
    s.end.mux.release(second).unwrap();
    s.lives();
}

#[test]
fn s07_a_port_given_up_while_it_was_asked_for_is_finished_when_it_opens() {
    let mut pair = Pair::alike(tiny());
    let a = pair.a().open();
    pair.settle();
    pair.a().finish(a);
    pair.a().command(|mux| mux.close_receive(a)).unwrap();
    pair.settle();
    let b = pair.b().accept();
    pair.settle();
    let events = pair.b().events();
    assert!(events.contains(&Event::SendFinished { key: b }));
    assert!(events.contains(&Event::ReceiverFinished { key: b, graceful: false }));
    pair.b().finish(b);
    pair.settle();
    assert_eq!((pair.a().mux.ports(), pair.b().mux.ports()), (0, 0));
    pair.finish();
}

#[test]
fn a_receiver_closed_and_dropped_while_it_was_asked_for_says_both_in_order() {
    let mut s = Scripted::new(tiny());
    let key = s.end.open();
    s.end.mux.close_receive(key).unwrap();
    s.end.mux.finish_receive(key).unwrap();
    s.frames();
    s.takes("05 01000000 07000000").sends(&["0b 07000000", "0c 07000000"]);
    s.lives();
}

#[test]
fn numbers_are_not_reused_soon_in_a_million_ports_and_the_table_stays_small() {
    let mut s = Scripted::new(Config { max_ports: 4, ..tiny() });
    let mut last_used = std::collections::HashMap::new();
    for round in 0..1_000_000u32 {
        let key = s.end.open();
        let number = s.end.mux.number(key);
        let earlier = last_used.insert(number, round);
        assert!(earlier.is_none_or(|earlier| round - earlier > 256), "number {number} came back too soon");
        s.frames();
        s.takes_bytes(&[&[6][..], &number.to_le_bytes(), &[0]].concat());
    }
    assert!(last_used.len() <= 258);
    s.lives();
}

#[test]
fn more_cannot_be_consumed_than_came() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.reads = false;
    s.takes("07 01000000 03 | 0102");
    assert_eq!(s.end.mux.consumed(key, 3), Err(Misuse::TooMuchConsumed));
    s.end.mux.consumed(key, 2).unwrap();
    s.lives();
}
