//! Credits of the whole connection, of remoc 0.19 and 0.20, in both directions. Frames as in PROTOCOL.md section 3.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Capabilities, Config, Error, Generation};
use support::pair::Pair;
use support::scripted::{Scripted, hello};
use support::{hex, sized};

/// A Hello of 31 bytes with a pool.
fn hello_with_pool(chunk: u32, window: u32, pool: u32) -> String {
    let pool: String = pool.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{pool}00", hello(3, chunk, window, 16))
}

/// Announces a pool of `pool` bytes.
fn announcing(pool: u32) -> Config {
    let capabilities = Capabilities { global_credits: Some(pool), ..Capabilities::classic(3) };
    Config { generation: Generation::V19, capabilities, ..sized(64, 64) }
}

#[test]
fn the_pool_of_the_peer_is_used_when_the_credits_of_the_port_are() {
    let (mut s, key) = Scripted::with_port_to(sized(64, 64), &hello_with_pool(64, 80, 128));
    s.end.send(key, &[0x61; 300]).unwrap();
    let a = |count| "61".repeat(count);
    s.sends(&[
        &format!("07 07000000 01 | {}", a(64)),
        &format!("07 07000000 08 30000000 | {}", a(64)),
        &format!("07 07000000 04 | {}", a(64)),
        &format!("07 07000000 04 | {}", a(16)),
    ]);
    s.takes("09 01000000 08000000").sends(&[&format!("07 07000000 00 | {}", a(8))]);
    s.takes("10 64000000 05");
    s.sends(&[
        "11 64000000 64000000 05",
        &format!("07 07000000 04 | {}", a(64)),
        &format!("07 07000000 06 | {}", a(20)),
    ]);
    s.takes("10 00000000 05").sends(&["11 10000000 10000000 05"]);
    s.lives();
}

#[test]
fn a_port_for_which_the_peer_forbids_it_does_not_use_the_pool() {
    let (mut s, key) = Scripted::with_port_to(sized(64, 64), &hello_with_pool(64, 8, 128));
    s.takes("12 01000000");
    s.end.send(key, b"0123456789").unwrap();
    s.sends(&["07 07000000 01 | 3031323334353637"]).sends(&[]);
    s.takes("13 01000000").sends(&["07 07000000 06 | 3839"]);
    s.takes("12 63000000").takes("13 63000000").sends(&[]);
    s.lives();
}

#[test]
fn c02_a_pool_never_wraps() {
    let mut s = Scripted::met(sized(64, 64), &hello_with_pool(64, 8, u32::MAX));
    s.takes("10 01000000 00");
    s.failed(Error::CreditOverflow { port: 0 });
}

#[test]
fn f23_a_report_with_any_numbers_gives_the_peer_nothing() {
    let (mut s, _) = Scripted::with_port(announcing(64));
    s.end.reads = false;
    s.takes(&format!("07 01000000 05 | {}", "78".repeat(64))).sends(&["12 07000000"]);
    for report in ["11 ffffffff 00000000 00", "11 00000000 ffffffff 63", "11 ffffffff ffffffff 00"] {
        s.takes(report).sends(&[]);
    }
    s.takes("07 01000000 04 | 78");
    s.failed(Error::GlobalCredits { port: 1 });
}

#[test]
fn f24_inhibit_and_allow_without_end_keep_one_switch() {
    let (mut s, key) = Scripted::with_port_to(sized(64, 64), &hello_with_pool(64, 8, 128));
    for _ in 0..100_000 {
        for frame in ["12 01000000", "13 01000000", "12 63000000", "13 63000000", "12 01000000"] {
            s.end.frame(&hex::frame(frame), 0.0);
        }
        assert!(s.end.events().is_empty());
    }
    s.end.send(key, b"0123456789").unwrap();
    s.sends(&["07 07000000 01 | 3031323334353637"]).sends(&[]);
    s.takes("13 01000000").sends(&["07 07000000 06 | 3839"]);
    s.lives();
}

#[test]
fn credits_for_a_pool_that_the_peer_did_not_announce_are_ignored() {
    let (mut s, key) =
        Scripted::with_port_to(sized(64, 64), &format!("{}{}", hello_with_pool(64, 4, 0), "00".repeat(9)));
    s.takes("10 40000000 00");
    s.end.send(key, b"01234567").unwrap();
    s.sends(&["07 07000000 01 | 30313233"]);
    s.lives();
}

#[test]
fn our_pool_is_returned_as_it_is_consumed_and_unread_ports_must_spare_it() {
    let (mut s, key) = Scripted::with_port_to(announcing(128), &hello_with_pool(64, 64, 0));
    s.end.reads = false;
    let x = |count| "78".repeat(count);
    s.takes(&format!("07 01000000 01 | {}", x(20))).sends(&[]);
    s.takes(&format!("07 01000000 04 | {}", x(64))).sends(&["12 07000000"]);
    s.takes(&format!("07 01000000 0a 20000000 | {}", x(64))).sends(&[]);
    s.end.read(key);
    s.sends(&["13 07000000", "10 60000000 00", "09 07000000 34000000"]);
    s.takes("11 80000000 00000000 00").sends(&[]);
    s.lives();
}

#[test]
fn c01_one_byte_beyond_our_pool_fails() {
    let (mut s, _) = Scripted::with_port(announcing(64));
    s.end.reads = false;
    s.takes(&format!("07 01000000 04 | {}", "78".repeat(64)));
    assert_eq!(s.end.outcome, None);
    s.takes("07 01000000 04 | 78");
    s.failed(Error::GlobalCredits { port: 1 });
    let (mut s, _) = Scripted::with_port(announcing(64));
    s.takes("07 01000000 08 09000000 | 7878787878787878");
    s.failed(Error::GlobalCredits { port: 1 });
}

#[test]
fn f12_with_both_flags_the_pool_pays_all_and_a_split_may_be_nothing_but_no_more_than_the_chunk() {
    let x = |count| "78".repeat(count);
    let (mut s, _) = Scripted::with_port(announcing(64));
    s.end.reads = false;
    s.takes(&format!("07 01000000 0f | {}", x(8))).takes(&format!("07 01000000 07 | {}", x(56)));
    assert_eq!(s.end.outcome, None);
    s.takes("07 01000000 07 | 78");
    s.failed(Error::GlobalCredits { port: 1 });

    let (mut s, key) = Scripted::with_port(announcing(64));
    s.takes("07 01000000 0b 00000000 | 7878").takes(&format!("07 01000000 07 | {}", x(64)));
    assert_eq!(s.end.messages(key).len(), 2);
    s.lives();

    let (mut s, _) = Scripted::with_port(announcing(64));
    s.takes("07 01000000 0b 03000000 | 7878");
    s.failed(Error::GlobalCredits { port: 1 });
}

#[test]
fn what_was_paid_from_our_pool_returns_when_its_port_ends_unread() {
    let (mut s, key) = Scripted::with_port(announcing(64));
    s.end.reads = false;
    s.takes(&format!("07 01000000 07 | {}", "78".repeat(40)));
    s.end.command(|mux| mux.finish_receive(key)).unwrap();
    s.frames();
    s.takes(&format!("07 01000000 07 | {}", "78".repeat(24)));
    let (mut s, key) = Scripted::with_port(announcing(64));
    s.end.reads = false;
    s.takes(&format!("07 01000000 07 | {}", "78".repeat(40)));
    s.frames();
    s.end.command(|mux| mux.finish_receive(key)).unwrap();
    s.sends(&["0c 07000000", "10 28000000 00"]);
    // What still comes on it returns at once.
    s.takes(&format!("07 01000000 07 | {}", "78".repeat(40))).sends(&["10 28000000 00"]);
    s.lives();
}

#[test]
fn two_ends_with_pools_lose_no_credit() {
    let mut pair = Pair::alike(announcing(256));
    let ports: Vec<_> = (0..4).map(|_| pair.open()).collect();
    for round in 0..50 {
        for (a, b) in &ports {
            pair.a().send(*a, &vec![1; 37 * (round % 9)]).unwrap();
            pair.b().send(*b, &vec![2; 53 * (round % 7)]).unwrap();
        }
        pair.settle();
    }
    for (a, b) in &ports {
        assert_eq!(pair.a().messages(*a).len(), 50);
        assert_eq!(pair.b().messages(*b).len(), 50);
    }
    pair.finish();
}

#[test]
fn a_peer_with_the_hello_of_0_18_that_uses_our_pool_answers_for_it() {
    let short = Config { generation: Generation::V18, ..sized(64, 64) };
    let mut pair = Pair::of(announcing(256), short);
    let (a, b) = pair.open();
    for _ in 0..20 {
        pair.b().send(b, &[7; 200]).unwrap();
        pair.settle();
    }
    assert_eq!(pair.a().messages(a).len(), 20);
    pair.finish();
}
