//! Messages and their bytes: round trips, damaged frames, and vectors recorded from remoc 0.20.5.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{
    Capabilities, Encoding, Entries, Generation, GlobalUse, Hello, Message, PortEntry, PortRef, Side,
    WireError,
};
use proptest::prelude::*;
use serde_json::Value;
use support::hex;

fn encoded(message: &Message<'_>, encoding: Encoding) -> Vec<u8> {
    let mut out = Vec::new();
    message.encode(&mut out, encoding);
    out
}

fn encodings() -> [Encoding; 4] {
    let of = |varint, flags_byte| Encoding { varint, flags_byte, port_ids: true };
    [of(false, false), of(false, true), of(true, false), of(true, true)]
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 0..300u32, Just(u32::MAX), (0..32u32).prop_map(|bit| 1 << bit)]
}

fn port() -> impl Strategy<Value = PortRef> {
    (number(), any::<bool>()).prop_map(|(number, local)| PortRef {
        number,
        side: if local { Side::Sender } else { Side::Receiver },
    })
}

fn hello() -> impl Strategy<Value = Hello> {
    let fixed = (any::<u8>(), any::<u64>(), number(), number(), any::<u16>(), 0..3u8);
    let flags = (any::<[bool; 8]>(), any::<u8>(), proptest::option::of(number()));
    (fixed, flags).prop_map(|((version, timeout_ms, chunk_size, window, connect_queue, form), flags)| {
        let (bits, postbag_version, pool) = flags;
        let generation = [Generation::V18, Generation::V19, Generation::V20][usize::from(form)];
        let mut capabilities = Capabilities::classic(version);
        if generation >= Generation::V19 {
            capabilities.global_credits = Some(pool.unwrap_or(0));
            capabilities.received_report = bits[0];
        }
        if generation == Generation::V20 {
            let [_, port_side, pre_connect, varint, frame_len_varint, compact, skip, port_id] = bits;
            capabilities.global_credits = pool;
            capabilities.port_side = port_side;
            capabilities.pre_connect = pre_connect;
            capabilities.varint = varint;
            capabilities.frame_len_varint = frame_len_varint;
            capabilities.compact_transported = compact;
            capabilities.postbag_version = postbag_version;
            capabilities.postbag_allow_skip = skip;
            capabilities.port_id = port_id;
        }
        let port_receive_buffer = window;
        Hello {
            version,
            timeout_ms,
            chunk_size,
            port_receive_buffer,
            connect_queue,
            generation,
            capabilities,
        }
    })
}

fn plain_message() -> impl Strategy<Value = Message<'static>> {
    let global =
        prop_oneof![Just(GlobalUse::None), Just(GlobalUse::All), number().prop_map(GlobalUse::Split)];
    prop_oneof![
        prop_oneof![
            Just(Message::Reset),
            Just(Message::Ping),
            Just(Message::ClientFinish),
            Just(Message::ListenerFinish),
            Just(Message::Goodbye),
        ],
        hello().prop_map(Message::Hello),
        (number(), any::<bool>(), proptest::option::of(number()), any::<bool>()).prop_map(
            |(client_port, wait, id, pre_connect)| Message::OpenPort { client_port, wait, id, pre_connect }
        ),
        (number(), number(), any::<bool>()).prop_map(|(client_port, server_port, same_number)| {
            Message::PortOpened { client_port, server_port, same_number }
        }),
        (number(), any::<bool>())
            .prop_map(|(client_port, no_ports)| Message::Rejected { client_port, no_ports }),
        (port(), any::<bool>(), any::<bool>(), global)
            .prop_map(|(port, first, last, global)| Message::Data { port, first, last, global }),
        (port(), number()).prop_map(|(port, credits)| Message::PortCredits { port, credits }),
        (number(), any::<u8>()).prop_map(|(credits, seq)| Message::GlobalCredits { credits, seq }),
        (number(), number(), any::<u8>()).prop_map(|(current, minimum, seq)| Message::GlobalCreditsReport {
            current,
            minimum,
            seq
        }),
        (port(), 0..7u8).prop_map(|(port, kind)| match kind {
            0 => Message::SendFinish { port },
            1 => Message::ReceiveClose { port },
            2 => Message::ReceiveFinish { port },
            3 => Message::InhibitGlobal { port },
            4 => Message::AllowGlobal { port },
            5 => Message::RequestReceivedReport { port },
            _ => Message::ReceivedReport { port },
        }),
    ]
}

fn entries() -> impl Strategy<Value = Vec<PortEntry>> {
    let entry = (number(), proptest::option::of(number()), any::<bool>())
        .prop_map(|(port, id, pre_connect)| PortEntry { port, id: id.unwrap_or(port), pre_connect });
    proptest::collection::vec(entry, 0..9)
}

proptest! {
    #[test]
    fn every_message_comes_back_as_it_was_written(message in plain_message()) {
        for encoding in encodings() {
            let bytes = encoded(&message, encoding);
            prop_assert_eq!(Message::decode(&bytes, encoding.varint), Ok(message.clone()));
        }
    }

    #[test]
    fn every_port_list_comes_back_as_it_was_written(
        port in port(), ends in any::<[bool; 3]>(), list in entries()
    ) {
        let [first, last, wait] = ends;
        let message = Message::PortData { port, first, last, wait, entries: Entries::list(&list) };
        for encoding in encodings() {
            let bytes = encoded(&message, encoding);
            prop_assert_eq!(Message::decode(&bytes, encoding.varint), Ok(message.clone()));
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_without_panic(frame in proptest::collection::vec(any::<u8>(), 0..80)) {
        for varint in [false, true] {
            if let Ok(Message::PortData { entries, .. }) = Message::decode(&frame, varint) {
                prop_assert!(entries.iter().count() <= frame.len());
            }
        }
    }

    #[test]
    fn arbitrary_bodies_of_known_ids_are_read_without_panic(
        id in 1..=24u8, body in proptest::collection::vec(any::<u8>(), 0..80)
    ) {
        let frame: Vec<u8> = std::iter::once(id).chain(body).collect();
        for varint in [false, true] {
            let _ = Message::decode(&frame, varint);
        }
    }

    #[test]
    fn a_cut_message_is_an_error_or_a_whole_message_without_its_optional_end(message in plain_message()) {
        for encoding in encodings() {
            let bytes = encoded(&message, encoding);
            for len in 0..bytes.len() {
                match Message::decode(&bytes[..len], encoding.varint) {
                    Err(WireError::Empty) => prop_assert_eq!(len, 0),
                    Err(WireError::Truncated(id)) => prop_assert_eq!(id, bytes[0]),
                    Err(other) => prop_assert!(false, "{:?}", other),
                    Ok(_) if bytes[0] == 2 => prop_assert!(len >= 26),
                    Ok(_) => prop_assert_eq!(len, bytes.len() - 1, "only a trailing flags byte is optional"),
                }
            }
        }
    }

    #[test]
    fn trailing_bytes_change_nothing(message in plain_message(), tail in proptest::collection::vec(1..=255u8, 1..=64)) {
        for encoding in encodings() {
            let mut bytes = encoded(&message, encoding);
            let flags_are_missing = !encoding.flags_byte && [5, 10, 11, 12, 20, 21].contains(&bytes[0]);
            if bytes[0] == 2 || flags_are_missing {
                continue; // The tail would be read as the fields that were left out.
            }
            bytes.extend(&tail);
            prop_assert_eq!(Message::decode(&bytes, encoding.varint), Ok(message.clone()));
        }
    }
}

#[test]
fn without_flags_bytes_a_list_always_has_ids_and_with_them_only_ids_that_differ() {
    let list = |id| [PortEntry { port: 5, id, pre_connect: false }];
    let frame = |list: &[PortEntry], flags_byte, port_ids| {
        let port = PortRef::receiver(1);
        let entries = Entries::list(list);
        let message = Message::PortData { port, first: true, last: true, wait: true, entries };
        hex::text(&encoded(&message, Encoding { varint: false, flags_byte, port_ids }))
    };
    assert_eq!(frame(&list(5), false, true), "08010000000f0500000005000000");
    assert_eq!(frame(&list(5), true, true), "08010000000705000000");
    assert_eq!(frame(&list(9), true, true), "08010000000f0500000009000000");
    assert_eq!(frame(&list(5), false, false), "08010000000705000000", "peers of version 2 cannot read ids");
}

#[test]
fn leftover_bytes_of_a_list_are_dropped_unless_an_id_or_flag_is_missing() {
    let count = |frame: &str| {
        Message::decode(&hex::bytes(frame), false).map(|message| match message {
            Message::PortData { entries, .. } => entries.iter().count(),
            _ => panic!("another message"),
        })
    };
    assert_eq!(count("08 01000000 03 05000000 06"), Ok(1));
    assert_eq!(count("08 01000000 03 05000000 060000"), Ok(1));
    assert_eq!(count("08 01000000 0b 05000000 06000000 0700"), Ok(1));
    assert_eq!(count("08 01000000 0b 05000000 06000000 07000000"), Err(WireError::Truncated(8)));
    assert_eq!(count("08 01000000 0b 05000000 0600"), Err(WireError::Truncated(8)));
    assert_eq!(count("08 01000000 23 05000000"), Err(WireError::Truncated(8)));
    assert_eq!(count("08 01000000 03"), Ok(0));
}

fn vector(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn rows<'a>(vector: &'a Value, name: &str) -> &'a Vec<Value> {
    let rows = vector[name].as_array().unwrap();
    assert!(!rows.is_empty());
    rows
}

fn str_of<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

#[test]
fn numbers_are_written_and_read_as_remoc_does() {
    let vector = vector("remoc20-50-varint.json");
    let credits = |hex: &str, varint: bool| {
        let frame = hex::bytes(&format!("09{hex}{}", if varint { "01" } else { "01000000" }));
        Message::decode(&frame, varint).map(|message| match message {
            Message::PortCredits { port, credits: 1 } => port.number,
            other => panic!("{other:?}"),
        })
    };
    for row in rows(&vector, "encode") {
        let value = row["value"].as_u64().unwrap() as u32;
        let message = Message::PortCredits { port: PortRef::receiver(value), credits: 1 };
        for (form, varint, one) in [("hex", true, "01"), ("fixed", false, "01000000")] {
            let bytes = encoded(&message, Encoding { varint, ..Encoding::default() });
            assert_eq!(hex::text(&bytes), format!("09{}{one}", str_of(row, form)));
            assert_eq!(credits(str_of(row, form), varint), Ok(value));
        }
    }
    for row in rows(&vector, "accepted_overlong") {
        assert_eq!(credits(str_of(row, "hex"), true), Ok(row["value"].as_u64().unwrap() as u32), "{row}");
    }
    for row in rows(&vector, "rejected") {
        assert_eq!(credits(str_of(row, "hex"), true), Err(WireError::BadInteger(9)), "{row}");
    }
}

#[test]
fn every_message_is_written_and_read_as_remoc_does() {
    let vector = vector("remoc20-51-messages.json");
    for row in rows(&vector, "messages") {
        let (fixed, varint) = (hex::bytes(str_of(row, "fixed")), hex::bytes(str_of(row, "varint")));
        let message = Message::decode(&fixed, false).unwrap();
        assert_eq!(Message::decode(&varint, true).as_ref(), Ok(&message), "{row}");
        // "PortData classic with ids" is what peers of 0.18 and 0.19 write, without flags bytes.
        let flags_byte = !str_of(row, "message").contains("classic");
        for (bytes, varint) in [(&fixed, false), (&varint, true)] {
            let again = encoded(&message, Encoding { varint, flags_byte, port_ids: true });
            assert_eq!(hex::text(&again), hex::text(bytes), "{row}");
        }
    }
}

#[test]
fn the_notes_of_the_message_vectors_agree_with_what_is_read() {
    let vector = vector("remoc20-51-messages.json");
    for row in rows(&vector, "messages") {
        let frame = hex::bytes(str_of(row, "fixed"));
        let (message, note) = (Message::decode(&frame, false).unwrap(), str_of(row, "note"));
        let name = format!("{message:?}");
        let name = name.split([' ', '{', '(']).next().unwrap();
        assert!(note.starts_with(name), "{note} but {name}");
        let local = match message {
            Message::Data { port, .. }
            | Message::PortData { port, .. }
            | Message::PortCredits { port, .. }
            | Message::SendFinish { port }
            | Message::ReceiveClose { port }
            | Message::ReceiveFinish { port }
            | Message::InhibitGlobal { port }
            | Message::AllowGlobal { port }
            | Message::RequestReceivedReport { port }
            | Message::ReceivedReport { port } => port.side == Side::Sender,
            _ => false,
        };
        assert_eq!(local, note.contains("LOCAL"), "{note}");
    }
}

fn check_fields(hello: &Hello, fields: &Value) {
    let caps = &hello.capabilities;
    let enabled = fields["global_credits_enabled"].as_u64() != Some(0);
    let pool = fields["global_credits"].as_u64().filter(|_| enabled);
    let bit = |name: &str, absent: u64| fields[name].as_u64().unwrap_or(absent) != 0;
    assert_eq!(fields["version"], hello.version);
    assert_eq!(fields["timeout_ms"], hello.timeout_ms);
    assert_eq!(fields["chunk_size"], hello.chunk_size);
    assert_eq!(fields["port_receive_buffer"], hello.port_receive_buffer);
    assert_eq!(fields["connect_queue"], hello.connect_queue);
    assert_eq!(caps.global_credits.map(u64::from), pool);
    assert_eq!(caps.received_report, bit("received_report", 0));
    assert_eq!(caps.port_side, bit("port_side", 0));
    assert_eq!(caps.pre_connect, bit("pre_connect", 0));
    assert_eq!(caps.varint, bit("varint", 0));
    assert_eq!(caps.frame_len_varint, bit("frame_len_varint", 0));
    assert_eq!(caps.compact_transported, bit("compact_transported", 0));
    assert_eq!(u64::from(caps.postbag_version), fields["postbag_version"].as_u64().unwrap_or(0));
    assert_eq!(caps.postbag_allow_skip, bit("postbag_allow_skip", 0));
    assert_eq!(caps.port_id, bit("port_id", u64::from(hello.version == 3)));
}

#[test]
fn hellos_are_read_as_remoc_reads_them() {
    let vector = vector("remoc20-52-hello.json");
    for row in rows(&vector, "hellos") {
        let frame = hex::bytes(str_of(row, "hex"));
        let Ok(Message::Hello(hello)) = Message::decode(&frame, false) else { panic!("{row}") };
        check_fields(&hello, &row["fields"]);
        assert_eq!(hello.invalid_field(), None);
        if [26, 31, 40].contains(&frame.len()) && row["fields"]["global_credits_enabled"] != 0 {
            assert_eq!(hex::text(&encoded(&Message::Hello(hello), Encoding::default())), str_of(row, "hex"));
        }
        // Ids in requests follow the announcement.
        let first = hex::bytes(str_of(row, "first_message_of_remoc_0.20.5"));
        let Ok(Message::OpenPort { id, .. }) = Message::decode(&first, hello.capabilities.varint) else {
            panic!("{row}")
        };
        assert_eq!(id.is_some(), hello.capabilities.port_id, "{row}");
    }
    for row in rows(&vector, "ignored_silently") {
        let Ok(Message::Hello(hello)) = Message::decode(&hex::bytes(str_of(row, "hex")), false) else {
            panic!("{row}")
        };
        assert!(hello.invalid_field().is_some(), "{row}");
    }
    for name in ["own_hello_packet", "own_hello_stream"] {
        let frame = hex::bytes(str_of(&vector, name));
        let message = Message::decode(&frame, false).unwrap();
        assert_eq!(hex::text(&encoded(&message, Encoding::default())), str_of(&vector, name));
    }
}
