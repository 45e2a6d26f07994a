//! Ends: orderly, by themselves, by time, by the transport; and the clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Accepted, Config, Error, Event, Misuse};
use support::end::End;
use support::pair::Pair;
use support::scripted::{HELLO, Scripted, hello, hello_timed};
use support::{sized, tiny};

const TRANSPORT: Event = Event::Failed(Error::TransportEnded);

#[test]
fn a_stream_whose_last_message_was_dropped_by_close_has_no_end() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    pair.b().reads = false;
    pair.a().send(a, b"fits the window.").unwrap();
    assert_eq!(pair.a().send(a, b"waits"), Ok(Accepted::Waiting));
    pair.a().command(|mux| mux.finish_send(a)).unwrap();
    pair.a().command(|mux| mux.close(0.0));
    pair.settle();
    assert!(!pair.b().events().contains(&Event::SendFinished { key: b }));
    assert_eq!(pair.b().messages(b), [b"fits the window."]);
}

#[test]
fn closing_sends_what_was_covered_and_drops_what_was_waiting() {
    let (mut pair, a, b) = Pair::with_port(tiny());
    pair.b().reads = false;
    pair.links[0].stopped = true;
    assert_eq!(pair.a().send(a, b"covered"), Ok(Accepted::Covered));
    assert_eq!(pair.a().send(a, b""), Ok(Accepted::Covered));
    assert_eq!(pair.a().send(a, b"waits for credits"), Ok(Accepted::Waiting));
    let listed = pair.a().send_ports(a, 1)[0];
    let now = pair.now;
    pair.a().command(|mux| mux.close(now));
    assert_eq!(pair.a().events(), [Event::Refused { key: listed, no_ports: false, unsent: true }]);
    assert_eq!(pair.a().send(a, b"late"), Err(Misuse::Ended));
    assert_eq!(pair.a().mux.reserve(), Err(Misuse::Ended));
    pair.links[0].stopped = false;
    pair.settle();
    assert_eq!(pair.b().messages(b), [&b"covered"[..], b""]);
    assert!(pair.b().events().contains(&Event::Goodbye));
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn what_is_covered_behind_a_list_is_sent_before_goodbye() {
    let (mut pair, a, b) = Pair::with_port(sized(64, 64));
    pair.a().send_ports(a, 2);
    assert_eq!(pair.a().send(a, b"behind"), Ok(Accepted::Covered));
    pair.a().command(|mux| mux.finish_send(a)).unwrap();
    let now = pair.now;
    pair.a().command(|mux| mux.close(now));
    pair.settle();
    assert_eq!(pair.b().received(b).len(), 2);
    assert!(pair.b().inbox(b).finished);
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn nothing_covered_is_lost_when_a_message_that_waits_for_the_queue_is_before_it() {
    let config = Config { send_queue_bytes: 8, ..sized(64, 64) };
    let (mut pair, a, b) = Pair::with_port(config);
    let (other, _) = pair.open();
    pair.links[0].stopped = true;
    assert_eq!(pair.a().send(other, b"fills it"), Ok(Accepted::Covered));
    assert_eq!(pair.a().send(a, b"waits"), Ok(Accepted::Waiting));
    assert!(pair.a().cancel_last(other));
    let third = pair.a().send(a, b"third").unwrap();
    let now = pair.now;
    pair.a().command(|mux| mux.close(now));
    pair.links[0].stopped = false;
    pair.settle();
    let came = pair.b().messages(b);
    assert!(third == Accepted::Waiting || came.contains(&b"third".to_vec()), "a promise was broken");
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn closing_waits_two_seconds_for_a_request_that_carries_covered_data_and_then_gives_up() {
    let mut pair = Pair::alike(tiny());
    let key = pair.a().open();
    assert_eq!(pair.a().send(key, b"covered"), Ok(Accepted::Covered));
    pair.a().command(|mux| mux.close(0.0));
    pair.run(1_999.0);
    assert_eq!(pair.a().outcome, None);
    pair.run(1.0);
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn closing_sends_covered_data_once_its_port_is_answered() {
    let mut pair = Pair::alike(tiny());
    let key = pair.a().open();
    pair.a().send(key, b"covered").unwrap();
    pair.a().command(|mux| mux.close(0.0));
    pair.run(500.0);
    let b = pair.b().accept();
    pair.settle();
    assert_eq!(pair.b().messages(b), [b"covered"]);
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn a_transport_that_takes_nothing_is_given_up_after_two_and_a_half_seconds() {
    let (mut pair, a, _) = Pair::with_port(tiny());
    pair.links[0].stopped = true;
    pair.a().send(a, b"covered").unwrap();
    pair.a().command(|mux| mux.close(0.0));
    pair.run(2_499.0);
    assert_eq!(pair.a().outcome, None);
    pair.run(1.0);
    assert_eq!(pair.a().outcome, Some(Event::Ended));
    let now = pair.now;
    pair.a().check_nothing_left(now);
    pair.b().transport_end();
    pair.b().check_nothing_left(now);
}

#[test]
fn a_peer_that_does_not_answer_goodbye_is_not_waited_for() {
    let mut s = Scripted::new(tiny());
    s.now = 100.0;
    s.end.mux.close(100.0);
    s.sends(&["0f"]).at(2_099.0).emits(&[]);
    s.at(2_100.0).emits(&[Event::Ended]);
    s.end.check_nothing_left(3_000.0);
}

#[test]
fn a_goodbye_said_by_itself_waits_for_its_answer_however_long_nothing_was_sent_before() {
    let mut s = Scripted::met(tiny(), &hello_timed(3, 0, 8, 16, 16));
    s.takes("0d").takes("0e").end.events();
    s.end.mux.close_listener();
    s.now = 0.0;
    // Nothing is left that could be said, at once.
    s.now = 9_000.0;
    s.sends(&["0e", "0f"]);
    s.at(10_999.0).emits(&[]);
    s.takes("0f").emits(&[Event::Goodbye, Event::Ended]);
    s.end.check_nothing_left(11_000.0);
}

#[test]
fn a_goodbye_said_by_itself_long_after_the_last_frame_waits_for_its_answer() {
    let mut s = Scripted::met(tiny(), &hello_timed(3, 0, 8, 16, 16));
    s.end.mux.close_listener();
    s.sends(&["0e"]);
    s.takes("0d").takes("0e");
    s.end.events();
    s.now = 9_000.0;
    s.sends(&["0f"]).at(10_999.0).emits(&[]);
    s.at(11_000.0).emits(&[Event::Ended]);
    s.end.check_nothing_left(11_000.0);
}

#[test]
fn goodbye_is_not_said_while_anything_can_follow() {
    let mut s = Scripted::met(tiny(), HELLO);
    s.end.mux.close_client();
    s.sends(&["0d"]);
    s.takes("04 09000000 03 09000000").takes("0d").sends(&[]);
    let key = s.end.accept();
    s.sends(&["05 09000000 01000000"]);
    s.end.finish(key);
    s.sends(&["0c 09000000", "0a 09000000"]);
    s.takes("0a 01000000").sends(&[]);
    s.takes("0c 01000000").sends(&["0f"]);
    s.takes("0f").end.check_nothing_left(0.0);
}

#[test]
fn goodbye_of_the_peer_is_answered_at_once_and_drops_what_is_queued() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 8, 16));
    s.end.send(key, b"never read").unwrap();
    s.takes("0f").sends(&["0f"]);
    s.emits(&[Event::Goodbye, Event::Ended]);
    s.end.check_nothing_left(0.0);
}

#[test]
fn goodbye_of_the_peer_ends_the_connection_in_time_even_when_the_transport_takes_no_answer() {
    let (mut s, _) = Scripted::with_port(Config { timeout_ms: 0, ..tiny() });
    s.takes("0f").at(2_000.0).at(2_499.0).emits(&[Event::Goodbye]);
    s.at(2_500.0).emits(&[Event::Ended]);
    s.end.check_nothing_left(2_500.0);
}

#[test]
fn s08_both_ends_close_at_the_same_time_in_every_overlap() {
    for latency in [0.0, 1.0, 50.0] {
        for later in [0.0, 0.5, 1.0, 30.0, 50.0, 99.0, 150.0] {
            let (mut pair, a, b) = Pair::with_port(tiny());
            pair.slow(100.0, latency);
            pair.a().send(a, b"last words").unwrap();
            pair.b().send(b, b"same here").unwrap();
            let now = pair.now;
            pair.a().command(|mux| mux.close(now));
            pair.run(later);
            let now = pair.now;
            pair.b().command(|mux| mux.close(now));
            pair.run(1_000.0);
            pair.check_over([Event::Ended, Event::Ended]);
        }
    }
}

#[test]
fn after_goodbye_left_frames_of_the_peer_still_arrive_until_its_goodbye() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.mux.close(0.0);
    s.sends(&["0f"]);
    s.takes("07 01000000 03 | 6869");
    assert_eq!(s.end.messages(key), [b"hi"]);
    s.sends(&[]).end.events();
    s.takes("0f").emits(&[Event::Goodbye, Event::Ended]);
    s.end.check_nothing_left(0.0);
}

#[test]
fn f21_goodbye_amid_a_message_ends_the_ports_and_frames_after_it_are_ignored() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.takes("07 01000000 01 | 6869").end.events();
    s.takes("0f");
    s.takes("07 01000000 02 | 6869").takes("07 63000000 02 | 6869").takes("ff").takes("").takes("01");
    s.sends(&["0f"]);
    let events = s.end.events();
    assert_eq!(events.first(), Some(&Event::Goodbye));
    assert_eq!(events.last(), Some(&Event::Ended));
    assert_eq!(s.end.messages(key), Vec::<Vec<u8>>::new());
    s.takes("07 01000000 02 | 6869").takes("ff").emits(&[]);
    s.end.check_nothing_left(0.0);
}

#[test]
fn s01_the_transport_is_cut_before_hello() {
    for hello_left in [false, true] {
        let mut s = Scripted::fresh(tiny());
        if hello_left {
            assert_eq!(s.frames().len(), 2);
        }
        s.end.transport_end();
        s.emits(&[Event::Failed(Error::TransportEndedEarly)]);
        s.end.check_nothing_left(0.0);
    }
}

/// Brings a pair into a state in which the transport is to be cut.
type Stage = fn(&mut Pair);

fn stages() -> Vec<(&'static str, Stage)> {
    vec![
        ("idle", |_| {}),
        ("request under way", |pair| {
            pair.a().open();
        }),
        ("port connecting", |pair| {
            pair.a().open();
            pair.settle();
        }),
        ("request waiting for the connect queue", |pair| {
            (0..200).for_each(|_| {
                pair.a().open();
            });
        }),
        ("answer under way", |pair| {
            pair.a().open();
            pair.settle();
            pair.b().accept();
        }),
        ("amid a message, blocked by credits", |pair| {
            let (a, _) = pair.open();
            pair.b().reads = false;
            pair.a().send(a, &[1; 100]).unwrap();
            pair.settle();
        }),
        ("amid a list", |pair| {
            let (a, _) = pair.open();
            pair.b().reads = false;
            pair.a().send_ports(a, 10);
            pair.settle();
        }),
        ("sending finished", |pair| {
            let (a, _) = pair.open();
            pair.a().command(|mux| mux.finish_send(a)).unwrap();
            pair.settle();
        }),
        ("receiver closed", |pair| {
            let (a, _) = pair.open();
            pair.a().command(|mux| mux.close_receive(a)).unwrap();
            pair.settle();
        }),
        ("receiver finished", |pair| {
            let (a, _) = pair.open();
            pair.a().command(|mux| mux.finish_receive(a)).unwrap();
            pair.settle();
        }),
        ("credits to be returned", |pair| {
            let (a, b) = pair.open();
            pair.links[1].stopped = true;
            pair.a().send(a, &[1; 16]).unwrap();
            pair.settle();
            assert_eq!(pair.b().mux.credits(b).unwrap()[2], 16);
        }),
    ]
}

#[test]
fn s01_the_transport_is_cut_in_every_state() {
    for (name, stage) in stages() {
        println!("{name}");
        let mut pair = Pair::alike(tiny());
        stage(&mut pair);
        pair.cut();
        pair.run(100_000.0);
        pair.check_over([TRANSPORT, TRANSPORT]);
    }
}

#[test]
fn s01_the_transport_is_cut_at_every_frame_of_a_session() {
    for frames in 0..40 {
        let mut pair = Pair::apart(tiny(), tiny());
        pair.slow(1.0, 5.0);
        let mut keys = None;
        while pair.links[0].log.len() + pair.links[1].log.len() < frames && pair.now < 1_000.0 {
            pair.run(1.0);
            if keys.is_none() && pair.a().mux.peer().is_some() {
                keys = Some(pair.a().open());
                pair.a().send(keys.unwrap(), &[7; 60]).unwrap();
            }
            if let Some(request) = pair.b().requests.pop_front() {
                pair.b().mux.accept(request.peer_port).unwrap();
            }
        }
        pair.cut();
        for end in &mut pair.ends {
            assert!(matches!(end.outcome, Some(Event::Failed(_))));
            end.check_nothing_left(pair.now);
        }
    }
}

#[test]
fn s01_a_transport_that_ends_after_goodbye_left_is_a_clean_end() {
    let (mut s, _) = Scripted::with_port(tiny());
    s.end.mux.close(0.0);
    s.sends(&["0f"]);
    s.end.transport_end();
    s.emits(&[Event::Ended]);
    s.end.check_nothing_left(0.0);
}

#[test]
fn closing_before_the_handshake_ends_at_once() {
    let mut s = Scripted::fresh(tiny());
    s.end.command(|mux| mux.close(0.0));
    s.emits(&[Event::Ended]);
    s.end.check_nothing_left(0.0);
}

/// Two ends in the middle of 64 MB on 64 ports, over 10 Mbit/s.
fn saturated() -> Pair {
    let mut pair = Pair::alike(sized(4_096, 1 << 20));
    let keys: Vec<_> = (0..64).map(|_| pair.open().0).collect();
    pair.slow(1_250.0, 10.0);
    for key in &keys {
        for _ in 0..40 {
            pair.a().send(*key, &[1; 25_000]).unwrap();
        }
    }
    pair.run(300.0);
    pair
}

#[test]
fn s10_goodbye_goes_out_in_bounded_time_while_64_bulk_senders_saturate() {
    let mut pair = saturated();
    let closed_at = pair.now;
    pair.a().command(|mux| mux.close(closed_at));
    pair.run(1_000.0);
    let (left_at, frame) = pair.links[0].log.last().unwrap();
    assert_eq!(frame.header, [0x0f]);
    // 64 KiB of covered data and 4 KiB in the link, at 1,250 bytes/ms.
    assert!(left_at - closed_at < 65.0, "{}", left_at - closed_at);
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn terminating_says_goodbye_and_nothing_else() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.send(key, b"covered").unwrap();
    s.end.send(key, &[7; 100]).unwrap();
    s.takes("04 09000000 03 09000000").end.accept();
    s.end.events();
    s.end.command(|mux| mux.terminate(0.0));
    s.sends(&["0f"]).takes("0f").emits(&[Event::Goodbye, Event::Ended]);
    s.end.check_nothing_left(0.0);
}

#[test]
fn terminating_hurries_a_close_that_waits_for_what_is_covered() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.send(key, b"covered").unwrap();
    s.end.command(|mux| mux.close(0.0));
    s.end.command(|mux| mux.terminate(10.0));
    assert_eq!(s.end.mux.poll_deadline(), Some(510.0));
    s.sends(&["0f"]);
    s.end.command(|mux| mux.handle_timeout(510.0));
    s.emits(&[Event::Ended]);
    s.end.check_nothing_left(510.0);
}

#[test]
fn s10_terminating_overtakes_the_data_of_64_bulk_senders() {
    let mut pair = saturated();
    let closed_at = pair.now;
    pair.a().command(|mux| mux.terminate(closed_at));
    pair.run(1_000.0);
    let (left_at, frame) = pair.links[0].log.last().unwrap();
    assert_eq!(frame.header, [0x0f]);
    // 4 KiB in the link, at 1,250 bytes/ms.
    assert!(left_at - closed_at < 8.0, "{}", left_at - closed_at);
    pair.check_over([Event::Ended, Event::Ended]);
}

#[test]
fn commands_after_the_end_are_refused_and_do_nothing() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.takes("04 09000000 03 09000000");
    let reserved = s.end.mux.reserve().unwrap();
    s.end.transport_end();
    let End { mux, .. } = &mut s.end;
    assert_eq!(mux.reserve(), Err(Misuse::Ended));
    assert_eq!(mux.open(reserved), Err(Misuse::Ended));
    assert_eq!(mux.accept(9), Err(Misuse::NoSuchRequest));
    assert_eq!(mux.reject(9, false), Err(Misuse::NoSuchRequest));
    assert_eq!(mux.send(key, 1, 0), Err(Misuse::Ended));
    assert_eq!(mux.send_ports(key, &[reserved]), Err(Misuse::Ended));
    assert_eq!(mux.finish_send(key), Err(Misuse::NoSuchPort));
    assert_eq!(mux.finish_receive(key), Err(Misuse::NoSuchPort));
    assert_eq!(mux.close_receive(key), Err(Misuse::NoSuchPort));
    assert_eq!(mux.consumed(key, 1), Ok(()));
    assert!(!mux.cancel_last(key));
    mux.close_listener();
    mux.close_client();
    s.end.check_nothing_left(0.0);
}
