//! Any bytes are read without panic, in both integer forms, and what was read is written and read again as the same.

#![no_main]

use cuttle_mux::{Encoding, Message, PortEntry};
use libfuzzer_sys::fuzz_target;

/// What a message says. A list of ports can be written in several ways.
fn meaning(message: &Message<'_>) -> String {
    match message {
        Message::PortData { port, first, last, wait, entries } => {
            let entries: Vec<PortEntry> = entries.iter().collect();
            format!("{port:?} {first} {last} {wait} {entries:?}")
        }
        other => format!("{other:?}"),
    }
}

fuzz_target!(|frame: &[u8]| {
    for varint in [false, true] {
        let Ok(message) = Message::decode(frame, varint) else { continue };
        let mut again = Vec::new();
        message.encode(&mut again, Encoding { varint, flags_byte: true, port_ids: true });
        match Message::decode(&again, varint) {
            Ok(read) => assert_eq!(meaning(&read), meaning(&message), "{again:02x?}"),
            Err(error) => panic!("{message:?} is written as {again:02x?}, which is not read: {error:?}"),
        }
    }
});
