//! A bounds-checked reader over one frame; the only way peer bytes enter the core.

use crate::wire::{MessageId, WireError};

/// Reads little-endian fields from the front of a frame. Every read fails instead of panicking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Names the message in errors.
    id: MessageId,
    /// Whether port numbers, ids and amounts are unsigned LEB128 instead of four bytes.
    varint: bool,
}

/// A u32 in LEB128 has at most five bytes, and the fifth holds the top four bits.
const VARINT_MAX_LEN: u32 = 5;
const VARINT_LAST_MAX: u8 = 0x0f;

impl<'a> Reader<'a> {
    pub(crate) fn new(rest: &'a [u8], id: MessageId, varint: bool) -> Self {
        Self { rest, id, varint }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated(self.id))?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        Ok(u8::from_le_bytes(self.bytes()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_le_bytes(self.bytes()?))
    }

    /// Four bytes, whatever the integer form of the connection is.
    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// A trailing flags byte; peers of 0.18 and 0.19 leave it out, which means 0.
    pub(crate) fn flags_or_none(&mut self) -> u8 {
        self.u8().unwrap_or(0)
    }

    /// A port number, id or amount in the integer form of the connection.
    pub(crate) fn number(&mut self) -> Result<u32, WireError> {
        if !self.varint {
            return self.u32();
        }
        let mut value = 0u32;
        for position in 0..VARINT_MAX_LEN {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7f) << (7 * position);
            if byte < 0x80 {
                let fits = position + 1 < VARINT_MAX_LEN || byte <= VARINT_LAST_MAX;
                return if fits { Ok(value) } else { Err(WireError::BadInteger(self.id)) };
            }
        }
        Err(WireError::BadInteger(self.id))
    }
}
