//! Credits, chunks and turns: who may send how much, and when.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Accepted, Config, Key};
use support::pair::Pair;
use support::scripted::{Scripted, hello};
use support::{sized, tiny};

/// Page 1 section 6.2: limit 16, chunk 8, one string of 22 bytes.
#[test]
fn a_message_of_22_bytes_leaves_in_chunks_of_8_and_waits_for_credits() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 16, 16));
    assert_eq!(s.end.send(key, b"aaaaaaaabbbbbbbbcccccc"), Ok(Accepted::Waiting));
    s.sends(&["07 07000000 01 | 6161616161616161", "07 07000000 00 | 6262626262626262"]);
    s.sends(&[]);
    s.takes("09 01000000 08000000").takes("09 01000000 08000000");
    s.sends(&["07 07000000 02 | 636363636363"]);
    s.lives();
}

#[test]
fn the_receiver_of_these_chunks_returns_their_credits_as_they_are_consumed() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.takes("07 01000000 01 | 6161616161616161").sends(&["09 07000000 08000000"]);
    s.takes("07 01000000 00 | 6262626262626262").sends(&["09 07000000 08000000"]);
    s.takes("07 01000000 02 | 636363636363").sends(&["09 07000000 06000000"]);
    assert_eq!(s.end.messages(key), [b"aaaaaaaabbbbbbbbcccccc"]);
    s.lives();
}

#[test]
fn as_few_credits_as_there_are_are_used() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 4, 16));
    s.end.send(key, b"abcdefgh").unwrap();
    s.sends(&["07 07000000 01 | 61626364"]);
    s.takes("09 01000000 01000000").sends(&["07 07000000 00 | 65"]);
    s.takes("09 01000000 00000000").sends(&[]);
    s.takes("09 01000000 40000000").sends(&["07 07000000 02 | 666768"]);
    s.lives();
}

#[test]
fn an_empty_message_is_one_empty_chunk_and_costs_one_credit() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 4, 16));
    for _ in 0..5 {
        s.end.send(key, b"").unwrap();
    }
    s.sends(&["07 07000000 03 |"; 4]).sends(&[]);
    s.takes("09 01000000 01000000").sends(&["07 07000000 03 |"]);
    s.lives();
}

#[test]
fn h12_a_peer_whose_window_was_consumed_always_holds_four_credits() {
    for window in 4..200 {
        let (mut pair, a, b) = Pair::with_port(sized(64, window));
        for len in [1, 2, 3, window as usize, 1, 7] {
            pair.a().send(a, &vec![7; len]).unwrap();
            pair.settle();
            let [held, used, _] = pair.a().mux.credits(a).unwrap();
            assert!(held >= 4 && used == 0, "window {window}, held {held}");
        }
        pair.check_credits(a, b, [window, window]);
        pair.finish();
    }
}

#[test]
fn a_message_is_covered_while_credits_are_in_hand_and_the_queue_has_room() {
    let (mut s, key) =
        Scripted::with_port_to(Config { send_queue_bytes: 12, ..tiny() }, &hello(3, 8, 10, 16));
    assert_eq!(s.end.send(key, b"0123456"), Ok(Accepted::Covered));
    assert_eq!(s.end.send(key, b"789"), Ok(Accepted::Covered));
    assert_eq!(s.end.send(key, b"a"), Ok(Accepted::Waiting), "no credit is left for it");
    let other = s.end.open();
    assert_eq!(s.end.send(other, b"bc"), Ok(Accepted::Covered), "the window of a port that is asked for");
    assert_eq!(s.end.send(other, b"d"), Ok(Accepted::Waiting), "the queue is full");
    s.frames();
    s.takes("09 01000000 14000000");
    s.frames();
    assert_eq!(s.end.send(key, b"0123456789ab"), Ok(Accepted::Waiting), "2 of 12 bytes are still queued");
    assert_eq!(s.end.send(key, b""), Ok(Accepted::Waiting), "behind a message that is not covered");
    s.lives();
}

#[test]
fn what_left_makes_room_for_what_is_covered_next() {
    let (mut s, key) =
        Scripted::with_port_to(Config { send_queue_bytes: 8, ..tiny() }, &hello(3, 8, 100, 16));
    for _ in 0..5 {
        assert_eq!(s.end.send(key, b"12345678"), Ok(Accepted::Covered));
        assert_eq!(s.end.send(key, b"9"), Ok(Accepted::Waiting));
        assert!(s.end.cancel_last(key));
        s.sends(&["07 07000000 03 | 3132333435363738"]);
    }
    s.lives();
}

/// Counts the payload bytes of each port in what the first end put on the link.
fn bytes_by_port(pair: &Pair, keys: &[Key]) -> Vec<usize> {
    let numbers: Vec<u32> = keys.iter().map(|key| pair.ends[1].mux.number(*key)).collect();
    let mut counts = vec![0; keys.len()];
    for (_, frame) in &pair.links[0].log {
        if let Some(payload) = &frame.payload {
            let number = u32::from_le_bytes(frame.header[1..5].try_into().unwrap());
            counts[numbers.iter().position(|other| *other == number).unwrap()] += payload.len();
        }
    }
    counts
}

const QUANTUM: usize = 16_384;

#[test]
fn ports_with_messages_of_any_size_get_the_same_share_of_bytes() {
    let mut pair = Pair::alike(sized(4_096, 1 << 20));
    let ports: Vec<(Key, Key)> = (0..3).map(|_| pair.open()).collect();
    pair.slow(1_000.0, 0.0);
    for ((a, _), (size, count)) in ports.iter().zip([(400_000, 1), (5_000, 80), (100, 4_000)]) {
        for _ in 0..count {
            pair.a().send(*a, &vec![1; size]).unwrap();
        }
    }
    let keys: Vec<Key> = ports.iter().map(|(_, b)| *b).collect();
    for _ in 0..10 {
        pair.run(100.0);
        let counts = bytes_by_port(&pair, &keys);
        let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
        assert!(spread <= QUANTUM + 4_096, "{counts:?}");
    }
    pair.slow(0.0, 0.0);
    pair.settle();
    pair.finish();
}

#[test]
fn a_small_message_waits_for_at_most_a_quantum_and_a_chunk_of_each_bulk_port() {
    const BULKS: usize = 4;
    let mut pair = Pair::alike(sized(4_096, 1 << 20));
    let bulk: Vec<Key> = (0..BULKS).map(|_| pair.open().0).collect();
    let (quick, quick_b) = pair.open();
    pair.slow(1_000.0, 0.0);
    for key in &bulk {
        pair.a().send(*key, &vec![0; 1_000_000]).unwrap();
    }
    for _ in 0..20 {
        pair.run(37.0);
        let before = pair.links[0].log.len();
        pair.a().send(quick, b"quick").unwrap();
        pair.run(150.0);
        let number = pair.b().mux.number(quick_b);
        let mine = [&[7][..], &number.to_le_bytes(), &[3]].concat();
        let log = &pair.links[0].log[before..];
        let at = log.iter().position(|(_, frame)| frame.header == mine).expect("it has left");
        let ahead: usize =
            log[..at].iter().filter_map(|(_, frame)| frame.payload.as_ref()).map(Vec::len).sum();
        assert!(ahead <= BULKS * (QUANTUM + 4_096), "{ahead} bytes were sent before it");
    }
    assert_eq!(pair.b().messages(quick_b).len(), 20);
    for key in bulk {
        pair.a().cancel_last(key);
    }
    pair.slow(0.0, 0.0);
    pair.settle();
    pair.finish();
}

#[test]
fn chunks_larger_than_a_quantum_are_shared_out_one_by_one() {
    let big = 1 << 20;
    let mut pair = Pair::alike(sized(big, 1 << 26));
    let ports: Vec<(Key, Key)> = (0..3).map(|_| pair.open()).collect();
    for (a, _) in &ports {
        pair.a().send(*a, &vec![0; 4 << 20]).unwrap();
    }
    pair.settle();
    let order: Vec<&[u8]> = pair.links[0]
        .log
        .iter()
        .filter(|(_, frame)| frame.payload.is_some())
        .map(|(_, frame)| &frame.header[1..5])
        .collect();
    assert_eq!(order.len(), 12);
    for round in order.chunks(3) {
        assert!(round[0] != round[1] && round[1] != round[2] && round[0] != round[2]);
    }
    pair.finish();
}

/// Without a quantum of the chunk's size, each of these chunks would take 65,536 rounds over all ports.
#[test]
fn finding_the_next_port_takes_one_round_whatever_the_size_of_chunks() {
    const HUGE: u32 = 1 << 30;
    let config = Config { max_send_chunk: HUGE, ..Config::default() };
    let mut s = Scripted::met(config, &hello(3, HUGE, u32::MAX, 4_000));
    let keys: Vec<Key> = (0..2_000).map(|_| s.end.open()).collect();
    s.frames();
    for key in &keys {
        let number = s.end.mux.number(*key).to_le_bytes();
        s.takes_bytes(&[&[5][..], &number, &number].concat());
        // Only lengths enter the core.
        s.end.mux.send(*key, 2 * HUGE, 0).unwrap();
    }
    let started = std::time::Instant::now();
    let mut sink = cuttle_mux::FrameSink::default();
    for _ in 0..2 * keys.len() {
        s.end.mux.poll_transmit(&mut sink, 1, u32::MAX, 0.0);
        assert_eq!(sink.body(0).map(|body| body.len), Some(HUGE));
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "it took {:?}", started.elapsed());
    s.lives();
}

#[test]
fn answers_and_credits_go_before_data() {
    let (mut s, key) = Scripted::with_port(tiny());
    s.end.send(key, b"data").unwrap();
    s.takes("07 01000000 03 | 6161616161616161").takes("04 09000000 03 09000000");
    s.end.accept();
    s.sends(&["05 09000000 02000000", "09 07000000 08000000", "07 07000000 03 | 64617461"]);
    s.lives();
}

#[test]
fn no_more_messages_are_collected_than_asked_for() {
    let (mut s, key) = Scripted::with_port_to(tiny(), &hello(3, 8, 1_000, 16));
    s.end.send(key, &[0; 80]).unwrap();
    assert_eq!(s.end.transmit(0, 0.0).len(), 0);
    assert_eq!(s.end.transmit(3, 0.0).len(), 3);
    let mut sink = cuttle_mux::FrameSink::default();
    s.end.mux.poll_transmit(&mut sink, 100, 0, 0.0);
    assert!(sink.is_empty());
    s.end.mux.poll_transmit(&mut sink, 100, 29, 0.0);
    assert_eq!(sink.len(), 3, "two messages of 14 bytes are fewer than 29 bytes, three are not");
    s.lives();
}

#[test]
fn c06_both_directions_saturated_with_slow_readers_make_progress() {
    let mut pair = Pair::alike(sized(64, 256));
    let ports: Vec<(Key, Key)> = (0..8).map(|_| pair.open()).collect();
    for end in &mut pair.ends {
        end.reads = false;
    }
    pair.slow(5.0, 3.0);
    for (a, b) in &ports {
        pair.a().send(*a, &[1; 3_000]).unwrap();
        pair.b().send(*b, &[2; 3_000]).unwrap();
    }
    for round in 0..2_000 {
        pair.run(20.0);
        let (a, b) = ports[round % ports.len()];
        pair.a().read(a);
        pair.b().read(b);
    }
    pair.settle();
    for (a, b) in &ports {
        assert_eq!(pair.a().messages(*a), [[2; 3_000]]);
        assert_eq!(pair.b().messages(*b), [[1; 3_000]]);
        pair.a().read(*a);
        pair.b().read(*b);
        pair.settle();
        pair.check_credits(*a, *b, [256, 256]);
    }
    pair.finish();
}
