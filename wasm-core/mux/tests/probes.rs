//! A peer that does not acknowledge by itself is asked: credits of nothing, answered by a report.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Capabilities, Config, Error, Generation, Key};
use support::scripted::{Scripted, hello};

const INITIAL: usize = 65_536;
const CHUNK: usize = 16_384;
/// Announces a pool of nothing, as this end does.
const POOL: &str = "0000000000";

fn config() -> Config {
    Config { generation: Generation::V20, capabilities: Capabilities::from_bits(0), ..Config::default() }
}

/// An end that asks if it may, with a port to a peer that grants much and whose Hello ends as said. Much is to be sent.
fn asking(config: Config, hello_end: &str) -> (Scripted, Key) {
    let hello = format!("{}{hello_end}", hello(3, CHUNK as u32, 1 << 30, 16));
    let (mut s, key) = Scripted::with_port_to(config, &hello);
    s.end.mux.use_probes();
    s.end.send(key, &vec![0; 4_000_000]).unwrap();
    (s, key)
}

/// What is sent now: payload bytes and the numbers of questions.
fn sent(s: &mut Scripted) -> (usize, Vec<u8>) {
    let mut bytes = 0;
    let mut asked = Vec::new();
    for frame in s.end.transmit(10_000, s.now) {
        bytes += frame.payload.as_ref().map_or(0, Vec::len);
        if let [16, 0, 0, 0, 0, number] = frame.header[..] {
            asked.push(number);
        }
    }
    (bytes, asked)
}

fn answer(s: &mut Scripted, number: u8) {
    s.takes(&format!("11 00000000 00000000 {number:02x}"));
}

#[test]
fn a_full_window_waits_for_an_answer_which_stands_for_those_before() {
    let (mut s, _) = asking(config(), POOL);
    assert_eq!(sent(&mut s), (INITIAL, vec![1]), "behind a quarter of it, and no second one so soon");
    assert_eq!(s.at(19.0).end.transmit(10, 19.0), []);
    answer(&mut s, 1);
    assert_eq!(
        sent(&mut s),
        (INITIAL + CHUNK, vec![2]),
        "a chunk has arrived, and nothing queued: twice the window, and a question as it is full and none is unanswered"
    );
    assert_eq!(sent(s.at(40.0)), (0, vec![]));
    answer(&mut s, 2);
    assert!(sent(&mut s).0 >= INITIAL, "everything has arrived");
    s.lives();
}

#[test]
fn a_peer_that_never_answers_gets_all_the_same_by_time_and_few_questions() {
    let (mut s, _) = asking(config(), POOL);
    let (mut bytes, mut asked) = sent(&mut s);
    while let Some(at) = s.end.mux.poll_deadline().filter(|_| bytes < 4_000_000) {
        assert!(at <= 1_000.0, "it waits for longer than a second, with {bytes} bytes sent");
        let more = sent(s.at(at));
        bytes += more.0;
        asked.extend(more.1);
    }
    assert_eq!(bytes, 4_000_000);
    assert!(asked.len() < 64, "{}", asked.len());
    s.lives();
}

#[test]
fn c13_answers_to_what_was_never_asked_open_nothing() {
    let (mut s, _) = asking(config(), POOL);
    sent(&mut s);
    for number in (0..=255).filter(|number| *number != 1) {
        answer(&mut s, number);
    }
    assert_eq!(sent(&mut s), (0, vec![]));
    answer(&mut s, 1);
    answer(&mut s, 1);
    assert_eq!(sent(&mut s), (CHUNK, vec![2]));
    s.lives();
}

#[test]
fn who_cannot_answer_or_was_not_told_of_a_pool_is_not_asked() {
    let silent = Config { capabilities: Capabilities::classic(3), ..config() };
    let without_pool = "00000000 01 01 01 01 01 01 01 01 01 00";
    for (config, hello_end) in [(config(), ""), (config(), without_pool), (silent, POOL)] {
        let (mut s, _) = asking(config, hello_end);
        assert_eq!(sent(&mut s), (4_000_000, vec![]));
        s.lives();
    }
}

#[test]
fn nothing_is_asked_on_a_connection_that_is_idle() {
    let (mut s, key) = asking(config(), POOL);
    s.end.cancel_last(key);
    s.end.send(key, b"few bytes").unwrap();
    assert_eq!(sent(&mut s), (9, vec![]));
    for second in 1..20 {
        assert_eq!(sent(s.at(f64::from(second) * 1_000.0)), (0, vec![]));
    }
    s.lives();
}

#[test]
fn c13_where_both_ends_acknowledge_a_report_says_nothing() {
    let hello = format!("{}{POOL}", hello(3, CHUNK as u32, 1 << 30, 16));
    let (mut s, key) = Scripted::with_port_to(config(), &hello);
    s.end.mux.use_acks();
    s.end.send(key, &vec![0; 4_000_000]).unwrap();
    assert!(sent(&mut s).0 >= INITIAL);
    for number in 0..=255 {
        answer(&mut s, number);
    }
    assert_eq!(sent(&mut s), (0, vec![]));
    s.lives();
}

/// An idle end with this timeout, which has been quiet for a second.
fn idle(timeout_ms: u64, hello_end: &str) -> Scripted {
    let hello = format!("{}{hello_end}", hello(3, CHUNK as u32, 1 << 30, 16));
    let mut s = Scripted::met(Config { timeout_ms, ..config() }, &hello);
    s.at(1_000.0).sends(&[]);
    s
}

#[test]
fn b08_a_probe_is_a_question_and_without_an_answer_the_connection_fails() {
    for timeout_ms in [0, 60_000] {
        let mut s = idle(timeout_ms, POOL);
        s.end.mux.probe(3_000.0, s.now);
        s.sends(&["10 00000000 00"]).sends(&[]);
        s.at(3_999.0).emits(&[]);
        s.at(4_000.0);
        s.failed(Error::ReceiveTimeout);
    }
}

#[test]
fn b08_whatever_comes_answers_a_probe() {
    for timeout_ms in [0, 60_000] {
        for answer in ["11 00000000 00000000 00", "03"] {
            let mut s = idle(timeout_ms, POOL);
            s.end.mux.probe(3_000.0, s.now);
            s.at(3_999.0).takes(answer).at(30_000.0);
            s.lives();
        }
    }
}

#[test]
fn b08_a_probe_puts_nothing_off_and_one_that_was_overslept_gets_a_second_chance() {
    let mut s = idle(2_000, POOL);
    s.end.mux.probe(3_000.0, s.now);
    s.at(300_000.0).emits(&[]);
    s.at(305_000.0);
    s.failed(Error::ReceiveTimeout);
}

#[test]
fn b08_a_peer_that_answers_nothing_is_sent_a_ping_and_judged_as_ever() {
    let mut s = idle(60_000, "");
    s.end.mux.probe(3_000.0, s.now);
    s.sends(&["03"]).sends(&[]);
    s.at(59_999.0).emits(&[]);
    s.at(60_000.0);
    s.failed(Error::ReceiveTimeout);
}

#[test]
fn b08_a_probe_before_hello_changes_nothing() {
    let mut s = Scripted::fresh(config());
    s.frames();
    s.end.mux.probe(1.0, s.now);
    s.sends(&[]).at(9_999.0).emits(&[]);
    s.lives();
}
