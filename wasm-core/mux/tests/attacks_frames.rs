//! Attack cases of group F: malformed frames. Named by case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Error, Event, Fault, WireError};
use support::scripted::{HELLO, Scripted, busy, hello};
use support::{hex, sized, tiny};

#[track_caller]
fn fails(frame: &str, error: Error) {
    let (mut s, _) = busy();
    s.takes(frame);
    assert_eq!(error.fault(), Fault::Peer);
    s.failed(error);
}

#[track_caller]
fn tolerated(frame: &str) {
    let (mut s, _) = busy();
    s.takes(frame);
    s.lives();
}

fn unknown(message: u8, port: u32) -> Error {
    Error::UnknownPort { message, port }
}

fn wrong(message: u8, port: u32) -> Error {
    Error::WrongState { message, port }
}

#[test]
fn f00_every_message_cut_at_every_length_fails_or_lacks_only_its_flags() {
    let legal = [
        "04 0a000000 03 0a000000",
        "05 02000000 08000000",
        "06 02000000 00",
        "08 01000000 0f 0a000000 0a000000",
        "09 01000000 01000000",
        "0a 01000000",
        "0b 01000000",
        "0c 01000000",
    ];
    for frame in legal {
        let bytes = hex::bytes(frame);
        for len in 1..bytes.len() {
            let (mut s, _) = busy();
            s.takes_bytes(&bytes[..len]);
            // A list cut to its head has no ports; one cut inside a bare number has fewer.
            let bare = bytes[0] == 8 && (6..10).contains(&len);
            let expected = if bare {
                Error::EmptyPortList { port: 1 }
            } else {
                Error::Wire(WireError::Truncated(bytes[0]))
            };
            s.failed(expected);
        }
        for extra in 1..=64 {
            let (mut s, _) = busy();
            if bytes[0] != 8 {
                s.takes_bytes(&[&bytes[..], &vec![0xfe; extra]].concat());
            }
            assert_eq!(s.end.outcome, None, "{frame} and {extra} bytes");
            s.lives();
        }
    }
}

#[test]
fn f00_a_data_header_cut_at_every_length_fails_and_a_longer_one_is_taken() {
    let bytes = hex::bytes("07 01000000 03");
    for len in 1..bytes.len() {
        let (mut s, _) = busy();
        s.takes_bytes(&bytes[..len]);
        s.failed(Error::Wire(WireError::Truncated(7)));
    }
    for extra in 1..=64 {
        let (mut s, key) = busy();
        s.takes_bytes(&[&bytes[..], &vec![0xfe; extra]].concat()).takes_bytes(b"hi");
        assert_eq!(s.end.messages(key), [b"hi"]);
        s.lives();
    }
}

#[test]
fn f00_a_frame_longer_than_any_header_fails_whatever_it_is() {
    let limit = tiny().max_header();
    let (mut s, _) = busy();
    s.takes_bytes(&vec![3; limit as usize]);
    s.lives();
    let (mut s, _) = busy();
    s.takes_bytes(&vec![3; limit as usize + 1]);
    s.failed(Error::FrameTooLong { size: limit + 1, limit });
}

#[test]
fn f01_an_empty_frame_fails() {
    fails("", Error::Wire(WireError::Empty));
}

#[test]
fn f02_unknown_ids_fail_and_extensions_come_only_from_peers_that_know_them() {
    let body = "01000000 01000000 00";
    for id in (0..1).chain(25..=255u8) {
        fails(&format!("{id:02x} {body}"), Error::Wire(WireError::UnknownId(id)));
    }
    let generations =
        [(HELLO.to_string(), 15), (format!("{HELLO}0000010001"), 21), (format!("{HELLO}000001000101"), 24)];
    for (hello, newest) in generations {
        for id in 16..=24u8 {
            let (mut s, _) = Scripted::with_port_to(tiny(), &hello);
            s.takes(&format!("{id:02x} {body}"));
            if id <= newest { s.lives() } else { s.failed(Error::Wire(WireError::UnknownId(id))) }
        }
    }
}

#[test]
fn f03_a_million_pings_cost_nothing_and_are_not_answered() {
    let (mut s, key) = busy();
    for _ in 0..1_000_000 {
        s.takes_bytes(&[3]);
    }
    s.sends(&[]).emits(&[]);
    s.end.send(key, b"alive").unwrap();
    s.sends(&["07 07000000 03 | 616c697665"]);
    s.lives();
}

#[test]
fn f04_requests_with_a_number_in_use_or_without_the_id_they_promise_fail() {
    fails("04 09000000 03 09000000", Error::DuplicateRequest { port: 9 });
    fails("04 09000000 01", Error::DuplicateRequest { port: 9 });
    fails("04 0a000000 03", Error::Wire(WireError::Truncated(4)));
    tolerated("04 0a000000 f9");
    fails("08 01000000 0f 09000000 09000000", Error::DuplicateRequest { port: 9 });
    let (mut s, _) = Scripted::with_port(sized(64, 64));
    s.takes("08 01000000 0f 0a000000 0a000000 0a000000 0a000000");
    s.failed(Error::DuplicateRequest { port: 10 });
    // After the answer it may be asked again.
    let (mut s, _) = busy();
    s.end.mux.reject(9, false).unwrap();
    s.takes("04 09000000 03 09000000");
    s.lives();
}

#[test]
fn f05_answers_to_what_was_not_asked_fail_by_name() {
    for (id, tail) in [(5, "07000000"), (6, "00")] {
        fails(&format!("{id:02x} 63000000 {tail}"), unknown(id, 99));
        fails(&format!("{id:02x} 00000000 {tail}"), unknown(id, 0));
        fails(&format!("{id:02x} ffffffff {tail}"), unknown(id, u32::MAX));
        fails(&format!("{id:02x} 01000000 {tail}"), wrong(id, 1));
        let (mut s, _) = busy();
        s.takes("06 02000000 00").takes(&format!("{id:02x} 02000000 {tail}"));
        s.failed(unknown(id, 2));
        let (mut s, _) = busy();
        s.end.mux.reserve().unwrap();
        s.takes(&format!("{id:02x} 03000000 {tail}"));
        s.failed(wrong(id, 3));
    }
}

#[test]
fn f05_a_request_that_has_not_left_cannot_be_answered() {
    let mut s = Scripted::met(tiny(), &hello(3, 8, 16, 1));
    s.end.open();
    s.end.open();
    s.frames();
    s.takes("05 02000000 07000000");
    s.failed(wrong(5, 2));
}

#[test]
fn f06_two_ports_with_the_same_number_at_the_peer_stay_two() {
    let (mut s, first) = Scripted::with_port(tiny());
    let second = s.end.open();
    s.frames();
    s.takes("05 02000000 07000000");
    s.takes("07 01000000 03 | 61").takes("07 02000000 03 | 62");
    assert_eq!(s.end.messages(first), [b"a"]);
    assert_eq!(s.end.messages(second), [b"b"]);
    s.lives();
}

#[test]
fn f08_a_chunk_larger_than_announced_fails() {
    fails("07 01000000 03 | 010203040506070809", Error::ChunkTooLarge { port: 1, size: 9, limit: 8 });
    tolerated("07 01000000 03 | 0102030405060708");
    let list = format!("08 01000000 03 {}", "0a0000000b0000000c000000");
    fails(&list, Error::ChunkTooLarge { port: 1, size: 12, limit: 8 });
}

#[test]
fn f08_chunks_that_were_agreed_upon_are_the_limit_then_and_not_that_of_lists() {
    let agreed = |frame: &str| {
        let (mut s, _) = busy();
        s.end.mux.use_chunks(10, 8);
        s.takes(frame);
        s
    };
    agreed("07 01000000 03 | 0102030405060708090a").lives();
    agreed("07 01000000 03 | 0102030405060708090a0b").failed(Error::ChunkTooLarge {
        port: 1,
        size: 11,
        limit: 10,
    });
    let list = format!("08 01000000 03 {}", "0a0000000b0000000c000000");
    agreed(&list).failed(Error::ChunkTooLarge { port: 1, size: 12, limit: 8 });
}

#[test]
fn f09_an_empty_payload_is_an_empty_message_and_costs_one_credit() {
    let (mut s, key) = busy();
    s.end.reads = false;
    s.takes("07 01000000 03 |");
    assert_eq!(s.end.messages(key), [b""]);
    assert_eq!(s.end.mux.credits(key).unwrap(), [65_536, 1, 0]);
    s.takes("07 01000000 01 |").takes("07 01000000 00 |").takes("07 01000000 02 | 61");
    assert_eq!(s.end.messages(key), [b"a"], "empty chunks inside a message are accepted");
    s.lives();
}

#[test]
fn f10_data_for_ports_that_take_none_fails_by_name() {
    let data = |number: &str| format!("07 {number} 03");
    fails(&data("63000000"), unknown(7, 99));
    fails(&data("02000000"), wrong(7, 2));
    fails("07 01000000 13", unknown(7, 1));
    fails("08 63000000 03 0a000000", unknown(8, 99));
    fails("08 02000000 03 0a000000", wrong(8, 2));
    let (mut s, _) = busy();
    s.takes("0a 01000000").takes("07 01000000 03 | 61");
    s.failed(wrong(7, 1));
    let (mut s, _) = busy();
    s.takes("0a 01000000").takes("08 01000000 03 0a000000");
    s.failed(wrong(8, 1));
    let (mut s, key) = busy();
    s.end.finish(key);
    s.frames();
    s.takes("0a 01000000").takes("0c 01000000").takes("07 01000000 03");
    s.failed(unknown(7, 1));
}

#[test]
fn f12_chunks_paid_from_a_pool_that_was_never_granted_fail() {
    for header in ["07 01000000 07", "07 01000000 0f", "07 01000000 0b 01000000", "07 01000000 0b 00000000"] {
        fails(header, Error::GlobalCredits { port: 1 });
    }
    fails("07 01000000 0b", Error::Wire(WireError::Truncated(7)));
}

#[test]
fn f15_an_empty_list_fails() {
    fails("08 01000000 0f", Error::EmptyPortList { port: 1 });
    fails("08 01000000 03 010203", Error::EmptyPortList { port: 1 });
}

#[test]
fn f17_credits_of_nothing_and_for_ports_that_are_gone_are_tolerated() {
    tolerated("09 01000000 00000000");
    tolerated("09 63000000 01000000");
    tolerated("09 02000000 01000000");
    let (mut s, key) = busy();
    s.end.finish(key);
    s.frames();
    s.takes("0a 01000000").takes("09 01000000 01000000").takes("0c 01000000").takes("09 01000000 ffffffff");
    s.lives();
    fails("09 01000000 ffffffff", Error::CreditOverflow { port: 1 });
}

#[test]
fn f18_send_finish_for_an_unknown_port_or_twice_fails() {
    fails("0a 63000000", unknown(10, 99));
    fails("0a 02000000", wrong(10, 2));
    let (mut s, key) = busy();
    s.takes("0a 01000000").emits(&[Event::SendFinished { key }]).takes("0a 01000000");
    s.failed(wrong(10, 1));
}

#[test]
fn f19_receive_close_twice_or_late_fails_and_receive_finish_twice_is_tolerated() {
    fails("0b 63000000", unknown(11, 99));
    fails("0c 63000000", unknown(12, 99));
    for first in ["0b 01000000", "0c 01000000"] {
        let (mut s, _) = busy();
        s.takes(first).takes("0b 01000000");
        s.failed(wrong(11, 1));
    }
    let (mut s, key) = busy();
    s.takes("0b 01000000").takes("0c 01000000").takes("0c 01000000");
    s.end.finish(key);
    s.frames();
    s.takes("0a 01000000").takes("0c 01000000");
    s.failed(unknown(12, 1));
}

#[test]
fn f20_finishes_of_client_and_listener_may_repeat_and_requests_may_follow() {
    let (mut s, _) = busy();
    s.takes("0d").takes("0d").takes("0e").takes("0e").takes("04 0a000000 03 0a000000");
    let last = s.end.events().pop().unwrap();
    assert_eq!(last, Event::Request { peer_port: 10, id: 10, list: None, key: None });
    s.lives();
}
