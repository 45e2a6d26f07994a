//! Any bytes are read without panic, in both integer forms, and what was read is written and read again as the same.

#![no_main]

use cuttle_mux::{Encoding, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|frame: &[u8]| {
    for varint in [false, true] {
        let Ok(message) = Message::decode(frame, varint) else { continue };
        let mut again = Vec::new();
        message.encode(&mut again, Encoding { varint, flags_byte: true, port_ids: true });
        match Message::decode(&again, varint) {
            Ok(read) => assert_eq!(format!("{read:?}"), format!("{message:?}"), "{again:02x?}"),
            Err(error) => panic!("{message:?} is written as {again:02x?}, which is not read: {error:?}"),
        }
    }
});
