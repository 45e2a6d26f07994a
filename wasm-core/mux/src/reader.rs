//! A bounds-checked reader over one frame; the only way peer bytes enter the core.

use crate::wire::{MessageId, WireError};

/// Reads little-endian fields from the front of a frame. A read never fails by itself: once a field was cut short or
/// wrong, what is read means nothing, and [`Reader::error`] says what was wrong first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Names the message in errors.
    id: MessageId,
    /// Whether port numbers, ids and amounts are unsigned LEB128 instead of four bytes.
    varint: bool,
    error: Option<WireError>,
}

/// A u32 in LEB128 has at most five bytes, and the fifth holds the top four bits.
const VARINT_MAX_LEN: u32 = 5;
const VARINT_LAST_MAX: u8 = 0x0f;

impl<'a> Reader<'a> {
    pub(crate) fn new(rest: &'a [u8], id: MessageId, varint: bool) -> Self {
        Self { rest, id, varint, error: None }
    }

    /// Bytes that were not read.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// What was wrong first.
    pub(crate) fn error(&self) -> Option<WireError> {
        self.error
    }

    /// Whether the frame ended inside a field; forgets it.
    pub(crate) fn forgive_truncation(&mut self) -> bool {
        self.error.take_if(|error| matches!(error, WireError::Truncated(_))).is_some()
    }

    pub(crate) fn fail(&mut self, error: WireError) {
        self.rest = &[];
        self.error.get_or_insert(error);
    }

    // It has many callers: once is less code.
    #[inline(never)]
    pub(crate) fn u8(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else {
            self.fail(WireError::Truncated(self.id));
            return 0;
        };
        self.rest = rest;
        *first
    }

    pub(crate) fn u16(&mut self) -> u16 {
        self.little_endian(2) as u16
    }

    /// Four bytes, whatever the integer form of the connection is.
    pub(crate) fn u32(&mut self) -> u32 {
        self.little_endian(4) as u32
    }

    pub(crate) fn u64(&mut self) -> u64 {
        self.little_endian(8)
    }

    /// A trailing flags byte; peers of 0.18 and 0.19 leave it out, which means 0.
    pub(crate) fn flags_or_none(&mut self) -> u8 {
        if self.rest.is_empty() { 0 } else { self.u8() }
    }

    /// A port number, id or amount in the integer form of the connection.
    pub(crate) fn number(&mut self) -> u32 {
        if !self.varint {
            return self.u32();
        }
        let mut value = 0u32;
        for position in 0..VARINT_MAX_LEN {
            let byte = self.u8();
            value |= u32::from(byte & 0x7f) << (7 * position);
            if byte < 0x80 && (position + 1 < VARINT_MAX_LEN || byte <= VARINT_LAST_MAX) {
                return value;
            }
        }
        self.fail(WireError::BadInteger(self.id));
        0
    }

    fn little_endian(&mut self, len: u32) -> u64 {
        (0..len).fold(0, |value, at| value | u64::from(self.u8()) << (8 * at))
    }
}
