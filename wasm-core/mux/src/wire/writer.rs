//! Writes the fields of a message.

use alloc::vec::Vec;

use super::{Encoding, GlobalUse, PortRef, Side, flag, id};

/// Appends fields in the encoding of the connection.
pub(super) struct Writer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) encoding: Encoding,
}

impl Writer<'_> {
    pub(super) fn u8(&mut self, byte: u8) {
        self.out.push(byte);
    }

    pub(super) fn number(&mut self, mut value: u32) {
        if !self.encoding.varint {
            self.out.extend_from_slice(&value.to_le_bytes());
            return;
        }
        while value >= 0x80 {
            self.out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    pub(super) fn trailing_flags(&mut self, flags: u8) {
        if flags != 0 || self.encoding.flags_byte {
            self.out.push(flags);
        }
    }

    pub(super) fn flagged(&mut self, id: u8, port: PortRef) {
        self.u8(id);
        self.number(port.number);
        self.trailing_flags(port.flag(flag::PORT_IS_LOCAL));
    }

    pub(super) fn sided(&mut self, port: PortRef, receiver_id: u8, sender_id: u8) {
        self.u8(if port.side == Side::Sender { sender_id } else { receiver_id });
        self.number(port.number);
    }

    pub(super) fn open_port(&mut self, client_port: u32, wait: bool, id: Option<u32>, pre_connect: bool) {
        self.u8(id::OPEN_PORT);
        self.number(client_port);
        self.u8(bit(wait, flag::OPEN_WAIT)
            | bit(id.is_some(), flag::OPEN_ID)
            | bit(pre_connect, flag::OPEN_PRE_CONNECT));
        if let Some(id) = id {
            self.number(id);
        }
    }

    pub(super) fn data(&mut self, port: PortRef, first: bool, last: bool, global: GlobalUse) {
        let payment = match global {
            GlobalUse::None => 0,
            GlobalUse::All => flag::DATA_GLOBAL,
            GlobalUse::Split(_) => flag::DATA_SPLIT,
        };
        self.u8(id::DATA);
        self.number(port.number);
        self.u8(bit(first, flag::FIRST) | bit(last, flag::LAST) | payment | port.flag(flag::LOCAL));
        if let GlobalUse::Split(amount) = global {
            self.number(amount);
        }
    }
}

/// `mask` when `set`, else 0.
pub(super) fn bit(set: bool, mask: u8) -> u8 {
    if set { mask } else { 0 }
}
