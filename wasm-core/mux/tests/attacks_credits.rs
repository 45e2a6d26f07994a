//! Attack cases of groups C and R: credits and floods. Named by case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use cuttle_mux::{ChunkUse, Config, Error, Event, Key};
use support::pair::Pair;
use support::scripted::{Scripted, busy, hello};
use support::{hex, sized, tiny};

#[test]
fn c00_chunks_that_belong_to_nothing_are_dropped_and_their_credits_return() {
    let (mut s, key) = Scripted::with_port(tiny());
    let dropped = |last, len| Event::Chunk { key: Some(key), chunk: ChunkUse::Drop, last, len };
    s.takes("07 01000000 00 | 61626364").emits(&[dropped(false, 4)]);
    s.sends(&["09 07000000 04000000"]);
    s.takes("07 01000000 01 | 61").takes("08 01000000 02 0a000000").takes("07 01000000 02 | 6162");
    assert_eq!(
        s.end.events()[1..],
        [Event::PortList { key, chunk: ChunkUse::Drop, last: true, count: 0 }, dropped(true, 2),]
    );
    s.sends(&["06 0a000000 00", "09 07000000 07000000"]);
    assert_eq!(s.end.received(key), []);
    s.lives();
}

#[test]
fn c01_one_byte_beyond_the_window_fails_with_numbers() {
    let (mut s, _) = Scripted::with_port(tiny());
    s.end.reads = false;
    s.takes("07 01000000 01 | 0102030405060708").takes("07 01000000 00 | 0102030405060708");
    s.takes("07 01000000 02 | 01");
    s.failed(Error::FlowControl { port: 1, cost: 1, available: 0 });
    let (mut s, _) = Scripted::with_port(tiny());
    s.end.reads = false;
    s.takes("07 01000000 01 | 0102030405060708").takes("07 01000000 00 | 01020304");
    s.takes("08 01000000 03 0a000000 0b000000");
    s.failed(Error::FlowControl { port: 1, cost: 8, available: 4 });
}

#[test]
fn c01_what_was_consumed_and_not_returned_is_no_credit_of_the_peer() {
    let (mut s, _) = Scripted::with_port(sized(16, 16));
    s.takes("07 01000000 03 | 010203").sends(&[]);
    s.takes("07 01000000 03 | 0102030405060708090a0b0c0d0e");
    s.failed(Error::FlowControl { port: 1, cost: 14, available: 13 });
}

#[test]
fn c02_over_granted_credits_are_used_and_never_wrap() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 16, 16));
    s.takes("09 01000000 10000000").takes("09 01000000 803e0000");
    assert_eq!(s.end.mux.credits(key).unwrap()[0], 16 + 16 + 16_000);
    s.end.send(key, &[0; 20_000]).unwrap();
    let left: usize =
        s.end.transmit(10_000, 0.0).iter().map(|frame| frame.payload.as_ref().unwrap().len()).sum();
    assert_eq!(left, 16_032);
    s.takes("09 01000000 ffffffff");
    assert_eq!(s.end.outcome, None);
    s.takes("09 01000000 01000000");
    s.failed(Error::CreditOverflow { port: 1 });
}

#[test]
fn c04_a_port_that_gets_no_credits_blocks_alone() {
    let mut pair = Pair::alike(tiny());
    let ports: Vec<(Key, Key)> = (0..1_000).map(|_| pair.open()).collect();
    let (stuck, stuck_b) = ports[0];
    pair.b().reads = false;
    pair.a().send(stuck, &[9; 60]).unwrap();
    pair.settle();
    pair.b().reads = true;
    for (a, _) in &ports[1..] {
        pair.a().send(*a, &[5; 60]).unwrap();
    }
    pair.settle();
    for (_, b) in &ports[1..] {
        assert_eq!(pair.b().messages(*b), [[5; 60]]);
    }
    assert_eq!(pair.b().messages(stuck_b), Vec::<Vec<u8>>::new());
    pair.b().read(stuck_b);
    pair.settle();
    assert_eq!(pair.b().messages(stuck_b), [[9; 60]]);
    pair.finish();
}

#[test]
fn c08_empty_messages_are_bounded_by_the_window() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.reads = false;
    for _ in 0..16 {
        s.takes("07 01000000 03 |");
    }
    assert_eq!(s.end.messages(key).len(), 16);
    s.takes("07 01000000 03 |");
    s.failed(Error::FlowControl { port: 1, cost: 1, available: 0 });
}

#[test]
fn c08_messages_that_cost_nothing_leave_nothing_behind() {
    let (mut s, _) = busy();
    for _ in 0..100_000 {
        for frame in ["03", "0d", "0e", "09 01000000 00000000", "09 63000000 01000000"] {
            s.end.frame(&hex::frame(frame), 0.0);
        }
        s.end.events();
    }
    s.sends(&[]);
    s.lives();
}

#[test]
fn r01_more_requests_than_the_connect_queue_fail() {
    let mut s = Scripted::new(Config { connect_queue: 3, ..tiny() });
    for number in 1..=3u32 {
        s.takes_bytes(&[&[4][..], &number.to_le_bytes(), &[1]].concat());
    }
    s.end.mux.reject(2, false).unwrap();
    s.takes("04 04000000 01").takes("04 05000000 01");
    s.failed(Error::TooManyRequests { limit: 3 });
}

#[test]
fn r01_a_peer_that_reads_no_refusals_is_given_up() {
    let mut s = Scripted::new(Config { max_ports: 16, ..tiny() });
    s.end.mux.close_listener();
    let mut sent = 0u32;
    while s.end.outcome.is_none() {
        sent += 1;
        s.takes_bytes(&[&[4][..], &sent.to_le_bytes(), &[1]].concat());
        assert!(sent < 100_000);
    }
    assert!(sent > 60_000);
    assert!(matches!(s.end.outcome, Some(Event::Failed(Error::AnswersUnread { .. }))));
    s.end.check_nothing_left(0.0);
}

#[test]
fn r01_what_the_application_queues_is_not_blamed_on_the_peer() {
    let mut s = Scripted::met(Config { max_ports: 65_536, ..tiny() }, &hello(3, 8, 16, 65_535));
    for _ in 0..65_000 {
        s.end.open();
    }
    for number in 1..=65_000u32 {
        let opened = [&[5][..], &number.to_le_bytes(), &number.to_le_bytes()].concat();
        s.takes_bytes(&opened);
        let Event::Opened { key } = s.end.events().pop().unwrap_or(Event::Ready) else {
            panic!("not opened")
        };
        s.end.mux.close_receive(key).unwrap();
        s.end.mux.finish_receive(key).unwrap();
    }
    s.takes("03");
    s.lives();
}

#[test]
fn r16_numbers_chosen_by_the_peer_do_not_make_look_ups_slow() {
    // Descending, and equal in their low 20 bits, which are the slot of a key.
    let numbers = |n: u32| if n < 4_096 { n << 20 | 5 } else { u32::MAX - n };
    let started = Instant::now();
    let mut s = Scripted::with_port(sized(1 << 16, 1 << 20)).0;
    for round in 0..25 {
        for n in 0..8 {
            let list: Vec<u8> = (0..500).flat_map(|at| numbers(n * 500 + at + round).to_le_bytes()).collect();
            s.takes_bytes(&[&[8, 1, 0, 0, 0, 3][..], &list].concat());
            s.frames();
        }
        assert_eq!(s.end.outcome, None);
        while let Some(request) = s.end.requests.pop_back() {
            s.end.mux.reject(request.peer_port, false).unwrap();
        }
        s.frames();
        s.end.events();
    }
    assert!(started.elapsed() < Duration::from_secs(10), "100,000 requests took {:?}", started.elapsed());
    s.lives();
}
