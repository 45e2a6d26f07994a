//! Attack cases of group H: what comes before the handshake and what a Hello announces. Named by case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{
    ChunkUse, Config, ConfigError, Error, Event, Fault, Generation, HelloField, Mux, WireError,
};
use support::pair::Pair;
use support::rng::Rng;
use support::scripted::{HELLO, Scripted, hello, hello_timed};
use support::{hex, sized, tiny};

/// Feeds the same frame until the end gives up; how many it took.
fn frames_until_failure(frame: &[u8]) -> (usize, Error) {
    let mut s = Scripted::fresh(tiny());
    for count in 1..1_000 {
        s.takes_bytes(frame);
        if let Some(Event::Failed(error)) = s.end.outcome {
            s.end.check_nothing_left(0.0);
            return (count, error);
        }
    }
    panic!("never gave up");
}

#[test]
fn h01_what_is_no_remoc_is_given_up_after_16_frames() {
    let tls = hex::bytes("1603010200010001fc0303");
    for frame in [&b"{\"jsonrpc\":\"2.0\"}"[..], b"HTTP/1.1 400 Bad Request", &tls, b"\x00", b"\xff\xff", b""]
    {
        let (count, error) = frames_until_failure(frame);
        assert_eq!(count, 17);
        assert_eq!(error, Error::NotRemoc { frames: 17, bytes: 17 * frame.len() as u32 });
        assert_eq!(error.fault(), Fault::Incompatible);
    }
}

#[test]
fn h01_what_is_no_remoc_is_given_up_after_4_kib() {
    assert_eq!(frames_until_failure(&[b'<'; 1_500]).0, 3);
    assert_eq!(frames_until_failure(&vec![b'<'; 1 << 20]).0, 1);
    assert_eq!(frames_until_failure(&[b'<'; 512]).0, 9);
}

#[test]
fn h01_random_frames_are_given_up_or_skipped() {
    let mut rng = Rng::new(1);
    for _ in 0..2_000 {
        let mut s = Scripted::fresh(tiny());
        for _ in 0..40 {
            let len = rng.below(60) as usize;
            let frame = rng.bytes(len);
            s.takes_bytes(&frame);
        }
        assert!(matches!(s.end.outcome, Some(Event::Failed(Error::NotRemoc { .. }))));
        s.end.check_nothing_left(0.0);
    }
}

#[test]
fn h01_a_hello_after_some_garbage_is_taken() {
    let mut s = Scripted::fresh(tiny());
    for frame in ["", "ff", "03", "0f", "04 01000000", "01", "01"] {
        s.takes(frame);
    }
    s.takes("07 01000000 03 | 02434d").takes(HELLO);
    let skipped = Event::Chunk { key: None, chunk: ChunkUse::Drop, last: false, len: 3 };
    s.emits(&[skipped, Event::Ready]).lives_on();
}

trait LivesOn {
    fn lives_on(&mut self);
}

impl LivesOn for Scripted {
    fn lives_on(&mut self) {
        self.frames();
        self.end.open();
        assert_eq!(self.frames().len(), 1);
    }
}

#[test]
fn h02_a_hello_with_one_wrong_magic_byte_is_skipped() {
    for at in 1..7 {
        for flip in [1, 0x20, 0x80] {
            let mut frame = hex::bytes(HELLO);
            frame[at] ^= flip;
            let mut s = Scripted::fresh(tiny());
            s.takes_bytes(&frame).emits(&[]).takes(HELLO).emits(&[Event::Ready]);
            assert_eq!(frames_until_failure(&frame).0, 17);
        }
    }
}

#[test]
fn h03_a_hello_cut_anywhere_is_skipped_or_taken_with_the_fields_it_has() {
    let full = "0243484d55580003f049020000000000008000000000020080000000010001010101000101010101";
    let frame = hex::bytes(full);
    for len in 0..=frame.len() {
        let mut s = Scripted::fresh(tiny());
        s.takes_bytes(&frame[..len]);
        let Some(peer) = s.end.mux.peer().copied() else {
            assert!(len < 26, "{len}");
            s.emits(&[]).takes(HELLO).emits(&[Event::Ready]);
            continue;
        };
        assert!(len >= 26);
        s.emits(&[Event::Ready]);
        let generation = match len {
            ..30 => Generation::V18,
            30..32 => Generation::V19,
            _ => Generation::V20,
        };
        assert_eq!(peer.hello.generation, generation, "{len}");
        assert_eq!(peer.hello.capabilities.varint, len >= 34);
        assert!(!peer.encoding.varint, "this end did not announce it");
        s.lives();
    }
    let mut s = Scripted::fresh(tiny());
    s.takes_bytes(&[frame, vec![0xee; 64]].concat()).emits(&[Event::Ready]);
    s.lives();
}

#[test]
fn h04_versions_0_and_1_are_refused_by_name() {
    for version in [0, 1] {
        let mut s = Scripted::fresh(tiny());
        s.takes(&hello(version, 8, 16, 16));
        s.failed(Error::InvalidHello(HelloField::Version, version.into()));
    }
}

#[test]
fn h04_ids_are_sent_to_version_3_only() {
    for (version, open, list) in [
        (2, "04 01000000 01", "08 07000000 07 02000000"),
        (3, "04 01000000 03 01000000", "08 07000000 0f 02000000 02000000"),
        (4, "04 01000000 01", "08 07000000 07 02000000"),
        (77, "04 01000000 01", "08 07000000 07 02000000"),
        (255, "04 01000000 01", "08 07000000 07 02000000"),
    ] {
        let mut s = Scripted::met(tiny(), &hello(version, 8, 16, 16));
        let key = s.end.open();
        s.sends(&[open]).takes("05 01000000 07000000");
        s.end.send_ports(key, 1);
        s.sends(&[list]);
        s.takes("04 30000000 01");
        assert_eq!(s.end.requests[0].id, 0x30, "without an id the number serves");
        s.lives();
    }
}

#[test]
fn h06_hello_or_reset_after_the_handshake_ends_the_connection() {
    let mut s = Scripted::new(tiny());
    s.takes(HELLO);
    s.failed(Error::SecondHello);
    let (mut s, _) = Scripted::with_port(tiny());
    s.takes("01");
    s.failed(Error::Reset);
}

#[test]
fn h07_what_comes_before_hello_never_reaches_a_port() {
    let mut s = Scripted::fresh(tiny());
    s.takes("04 09000000 03 09000000")
        .takes("09 01000000 ff000000")
        .takes("0a 01000000")
        .takes("0d")
        .takes("0e");
    s.takes("07 01000000 03 | 6869").takes("08 01000000 0f 09000000 09000000").takes("0f");
    let skipped = Event::Chunk { key: None, chunk: ChunkUse::Drop, last: false, len: 2 };
    s.emits(&[skipped]).takes(HELLO).emits(&[Event::Ready]);
    assert_eq!(s.end.mux.accept(9), Err(cuttle_mux::Misuse::NoSuchRequest));
    let key = s.end.open();
    assert_eq!(s.frames().len(), 3);
    s.takes("05 01000000 07000000");
    assert_eq!(s.end.mux.credits(key).unwrap()[0], 65_536);
    s.lives();
}

#[test]
fn h10_chunk_sizes_below_4_are_refused_by_name() {
    for chunk in 0..4 {
        let mut s = Scripted::fresh(tiny());
        s.takes(&hello(3, chunk, 16, 16));
        s.failed(Error::InvalidHello(HelloField::ChunkSize, chunk));
    }
}

#[test]
fn h10_a_large_message_arrives_in_the_smallest_chunks() {
    let wide = Config { port_receive_buffer: 2_000_000, ..sized(4, 0) };
    for chunk in [4, 9] {
        let mut pair = Pair::of(sized(1 << 20, 2_000_000), Config { chunk_size: chunk, ..wide });
        let (a, b) = pair.open();
        let message: Vec<u8> = (0..100_000).map(|n| n as u8).collect();
        pair.a().send(a, &message).unwrap();
        pair.settle();
        assert_eq!(pair.b().messages(b), [message]);
        let largest =
            pair.links[0].log.iter().filter_map(|(_, frame)| frame.payload.as_ref()).map(Vec::len).max();
        assert_eq!(largest, Some(chunk as usize));
        pair.finish();
    }
}

#[test]
fn h10_an_unlimited_chunk_size_of_the_peer_does_not_raise_our_own_limit() {
    let config = Config { max_send_chunk: 16_384, ..Config::default() };
    let (mut s, key) = Scripted::with_port_to(config, &hello(3, u32::MAX, u32::MAX, 16));
    s.end.send(key, &[0; 40_000]).unwrap();
    let sizes: Vec<usize> =
        s.end.transmit(10, 0.0).iter().map(|frame| frame.payload.as_ref().unwrap().len()).collect();
    assert_eq!(sizes, [16_384, 16_384, 7_232]);
    let ports = s.end.send_ports(key, 8_000);
    assert_eq!(ports.len(), 8_000);
    s.frames();
    s.lives();
}

#[test]
fn h12_windows_below_4_are_refused_by_name() {
    for window in 0..4 {
        let mut s = Scripted::fresh(tiny());
        s.takes(&hello(3, 8, window, 16));
        s.failed(Error::InvalidHello(HelloField::PortReceiveBuffer, window));
    }
}

#[test]
fn h12_messages_and_lists_of_three_ports_complete_over_the_smallest_windows() {
    for window in [4, 5, 7, 8] {
        let (mut pair, a, b) = Pair::with_port(sized(8, window));
        pair.a().send(a, b"longer than the window by far").unwrap();
        pair.a().send_ports(a, 3);
        pair.a().send(a, b"after").unwrap();
        pair.settle();
        assert_eq!(pair.b().received(b).len(), 3);
        assert_eq!(pair.b().requests.len(), 3);
        pair.check_credits(a, b, [window, window]);
        pair.finish();
    }
}

#[test]
fn h12_a_window_of_the_largest_size_takes_no_more_credits() {
    let (mut s, _) = Scripted::with_port_to(tiny(), &hello(3, 8, u32::MAX, 16));
    s.takes("09 01000000 00000000").emits(&[]);
    s.takes("09 01000000 01000000");
    s.failed(Error::CreditOverflow { port: 1 });
}

#[test]
fn h13_a_connect_queue_of_0_is_refused_by_name() {
    let mut s = Scripted::fresh(tiny());
    s.takes(&hello(3, 8, 16, 0));
    s.failed(Error::InvalidHello(HelloField::ConnectQueue, 0));
}

#[test]
fn h13_no_more_requests_are_unanswered_than_the_peer_allows() {
    for (queue, asked) in [(1, 3), (2, 5), (65_535, 100)] {
        let mut s = Scripted::met(tiny(), &hello(3, 8, 16, queue));
        for _ in 0..asked {
            s.end.open();
        }
        let mut left = 0;
        while left < asked {
            let frames = s.frames();
            assert_eq!(frames.len(), usize::from(queue).min(asked - left));
            for frame in frames {
                left += 1;
                s.takes(&format!("06 {} 00", &frame[2..10]));
            }
        }
        s.sends(&[]).lives_on();
    }
}

#[test]
fn h14_every_announced_timeout_is_accepted() {
    for timeout in [0, 1, 60_000, 1 << 31, 1 << 32, u64::MAX] {
        let s = Scripted::met(tiny(), &hello_timed(3, timeout, 8, 16, 16));
        assert!(s.end.mux.peer().unwrap().ping_interval_ms >= 1_000.0);
        assert!(s.end.mux.poll_deadline().unwrap() >= 1_000.0);
        s.lives();
    }
}

#[test]
fn h15_pools_that_were_announced_are_not_used() {
    for pool in ["00000000", "01000000", "ffffffff"] {
        for report in ["00", "01", "ff"] {
            let mut s = Scripted::met(tiny(), &format!("{HELLO}{pool}{report}"));
            let key = s.end.open();
            s.frames();
            s.takes("05 01000000 07000000");
            s.end.send(key, b"hi").unwrap();
            s.sends(&["07 07000000 03 | 6869"]).lives_on();
        }
    }
}

#[test]
fn h18_extension_frames_are_skipped_before_hello_and_fatal_after_it() {
    let mut s = Scripted::fresh(tiny());
    for len in [1, 2, 3, 50, 400, 3_000] {
        s.takes_bytes(&vec![0xf0; len]);
    }
    s.takes(HELLO).emits(&[Event::Ready]);
    s.takes("f0 01");
    s.failed(Error::Wire(WireError::UnknownId(0xf0)));
    assert_eq!(frames_until_failure(&[0xf0; 5_000]).0, 1);
    assert_eq!(frames_until_failure(&[0xf0; 40]).0, 17);
}

#[test]
fn a_peer_that_returns_what_is_sent_to_it_is_recognised() {
    let mut s = Scripted::seeded(tiny(), 0xdead_beef);
    let echo = |s: &mut Scripted| {
        let frames = s.frames();
        for frame in frames {
            s.takes(&frame);
        }
    };
    echo(&mut s);
    s.emits(&[Event::Ready]).end.open();
    echo(&mut s);
    s.failed(Error::Echo);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let check = |config: Config| Mux::new(config, 0, 0.0).map(drop);
    let good = Config::default();
    assert_eq!(check(good), Ok(()));
    assert_eq!(check(Config { chunk_size: 3, ..good }), Err(ConfigError::ChunkSize));
    assert_eq!(check(Config { chunk_size: u32::MAX, ..good }), Err(ConfigError::ChunkSize));
    assert_eq!(check(Config { max_send_chunk: 3, ..good }), Err(ConfigError::ChunkSize));
    assert_eq!(check(Config { port_receive_buffer: 3, ..good }), Err(ConfigError::PortReceiveBuffer));
    assert_eq!(check(Config { connect_queue: 0, ..good }), Err(ConfigError::ConnectQueue));
    assert_eq!(check(Config { max_ports: 0, ..good }), Err(ConfigError::MaxPorts));
    assert_eq!(check(Config { max_ports: 65_537, ..good }), Err(ConfigError::MaxPorts));
}

#[test]
fn varints_are_used_only_when_our_hello_had_room_to_announce_them() {
    let full = "0243484d55580003f049020000000000008000000000020080000000010001010101000101010101";
    for (generation, open) in [(Generation::V18, "04 01000000 03 01000000"), (Generation::V20, "04 01 07 01")]
    {
        let mut config = Config { generation, ..tiny() };
        config.capabilities.varint = true;
        let mut s = Scripted::met(config, full);
        s.end.open();
        s.sends(&[open]);
        s.lives();
    }
}
