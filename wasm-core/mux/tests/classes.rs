//! Who goes first: classes, small messages, messages that are finished one by one, answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Config, Key, Misuse};
use support::scripted::{Scripted, hello};

const CHUNK: usize = 1_000;

/// An end with ports 1, 2, … whose peer grants much; small chunks, but the usual quantum of 16 KiB.
fn with_ports(count: u32) -> (Scripted, Vec<Key>) {
    let config = Config { max_send_chunk: CHUNK as u32, ..Config::default() };
    let mut s = Scripted::met(config, &hello(3, 1 << 20, 1 << 30, 100));
    let keys: Vec<Key> = (0..count).map(|_| s.end.open()).collect();
    s.frames();
    for number in 1..=count {
        s.takes_bytes(&[&[5][..], &number.to_le_bytes(), &number.to_le_bytes()].concat());
    }
    (s, keys)
}

/// The ports of the next `count` messages, by number.
fn order(s: &mut Scripted, count: usize) -> Vec<u32> {
    let frames = s.end.transmit(count, s.now);
    frames.iter().map(|frame| u32::from_le_bytes(frame.header[1..5].try_into().unwrap())).collect()
}

fn share(order: &[u32], number: u32) -> f64 {
    order.iter().filter(|other| **other == number).count() as f64 / order.len() as f64
}

#[test]
fn urgent_goes_before_usual_and_usual_before_bulk_but_an_eighth_is_left_for_each() {
    let (mut s, keys) = with_ports(3);
    for (key, urgency) in keys.iter().zip([7, 3, 0]) {
        s.end.mux.prioritize(*key, urgency, true).unwrap();
        s.end.send(*key, &vec![0; 4_000_000]).unwrap();
    }
    assert_eq!(order(&mut s, 5), [3; 5]);
    let order = order(&mut s, 2_000);
    assert!((0.10..0.15).contains(&share(&order, 1)), "bulk: {}", share(&order, 1));
    assert!((0.10..0.15).contains(&share(&order, 2)), "usual: {}", share(&order, 2));
    s.lives();
}

#[test]
fn urgencies_of_one_class_share_by_bytes() {
    let (mut s, keys) = with_ports(3);
    for (key, urgency) in keys.iter().zip([5, 6, 7]) {
        s.end.mux.prioritize(*key, urgency, true).unwrap();
        s.end.send(*key, &vec![0; 4_000_000]).unwrap();
    }
    let order = order(&mut s, 300);
    for number in 1..=3 {
        assert!((0.28..0.38).contains(&share(&order, number)));
    }
    s.lives();
}

#[test]
fn a_small_message_without_any_setting_goes_before_bulk_that_waits() {
    let (mut s, keys) = with_ports(33);
    for key in &keys[1..] {
        s.end.send(*key, &vec![0; 100_000]).unwrap();
    }
    order(&mut s, 50);
    s.end.send(keys[0], b"small").unwrap();
    assert_eq!(order(&mut s, 1), [1]);
    s.lives();
}

#[test]
fn bulk_that_is_cut_into_small_messages_gets_no_more_than_its_share() {
    let (mut s, keys) = with_ports(4);
    for key in &keys[1..] {
        s.end.send(*key, &vec![0; 4_000_000]).unwrap();
    }
    for _ in 0..4_000 {
        s.end.send(keys[0], &[0; CHUNK]).unwrap();
    }
    let order = order(&mut s, 2_000);
    assert!(share(&order, 1) <= 0.27, "{}", share(&order, 1));
    s.lives();
}

#[test]
fn messages_that_take_no_turns_are_finished_one_by_one() {
    let (mut s, keys) = with_ports(3);
    for key in &keys[..2] {
        s.end.mux.prioritize(*key, 3, false).unwrap();
    }
    for key in &keys {
        s.end.send(*key, &vec![0; 60 * CHUNK]).unwrap();
    }
    let order = order(&mut s, 180);
    let last_of = |number| order.iter().rposition(|other| *other == number).unwrap();
    let first_of_2 = order.iter().position(|number| *number == 2).unwrap();
    assert!(last_of(1) < first_of_2, "the first is whole before the second begins");
    assert!(order[..first_of_2].contains(&3), "others take turns with them");
    assert_eq!(order.len(), 180);
    s.lives();
}

#[test]
fn a_message_without_turns_that_waits_for_credits_lets_the_others_go_on() {
    let mut s = Scripted::met(Config::default(), &hello(3, 1_000, 1_000, 100));
    let keys: Vec<Key> = (0..2).map(|_| s.end.open()).collect();
    s.frames();
    s.takes("05 01000000 01000000").takes("05 02000000 02000000");
    for key in &keys {
        s.end.mux.prioritize(*key, 3, false).unwrap();
        s.end.send(*key, &[0; 1_500]).unwrap();
    }
    assert_eq!(order(&mut s, 10), [1, 2]);
    s.lives();
}

#[test]
fn answers_take_a_quarter_of_the_bytes_while_data_waits() {
    let (mut s, keys) = with_ports(1);
    s.end.command(|mux| mux.close_listener());
    s.sends(&["0e"]);
    s.end.send(keys[0], &vec![0; 4_000_000]).unwrap();
    for number in 1_000..60_000u32 {
        s.takes_bytes(&[&[4][..], &number.to_le_bytes(), &[1]].concat());
        s.end.events();
    }
    let frames = s.end.transmit(20_000, 0.0);
    let (mut answers, mut data) = (0, 0);
    for frame in &frames {
        match &frame.payload {
            Some(payload) => data += payload.len(),
            None => answers += frame.header.len(),
        }
    }
    assert!(answers * 3 <= data + 3 * 20_000, "{answers} bytes of answers beside {data} of data");
    assert!(answers > data / 4, "and they are not starved: {answers} beside {data}");
    s.lives();
}

#[test]
fn a_port_that_is_gone_cannot_be_prioritized() {
    let mut s = Scripted::new(Config::default());
    assert_eq!(s.end.mux.prioritize(Key::from_raw(77), 0, true), Err(Misuse::NoSuchPort));
    s.lives();
}
