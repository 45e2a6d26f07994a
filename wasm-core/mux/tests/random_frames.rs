//! Random frames of a peer of 0.20, many of them meant for ports that are used early; those of 0.18 are in the simulation.
//! A failure is replayed with the printed seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use std::collections::BTreeMap;

use cuttle_mux::{Capabilities, Config, Event, Generation, Key};
use support::rng::{Rng, seed};
use support::scripted::{HELLO_FULL, Scripted};
use support::tiny;

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
        keys.extend(s.end.try_accept(request.peer_port).ok());
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

/// A frame that could be meant for the end, whose own ports 1 to 3 and the peer's 4 to 6 are used.
fn plausible_early(rng: &mut Rng) -> Vec<u8> {
    let ids = [4u8, 5, 5, 6, 7, 7, 7, 7, 7, 7, 7, 8, 8, 8, 9, 9, 10, 11, 12, 18, 20, 20, 20, 21, 22, 22, 23];
    let id = rng.pick(&ids).unwrap();
    let local = match id {
        4 | 22 | 23 => 1,
        5 | 6 | 9 | 18 => 0,
        _ => rng.below(2) as u8,
    };
    let number = match rng.below(60) {
        0 => rng.next() as u8 & 0x7f,
        _ if id == 4 => 30 + rng.below(60) as u8,
        _ => 3 * local + 1 + rng.below(3) as u8,
    };
    let mut frame = vec![id, number];
    match id {
        4 => frame.extend([rng.below(8) as u8 & !2]),
        5 => frame.extend([number, 1]),
        6 => frame.push(0),
        7 => frame.push(0x10 * local + rng.below(4) as u8),
        8 => {
            frame.push(0x07 + 0x10 * local + 0x40 * rng.below(2) as u8);
            frame.extend((0..=rng.below(2)).map(|_| 90 + rng.below(30) as u8));
        }
        9 | 22 => frame.push(rng.below(9) as u8),
        18 | 23 => {}
        _ => frame.push(local),
    }
    frame
}

#[test]
fn random_frames_for_early_ports_never_panic_fail_at_most_once_and_keep_the_table_small() {
    let seed = seed(5);
    let mut outcomes = BTreeMap::new();
    let mut deep = 0;
    for run in 0..6_000 {
        let mut rng = Rng::new(seed.wrapping_add(run));
        let capabilities = Capabilities::from_bits(0b1111);
        let config =
            Config { max_ports: 8, connect_queue: 4, generation: Generation::V20, capabilities, ..tiny() };
        let mut s = Scripted::met(config, HELLO_FULL);
        let mut keys: Vec<Key> = (0..3).map(|_| s.end.open()).collect();
        s.frames();
        s.takes("04 04 07 04").takes("04 05 07 05").takes("04 06 07 06");
        keys.extend([s.end.accept(), s.end.accept()]);
        for step in 0..60 {
            let mut frame = plausible_early(&mut rng);
            mutate(&mut frame, &mut rng);
            s.takes_bytes(&frame);
            if s.end.expects_payload() {
                let len = rng.below(5) as usize;
                s.takes_bytes(&vec![0; len]);
            }
            match rng.below(6) {
                0 if !s.end.requests.is_empty() && s.end.outcome.is_none() => s.end.reject(),
                _ => meddle(&mut s, &mut keys, &mut rng),
            }
            assert!(s.end.mux.ports() <= 8 + 8 + 4);
            deep += usize::from(step > 20 && s.end.outcome.is_none());
        }
        let failed = match s.end.outcome {
            Some(Event::Failed(error)) => error.code(),
            _ => 0,
        };
        *outcomes.entry(failed).or_insert(0) += 1;
        s.end.transport_end();
        s.end.check_nothing_left(0.0);
    }
    println!("failures by code: {outcomes:?}, steps beyond 20: {deep}");
    assert!(outcomes.len() > 8 && deep > 500, "the frames do not reach enough: {outcomes:?}, {deep}");
}
