//! The main test of the core: random schedules on two ends over a simulated network, and on one end against a hostile
//! peer. What must hold, and how a schedule is run, is in `wasm-core/simulate/`. Below are the schedules that once
//! failed, each with what was wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cuttle_simulate::command::Command::*;
use cuttle_simulate::pair::Op::{self, *};
use cuttle_simulate::run::{Simulation, search, seeds};
use cuttle_simulate::setup::{Carrier, Features, Setup, Sizes};
use cuttle_simulate::{hostile, pair};

#[test]
fn c12_two_thousand_schedules_keep_every_invariant() {
    let sums = search::<pair::Schedule>(seeds(0, 2_000)).unwrap_or_else(|report| panic!("{report}"));
    println!("{sums:?}");
    let least = [sums.sent, sums.received, sums.cancelled, sums.freed, sums.quiet].into_iter().min();
    assert!(least > Some(500), "the schedules do too little: {sums:?}");
}

#[test]
fn random_frames_after_a_handshake_never_panic_and_fail_at_most_once() {
    let sums = search::<hostile::Schedule>(seeds(0, 5_000)).unwrap_or_else(|report| panic!("{report}"));
    println!("{sums:?}");
    assert!(sums.failures.count_ones() > 10 && sums.quiet > 200, "the frames reach too little: {sums:?}");
}

#[test]
fn i11_the_same_seed_gives_the_same_trace() {
    for seed in 0..200 {
        let [first, second] = [(); 2].map(|()| pair::Schedule::of_seed(seed).run());
        assert_eq!(first, second, "seed {seed}");
    }
    assert_ne!(pair::Schedule::of_seed(0).run().trace, pair::Schedule::of_seed(1).run().trace);
}

/// What a schedule may do is decided by its operations alone, so any part of it is a schedule, too.
#[test]
fn a_schedule_with_operations_left_out_runs() {
    for seed in 0..100 {
        let whole = pair::Schedule::of_seed(seed);
        for step in 2..6 {
            let ops: Vec<Op> = whole.ops().iter().copied().step_by(step).collect();
            let _ = whole.with_ops(&ops).run();
        }
    }
}

/// Runs a schedule that once failed, some of them in an endless loop.
fn replay(setup: Setup, ops: Vec<Op>) {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(pair::Schedule { setup, ops }.run()));
    ended
        .recv_timeout(Duration::from_secs(60))
        .expect("an invariant does not hold, or there is an endless loop");
}

/// `setup` with one port, asked for by end 0 and accepted, and then `ops`.
fn with_port(setup: Setup, ops: &[Op]) {
    let mut all = vec![Run { ms: 100 }, Do { end: 0, command: Open }, Run { ms: 100 }];
    all.push(Do { end: 1, command: Accept { request: 0 } });
    all.push(Run { ms: 100 });
    all.extend(ops);
    replay(setup, all);
}

const SEND: fn(u32) -> Op = |len| Do { end: 0, command: Send { port: 0, len } };

/// A window of two chunks was filled by less than is acknowledged by itself, and stayed full.
#[test]
fn a_window_of_tiny_chunks_is_not_smaller_than_what_is_acknowledged() {
    let reader = Sizes { chunk: 5, window: 97, ..Sizes::TINY };
    let sender = Sizes { send_chunk: 41, window: 62, ..Sizes::TINY };
    let slow = Carrier { bytes_per_ms: 1, buffer_bytes: 29, ..Carrier::INSTANT };
    let less_slow = Carrier { bytes_per_ms: 10, buffer_bytes: 96, ..Carrier::INSTANT };
    let setup = Setup { ends: [reader, sender], carriers: [less_slow, slow], acks: true };
    let ops = vec![
        Run { ms: 1_425 },
        Do { end: 1, command: Open },
        Run { ms: 19 },
        Do { end: 1, command: Send { port: 0, len: 62 } },
        Do { end: 0, command: Accept { request: 0 } },
    ];
    replay(setup, ops);
}

/// The bytes that a peer acknowledges only along with something else were waited for.
#[test]
fn measuring_the_path_anew_does_not_wait_for_bytes_that_nobody_acknowledges() {
    let reader = Sizes { features: Features::Pool, chunk: 14, send_chunk: 4, window: 42, ..Sizes::TINY };
    let sender = Sizes { features: Features::Nothing, send_chunk: 64, window: 32, ..Sizes::TINY };
    let ends = [reader, Sizes { chunk: 36, connect_queue: 1, send_queue: 126, budget: 1_000, ..sender }];
    let quick = Carrier { bytes_per_ms: 50, buffer_bytes: 10, ..Carrier::INSTANT };
    let late = Carrier { buffer_bytes: 26, ..Carrier::LATE };
    let ops = vec![
        Do { end: 0, command: ReadNothing },
        Run { ms: 13 },
        Do { end: 0, command: Open },
        Run { ms: 383 },
        Do { end: 1, command: Open },
        Do { end: 1, command: Accept { request: 0 } },
        Do { end: 1, command: Send { port: 1, len: 35 } },
        Run { ms: 1_733 },
        Do { end: 1, command: Send { port: 1, len: 46 } },
        Run { ms: 1_722 },
        Run { ms: 660 },
        Do { end: 1, command: CloseReceive { port: 0 } },
        Run { ms: 1_790 },
        Do { end: 0, command: Accept { request: 0 } },
        Do { end: 0, command: Open },
        Run { ms: 1_332 },
        Run { ms: 1_612 },
        Run { ms: 1_324 },
    ];
    replay(Setup { ends, carriers: [late, quick], acks: true }, ops);
}

/// What the application consumed after it had finished receiving was refused, when it had been paid from the pool.
#[test]
fn what_was_paid_from_the_pool_may_be_consumed_after_receiving_was_finished() {
    let pool = Sizes { features: Features::Pool, ..Sizes::TINY };
    let ends = [Sizes { features: Features::Nothing, ..Sizes::TINY }, pool];
    let unread = Do { end: 1, command: ReadNothing };
    let ops = [unread, SEND(40), Run { ms: 100 }, Do { end: 1, command: Drop { port: 0 } }];
    with_port(Setup { ends, ..Setup::TINY }, &ops);
}

/// The end of sending stayed queued when Goodbye dropped the message before it: a cut stream looked whole.
#[test]
fn the_end_of_a_stream_that_goodbye_cuts_is_not_told() {
    let setup = Setup { carriers: [Carrier::LATE; 2], ..Setup::TINY };
    let ops = [
        Do { end: 1, command: ReadNothing },
        SEND(50),
        Do { end: 0, command: FinishSend { port: 0 } },
        Run { ms: 100 },
        Do { end: 1, command: Close },
        Do { end: 1, command: ReadAll },
    ];
    with_port(setup, &ops);
}

/// As above, when sending is ended after the message was dropped.
#[test]
fn the_end_of_a_stream_that_closing_cut_is_not_told_later() {
    let closed = Do { end: 0, command: Close };
    let ops = [SEND(8), SEND(50), closed, Do { end: 0, command: FinishSend { port: 0 } }];
    with_port(Setup { carriers: [Carrier::LATE; 2], ..Setup::TINY }, &ops);
}

/// It moved to a class that had been asked already, and the transport was told that there is nothing to send.
#[test]
fn a_port_that_becomes_urgent_while_it_waits_is_not_overlooked() {
    let urgent = Do { end: 0, command: Prioritize { port: 0, urgency: 0, incremental: false } };
    with_port(Setup::TINY, &[SEND(15), urgent, Flush { end: 0, messages: 9 }]);
}

/// It left its class as the one whose message goes first, and the others waited for it in an endless loop.
#[test]
fn a_port_that_becomes_urgent_within_its_message_lets_the_others_go_on() {
    let one_by_one = |port| Do { end: 0, command: Prioritize { port, urgency: 3, incremental: false } };
    let ops = [
        Do { end: 0, command: Open },
        Run { ms: 1 },
        Do { end: 1, command: Accept { request: 0 } },
        Run { ms: 1 },
        one_by_one(0),
        one_by_one(1),
        SEND(15),
        Do { end: 0, command: Send { port: 1, len: 15 } },
        Flush { end: 0, messages: 1 },
        Do { end: 0, command: Prioritize { port: 0, urgency: 0, incremental: false } },
        Do { end: 0, command: Prioritize { port: 0, urgency: 0, incremental: true } },
    ];
    with_port(Setup::TINY, &ops);
}

/// Requests were made in place of refused ones whose ends had not left, more than the other end had room for.
#[test]
fn an_honest_end_whose_early_ports_are_refused_is_never_one_too_many() {
    let asker = Sizes { features: Features::Pool, chunk: 14, send_chunk: 8, window: 103, ..Sizes::TINY };
    let refuser = Sizes { features: Features::All, chunk: 53, send_chunk: 61, window: 78, ..Sizes::TINY };
    let ends = [
        Sizes { connect_queue: 5, ports: 14, send_queue: 1, ..asker },
        Sizes { connect_queue: 3, ports: 1, send_queue: 112, ..refuser },
    ];
    let slow = Carrier { latency_ms: 1, bytes_per_ms: 1, buffer_bytes: 19 };
    let quick = Carrier { latency_ms: 0, bytes_per_ms: 0, buffer_bytes: 91 };
    let open = |end| Do { end, command: Open };
    let ops = vec![
        Run { ms: 506 },
        open(1),
        Run { ms: 0 },
        open(0),
        open(0),
        open(0),
        open(0),
        Do { end: 0, command: Accept { request: 0 } },
        open(0),
    ];
    replay(Setup { ends, carriers: [slow, quick], acks: false }, ops);
}
