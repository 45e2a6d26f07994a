//! Random frames, many of them meant for ports that exist. A failure is replayed with the printed seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use std::collections::BTreeMap;

use cuttle_mux::{Config, Event, Key};
use support::rng::{Rng, seed};
use support::scripted::{HELLO, Scripted};
use support::tiny;

/// A frame that could be meant for the end, whose ports 1 and 2 are connected and 3 is asked for.
fn plausible(rng: &mut Rng) -> Vec<u8> {
    let known = |rng: &mut Rng| match rng.below(60) {
        0 => rng.next() as u32,
        1 => rng.below(20) as u32,
        _ => 1 + rng.below(2) as u32,
    };
    let fresh = |rng: &mut Rng| rng.below(400) as u32;
    let id = rng.pick(&[3u8, 4, 5, 6, 7, 7, 7, 7, 7, 7, 8, 8, 8, 9, 9, 10, 11, 12, 13, 14]).unwrap();
    let mut frame = vec![id];
    let mut push = |number: u32| frame.extend(number.to_le_bytes());
    match id {
        3 | 13 | 14 => {}
        4 => push(fresh(rng)),
        5 | 6 => push(3 + rng.below(3) as u32),
        9 => {
            push(known(rng));
            push(if rng.below(20) == 0 { u32::MAX } else { fresh(rng) });
        }
        _ => push(known(rng)),
    }
    match id {
        4 => frame.push(1),
        5 => frame.extend([9, 0, 0, 0]),
        6 => frame.push(0),
        7 => frame.push(rng.below(4) as u8),
        8 => {
            frame.push(rng.below(8) as u8);
            for _ in 0..=rng.below(2) {
                frame.extend(fresh(rng).to_le_bytes());
            }
        }
        _ => {}
    }
    frame
}

fn mutate(frame: &mut Vec<u8>, rng: &mut Rng) {
    match rng.below(80) {
        0 => {
            let len = rng.below(frame.len() as u64) as usize;
            frame.truncate(len);
        }
        1 => {
            let extra = 1 + rng.below(64) as usize;
            frame.extend(rng.bytes(extra));
        }
        2 => {
            let at = rng.below(frame.len() as u64) as usize;
            frame[at] ^= 1 << rng.below(8);
        }
        3 => frame[0] = rng.next() as u8,
        _ => {}
    }
}

/// The application does something with whatever there is.
fn meddle(s: &mut Scripted, keys: &mut Vec<Key>, rng: &mut Rng) {
    if let Some(request) = s.end.requests.pop_front() {
        keys.extend(s.end.command(|mux| mux.accept(request.peer_port)).ok());
    }
    let Some(key) = rng.pick(keys) else { return };
    match rng.below(9) {
        0 => keys.extend(s.end.command(|mux| {
            let key = mux.reserve().ok()?;
            mux.open(key).ok().map(|()| key)
        })),
        1 | 2 => drop(s.end.send(key, &[7; 20])),
        3 => drop(s.end.command(|mux| mux.finish_send(key))),
        4 => drop(s.end.command(|mux| mux.finish_receive(key))),
        5 => drop(s.end.command(|mux| mux.close_receive(key))),
        6 => drop(s.end.cancel_last(key)),
        7 => {
            let ports: Vec<Key> = (0..2).filter_map(|_| s.end.mux.reserve().ok()).collect();
            if s.end.command(|mux| mux.send_ports(key, &ports)).is_ok() {
                keys.extend(ports);
            }
        }
        _ => drop(s.frames()),
    }
}

#[test]
fn random_frames_after_a_handshake_never_panic_and_fail_at_most_once() {
    let seed = seed(3);
    let mut outcomes = BTreeMap::new();
    for run in 0..3_000 {
        let mut rng = Rng::new(seed.wrapping_add(run));
        let mut s = Scripted::met(Config { max_ports: 8, connect_queue: 4, ..tiny() }, HELLO);
        let mut keys: Vec<Key> = (0..3).map(|_| s.end.open()).collect();
        s.frames();
        for number in 1..3u8 {
            s.takes_bytes(&[5, number, 0, 0, 0, 9, 0, 0, number]);
        }
        for _ in 0..60 {
            let mut frame = plausible(&mut rng);
            mutate(&mut frame, &mut rng);
            s.takes_bytes(&frame);
            if s.end.expects_payload() {
                let most = if rng.below(30) == 0 { 20 } else { 5 };
                let len = rng.below(most) as usize;
                s.takes_bytes(&vec![0; len]);
            }
            meddle(&mut s, &mut keys, &mut rng);
        }
        // Nothing after the end: the application in `End` asserts that for each event.
        let failed = match s.end.outcome {
            Some(Event::Failed(error)) => error.code(),
            _ => 0,
        };
        *outcomes.entry(failed).or_insert(0) += 1;
        s.end.transport_end();
        s.end.check_nothing_left(0.0);
    }
    println!("failures by code: {outcomes:?}");
    assert!(outcomes.len() > 11, "the frames do not reach enough of the core: {outcomes:?}");
}
